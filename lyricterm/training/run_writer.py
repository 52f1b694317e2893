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
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any, Protocol

from lyricterm.core.errors import LyrictermError
from lyricterm.core.events import Event, Noticed, RunSaved, SaveFailed
from lyricterm.core.i18n import _, n_
from lyricterm.core.log import logger
from lyricterm.core.number_format import figure
from lyricterm.core.sanitize import one_line
from lyricterm.storage.atomic_write import append_lines, write_whole
from lyricterm.storage.lock import Lock
from lyricterm.storage.run_folder import sweep_own
from lyricterm.storage.run_store import RunInfo, erase
from lyricterm.training.run_storage import RunLocation, RunStorage

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


class RunWriter:
    """Writes one run; every method may be called from the training thread and returns at once, but ``close``."""

    def __init__(
        self,
        storage: RunStorage,
        write: Write,
        tell: Callable[[Event], None],
        run: int,
        location: RunLocation | None = None,
        also: Path | None = None,
    ) -> None:
        """Set up and start the thread.

        Args:
            storage: where and how.
            write: writes a checkpoint.
            tell: is called in the run writer's thread with what should be known.
            run: the number of the run in its session.
            location: the folder of a run that goes on; a new one is made where it is None.
            also: a second file that each checkpoint is written to.
        """
        self._storage, self._write, self._tell, self._run = storage, write, tell, run
        self._location, self._also = location, also
        self._change = threading.Condition()
        self._lines: dict[str, deque[Row]] = {name: deque(maxlen=_MAX_LINES) for name in ("curve", "samples")}
        self._info: RunInfo | None = None
        self._checkpoint: Checkpoint | None = None
        self._best: Checkpoint | None = None
        self._working = self._closing = self._discarding = False
        self._trouble = ""
        self._written: tuple[int, int] | None = None
        self._news = False
        self._prune_at = 0.0
        # A daemon: a disk that hangs must not keep the program from ending.
        self._thread = threading.Thread(target=self._work, name=f"run writer {run}", daemon=True)
        self._thread.start()

    @property
    def location(self) -> RunLocation | None:
        """Where the run is kept; None until its folder could be made."""
        return self._location

    @property
    def busy(self) -> bool:
        """The disk has not taken the last checkpoint yet; while it takes none at all, a newer one may replace it."""
        with self._change:
            return self._working or (self._checkpoint is not None and not self._trouble)

    def curve(self, row: Row) -> None:
        """Add a line to the curve."""
        self._add("curve", row)

    def sample(self, row: Row) -> None:
        """Add a line to the samples."""
        self._add("samples", row)

    def keep(self, info: RunInfo, checkpoint: Checkpoint | None, best: Checkpoint | None = None) -> None:
        """Write how the run stands, and a checkpoint of it, and of its best epoch, if there is a newer one."""
        with self._change:
            self._info = info
            self._checkpoint = checkpoint or self._checkpoint
            self._best = best or self._best
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
        except Exception:
            logger().exception("in the run writer's thread")
        finally:
            self._give_up()

    def _wait(self) -> bool:
        """Until there is something to write; True if it is the last time."""
        with self._change:
            if self._trouble and not self._closing:
                self._change.wait_for(lambda: self._closing, RETRY)
            self._change.wait_for(lambda: self._closing or self._due())
            return self._closing

    def _due(self) -> bool:
        waits = self._info is not None or self._checkpoint is not None or any(self._lines.values())
        return waits or bool(self._trouble)

    def _attempt(self) -> None:
        """Write each part that waits; what fails waits on."""
        with self._change:
            self._working = True
            # Taken before the lines: no epoch before a checkpoint may be missing from the curve, whenever we die.
            checkpoint, best, info = self._checkpoint, self._best, self._info
        parts = (
            self._make_location,
            self._write_lines,
            partial(self._write_best, best),
            partial(self._write_checkpoint, checkpoint),
            partial(self._write_info, info),
        )
        errors = [error for part in parts if (error := self._try(part))]
        if self._trouble and not errors and self._location is not None:
            sweep_own(self._location.folder)
        with self._change:
            self._working = False
        self._tell_how_it_went(errors[0] if errors else None)

    def _try(self, part: Callable[[], None]) -> Exception | None:
        try:
            part()
        except (OSError, LyrictermError) as error:
            logger().warning("the run cannot be kept: %r", error)
            return error
        except Exception as error:
            logger().exception("in the run writer's thread")
            return error
        return None

    def _tell_how_it_went(self, error: Exception | None) -> None:
        """A trouble is told once, however often it is met; that the run is kept, only when all of it is."""
        trouble = self._reason(error) if error else ""
        if error and trouble != self._trouble:
            self._tell(SaveFailed(self._run, self._sentence(error), self._concerns_copy(error)))
        if not trouble and (self._trouble or self._news) and self._written is not None and self._location is not None:
            self._tell(RunSaved(self._run, self._location.folder.path.name, *self._written))
            self._news = False
        self._trouble = trouble

    def _reason(self, error: Exception) -> str:
        if isinstance(error, LyrictermError):
            return str(error)
        return getattr(error, "strerror", None) or type(error).__name__

    def _concerns_copy(self, error: Exception) -> bool:
        """Whether only the file of ``--save`` could not be written: an error of the run's folder comes before it."""
        return self._also is not None and getattr(error, "filename", None) == str(self._also)

    def _sentence(self, error: Exception) -> str:
        if self._concerns_copy(error):
            sentence = _(
                "The copy {path} (--save) cannot be written ({reason}); the run's own folder is saved. It goes on, and "
                "the copy is tried again."
            )
            return sentence.format(reason=one_line(self._reason(error)), path=one_line(str(self._also)))
        sentence = _(
            "The run is not being saved ({reason}: {path}). It goes on, and is saved again as soon as it can be."
        )
        where = self._location.folder.path if self._location else self._storage.store.root
        path = getattr(error, "filename", None) or where
        return sentence.format(reason=one_line(self._reason(error)), path=one_line(str(path)))

    def _make_location(self) -> None:
        if self._location is None:
            folder = self._storage.store.create(time.time())
            self._location = RunLocation(folder, Lock(folder.lock_file))
        else:
            # It may have been removed meanwhile.
            self._location.folder.path.mkdir(parents=True, exist_ok=True)
        self._location.lock.acquire()
        folder, storage = self._location.folder, self._storage
        for path, text in ((folder.exercise_file, storage.exercise), (folder.name_file, storage.name)):
            if text and not path.exists():
                write_whole(path, f"{text}\n".encode())

    def _write_lines(self) -> None:
        if self._location is None:
            return
        folder = self._location.folder
        for name, path in (("curve", folder.curve_file), ("samples", folder.samples_file)):
            with self._change:
                rows = list(self._lines[name])
                self._lines[name].clear()
            try:
                append_lines(path, rows)
            except Exception:
                with self._change:
                    # What came meanwhile is newer: where there is no room for all, the oldest go.
                    self._lines[name] = deque([*rows, *self._lines[name]], maxlen=_MAX_LINES)
                raise

    def _write_checkpoint(self, checkpoint: Checkpoint | None) -> None:
        """To both files, even if one of them cannot be written."""
        if checkpoint is None:
            return
        ours = self._location.folder.checkpoint_file if self._location else None
        paths = [path for path in (ours, self._also) if path is not None]
        errors = [error for path in paths if (error := self._try(partial(self._write, checkpoint, path)))]
        if errors:
            raise errors[0]
        if ours is None:
            return
        with self._change:
            if self._checkpoint is checkpoint:
                self._checkpoint = None
        self._written, self._news = (checkpoint.epoch, checkpoint.minibatch), True

    def _write_best(self, best: Checkpoint | None) -> None:
        if best is None or self._location is None:
            return
        self._write(best, self._location.folder.best_file)
        with self._change:
            if self._best is best:
                self._best = None

    def _write_info(self, info: RunInfo | None) -> None:
        if info is None or self._location is None:
            return
        folder = self._location.folder
        folder.write(replace(info, id=folder.path.name, folder=folder.path))
        with self._change:
            if self._info is info:
                self._info = None
        self._prune()

    def _prune(self) -> None:
        """Keep all checkpoints within the budget, every now and then."""
        if time.monotonic() < self._prune_at:
            return
        self._prune_at = time.monotonic() + _PRUNE_EVERY
        gone = self._storage.store.prune(self._storage.budget)
        if gone:
            sentence = n_(
                "The checkpoint of {count} old run was removed to stay within {budget}; its curves are kept.",
                "The checkpoints of {count} old runs were removed to stay within {budget}; their curves are kept.",
                len(gone),
            )
            budget = f"{figure(self._storage.budget / 1e9)} GB"
            self._tell(Noticed(self._run, sentence.format(count=len(gone), budget=budget)))

    def _give_up(self) -> None:
        """Leave the folder, or remove it if it holds nothing that anybody could go on with or look at."""
        location, self._location = self._location, None
        if location is None:
            return
        if self._discarding or not (location.folder.run_file.exists() or location.folder.checkpoint_file.exists()):
            with contextlib.suppress(OSError):
                erase(location.folder)
        location.lock.release()
