"""Which exercises a person has played to the end, and when."""

from __future__ import annotations

import contextlib
import math
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from lyricterm.core.log import logger
from lyricterm.core.paths import played_file
from lyricterm.core.strict_json import decoded, encoded
from lyricterm.storage.atomic_write import write_whole

_MAX_BYTES = 100_000
_MAX_TIME = 1e11


@dataclass(frozen=True)
class Played:
    """The last time that an exercise was played to its verdict."""

    ended: float
    """Seconds since 1970."""
    seconds: float
    """How long it took."""
    seeds: int


def read_played(path: Path | None = None) -> dict[str, Played]:
    """By the exercise's name; what cannot be read was not played."""
    path = path or played_file()
    with contextlib.suppress(OSError, ValueError):
        if path.stat().st_size <= _MAX_BYTES:
            plain = decoded(path.read_bytes())
            rows = plain.items() if isinstance(plain, dict) else ()
            return {name: played for name, row in rows if (played := _from_dict(row)) is not None}
    return {}


def note_played(name: str, played: Played, path: Path | None = None) -> None:
    """Write down that an exercise was played; if the disk does not take it, only the log says so."""
    path = path or played_file()
    rows = read_played(path) | {name: played}
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        write_whole(path, encoded({each: vars(row) for each, row in rows.items()}))
    except OSError as error:
        logger().warning("the exercise could not be noted as played", exc_info=error)


def _from_dict(row: Any) -> Played | None:
    match row:
        case {"ended": int() | float() as ended, "seconds": int() | float() as seconds, "seeds": int() as seeds}:
            known = all(math.isfinite(value) and 0 <= value <= _MAX_TIME for value in (ended, seconds, seeds))
            return Played(float(ended), float(seconds), seeds) if known else None
    return None
