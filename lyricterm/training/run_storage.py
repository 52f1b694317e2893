"""How runs are kept on disk, and where one of them is."""

from __future__ import annotations

from dataclasses import dataclass

from lyricterm.storage.lock import Lock
from lyricterm.storage.run_store import RunFolder, Store


@dataclass(frozen=True)
class RunLocation:
    """A run's folder, and the lock that makes it ours."""

    folder: RunFolder
    lock: Lock
    created: float | None = None
    """When the run began, in seconds since 1970, if that is known."""


@dataclass(frozen=True)
class RunStorage:
    """How runs are kept."""

    store: Store
    interval: float = 10.0
    """Seconds between two automatic saves."""
    budget: int = 2_000_000_000
    """Bytes that all checkpoints together may take."""
    exercise: str = ""
    """The exercise that new runs belong to; empty for a person's own runs."""
    name: str = ""
    """What new runs are called."""
