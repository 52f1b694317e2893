"""The newest runs before the others, so that "last" does not read thousands."""

from __future__ import annotations

import math
from bisect import insort
from collections.abc import Callable, Iterable, Iterator

from lyricterm.core.errors import RunError
from lyricterm.storage.run_folder import RunFolder
from lyricterm.storage.run_info import RunInfo

_COARSE = 2.0
"""Seconds by which a file may seem older than the clock said when it was written: file systems round its time."""


def age(info: RunInfo) -> tuple[float, str]:
    """Orders runs from the oldest to the newest."""
    return info.updated, info.id


def newest_first(folders: Iterable[RunFolder], read: Callable[[RunFolder], RunInfo]) -> Iterator[RunInfo]:
    """The runs that can be read, the newest first; each is read only when it may be the next.

    When a run was written down stands in its run.json. The file cannot be older than that, so of a file whose time is
    before what stands in another, nobody needs to look into it yet.

    Args:
        folders: of the runs.
        read: reads one; its ``RunError`` leaves the run out.
    """
    unread = sorted(((_written(folder), folder.id, folder) for folder in folders), key=lambda each: each[:2])
    waiting: list[RunInfo] = []
    while unread or waiting:
        youngest = unread[-1][0] + _COARSE if unread else -math.inf
        if waiting and waiting[-1].updated > youngest:
            yield waiting.pop()
            continue
        try:
            insort(waiting, read(unread.pop()[-1]), key=age)
        except RunError:
            continue


def _written(folder: RunFolder) -> float:
    """When run.json was written; as long ago as can be where it is not there."""
    try:
        return folder.run_file.stat().st_mtime
    except OSError:
        return -math.inf
