"""What a plot shows, and which part of it: curves, axes, levels, zoom and cursor; the renderers draw it."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from functools import cached_property

from lyricterm.plotting.series import Level, PlotMark, Point, Series, drawable
from lyricterm.plotting.ticks import EPOCHS, Span, Unit, linear_ticks, log_ticks, nearest, span_of

_MARGIN, _LEAST_MARGIN = 0.06, 0.02
"""Above and below the curves that are zoomed in on: a share of their height, and a least height."""


@dataclass(frozen=True)
class CursorReading:
    """What the cursor reads of one curve."""

    series: Series
    place: float
    value: float
    epoch: float


@dataclass(frozen=True)
class Chart:
    """All that is drawn."""

    series: tuple[Series, ...] = ()
    title: str = ""
    """What the values are."""
    unit: Unit = EPOCHS
    """What is counted from left to right."""
    log: bool = True
    """A logarithmic vertical axis; values of 0 and less are gaps on it."""
    levels: tuple[Level, ...] = ()
    changes: tuple[PlotMark, ...] = ()
    """What was changed for all curves, oldest first."""
    left: float = math.nan
    right: float = math.nan
    """Ends of the horizontal axis; NaN: where the curves begin and end. A curve beyond them moves them."""
    ceiling: float = math.inf
    """Values above are off the scale: an arrow at the edge says so."""
    view: Span | None = None
    """The part of the horizontal axis that is looked at; None is all of it."""
    cursor: float | None = None
    """A place on the horizontal axis."""
    ahead: str = ""
    """The label of the curve that is drawn over the others."""

    @property
    def empty(self) -> bool:
        """No curve has a place."""
        return not any(series.places for series in self.series)

    @property
    def in_order(self) -> list[Series]:
        """As they are drawn: the first over those after it, those ahead over all."""
        backwards = self.series[::-1]
        ahead = [series for series in backwards if self.ahead and series.label == self.ahead]
        return [*(series for series in backwards if series not in ahead), *ahead]

    @cached_property
    def whole(self) -> Span:
        """All of the horizontal axis."""
        places = [place for series in self.series for place in (*series.places[:1], *series.places[-1:])]
        places += [place for series in self.series for place in series.crosses]
        places += [place for place in (self.left, self.right) if math.isfinite(place)]
        return span_of(min(places, default=0.0), max(places, default=1.0))

    @cached_property
    def across(self) -> Span:
        """The part that is looked at."""
        whole = self.whole
        if self.view is None or self.view.high > whole.high or self.view.size >= whole.size:
            return whole
        return self.view

    @property
    def zoomed_in(self) -> bool:
        """Only a part is looked at."""
        return self.across != self.whole

    @cached_property
    def upwards(self) -> Span:
        """The vertical axis, in logarithms if it is logarithmic: the curves and the levels, or what is looked at."""
        if self.zoomed_in and (seen := [self.height(value) for value in self._seen()]):
            margin = max(_LEAST_MARGIN if self.log else 1e-9, _MARGIN * (max(seen) - min(seen)))
            return Span(min(seen) - margin, max(seen) + margin)
        return self._all()

    def _seen(self) -> list[float]:
        """Of each curve the lowest and the highest value that is looked at, as far as the scale goes."""
        within = (series.within(self.log, self.across) for series in self.series)
        return [min(end, self.ceiling) for values in within if values for end in (min(values), max(values))]

    def _all(self) -> Span:
        spans = (series.extremes(self.log) for series in self.series)
        ends = [end for span in spans if span for end in (span.low, span.high)]
        ends += [level.value for level in self.levels if drawable(level.value, self.log)]
        if not self.log:
            ends.append(0.0)
        # Where all of it is beyond the ceiling, the lowest is still shown.
        top = max(self.ceiling, min(ends, default=1.0))
        heights = [self.height(min(end, top)) for end in ends] or [0.0]
        return span_of(min(heights), max(heights))

    def height(self, value: float) -> float:
        """A value as ``upwards`` counts."""
        return math.log(value) if self.log else value

    def shows(self, value: float) -> bool:
        """Whether a value lies on the vertical axis."""
        return drawable(value, self.log) and -1e-9 <= self.upwards.share(self.height(value)) <= 1 + 1e-9

    def beyond(self, value: float) -> bool:
        """Whether a value that could be drawn lies above the axis."""
        return drawable(value, self.log) and self.upwards.share(self.height(value)) > 1 + 1e-9

    def exits(self, piece: Sequence[Point]) -> Iterator[Point]:
        """Where a line of points leaves the axis through its upper edge, or begins above it."""
        before: Point | None = None
        for point in piece:
            if self.beyond(point[1]) and not (before and self.beyond(before[1])):
                yield self.crossing(before, point) if before else point
            before = point

    def crossing(self, before: Point, after: Point) -> Point:
        """Where a line between two points crosses the upper edge."""
        first, last = (self.height(value) for _place, value in (before, after))
        share = (self.upwards.high - first) / (last - first)
        value = math.exp(self.upwards.high) if self.log else self.upwards.high
        return before[0] + share * (after[0] - before[0]), value

    def ticks_up(self, most: int) -> list[float]:
        """At most so many round numbers on the vertical axis, the lowest first."""
        if self.log:
            # Beyond these there are no floats.
            low, high = max(self.upwards.low, -700.0), min(self.upwards.high, 709.0)
            return log_ticks(math.exp(low), math.exp(high), most)
        return linear_ticks(self.upwards, most)

    def zoomed(self, factor: float, place: float | None = None) -> Chart:
        """Look at ``factor`` as much, around a place (the cursor, or the middle)."""
        centre = place if place is not None else self.cursor if self.cursor is not None else self.across.at(0.5)
        view = self.across.zoomed(factor, centre, self.whole)
        return replace(self, view=None if view.size >= self.whole.size * (1 - 1e-9) else view)

    def moved(self, share: float) -> Chart:
        """Look further to the right by a share of what is seen, or to the left."""
        return self if self.view is None else replace(self, view=self.across.moved(share, self.whole))

    def pointed(self, place: float | None) -> Chart:
        """The cursor at a place, which comes into view."""
        if place is None:
            return replace(self, cursor=None)
        place, across = self.whole.clamped(place), self.across
        moved = replace(self, cursor=place)
        if across.low <= place <= across.high:
            return moved
        return moved.moved((place - across.at(0.5)) / across.size)

    def stepped(self, share: float) -> Chart:
        """The cursor further by a share of what is seen; it begins at the right end."""
        if self.cursor is None:
            return self.pointed(self.across.high)
        place = self.cursor + share * self.across.size
        if self.unit.step:
            # From one epoch to another at least.
            step = max(self.unit.step, round(abs(share) * self.across.size))
            place = round(self.cursor) + math.copysign(step, share)
        return self.pointed(place)

    def readings(self) -> list[CursorReading]:
        """What the cursor reads of each curve that has a value near it."""
        if self.cursor is None:
            return []
        found = (self._reading(series, self.cursor) for series in self.series)
        return [reading for reading in found if reading is not None]

    def _reading(self, series: Series, cursor: float) -> CursorReading | None:
        places = series.places
        index = nearest(places, cursor)
        if index is None:
            return None
        step = max(self.unit.step, (places[-1] - places[0]) / max(1, len(places) - 1))
        if not places[0] - step <= cursor <= places[-1] + step:
            return None
        return CursorReading(series, places[index], series.values[index], (series.epochs or places)[index])
