"""Stepping a number up and down the 1-2-5 ladder."""

from __future__ import annotations

from lyricterm.core.errors import RecipeError
from lyricterm.core.settings import DEFAULTS, Value, check

_EXPONENTS = range(-9, 10)


def rungs() -> list[float]:
    """The numbers 1, 2 and 5 times each power of ten."""
    return [float(f"{mantissa}e{exponent}") for exponent in _EXPONENTS for mantissa in (1, 2, 5)]


def nudge(setting: str, value: float, direction: int) -> Value | None:
    """The next rung above (1) or below (-1) a value, or None if the setting does not allow it."""
    if direction > 0:
        beyond = [rung for rung in rungs() if rung > value * (1 + 1e-9)]
        rung = beyond[0] if beyond else None
    else:
        beyond = [rung for rung in rungs() if rung < value * (1 - 1e-9)]
        rung = beyond[-1] if beyond else None
    if rung is None:
        return None
    moved: Value = int(rung) if isinstance(DEFAULTS[setting], int) else rung
    try:
        check(setting, moved)
    except RecipeError:
        return None
    return moved
