"""The reading of a text in the training loop's thread: it tells how far it is, and may be stopped."""

from __future__ import annotations

import math
import threading
import time
from collections.abc import Callable
from functools import partial

from lyricterm.core.errors import StoppedError
from lyricterm.core.events import Event, Loading
from lyricterm.core.i18n import _
from lyricterm.training.adapted import adapted
from lyricterm.training.resume import Prepare, PreparedRun, fresh, from_file, read_text

SHOWN_AFTER = 0.5
"""Seconds of reading after which a person sees how far it is."""
_INTERVAL = 0.1
"""Seconds between two reports."""


class TextReading:
    """One reading after another; only ``stop`` may be called in another thread."""

    def __init__(self, report: Callable[[Event], None]) -> None:
        self._tell = report
        self._stopped = threading.Event()
        self._run, self._next = 0, math.nan
        """The run whose text it is, and when to tell the next time; unknown before the reading begins."""

    def stop(self) -> None:
        """What is being read is not wanted any more; nothing happens if nothing is."""
        self._stopped.set()

    def watched(self, prepare: Prepare, run: int) -> Prepare:
        """The same, told of as the reading of this run's text where it reads one."""
        self._stopped.clear()
        self._run, self._next = run, math.nan
        reads: Callable[..., PreparedRun] = prepare
        known = (reads.func if isinstance(reads, partial) else reads) in (fresh, from_file, adapted)
        if not known or (isinstance(reads, partial) and "read" in reads.keywords):
            return prepare
        return partial(reads, read=partial(read_text, report=self._report))

    def _report(self, done: int, total: int) -> None:
        if self._stopped.is_set():
            raise StoppedError(_("The reading of the text was stopped."))
        now = time.monotonic()
        if math.isnan(self._next):
            # From here on: what is done before, such as loading torch, is no reading.
            self._next = now + SHOWN_AFTER
        if now >= self._next:
            self._next = now + _INTERVAL
            self._tell(Loading(self._run, done, total))
