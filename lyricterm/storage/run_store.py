"""The kept runs of a person, each in a folder of its own."""

from __future__ import annotations

import contextlib
import os
import re
import stat
import time
from collections.abc import Iterable, Iterator
from dataclasses import replace
from itertools import count
from pathlib import Path

from lyricterm.core.errors import RunError, RunNameError
from lyricterm.core.i18n import _
from lyricterm.core.paths import runs_folder
from lyricterm.core.run_status import RunStatus
from lyricterm.core.sanitize import one_line
from lyricterm.storage.atomic_write import write_whole
from lyricterm.storage.lock import Lock, holder
from lyricterm.storage.newest_first import age, newest_first
from lyricterm.storage.read_runs import ReadRuns
from lyricterm.storage.run_folder import RunFolder, erase, files_of, size_of, sweep
from lyricterm.storage.run_info import RunInfo
from lyricterm.storage.run_names import LAST, MAX_NAME, checked_name, spoken
from lyricterm.storage.run_reader import read_run

__all__ = ["LAST", "MAX_NAME", "RunFolder", "RunInfo", "Store", "checked_name", "erase"]

_ID = re.compile(r"[0-9A-Za-z_-][0-9A-Za-z._-]{0,199}")
_MAX_SHOWN = 60


class Store:
    """All runs below one folder."""

    def __init__(self, root: Path | None = None) -> None:
        self.root = runs_folder() if root is None else root
        self._read = ReadRuns()

    def create(self, now: float) -> RunFolder:
        """A new, empty folder, named after the local time.

        Args:
            now: seconds since 1970.

        Raises:
            OSError: if it cannot be made.
        """
        self.root.mkdir(parents=True, exist_ok=True)
        name = time.strftime("%Y%m%d-%H%M%S", time.localtime(now))
        for number in count(1):
            path = self.root / (name if number == 1 else f"{name}-{number}")
            # Of two programs that start in the same second, one makes the folder and the other goes on.
            with contextlib.suppress(FileExistsError):
                path.mkdir()
                break
        return RunFolder(path)

    def runs(self) -> list[RunInfo]:
        """The runs that can be read, the newest first."""
        return self.listing()[0]

    def broken(self) -> list[tuple[str, str]]:
        """The folders that are no readable runs: their names, and one sentence each."""
        return self.listing()[1]

    def listing(self) -> tuple[list[RunInfo], list[tuple[str, str]]]:
        """What ``runs`` and ``broken`` say, in one reading."""
        found, broken = [], []
        for folder in self._folders():
            try:
                found.append(self._read.run(folder))
            except RunError as error:
                # A run that has been removed meanwhile, or is just beginning, is not broken.
                if folder.path.is_dir() and holder(folder.lock_file) is None:
                    broken.append((folder.id, str(error)))
        return sorted(found, key=age, reverse=True), sorted(broken)

    def newest_first(self) -> Iterator[RunInfo]:
        """As ``runs``; each is read only when it is asked for, where the files' times allow it."""
        return newest_first(self._folders(), self._read.run)

    def find(self, name: str) -> RunInfo:
        """A run by its id, its name, its two words, the beginning of its id if no other begins so, or "last".

        Raises:
            RunError: if there is none, or several, or it cannot be read.
        """
        return self.find_all([name])[0]

    def find_all(self, names: Iterable[str]) -> list[RunInfo]:
        """Several runs, each as ``find`` does; the folder is read once, and only if that is needed.

        Raises:
            RunError: as ``find``.
        """
        names = list(names)
        alone = [self._last() if name == LAST else self._with_id(name) for name in names]
        if None not in alone:
            return [info for info in alone if info is not None]
        runs, broken = self.listing()
        if not runs and (trouble := self.trouble()):
            raise RunError(trouble)
        return [_among(runs, broken, name) for name in names]

    def _last(self) -> RunInfo | None:
        """The newest run that is not an exercise's; if there is none, the newest."""
        newest = None
        for info in self.newest_first():
            if not info.exercise:
                return info
            newest = newest or info
        return newest

    def _with_id(self, name: str) -> RunInfo | None:
        """The run with this very id, for which no other needs to be read."""
        path = self.root / name
        if name == LAST or not _ID.fullmatch(name) or path.is_symlink():
            return None
        try:
            return read_run(RunFolder(path))
        except RunError:
            return None

    def called(self, run: str) -> str:
        """What one may call the run with this id: its name or its two words; the id where these are another's, too."""
        runs = self.runs()
        word = next((info.spoken for info in runs if info.id == run), run)
        others = [info for info in runs if info.id != run and word in (info.id, info.name, spoken(info.id))]
        return run if others else word

    def last_unfinished(self, exclude_diverged: bool = False) -> RunInfo | None:
        """The newest run one could go on with; those of exercises are left out."""
        for info in self.newest_first():
            if info.unfinished and not info.exercise and not (exclude_diverged and info.status is RunStatus.DIVERGED):
                return info
        return None

    def remove(self, info: RunInfo) -> None:
        """Remove a run's files and its folder; files that are not the run's are left.

        Raises:
            RunError: if the run is running, or something is left.
        """
        folder = self._folder_of(info)
        if folder is None:
            return
        try:
            with _locked(folder):
                erase(folder)
        except FileNotFoundError:
            return
        except OSError as error:
            raise RunError(_not_removed(folder, error)) from error

    def pin(self, info: RunInfo, on: bool) -> None:
        """Keep the run's checkpoint whatever ``prune`` wants, or no more.

        Raises:
            RunError: if that cannot be written down.
        """
        folder = self._folder_of(info)
        if folder is None:
            raise RunError(_gone(info.id))
        try:
            if on:
                folder.pin_file.touch(mode=0o644)
            else:
                folder.pin_file.unlink(missing_ok=True)
        except OSError as error:
            sentence = _("The run {id} cannot be changed: {reason}.")
            raise RunError(sentence.format(id=info.id, reason=error.strerror or error)) from error

    def rename(self, info: RunInfo, name: str) -> None:
        """Call the run ``name`` from now on; an empty one takes its name away.

        Raises:
            RunError: if that cannot be a name, or cannot be written down.
        """
        folder = self._folder_of(info)
        if folder is None:
            raise RunError(_gone(info.id))
        name = checked_name(name)
        try:
            if name:
                write_whole(folder.name_file, f"{name}\n".encode())
            else:
                folder.name_file.unlink(missing_ok=True)
        except OSError as error:
            sentence = _("The run {id} cannot be changed: {reason}.")
            raise RunError(sentence.format(id=info.id, reason=error.strerror or error)) from error

    def prune(self, budget: int) -> list[RunInfo]:
        """Remove the oldest checkpoints until all together fit; temporary files of dead programs go as well.

        Those of exercises go before any other. Pinned and running runs keep theirs.

        Args:
            budget: bytes that all checkpoints together may take.

        Returns:
            The runs whose checkpoint went, the oldest first.
        """
        for folder in self._folders():
            sweep(folder)
        runs = [info for info in self.runs() if info.checkpoint is not None]
        folders = {info.id: RunFolder(info.folder) for info in runs}
        sizes = {run: size_of(folder.checkpoint_file) + size_of(folder.best_file) for run, folder in folders.items()}
        total = sum(sizes.values())
        removed = []
        oldest = runs[::-1]
        for info in sorted(oldest, key=lambda info: not info.exercise):
            if total <= budget:
                break
            if self._drop_checkpoint(info):
                total -= sizes[info.id]
                removed.append(replace(info, checkpoint=None, size=max(0, info.size - sizes[info.id])))
        return removed

    def _drop_checkpoint(self, info: RunInfo) -> bool:
        folder = self._folder_of(info)
        if folder is None or info.running:
            return False
        try:
            with _locked(folder):
                if folder.pin_file.exists():
                    return False
                folder.checkpoint_file.unlink()
                folder.best_file.unlink(missing_ok=True)
        except (OSError, RunError):
            return False
        return True

    def trouble(self) -> str:
        """A sentence on why the runs cannot be listed; empty if they can, or if there are none yet."""
        try:
            with os.scandir(self.root):
                return ""
        except FileNotFoundError:
            return ""
        except OSError as error:
            sentence = _("The folder of the runs, {path}, cannot be read: {reason}.")
            return sentence.format(path=one_line(str(self.root)), reason=error.strerror or error)

    def _folders(self) -> list[RunFolder]:
        """The folders with a run's name, links left out; none where the root cannot be read."""
        found = []
        with contextlib.suppress(OSError), os.scandir(self.root) as entries:
            for entry in entries:
                with contextlib.suppress(OSError):
                    if _ID.fullmatch(entry.name) and entry.is_dir(follow_symlinks=False):
                        found.append(RunFolder(self.root / entry.name))
        return found

    def _folder_of(self, info: RunInfo) -> RunFolder | None:
        """The run's own folder below the root, wherever ``info`` says it is; None if it is not there."""
        if not _ID.fullmatch(info.id):
            return None
        path = self.root / info.id
        try:
            mode = path.lstat().st_mode
        except OSError:
            return None
        return RunFolder(path) if stat.S_ISDIR(mode) else None


@contextlib.contextmanager
def _locked(folder: RunFolder) -> Iterator[None]:
    lock = Lock(folder.lock_file)
    if not lock.acquire():
        sentence = _("The run {id} is being trained by process {pid}; stop that process first.")
        raise RunError(sentence.format(id=folder.id, pid=holder(folder.lock_file) or "?"))
    try:
        yield
    finally:
        lock.release()


def _among(runs: list[RunInfo], broken: list[tuple[str, str]], name: str) -> RunInfo:
    if name == LAST and runs:
        return next((info for info in runs if not info.exercise), runs[0])
    if name == LAST:
        raise RunError(_("There are no runs yet; lyricterm train makes one."))
    for called in (lambda info: info.id, lambda info: info.name, lambda info: spoken(info.id)):
        found = [info for info in runs if name and called(info) == name]
        if len(found) > 1 and not all(info.exercise for info in found):
            sentence = _("Several runs are called {name}: {ids}; give the id.")
            raise RunNameError(sentence.format(name=name, ids=_some(found)))
        if found:
            # Of an exercise that was played with other settings since, the newest play.
            return found[0]
    found = [info for info in runs if name and info.id.startswith(name)]
    if len(found) == 1:
        return found[0]
    if found:
        sentence = _("Several runs begin with {name}: {ids}; give more of the one you mean.")
        raise RunNameError(sentence.format(name=name, ids=_some(found)))
    for run, why in broken:
        if run == name:
            raise RunError(why)
    sentence = _("There is no run {name}; lyricterm runs lists them.")
    raise RunNameError(sentence.format(name=one_line(name)[:_MAX_SHOWN].strip() or "''"))


def _gone(run: str) -> str:
    return _("The run {id} is gone.").format(id=one_line(run))


def _not_removed(folder: RunFolder, error: OSError) -> str:
    left = [path.name for path in files_of(folder)]
    if left and all(path not in folder.known_files for path in files_of(folder)):
        sentence = _("The run {id} is gone, but {path} holds other files, which are left there.")
        return sentence.format(id=folder.id, path=one_line(str(folder.path)))
    sentence = _("The run {id} cannot be removed: {reason}.")
    return sentence.format(id=folder.id, reason=error.strerror or error)


def _some(runs: list[RunInfo]) -> str:
    return ", ".join(info.id for info in runs[:3]) + (" …" if len(runs) > 3 else "")
