"""Where the parts of one run lie, and what can be done with its files."""

from __future__ import annotations

import contextlib
import os
from dataclasses import dataclass
from pathlib import Path

from lyricterm.core.strict_json import encoded
from lyricterm.storage.atomic_write import write_whole, writer_of
from lyricterm.storage.lock import holder
from lyricterm.storage.run_info import RunInfo, to_dict

CHECKPOINT, LOCK, PIN, NAME, EXERCISE = "checkpoint.safetensors", "lock", "pinned", "name", "exercise"
"""Names of files that a run need not have."""


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
        """The epochs' figures and the changes of settings: JSON lines."""
        return self.path / "curve.jsonl"

    @property
    def samples_file(self) -> Path:
        """The lyrics written on the way: JSON lines."""
        return self.path / "samples.jsonl"

    @property
    def checkpoint_file(self) -> Path:
        """The model and where it stands."""
        return self.path / CHECKPOINT

    @property
    def best_file(self) -> Path:
        """The model after its best epoch, once the run has left that behind."""
        return self.path / "best.safetensors"

    @property
    def lock_file(self) -> Path:
        """Held by the program that trains the run."""
        return self.path / LOCK

    @property
    def pin_file(self) -> Path:
        """There if the run is pinned."""
        return self.path / PIN

    @property
    def name_file(self) -> Path:
        """What a person calls the run, if they do."""
        return self.path / NAME

    @property
    def exercise_file(self) -> Path:
        """The name of the exercise that the run belongs to, if it does."""
        return self.path / EXERCISE

    @property
    def known_files(self) -> tuple[Path, ...]:
        """Every file a run may have; the lock is the last."""
        return (
            self.checkpoint_file,
            self.best_file,
            self.curve_file,
            self.samples_file,
            self.pin_file,
            self.name_file,
            self.exercise_file,
            self.run_file,
            self.lock_file,
        )

    def write(self, info: RunInfo) -> None:
        """Write down where the run stands.

        Raises:
            OSError: if it cannot be written; what was written before is still there.
        """
        write_whole(self.run_file, encoded(to_dict(info)))


def erase(folder: RunFolder) -> None:
    """Remove a run's files and its folder, for whoever holds its lock; files that are not the run's are left.

    Raises:
        OSError: if something is left.
    """
    for path in (*temporary_files(folder), *folder.known_files):
        _unlink(path)
    folder.path.rmdir()


def sweep_own(folder: RunFolder) -> None:
    """Remove temporary files that this process could not remove when a write failed; no write may be under way."""
    for path in temporary_files(folder):
        if writer_of(path.name) == os.getpid():
            with contextlib.suppress(OSError):
                path.unlink()


def sweep(folder: RunFolder) -> None:
    """Remove temporary files of dead programs, unless another program is at work in the folder."""
    if holder(folder.lock_file) not in (None, os.getpid()):
        return
    for path in temporary_files(folder):
        if not _is_alive(writer_of(path.name) or 0):
            with contextlib.suppress(OSError):
                path.unlink()


def temporary_files(folder: RunFolder) -> list[Path]:
    """The temporary files of any program."""
    return [path for path in files_of(folder) if writer_of(path.name) is not None]


def _is_alive(process: int) -> bool:
    try:
        os.kill(process, 0)
    except (ProcessLookupError, OverflowError):
        return False
    except OSError:
        # Somebody else's.
        return True
    return True


def files_of(folder: RunFolder) -> list[Path]:
    """All files in the folder; none if it is gone."""
    try:
        return list(folder.path.iterdir())
    except OSError:
        return []


def size_of(path: Path) -> int:
    """Bytes; 0 if the file is gone."""
    try:
        return path.lstat().st_size
    except OSError:
        return 0


def _unlink(path: Path) -> None:
    with contextlib.suppress(FileNotFoundError, IsADirectoryError):
        path.unlink()
