"""Curves of several runs over each other: what is shown, where it lies, and what a cursor reads; no widget."""

from __future__ import annotations

import math
from bisect import bisect_left, bisect_right
from collections.abc import Iterator
from dataclasses import dataclass, replace

from lyricterm.plotting.ticks import Span, nearest, span_of
from lyricterm.reports.perplexity_chart import CEILING
from lyricterm.storage.run_cache import Trace

LETTERS = "abcdefgh"
"""How chosen runs are called on the curves; there are as many colours."""


@dataclass(frozen=True)
class Drawn:
    """One run's curve."""

    slot: int
    """Which letter and colour it has."""
    words: str
    trace: Trace


@dataclass(frozen=True)
class Reading:
    """What the cursor reads of one curve."""

    drawn: Drawn
    epoch: float
    place: float
    value: float


@dataclass(frozen=True)
class Plot:
    """All that is drawn."""

    curves: tuple[Drawn, ...] = ()
    levels: tuple[tuple[float, str], ...] = ()
    """Values that matter, with their names."""
    in_seconds: bool = False
    view: Span | None = None
    """The part of the horizontal axis that is looked at; None is all of it."""
    cursor: float | None = None
    """A place on the horizontal axis."""
    ahead: int = -1
    """The slot of the curve that is drawn over the others."""

    @property
    def empty(self) -> bool:
        """Nothing could be drawn."""
        return not any(curve.trace.epochs for curve in self.visible)

    @property
    def visible(self) -> tuple[Drawn, ...]:
        """The curves that have places on the axis in use."""
        return tuple(curve for curve in self.curves if curve.trace.timed or not self.in_seconds)

    @property
    def whole(self) -> Span:
        """All of the horizontal axis."""
        ends = [curve.trace.places(self.in_seconds)[-1] for curve in self.visible if curve.trace.epochs]
        crosses = [curve.trace.place_of(at, self.in_seconds) for curve in self.visible for at in curve.trace.crosses]
        return span_of(0.0, max([*ends, *crosses], default=1.0))

    @property
    def across(self) -> Span:
        """The part that is looked at."""
        whole = self.whole
        if self.view is None or self.view.high > whole.high or self.view.size >= whole.size:
            return whole
        return self.view

    @property
    def upwards(self) -> Span:
        """The vertical axis in logarithms: from 1 to guessing, or what is looked at."""
        across = self.across
        base = max([2.0, *(value for value, _name in self.levels)])
        zoomed = across != self.whole
        seen = [math.log(min(value, CEILING * base)) for value in self._extremes(across if zoomed else None)]
        if zoomed and seen:
            margin = max(0.02, 0.06 * (max(seen) - min(seen)))
            return Span(max(min(seen) - margin, -1.0), max(seen) + margin)
        return span_of(min([0.0, *seen]), max([math.log(base), *seen]))

    def _extremes(self, across: Span | None) -> Iterator[float]:
        """The lowest and highest value of each curve, within a part of the axis or all of it."""
        for curve in self.visible:
            if across is None:
                yield from curve.trace.extremes or ()
                continue
            for piece in pieces(curve.trace, self.in_seconds, across):
                inside = [value for place, value in piece if across.low <= place <= across.high]
                yield from (min(inside), max(inside)) if inside else ()

    def zoomed(self, factor: float, place: float | None = None) -> Plot:
        """Look at ``factor`` as much, around a place (the cursor, or the middle)."""
        centre = place if place is not None else self.cursor if self.cursor is not None else self.across.at(0.5)
        view = self.across.zoomed(factor, centre, self.whole)
        return replace(self, view=None if view.size >= self.whole.size * (1 - 1e-9) else view)

    def moved(self, share: float) -> Plot:
        """Look further to the right by a share of what is seen, or to the left."""
        return self if self.view is None else replace(self, view=self.across.moved(share, self.whole))

    def pointed(self, place: float | None) -> Plot:
        """The cursor at a place, which comes into view."""
        if place is None:
            return replace(self, cursor=None)
        place, across = self.whole.clamped(place), self.across
        moved = replace(self, cursor=place)
        if across.low <= place <= across.high:
            return moved
        return moved.moved((place - across.at(0.5)) / across.size)

    def stepped(self, share: float) -> Plot:
        """The cursor further by a share of what is seen; it begins at the right end."""
        if self.cursor is None:
            return self.pointed(self.across.high)
        place = self.cursor + share * self.across.size
        if not self.in_seconds:
            # From one epoch to another at least.
            step = max(1.0, round(abs(share) * self.across.size))
            place = round(self.cursor) + math.copysign(step, share)
        return self.pointed(place)

    def flipped(self) -> Plot:
        """Seconds instead of epochs, or the other way round."""
        return replace(self, in_seconds=not self.in_seconds, view=None, cursor=None)

    def readings(self) -> list[Reading]:
        """What the cursor reads of each curve that has a value near it."""
        if self.cursor is None:
            return []
        found = (self._reading(curve, self.cursor) for curve in self.visible)
        return [reading for reading in found if reading is not None]

    def _reading(self, curve: Drawn, cursor: float) -> Reading | None:
        places = curve.trace.places(self.in_seconds)
        index = nearest(places, cursor)
        if index is None:
            return None
        step = max(1.0 if not self.in_seconds else 0.0, (places[-1] - places[0]) / max(1, len(places) - 1))
        if not places[0] - step <= cursor <= places[-1] + step:
            return None
        return Reading(curve, curve.trace.epochs[index], places[index], curve.trace.values[index])


def pieces(trace: Trace, in_seconds: bool, across: Span) -> Iterator[list[tuple[float, float]]]:
    """The stretches of a curve that can be drawn, as far as they are looked at, with a neighbour on either side."""
    places = trace.places(in_seconds)
    first, last = max(0, bisect_left(places, across.low) - 1), bisect_right(places, across.high) + 1
    for stretch in trace.stretches:
        begin, end = max(stretch.start, first), min(stretch.stop, last)
        if begin < end:
            yield list(zip(places[begin:end], trace.values[begin:end], strict=True))


def last_inside(trace: Trace, in_seconds: bool, across: Span) -> tuple[float, float] | None:
    """The last point that is looked at and can be drawn."""
    places = trace.places(in_seconds)
    index = bisect_right(places, across.high) - 1
    while index >= 0 and places[index] >= across.low:
        if 0 < trace.values[index] < math.inf:
            return places[index], trace.values[index]
        index -= 1
    return None


def overflows(trace: Trace, in_seconds: bool) -> list[tuple[float, float]]:
    """Where a cross stands: where it diverged, else at its first overflow; with the last value before that, or 1."""
    epochs = (
        trace.crosses
        or [epoch for epoch, value in zip(trace.epochs, trace.values, strict=True) if math.isinf(value)][:1]
    )
    return [(trace.place_of(epoch, in_seconds), value_before(trace, epoch)) for epoch in epochs]


def value_before(trace: Trace, epoch: float) -> float:
    """The last value up to an epoch that can be drawn; 1 where there is none."""
    known = reversed(trace.values[: bisect_right(trace.epochs, epoch)])
    return next((value for value in known if 0 < value < math.inf), 1.0)
