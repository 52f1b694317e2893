"""Something that reads in a thread of a screen: how far it is, and that it may be stopped."""

from __future__ import annotations

import threading
import time

from lyricterm.core.errors import StoppedError
from lyricterm.core.i18n import _

SHOWN_AFTER = 0.5
"""Seconds of reading after which a person sees how far it is."""


class ThreadReading:
    """One reading; ``report`` is called in its thread, the rest in the app's."""

    def __init__(self) -> None:
        self._stopped = threading.Event()
        self._begun = time.monotonic()
        self.done = self.total = 0

    def report(self, done: int, total: int) -> None:
        """So far it is.

        Raises:
            StoppedError: if it is not wanted any more.
        """
        self.done, self.total = done, total
        if self._stopped.is_set():
            raise StoppedError(_("The reading was stopped."))

    def stop(self) -> None:
        """It is not wanted any more; it ends at the next piece."""
        self._stopped.set()

    @property
    def takes_long(self) -> bool:
        """A person should see how far it is."""
        return time.monotonic() - self._begun > SHOWN_AFTER
