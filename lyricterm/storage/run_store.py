"""The kept runs of a person, each in a folder of its own."""

from __future__ import annotations

import contextlib
import errno
import os
import re
import stat
import time
from collections.abc import Iterator
from dataclasses import dataclass, replace
from itertools import count
from pathlib import Path
from typing import Any

from lyricterm.core.errors import RunError
from lyricterm.core.i18n import _
from lyricterm.core.paths import runs_folder
from lyricterm.core.run_status import RunStatus
from lyricterm.core.sanitize import one_line
from lyricterm.core.strict_json import decoded, encoded
from lyricterm.storage.atomic_write import read_regular, write_whole, writer_of
from lyricterm.storage.lock import Lock, holder, signed_holder
from lyricterm.storage.run_info import FORMAT, RunInfo, from_dict, to_dict

__all__ = ["LAST", "MAX_NAME", "RunFolder", "RunInfo", "Store", "checked_name", "erase"]

LAST = "last"
"""Names the newest run."""

MAX_NAME = 60
"""Characters that a run's name may have."""

_ID = re.compile(r"[0-9A-Za-z_-][0-9A-Za-z._-]{0,199}")
_MAX_RECORD = 1 << 20
_MAX_SHOWN = 60


@dataclass(frozen=True)
class RunFolder:
    """Where the parts of one run lie."""

    path: Path

    @property
    def id(self) -> str:
        """The run's name."""
        return self.path.name

    @property
    def run_file(self) -> Path:
        """What is known of the run: one JSON object."""
        return self.path / "run.json"

    @property
    def curve_file(self) -> Path:
        """The epochs' figures and the changes of variant: JSON lines."""
        return self.path / "curve.jsonl"

    @property
    def samples_file(self) -> Path:
        """The lyrics written on the way: JSON lines."""
        return self.path / "samples.jsonl"

    @property
    def checkpoint_file(self) -> Path:
        """The model and where it stands."""
        return self.path / "checkpoint.safetensors"

    @property
    def lock_file(self) -> Path:
        """Held by the program that trains the run."""
        return self.path / "lock"

    @property
    def pin_file(self) -> Path:
        """There if the run is pinned."""
        return self.path / "pinned"

    @property
    def name_file(self) -> Path:
        """What a person calls the run, if they do."""
        return self.path / "name"

    @property
    def known_files(self) -> tuple[Path, ...]:
        """Every file a run may have; the lock is the last."""
        return (
            self.checkpoint_file,
            self.curve_file,
            self.samples_file,
            self.pin_file,
            self.name_file,
            self.run_file,
            self.lock_file,
        )

    def write(self, info: RunInfo) -> None:
        """Write down where the run stands.

        Raises:
            OSError: if it cannot be written; what was written before is still there.
        """
        write_whole(self.run_file, encoded(to_dict(info)))


class Store:
    """All runs below one folder."""

    def __init__(self, root: Path | None = None) -> None:
        self.root = runs_folder() if root is None else root

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
        found = []
        for folder in self._folders():
            with contextlib.suppress(RunError):
                found.append(_read(folder))
        return sorted(found, key=lambda info: (info.updated, info.id), reverse=True)

    def broken(self) -> list[tuple[str, str]]:
        """The folders that are no readable runs: their names, and one sentence each."""
        found = []
        for folder in self._folders():
            try:
                _read(folder)
            except RunError as error:
                # A run that has been removed meanwhile, or is just beginning, is not broken.
                if folder.path.is_dir() and holder(folder.lock_file) is None:
                    found.append((folder.id, str(error)))
        return sorted(found)

    def find(self, name: str) -> RunInfo:
        """A run by its id, its name, the beginning of its id if no other begins so, or the newest as "last".

        Raises:
            RunError: if there is none, or several, or it cannot be read.
        """
        runs = self.runs()
        if name == LAST and runs:
            return runs[0]
        if name == LAST:
            raise RunError(_("There are no runs yet; lyricterm train makes one."))
        found = [info for info in runs if info.id == name] or [info for info in runs if name and info.name == name]
        if len(found) > 1:
            raise RunError(_("Several runs are called {name}: {ids}; give the id.").format(name=name, ids=_some(found)))
        found = found or [info for info in runs if info.id.startswith(name)]
        if len(found) == 1 and name:
            return found[0]
        if found and name:
            sentence = _("Several runs begin with {name}: {ids}; give more of the one you mean.")
            raise RunError(sentence.format(name=name, ids=_some(found)))
        for run, why in self.broken():
            if run == name:
                raise RunError(why)
        sentence = _("There is no run {name}; lyricterm runs lists them.")
        raise RunError(sentence.format(name=one_line(name)[:_MAX_SHOWN]))

    def last_unfinished(self, exclude_diverged: bool = False) -> RunInfo | None:
        """The newest run one could go on with."""
        for info in self.runs():
            if info.unfinished and not (exclude_diverged and info.status is RunStatus.DIVERGED):
                return info
        return None

    def remove(self, info: RunInfo) -> None:
        """Remove a run's files and its folder; files of anybody else in it are left.

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
                folder.pin_file.touch()
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

        Pinned and running runs keep theirs.

        Args:
            budget: bytes that all checkpoints together may take.

        Returns:
            The runs whose checkpoint went, the oldest first.
        """
        for folder in self._folders():
            _sweep(folder)
        runs = [info for info in self.runs() if info.checkpoint is not None]
        sizes = {info.id: _size(RunFolder(info.folder).checkpoint_file) for info in runs}
        total = sum(sizes.values())
        removed = []
        for info in reversed(runs):
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
        except (OSError, RunError):
            return False
        return True

    def _folders(self) -> list[RunFolder]:
        """The folders with a run's name, links left out."""
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


def checked_name(name: str) -> str:
    """A name that a run may have, without blanks around it.

    Raises:
        RunError: if it is too long, cannot be shown as it is, or means something else.
    """
    name = name.strip()
    if len(name) > MAX_NAME:
        raise RunError(_("A run's name has at most {count} characters.").format(count=MAX_NAME))
    if name != one_line(name):
        raise RunError(_("A run's name must be one line of characters that can be shown."))
    if name == LAST or name.startswith("-"):
        raise RunError(_("A run cannot be called {name}; take another name.").format(name=name))
    return name


def erase(folder: RunFolder) -> None:
    """Remove a run's files and its folder, for whoever holds its lock; files of anybody else in it are left.

    Raises:
        OSError: if something is left.
    """
    for path in (*_temporary_files(folder), *folder.known_files):
        _unlink(path)
    folder.path.rmdir()


@contextlib.contextmanager
def _locked(folder: RunFolder) -> Iterator[None]:
    lock = Lock(folder.lock_file)
    if not lock.acquire():
        sentence = _("The run {id} is being trained by process {pid}; stop that first.")
        raise RunError(sentence.format(id=folder.id, pid=holder(folder.lock_file) or "?"))
    try:
        yield
    finally:
        lock.release()


def _read(folder: RunFolder) -> RunInfo:
    plain, running = _record(folder), _is_running(folder)
    if plain.get("state") == RunStatus.TRAINING.value and not running:
        # It may have ended between the two looks.
        plain, running = _record(folder), _is_running(folder)
    try:
        info = from_dict(folder.id, folder.path, plain)
    except ValueError as error:
        raise RunError(_damaged(folder)) from error
    checkpoint = folder.checkpoint_file
    return replace(
        info,
        status_on_disk=info.status,
        status=RunStatus.INTERRUPTED if info.status is RunStatus.TRAINING and not running else info.status,
        pinned=folder.pin_file.exists(),
        name=_name(folder),
        running=running,
        trained_by=_trainer(folder) if running else "",
        size=sum(_size(path) for path in _files(folder)),
        checkpoint=checkpoint if checkpoint.is_file() else None,
    )


def _name(folder: RunFolder) -> str:
    """What stands in the name file, whoever wrote it; empty if it is no name."""
    try:
        return checked_name(read_regular(folder.name_file, 4 * MAX_NAME + 2).decode())
    except (OSError, ValueError, RunError):
        return ""


def _some(runs: list[RunInfo]) -> str:
    return ", ".join(info.id for info in runs[:3]) + (" …" if len(runs) > 3 else "")


def _is_running(folder: RunFolder) -> bool:
    return holder(folder.lock_file) is not None


def _trainer(folder: RunFolder) -> str:
    """Who trains the run, in words; empty if they have not said."""
    found = signed_holder(folder.lock_file)
    if found is None or not found.pid:
        return ""
    return f"{found.who}, {found.pid}" if found.who else str(found.pid)


def _record(folder: RunFolder) -> dict[str, Any]:
    try:
        plain = decoded(read_regular(folder.run_file, _MAX_RECORD))
    except FileNotFoundError as error:
        sentence = _("The run {id} has no run.json; delete {path} if you do not need what is in it.")
        raise RunError(sentence.format(id=folder.id, path=_shown(folder))) from error
    except OSError as error:
        if error.errno in (errno.EFBIG, errno.EINVAL):
            raise RunError(_damaged(folder)) from error
        sentence = _("The run {id} cannot be read: {reason}.")
        raise RunError(sentence.format(id=folder.id, reason=error.strerror or error)) from error
    except ValueError as error:
        raise RunError(_damaged(folder)) from error
    number = plain.get("format") if isinstance(plain, dict) else None
    if isinstance(number, bool) or not isinstance(number, int):
        raise RunError(_damaged(folder))
    if number > FORMAT:
        raise RunError(_("The run {id} was kept by a newer lyricterm; update to use it.").format(id=folder.id))
    if number < FORMAT:
        sentence = _("The run {id} was kept by an older lyricterm, whose format this one does not read.")
        raise RunError(sentence.format(id=folder.id))
    return dict(plain)


def _sweep(folder: RunFolder) -> None:
    """Remove temporary files of dead programs, unless another program is at work in the folder."""
    if holder(folder.lock_file) not in (None, os.getpid()):
        return
    for path in _temporary_files(folder):
        if not _is_alive(writer_of(path.name) or 0):
            with contextlib.suppress(OSError):
                path.unlink()


def _temporary_files(folder: RunFolder) -> list[Path]:
    return [path for path in _files(folder) if writer_of(path.name) is not None]


def _is_alive(process: int) -> bool:
    try:
        os.kill(process, 0)
    except (ProcessLookupError, OverflowError):
        return False
    except OSError:
        # Somebody else's.
        return True
    return True


def _files(folder: RunFolder) -> list[Path]:
    try:
        return list(folder.path.iterdir())
    except OSError:
        return []


def _size(path: Path) -> int:
    try:
        return path.lstat().st_size
    except OSError:
        return 0


def _unlink(path: Path) -> None:
    with contextlib.suppress(FileNotFoundError, IsADirectoryError):
        path.unlink()


def _shown(folder: RunFolder) -> str:
    return one_line(str(folder.path))


def _damaged(folder: RunFolder) -> str:
    sentence = _("The run {id} cannot be read, its run.json is damaged; delete {path} if you do not need it.")
    return sentence.format(id=folder.id, path=_shown(folder))


def _gone(run: str) -> str:
    return _("The run {id} is gone.").format(id=one_line(run))


def _not_removed(folder: RunFolder, error: OSError) -> str:
    left = [path.name for path in _files(folder)]
    if left and all(path not in folder.known_files for path in _files(folder)):
        sentence = _("The run {id} is gone, but {path} holds other files, which are left there.")
        return sentence.format(id=folder.id, path=_shown(folder))
    sentence = _("The run {id} cannot be removed: {reason}.")
    return sentence.format(id=folder.id, reason=error.strerror or error)
