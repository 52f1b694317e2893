"""The kept runs of exercises stay few: a replay takes the place of what it repeats, and the oldest go."""

from __future__ import annotations

import contextlib

from lyricterm.core.errors import RunError
from lyricterm.core.run_status import RunStatus
from lyricterm.storage.run_info import RunInfo
from lyricterm.storage.run_store import Store

MOST_RUNS = 200
"""Of exercises, all together."""
MOST_BYTES = 1_000_000_000
"""Of exercises, all files together."""
_WHOLE = (RunStatus.FINISHED, RunStatus.DIVERGED)


def make_room(store: Store) -> list[RunInfo]:
    """Remove runs of exercises that were trained again, and the oldest while there are too many or they take too much.

    Pinned and running ones stay, and so does every run of a person's own.

    Returns:
        What was removed.
    """
    of_exercises = [info for info in store.runs() if info.exercise and info.folder.parent == store.root]
    repeated = _repeated(of_exercises)
    left = [info for info in of_exercises if info not in repeated]
    gone = []
    for info in (*repeated, *_too_many(left)):
        # One that cannot be removed now is tried again after the next run.
        with contextlib.suppress(RunError):
            store.remove(info)
            gone.append(info)
    return gone


def _removable(info: RunInfo) -> bool:
    return not (info.pinned or info.running)


def _repeated(newest_first: list[RunInfo]) -> list[RunInfo]:
    """Those of which a newer one has the same name, settings and text, and came to its end."""
    found, seen = [], set()
    for info in newest_first:
        key = (info.exercise, info.name, info.recipe, info.fingerprint)
        if key in seen and _removable(info):
            found.append(info)
        if info.status in _WHOLE:
            seen.add(key)
    return found


def _too_many(newest_first: list[RunInfo]) -> list[RunInfo]:
    count, size = len(newest_first), sum(info.size for info in newest_first)
    found = []
    for info in reversed(newest_first):
        if count <= MOST_RUNS and size <= MOST_BYTES:
            break
        if _removable(info):
            found.append(info)
            count, size = count - 1, size - info.size
    return found
