"""Events from the trainer's thread, wrapped so that Textual can carry them."""

from __future__ import annotations

from textual.message import Message

from lyricterm.core.events import Event, Progress


class Reported(Message):
    """One event that must not be missed."""

    def __init__(self, event: Event) -> None:
        super().__init__()
        self.event = event


class Progressed(Reported):
    """Progress; a newer one takes the place of one that waits."""

    def can_replace(self, message: Message) -> bool:
        """Progress of the same run says everything the older one said."""
        return isinstance(message, Progressed)


def wrap(event: Event) -> Reported:
    """The message for an event."""
    return Progressed(event) if isinstance(event, Progress) else Reported(event)
