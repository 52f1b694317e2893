"""Keeps one run on disk: its lines as they come, its checkpoint when asked, in a thread of its own.

Training never waits for the disk. What cannot be written is tried again until it can; of several checkpoints that
wait, the newest is written.
"""

from __future__ import annotations

import contextlib
import threading
import time
from collections import deque
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any, Protocol

from lyricterm.errors import LyrictermError
from lyricterm.events import Event, Kept, Noticed, Unkept
from lyricterm.i18n import _, n_
from lyricterm.log import logger
from lyricterm.runs.files import append_lines
from lyricterm.runs.lock import Lock
from lyricterm.runs.store import RunFolder, RunInfo, Store
from lyricterm.text import one_line

if TYPE_CHECKING:
    from lyricterm.engine.checkpoint import Checkpoint

RETRY = 2.0
"""Seconds between two attempts to write what could not be written."""
_MAX_LINES = 100_000
"""Lines that wait for a disk that is full; beyond, the oldest are given up."""
_PRUNE_EVERY = 60.0
"""Seconds between two looks at what all checkpoints take."""

Row = Mapping[str, Any]


class Write(Protocol):
    """Writes a checkpoint to a file."""

    def __call__(self, checkpoint: Checkpoint, path: Path) -> None:
        """Raise ``OSError`` if it cannot be written."""


@dataclass(frozen=True)
class Place:
    """A run's folder, and the lock that makes it ours."""

    folder: RunFolder
    lock: Lock


@dataclass(frozen=True)
class Keeping:
    """How runs are kept."""

    store: Store
    interval: float = 10.0
    """Seconds between two automatic saves."""
    budget: int = 2_000_000_000
    """Bytes that all checkpoints together may take."""


class Keeper:
    """Writes one run; every method may be called from the training thread and returns at once, but ``close``."""

    def __init__(
        self,
        keeping: Keeping,
        write: Write,
        tell: Callable[[Event], None],
        run: int,
        place: Place | None = None,
        also: Path | None = None,
    ) -> None:
        """Set up and start the thread.

        Args:
            keeping: where and how.
            write: writes a checkpoint.
            tell: is called in the keeper's thread with what should be known.
            run: the number of the run in its session.
            place: the folder of a run that goes on; a new one is made where it is None.
            also: a second file that each checkpoint is written to.
        """
        self._keeping, self._write, self._tell, self._run = keeping, write, tell, run
        self._place, self._also = place, also
        self._change = threading.Condition()
        self._lines: dict[str, deque[Row]] = {name: deque(maxlen=_MAX_LINES) for name in ("curve", "samples")}
        self._info: RunInfo | None = None
        self._checkpoint: Checkpoint | None = None
        self._working = self._closing = self._discarding = False
        self._trouble = ""
        self._written: tuple[int, int] | None = None
        self._prune_at = 0.0
        # A daemon: a disk that hangs must not keep the program from ending.
        self._thread = threading.Thread(target=self._work, name=f"keeper {run}", daemon=True)
        self._thread.start()

    @property
    def place(self) -> Place | None:
        """Where the run is kept; None until its folder could be made."""
        return self._place

    @property
    def busy(self) -> bool:
        """The disk has not taken the last checkpoint yet."""
        with self._change:
            return self._working

    def curve(self, row: Row) -> None:
        """Add a line to the curve."""
        self._add("curve", row)

    def sample(self, row: Row) -> None:
        """Add a line to the samples."""
        self._add("samples", row)

    def keep(self, info: RunInfo, checkpoint: Checkpoint | None) -> None:
        """Write how the run stands, and a checkpoint if there is a newer one."""
        with self._change:
            self._info = info
            self._checkpoint = checkpoint or self._checkpoint
            self._change.notify_all()

    def close(self) -> None:
        """Write what waits, then give the run up; ``wait`` until it has happened."""
        with self._change:
            self._closing = True
            self._change.notify_all()

    def discard(self) -> None:
        """Give the run up and remove what was written of it."""
        with self._change:
            self._discarding = True
        self.close()

    def wait(self, timeout: float | None = None) -> bool:
        """After ``close``: True once everything is written (or cannot be) and the lock is free."""
        self._thread.join(timeout)
        return not self._thread.is_alive()

    def _add(self, name: str, row: Row) -> None:
        with self._change:
            self._lines[name].append(row)
            self._change.notify_all()

    def _work(self) -> None:
        try:
            last = False
            while not last:
                last = self._wait()
                if not self._discarding:
                    self._attempt()
            if self._discarding:
                self._remove()
        except Exception:
            logger().exception("in the keeper's thread")
        finally:
            if self._place is not None:
                self._place.lock.release()

    def _wait(self) -> bool:
        """Until there is something to write; True if it is the last time."""
        with self._change:
            if self._trouble and not self._closing:
                self._change.wait_for(lambda: self._closing, RETRY)
            self._change.wait_for(lambda: self._closing or self._due())
            return self._closing

    def _due(self) -> bool:
        return self._info is not None or self._checkpoint is not None or any(self._lines.values())

    def _attempt(self) -> None:
        """Write each part that waits; what fails waits on."""
        with self._change:
            self._working = True
        troubles = [self._try(part) for part in (self._make_place, self._write_lines, self._write_checkpoints)]
        troubles.append(self._try(self._write_info))
        with self._change:
            self._working = False
        trouble = next(filter(None, troubles), "")
        if trouble and trouble != self._trouble:
            self._tell(Unkept(self._run, trouble))
        elif self._trouble and not trouble:
            self._tell_kept()
        self._trouble = trouble

    def _try(self, part: Callable[[], None]) -> str:
        """What went wrong, in one sentence."""
        try:
            part()
        except (OSError, LyrictermError) as error:
            logger().warning("the run cannot be kept: %r", error)
            return self._sentence(error)
        except Exception as error:
            logger().exception("in the keeper's thread")
            return self._sentence(error)
        return ""

    def _sentence(self, error: Exception) -> str:
        sentence = _(
            "The run is not being saved ({reason}: {path}). It goes on, and is saved again as soon as it can be."
        )
        where = self._place.folder.path if self._place else self._keeping.store.root
        path = getattr(error, "filename", None) or where
        reason = getattr(error, "strerror", None) or (str(error) if isinstance(error, LyrictermError) else type(error))
        return sentence.format(reason=one_line(str(reason)), path=one_line(str(path)))

    def _make_place(self) -> None:
        if self._place is None:
            folder = self._keeping.store.create(time.time())
            self._place = Place(folder, Lock(folder.lock_file))
            self._place.lock.acquire()
        else:
            # It may have been removed meanwhile.
            self._place.folder.path.mkdir(parents=True, exist_ok=True)

    def _write_lines(self) -> None:
        if self._place is None:
            return
        folder = self._place.folder
        for name, path in (("curve", folder.curve_file), ("samples", folder.samples_file)):
            with self._change:
                rows = list(self._lines[name])
                self._lines[name].clear()
            try:
                append_lines(path, rows)
            except Exception:
                with self._change:
                    self._lines[name].extendleft(reversed(rows))
                raise

    def _write_checkpoints(self) -> None:
        with self._change:
            checkpoint = self._checkpoint
        if checkpoint is None or self._place is None:
            return
        self._write(checkpoint, self._place.folder.checkpoint_file)
        if self._also is not None:
            self._write(checkpoint, self._also)
        with self._change:
            if self._checkpoint is checkpoint:
                self._checkpoint = None
        self._written = (checkpoint.epoch, checkpoint.minibatch)
        self._tell_kept()

    def _write_info(self) -> None:
        with self._change:
            info, self._info = self._info, None
        if info is None or self._place is None:
            return
        folder = self._place.folder
        try:
            folder.write(replace(info, id=folder.path.name, folder=folder.path))
        except Exception:
            with self._change:
                self._info = self._info or info
            raise
        self._prune()

    def _tell_kept(self) -> None:
        if self._written is not None and self._place is not None:
            self._tell(Kept(self._run, self._place.folder.path.name, *self._written))

    def _prune(self) -> None:
        """Keep all checkpoints within the budget, every now and then."""
        if time.monotonic() < self._prune_at:
            return
        self._prune_at = time.monotonic() + _PRUNE_EVERY
        gone = self._keeping.store.prune(self._keeping.budget)
        if gone:
            sentence = n_(
                "The checkpoint of {count} old run was removed to stay within {budget}; its curves are kept.",
                "The checkpoints of {count} old runs were removed to stay within {budget}; their curves are kept.",
                len(gone),
            )
            budget = f"{self._keeping.budget / 1e9:,.3g} GB"
            self._tell(Noticed(self._run, sentence.format(count=len(gone), budget=budget)))

    def _remove(self) -> None:
        place, self._place = self._place, None
        if place is None:
            return
        place.lock.release()
        with contextlib.suppress(LyrictermError, OSError):
            self._keeping.store.remove(self._keeping.store.find(place.folder.path.name))
