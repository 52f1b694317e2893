"""A curve that stays bounded however long a run goes on."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import Any

from lyricterm.core.events import Series

CAPACITY = 512
_WIDTHS = frozenset(2**i for i in range(60))


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

    def to_dict(self) -> dict[str, Any]:
        """The curve as strict JSON can hold it: an infinite point is null."""
        return {
            "points": [_finite(point) for point in self._points],
            "rest": [_finite(value) for value in self._rest],
            "width": self._width,
            "low": _finite(self._low),
            "high": _finite(self._high),
            "latest": _finite(self._latest),
        }

    @classmethod
    def from_dict(cls, plain: Mapping[str, Any]) -> Curve:
        """The curve that ``to_dict`` wrote.

        Raises:
            KeyError, TypeError, ValueError, OverflowError: if it cannot be one.
        """
        curve = cls()
        points, rest, width = list(plain["points"]), list(plain["rest"]), plain["width"]
        if width not in _WIDTHS or len(points) >= CAPACITY or len(rest) >= width:
            raise ValueError(width)
        curve._points, curve._rest = [_point(point) for point in points], [_point(value) for value in rest]
        curve._width = int(width)
        curve._low, high = _point(plain["low"]), plain["high"]
        curve._high = -math.inf if high is None else _point(high)
        curve._latest = _point(plain["latest"]) if points or rest else math.nan
        finite = [value for value in (*curve._points, *curve._rest) if value < math.inf]
        if finite and not curve._low <= min(finite) <= max(finite) <= curve._high:
            raise ValueError(finite)
        return curve


def _finite(value: float) -> float | None:
    return value if math.isfinite(value) else None


def _point(saved: float | None) -> float:
    value = math.inf if saved is None else float(saved)
    if math.isnan(value) or value < 0 or isinstance(saved, bool | str):
        raise ValueError(saved)
    return value


def mean(values: Sequence[float]) -> float:
    """The mean of at least one value. It overflows only if a value is infinite, however large the finite ones are."""
    if math.inf in values:
        return math.inf
    if any(math.isnan(value) for value in values):
        return math.nan
    try:
        average = math.fsum(values) / len(values)
    except OverflowError:
        # The sum of two perplexities may overflow where their mean does not.
        average = math.fsum(value / 2**32 for value in values) / len(values) * 2**32
    # Rounding must not take the mean beyond the values, of which one may be the largest float.
    return max(min(values), min(average, max(values)))
