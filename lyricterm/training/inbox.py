"""What other threads hand to the training loop: commands, and events that the loop is to report."""

from __future__ import annotations

from dataclasses import dataclass
from queue import Empty, SimpleQueue

from lyricterm.core.commands import Command
from lyricterm.core.events import Event


@dataclass(frozen=True)
class Relayed:
    """An event of another thread; whoever listens to the loop hears it in the loop's thread."""

    event: Event


class Inbox:
    """Safe to fill from any thread and from a signal handler; emptied by the loop."""

    def __init__(self) -> None:
        self._queue: SimpleQueue[Command | Relayed] = SimpleQueue()

    def send(self, command: Command) -> None:
        """Hand over a command."""
        self._queue.put(command)

    def relay(self, event: Event) -> None:
        """Hand over an event that is to be reported."""
        self._queue.put(Relayed(event))

    @property
    def is_empty(self) -> bool:
        """All that has come has been received."""
        return self._queue.empty()

    def received(self, *, wait: bool) -> list[Command | Relayed]:
        """All that has come, in order; ``wait`` blocks until something has."""
        received: list[Command | Relayed] = []
        try:
            if wait:
                received.append(self._queue.get())
            while True:
                received.append(self._queue.get_nowait())
        except Empty:
            return received
