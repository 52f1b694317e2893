"""Where a figure's values lie: from 0 to 1 in both directions, linear or logarithmic; pure functions."""

from __future__ import annotations

import math
from dataclasses import dataclass

from lyricterm.exercises.base import Figure

_TICKS = 8
_SMALLEST = 1e-12


@dataclass(frozen=True)
class Scale:
    """The ranges of a figure."""

    left: float
    right: float
    low: float
    high: float
    log: bool

    def across(self, x: float) -> float:
        """0 at the left end, 1 at the right."""
        return _clamped((x - self.left) / (self.right - self.left)) if self.right > self.left else 0.0

    def up(self, y: float) -> float:
        """0 at the lower end, 1 at the upper; what lies outside is put there."""
        low, high, value = (self._bent(each) for each in (self.low, self.high, y))
        return _clamped((value - low) / (high - low)) if high > low else 0.5

    def ticks_up(self, most: int = _TICKS) -> list[float]:
        """Round numbers on the vertical axis, lowest first."""
        if not self.log:
            return _round(self.low, self.high, most)
        for mantissas in ((1, 2, 5), (1,)):
            exponents = range(math.floor(self._bent(self.low)) - 1, math.ceil(self._bent(self.high)) + 1)
            found = [float(f"{mantissa}e{exponent}") for exponent in exponents for mantissa in mantissas]
            found = [value for value in found if self.low <= value <= self.high]
            if 2 <= len(found) <= most:
                return found
        return found[:: max(1, math.ceil(len(found) / most))] if found else []

    def ticks_across(self, most: int = _TICKS) -> list[float]:
        """Round whole numbers on the horizontal axis."""
        return [value for value in _round(self.left, self.right, most) if value == int(value)]

    def _bent(self, value: float) -> float:
        return math.log10(max(value, _SMALLEST)) if self.log else value


def label(value: float) -> str:
    """A round number on an axis: 0.05, 2, 10, 1,000, 1e+06."""
    if value >= 1e6:
        return f"{value:.0e}"
    return f"{value:,.0f}" if value >= 1000 else f"{value:.4g}"


def scale_of(figure: Figure) -> Scale:
    """The ranges that show all of a figure."""
    points = [(x, y) for line in figure.lines for x, y in line.points]
    heights = [y for _x, y in points if math.isfinite(y) and (y > 0 or not figure.log)]
    heights += [value for value, _name in figure.levels]
    low, high = min(heights, default=1.0), max(heights, default=10.0)
    if not figure.log:
        low = min(0.0, low)
    if not math.isnan(figure.top):
        high = min(high, figure.top)
    if high <= low:
        high = low + 1 if not figure.log else low * 10
    right = max([x for x, _y in points] + ([] if math.isnan(figure.end) else [figure.end]), default=1.0)
    left = min(1.0, right)
    return Scale(left, max(right, left + 1), low, high, figure.log)


def _round(low: float, high: float, most: int) -> list[float]:
    if not high > low:
        return [low]
    raw = (high - low) / most
    exponent = math.floor(math.log10(raw))
    step = next(m * 10.0**exponent for m in (1, 2, 5, 10) if m * 10.0**exponent >= raw)
    first = math.ceil(low / step - 1e-9)
    return [i * step for i in range(first, math.floor(high / step + 1e-9) + 1)]


def _clamped(share: float) -> float:
    return min(1.0, max(0.0, share))
