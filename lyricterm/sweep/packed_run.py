"""A run's folder as bytes that can travel, and back."""

from __future__ import annotations

import contextlib
from collections.abc import Mapping

from lyricterm.storage.atomic_write import write_whole
from lyricterm.storage.run_folder import RunFolder

PackedRun = Mapping[str, bytes]
"""The files of a run: name to content."""


def pack(folder: RunFolder) -> PackedRun:
    """The files of a run, as far as they are there; it may be written meanwhile.

    Raises:
        OSError: if one that is there cannot be read.
    """
    packed = {}
    # The checkpoint is the first: no epoch before it may be missing from the curve.
    for path in (folder.checkpoint_file, folder.best_file, folder.curve_file, folder.samples_file, folder.run_file):
        with contextlib.suppress(FileNotFoundError):
            packed[path.name] = path.read_bytes()
    return packed


def unpack(packed: PackedRun, folder: RunFolder) -> None:
    """Write a run's files; whenever that is broken off, the checkpoint fits what is there.

    Raises:
        OSError: if one cannot be written.
    """
    for path in (folder.curve_file, folder.samples_file, folder.best_file, folder.checkpoint_file, folder.run_file):
        if path.name in packed:
            write_whole(path, packed[path.name])
