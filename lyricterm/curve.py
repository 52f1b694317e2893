"""A curve that stays bounded however long a run goes on."""

from __future__ import annotations

import math
from collections.abc import Sequence

from lyricterm.events import Series

CAPACITY = 512


class Curve:
    """Collects values; beyond ``CAPACITY`` points, neighbours are merged into their mean.

    Infinity stays infinity when merged, so an overflow does not vanish; NaN is stored as infinity.
    """

    def __init__(self) -> None:
        self._points: list[float] = []
        self._width = 1
        self._rest: list[float] = []
        self._low, self._high = math.inf, -math.inf
        self._latest = math.nan

    def add(self, value: float) -> None:
        """Append one value."""
        value = math.inf if math.isnan(value) else value
        self._latest = value
        if math.isfinite(value):
            self._low, self._high = min(self._low, value), max(self._high, value)
        self._rest.append(value)
        if len(self._rest) == self._width:
            self._points.append(mean(self._rest))
            self._rest.clear()
        if len(self._points) >= CAPACITY:
            pairs = zip(self._points[::2], self._points[1::2], strict=True)
            self._points = [mean(list(pair)) for pair in pairs]
            self._width *= 2

    def series(self, passing: float | None = None) -> Series:
        """The curve so far; ``passing`` is a value still on its way, shown as a last point."""
        points = [*self._points]
        if self._rest:
            points.append(mean(self._rest))
        if passing is not None:
            points.append(passing)
        latest = self._latest if passing is None else passing
        return Series(tuple(points), self._width, self._low, self._high, latest)


def mean(values: Sequence[float]) -> float:
    """The mean of at least one value. It overflows only if a value is infinite, however large the finite ones are."""
    if math.inf in values:
        return math.inf
    try:
        average = math.fsum(values) / len(values)
    except OverflowError:
        # The sum of two perplexities may overflow where their mean does not.
        average = math.fsum(value / 2**32 for value in values) / len(values) * 2**32
    # Rounding must not lift the mean above the largest value, which may be the largest float.
    return min(average, max(values))
