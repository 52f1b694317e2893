"""The run that a person names where a checkpoint file may be named, too."""

from __future__ import annotations

import os
from pathlib import Path

from lyricterm.core.pasted_path import path_of
from lyricterm.storage.run_folder import RunFolder
from lyricterm.storage.run_info import RunInfo
from lyricterm.storage.run_reader import read_run
from lyricterm.storage.run_store import Store


def named_run(source: str, store: Store) -> RunInfo | None:
    """The run whose folder, id, name or two words ``source`` is; None where it is the path of a file.

    Raises:
        RunError: if there is no such run, or it cannot be read.
    """
    path = path_of(source)
    # os.path, which takes names that cannot be for missing ones.
    if os.path.isfile(path / "run.json"):  # noqa: PTH113
        return run_at(path, store)
    is_there, is_folder = os.path.lexists(path), os.path.isdir(path)  # noqa: PTH112
    if (is_folder or not is_there) and any(info.name == source for info in store.runs()):
        return store.find(source)
    return None if is_there or os.sep in source or path.suffix else store.find(source)


def run_at(path: Path, store: Store) -> RunInfo:
    """The run in a folder, which may be one of another machine's.

    Raises:
        RunError: if it cannot be read.
    """
    folder = path.resolve()
    return store.find(folder.name) if is_below(folder, store) else read_run(RunFolder(folder))


def is_below(folder: Path, store: Store) -> bool:
    """Whether a run's folder is one of this store's."""
    return folder.resolve().parent == store.root.resolve()
