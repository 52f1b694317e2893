"""A curve that stays bounded however long a run goes on."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import Any

from lyricterm.core.mean import mean
from lyricterm.core.run_data import CurveData

CAPACITY = 512
_WIDTHS = frozenset(2**i for i in range(60))


class BoundedCurve:
    """Collects values; beyond ``CAPACITY`` points, neighbours are merged into their mean.

    Infinity stays infinity when merged, so an overflow does not vanish; NaN is stored as infinity.
    """

    def __init__(self) -> None:
        self._points: list[float] = []
        self._width = 1
        self._share, self._count = 0.0, 0
        """Of the next point: the sum of its values so far, each divided by the width, and how many they are."""
        self._low, self._high = math.inf, -math.inf
        self._latest = math.nan

    def add(self, value: float) -> None:
        """Append one value."""
        value = math.inf if math.isnan(value) else value
        self._latest = value
        if math.isfinite(value):
            self._low, self._high = min(self._low, value), max(self._high, value)
        self._share += value / self._width
        self._count += 1
        if self._count == self._width:
            self._points.append(self._passing_mean())
            self._share, self._count = 0.0, 0
        if len(self._points) >= CAPACITY:
            pairs = zip(self._points[::2], self._points[1::2], strict=True)
            self._points = [mean(list(pair)) for pair in pairs]
            self._width *= 2

    def series(self, passing: float | None = None) -> CurveData:
        """The curve so far; ``passing`` is a value still on its way, shown as a last point."""
        points = [*self._points]
        if self._count:
            points.append(self._passing_mean())
        if passing is not None:
            points.append(passing)
        latest = self._latest if passing is None else passing
        return CurveData(tuple(points), self._width, self._low, self._high, latest)

    def to_dict(self) -> dict[str, Any]:
        """The curve as strict JSON can hold it: an infinite point is null."""
        return {
            "points": [_finite(point) for point in self._points],
            "share": _finite(self._share),
            "count": self._count,
            "width": self._width,
            "low": _finite(self._low),
            "high": _finite(self._high),
            "latest": _finite(self._latest),
        }

    @classmethod
    def from_dict(cls, plain: Mapping[str, Any]) -> BoundedCurve:
        """The curve that ``to_dict`` wrote.

        Raises:
            KeyError, TypeError, ValueError, OverflowError: if it cannot be one.
        """
        curve = cls()
        points, width = list(plain["points"]), plain["width"]
        if width not in _WIDTHS or len(points) >= CAPACITY:
            raise ValueError(width)
        curve._points, curve._width = [_point(point) for point in points], int(width)
        curve._share, curve._count = _share_of_all(plain["rest"], width) if "rest" in plain else _share(plain)
        if not 0 <= curve._count < width:
            raise ValueError(curve._count)
        curve._low, high = _point(plain["low"]), plain["high"]
        curve._high = -math.inf if high is None else _point(high)
        curve._latest = _point(plain["latest"]) if points or curve._count else math.nan
        finite = [value for value in curve._points if value < math.inf]
        if finite and not curve._low <= min(finite) <= max(finite) <= curve._high:
            raise ValueError(finite)
        if curve._count and curve._share < math.inf and not curve._low <= curve._high:
            raise ValueError(curve._share)
        return curve

    def _passing_mean(self) -> float:
        """Of the values of the next point."""
        average = self._share * (self._width / self._count)
        # Rounding must not take it beyond the values.
        return average if self._share == math.inf else max(self._low, min(average, self._high))


def _share(plain: Mapping[str, Any]) -> tuple[float, int]:
    count = plain["count"]
    if isinstance(count, bool) or not isinstance(count, int):
        raise ValueError(count)
    return _point(plain["share"]), count


def _share_of_all(rest: Sequence[float | None], width: int) -> tuple[float, int]:
    """From what an earlier version kept: every value of the next point."""
    return sum(_point(value) / width for value in rest), len(rest)


def _finite(value: float) -> float | None:
    return value if math.isfinite(value) else None


def _point(saved: float | None) -> float:
    value = math.inf if saved is None else float(saved)
    if math.isnan(value) or value < 0 or isinstance(saved, bool | str):
        raise ValueError(saved)
    return value
