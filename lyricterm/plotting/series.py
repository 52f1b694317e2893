"""One curve as every renderer takes it: values at places, marks, and what to do about values that are no numbers."""

from __future__ import annotations

import math
from bisect import bisect_left, bisect_right
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property

from lyricterm.plotting.ticks import Span

Point = tuple[float, float]
"""A place and the value there."""


@dataclass(frozen=True)
class PlotMark:
    """Something that was changed, or that is to be seen, at a place."""

    place: float
    words: str
    below: bool = False
    """It stands below the curve: the lowest point of it."""


@dataclass(frozen=True)
class Level:
    """A value that means something, such as guessing; drawn as a horizontal line with its name."""

    value: float
    name: str


@dataclass(frozen=True)
class Series:
    """One curve."""

    places: tuple[float, ...] = ()
    """Where along the horizontal axis each value stands, ascending."""
    values: tuple[float, ...] = ()
    """As many; infinity is an overflow, NaN a gap."""
    name: str = ""
    label: str = ""
    """A letter or a number that stands at the end of the curve."""
    colour: int = 0
    """Which of the colours; they begin again where they are all used."""
    marks: tuple[PlotMark, ...] = ()
    crosses: tuple[float, ...] = ()
    """Places where the run diverged."""
    dotted: bool = False
    """Drawn as a dotted line: a second curve of the same thing, such as its held-out text."""
    epochs: tuple[float, ...] = ()
    """The epoch of each value, where the places are not epochs themselves and somebody may want to know."""

    @cached_property
    def _finite(self) -> tuple[range, ...]:
        return tuple(_stretches(self.values, -math.inf))

    @cached_property
    def _positive(self) -> tuple[range, ...]:
        return tuple(_stretches(self.values, 0.0))

    def stretches(self, log: bool) -> tuple[range, ...]:
        """The indices of values that can be drawn (above 0 on a log axis), where they follow each other."""
        return self._positive if log else self._finite

    @cached_property
    def _extremes(self) -> dict[bool, Span | None]:
        return {log: _extremes(self.shown(log)) for log in (False, True)}

    def extremes(self, log: bool) -> Span | None:
        """The lowest and the highest value that can be drawn; None if there is none."""
        return self._extremes[log]

    def shown(self, log: bool) -> list[float]:
        """The values that can be drawn."""
        return [value for stretch in self.stretches(log) for value in self.values[stretch.start : stretch.stop]]

    def pieces(self, log: bool, across: Span) -> Iterator[list[Point]]:
        """What can be drawn of the part that is looked at, with a neighbour on either side, parted at gaps."""
        first, last = max(0, bisect_left(self.places, across.low) - 1), bisect_right(self.places, across.high) + 1
        for stretch in self.stretches(log):
            begin, end = max(stretch.start, first), min(stretch.stop, last)
            if begin < end:
                yield list(zip(self.places[begin:end], self.values[begin:end], strict=True))

    def within(self, log: bool, across: Span) -> list[float]:
        """The values that can be drawn and are looked at."""
        pieces = self.pieces(log, across)
        return [value for piece in pieces for place, value in piece if across.low <= place <= across.high]

    def last_within(self, log: bool, across: Span) -> Point | None:
        """The last point that is looked at and can be drawn."""
        for i in range(bisect_right(self.places, across.high) - 1, -1, -1):
            if self.places[i] < across.low:
                return None
            if drawable(self.values[i], log):
                return self.places[i], self.values[i]
        return None

    def value_before(self, place: float, log: bool) -> float | None:
        """The last value up to a place that can be drawn."""
        known = reversed(self.values[: bisect_right(self.places, place)])
        return next((value for value in known if drawable(value, log)), None)

    @property
    def overflows(self) -> tuple[float, ...]:
        """Where a cross stands: where the run diverged, else at its first overflow."""
        found = (place for place, value in zip(self.places, self.values, strict=True) if math.isinf(value))
        return self.crosses or tuple(found)[:1]


def series_of(points: Sequence[Point], name: str = "", colour: int = 0, label: str = "") -> Series:
    """A curve of pairs."""
    return Series(tuple(x for x, _y in points), tuple(y for _x, y in points), name, label, colour)


def drawable(value: float, log: bool) -> bool:
    """Whether an axis has a place for it."""
    return math.isfinite(value) and (value > 0 or not log)


def _stretches(values: Sequence[float], above: float) -> Iterator[range]:
    begin = 0
    for i, value in enumerate((*values, math.nan)):
        if not above < value < math.inf:
            if begin < i:
                yield range(begin, i)
            begin = i + 1


def _extremes(values: Sequence[float]) -> Span | None:
    return Span(min(values), max(values)) if values else None
