"""Runs that were read before, so that a list of thousands is read again only where something has changed."""

from __future__ import annotations

import time

from lyricterm.core.run_status import RunStatus
from lyricterm.storage.lock import holder
from lyricterm.storage.run_folder import RunFolder
from lyricterm.storage.run_info import RunInfo
from lyricterm.storage.run_reader import read_run

_SETTLED = 2_000_000_000
"""Nanoseconds after which a change is sure to have another time of modification than the one before."""

_Stamp = tuple[int, ...]


class ReadRuns:
    """What the folders of runs said when they were read last; runs in use are always read anew."""

    def __init__(self) -> None:
        self._known: dict[str, tuple[_Stamp, RunInfo]] = {}

    def run(self, folder: RunFolder) -> RunInfo:
        """The run in a folder.

        Raises:
            RunError: if it cannot be read.
        """
        stamp = _stamp(folder)
        known = self._known.get(folder.id)
        if stamp and known is not None and known[0] == stamp and holder(folder.lock_file) is None:
            return known[1]
        info = read_run(folder)
        if stamp and not info.running and info.status_on_disk is not RunStatus.TRAINING:
            self._known[folder.id] = (stamp, info)
        else:
            self._known.pop(folder.id, None)
        return info


def _stamp(folder: RunFolder) -> _Stamp:
    """Changes with the folder's list of files and with run.json; empty if that is too young to be told by it."""
    try:
        listed, record = folder.path.stat(), folder.run_file.stat()
    except OSError:
        return ()
    newest = max(listed.st_mtime_ns, record.st_mtime_ns)
    if not 0 <= newest < time.time_ns() - _SETTLED:
        return ()
    return listed.st_mtime_ns, record.st_ino, record.st_size, record.st_mtime_ns
