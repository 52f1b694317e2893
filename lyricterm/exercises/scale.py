"""Where a figure's values lie: from 0 to 1 in both directions, linear or logarithmic; pure functions."""

from __future__ import annotations

import math
from dataclasses import dataclass

from lyricterm.exercises.base import Figure
from lyricterm.plotting.ticks import Span, linear_ticks, log_ticks

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
        if self.log:
            return log_ticks(self.low, self.high, most)
        return linear_ticks(Span(self.low, self.high), most)

    def ticks_across(self, most: int = _TICKS) -> list[float]:
        """Round whole numbers on the horizontal axis."""
        return linear_ticks(Span(self.left, self.right), most, 1.0)

    def _bent(self, value: float) -> float:
        return math.log10(max(value, _SMALLEST)) if self.log else value


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


def _clamped(share: float) -> float:
    return min(1.0, max(0.0, share))
