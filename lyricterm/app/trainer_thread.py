"""The trainer's thread, as the app sees it: start it, send it commands, stop it."""

from __future__ import annotations

import gc
import threading
from collections.abc import Callable
from typing import Protocol

from lyricterm.app.niceness import give_way
from lyricterm.core.commands import Command, Quit
from lyricterm.core.events import EpochDone, Event, Started, Stopped
from lyricterm.core.settings import Recipe
from lyricterm.training.resume import Prepare, fresh
from lyricterm.training.run_storage import RunStorage
from lyricterm.training.sample_schedule import for_watching
from lyricterm.training.session import Session


class Loop(Protocol):
    """What runs in the thread."""

    def run(self) -> None:
        """Return when told to quit."""

    def send(self, command: Command) -> None:
        """Hand over a command, from any thread."""


class TrainerThread:
    """Owns the thread in which a ``Session`` runs."""

    reads_only = False
    """Whether another program trains the run."""

    def __init__(
        self,
        recipe: Recipe,
        report: Callable[[Event], None],
        *,
        paused: bool,
        prepare: Prepare = fresh,
        storage: RunStorage | None = None,
    ) -> None:
        """Set up; ``start`` starts it. See ``Session``."""
        session = Session(
            recipe,
            self._pass_on,
            paused=paused,
            prepare=prepare,
            storage=storage,
            offer=prepare is fresh,
            schedule=for_watching,
        )
        self._set_up(session, report)

    def _set_up(self, session: Loop, report: Callable[[Event], None]) -> None:
        self._report = report
        self._begun = False
        self._session = session
        # A daemon: the program can leave at once even from the middle of a long minibatch or import.
        self._thread = threading.Thread(target=self._work, name="trainer", daemon=True)

    def start(self) -> None:
        """Start the thread; torch is imported in it."""
        self._thread.start()

    def _work(self) -> None:
        """A key that is typed must not wait for the training."""
        give_way()
        self._session.run()

    def send(self, command: Command) -> None:
        """Hand a command to the trainer."""
        self._session.send(command)

    def stop(self, timeout: float) -> bool:
        """Tell the trainer to end and wait a moment; True if it has ended."""
        if not self._thread.is_alive():
            return True
        self._session.send(Quit())
        self._thread.join(timeout)
        return not self._thread.is_alive()

    @property
    def begun(self) -> bool:
        """There has been a run, so there may be something to save."""
        return self._begun

    def _pass_on(self, event: Event) -> None:
        if isinstance(event, Started) and not self._begun:
            # What torch and Textual brought in is never garbage; to look through it takes a tenth of a second.
            gc.freeze()
            self._begun = True
        # Progress says all that the screen shows of an epoch.
        if not isinstance(event, EpochDone | Stopped):
            self._report(event)
