"""Student's t distribution, and Holm's correction for several tests at once."""

from __future__ import annotations

import math
from collections.abc import Hashable, Mapping
from typing import TypeVar

LEVEL = 0.05
"""The chance of a false alarm that is accepted: 95 %."""

Key = TypeVar("Key", bound=Hashable)


def two_sided(t: float, freedom: int) -> float:
    """The chance of a ``|t|`` at least as large with so many degrees of freedom.

    Source: Abramowitz and Stegun, 26.7.3 and 26.7.4.
    """
    angle = math.atan(abs(t) / math.sqrt(freedom))
    cosine, sine = math.cos(angle), math.sin(angle)
    odd = freedom % 2
    term = cosine if odd else 1.0
    series = 0.0
    for i in range(odd, freedom - 1, 2):
        series += term
        term *= cosine * cosine * (i + 1) / (i + 2)
    within = 2 / math.pi * (angle + sine * series) if odd else sine * series
    return max(0.0, 1 - within)


def critical(level: float, freedom: int) -> float:
    """The t beyond which ``two_sided`` is below a level."""
    low, high = 0.0, 1.0
    while two_sided(high, freedom) > level:
        high *= 2
    for _step in range(60):
        middle = (low + high) / 2
        low, high = (middle, high) if two_sided(middle, freedom) > level else (low, middle)
    return high


def holm_levels(chances: Mapping[Key, float]) -> dict[Key, float]:
    """The level that each test has to stay below so that at most 5 % of all families have a false alarm (Holm 1979).

    The smallest of m chances is held against 0.05 / m, the next against 0.05 / (m − 1), and so on until one is above;
    all after it are held against the level of that one.
    """
    levels: dict[Key, float] = {}
    level, stopped = 0.0, False
    for place, key in enumerate(sorted(chances, key=lambda each: chances[each])):
        if not stopped:
            level = LEVEL / (len(chances) - place)
            stopped = not chances[key] < level
        levels[key] = level
    return levels
