"""The arithmetic of plots: a range that can be zoomed and moved, where ticks go, and what is written beside them."""

from __future__ import annotations

import math
from bisect import bisect_left
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

from lyricterm.core.i18n import N_
from lyricterm.core.number_format import clock, scientific

LEAST_SHARE = 1e-4
"""Of the whole range, what one can zoom in to at most."""


@dataclass(frozen=True)
class Span:
    """A range of numbers, ``low`` below ``high``."""

    low: float
    high: float

    @property
    def size(self) -> float:
        """From end to end."""
        return self.high - self.low

    def share(self, value: float) -> float:
        """Where a value lies: 0 at ``low``, 1 at ``high``, beyond them outside."""
        return (value - self.low) / self.size

    def at(self, share: float) -> float:
        """The value at a share; the opposite of ``share``."""
        return self.low + share * self.size

    def clamped(self, value: float) -> float:
        """The nearest value within."""
        return min(max(value, self.low), self.high)

    def zoomed(self, factor: float, centre: float, whole: Span) -> Span:
        """A range ``factor`` as large around ``centre``, which stays where it is as far as ``whole`` allows."""
        centre = self.clamped(centre)
        size = min(max(self.size * factor, whole.size * LEAST_SHARE), whole.size)
        return Span(*_shifted(centre - self.share(centre) * size, size, whole))

    def moved(self, share: float, whole: Span) -> Span:
        """A range of the same size, moved by a share of itself, within ``whole``."""
        return Span(*_shifted(self.low + share * self.size, min(self.size, whole.size), whole))


def _shifted(low: float, size: float, whole: Span) -> tuple[float, float]:
    low = min(max(low, whole.low), whole.high - size)
    return max(low, whole.low), min(low + size, whole.high)


def span_of(low: float, high: float) -> Span:
    """The range between two numbers, widened where they are the same."""
    if high > low:
        return Span(low, high)
    return Span(low, low + max(1.0, abs(low) * 0.1))


def linear_ticks(span: Span, most: int, least_step: float = 0.0) -> list[float]:
    """At most ``most`` multiples of 1, 2 or 5 times a power of ten within the range, at least ``least_step`` apart."""
    if most < 1:
        return []
    step = _step(max(span.size / most, least_step, 1e-300))
    first, last = math.ceil(span.low / step - 1e-9), math.floor(span.high / step + 1e-9)
    ticks = [number * step for number in range(first, last + 1)]
    return ticks if len(ticks) <= most else ticks[:: -(-len(ticks) // most)]


def time_ticks(span: Span, most: int) -> list[float]:
    """As ``linear_ticks``, of a range of seconds: steps that a clock has."""
    if most < 1:
        return []
    step = next((step for step in _CLOCK if span.size / step <= most), None)
    if step is None or span.size < 5:
        return linear_ticks(span, most)
    first = math.ceil(span.low / step - 1e-9)
    return [number * step for number in range(first, math.floor(span.high / step + 1e-9) + 1)][:most]


_CLOCK = tuple(float(n * unit) for unit, ns in ((1, (1, 2, 5, 10, 15, 30)), (60, (1, 2, 5, 10, 15, 30))) for n in ns)
_CLOCK += tuple(float(n * 3600) for n in (1, 2, 3, 6, 12, 24, 48, 96, 240, 480, 960))


def log_ticks(low: float, high: float, most: int) -> list[float]:
    """At most ``most`` round numbers from ``low`` (above 0) to ``high``: of the forms 1-2-5, 1-3, or powers of ten."""
    if most < 1:
        return []
    for mantissas in ((1, 2, 5), (1, 3), (1,)):
        ticks = list(_rungs(low, high, mantissas))
        if 2 <= len(ticks) <= most:
            return ticks
    if len(ticks) > most:
        return ticks[:: -(-len(ticks) // most)]
    # A range so narrow that it holds at most one of these.
    return linear_ticks(span_of(low, high), most) or ticks


def _rungs(low: float, high: float, mantissas: Sequence[int]) -> Iterator[float]:
    for exponent in range(math.floor(math.log10(low)) - 1, min(308, math.ceil(math.log10(high))) + 1):
        for mantissa in mantissas:
            value = float(f"{mantissa}e{exponent}")
            if low * (1 - 1e-9) <= value <= high * (1 + 1e-9):
                yield value


def tick_label(value: float) -> str:
    """A number on an axis by itself: 0.5, 2, 1,500, 2×10⁶."""
    return tick_labels((value,))[0]


def tick_labels(values: Sequence[float]) -> list[str]:
    """Numbers on one axis, all in one notation: where one has a power of ten, so have all that are large or small."""
    sizes = [abs(value) for value in values if value]
    if all(_LEAST_PLAIN <= size < _MOST_PLAIN for size in sizes):
        return [_plain(value) for value in values]
    return [_power(value) if value and not 1e-2 <= abs(value) < 1e3 else _plain(value) for value in values]


_LEAST_PLAIN, _MOST_PLAIN = 1e-4, 1e6


def _power(value: float) -> str:
    mantissa, power = scientific(value, 3).split("×")
    mantissa = mantissa.rstrip("0").rstrip(".")
    return power if mantissa == "1" else f"{mantissa}×{power}"


def _plain(value: float) -> str:
    return f"{value:,.6g}" if abs(value) >= 1e4 else f"{value:,.4g}"


def nearest(places: Sequence[float], place: float) -> int | None:
    """The index of the value nearest to ``place`` in an ascending sequence; None if that is empty."""
    if not places:
        return None
    after = bisect_left(places, place)
    if after == 0:
        return 0
    if after == len(places):
        return after - 1
    return after if places[after] - place < place - places[after - 1] else after - 1


def _step(least: float) -> float:
    """The smallest of 1, 2, 5 times a power of ten that is not less."""
    exponent = math.floor(math.log10(least))
    for mantissa in (1, 2, 5, 10):
        step = mantissa * 10.0**exponent
        if step >= least * (1 - 1e-9):
            return step
    return 10.0 ** (exponent + 1)


@dataclass(frozen=True)
class Unit:
    """What is counted along a horizontal axis."""

    title: str
    """Source text, like ``where``."""
    where: str
    """How a ``{place}`` is called."""
    step: float
    """The least step from one place to another; 0 where there is none."""
    ticks: Callable[[Span, int], list[float]]
    """At most so many places within a range."""
    labels: Callable[[Sequence[float]], list[str]]
    """What is written beside them."""
    show: Callable[[float], str]
    """One place in words."""


def _counted(span: Span, most: int) -> list[float]:
    return linear_ticks(span, most, 1.0)


def _clocked(values: Sequence[float]) -> list[str]:
    whole = all(value == round(value) for value in values)
    return [clock(value) for value in values] if whole else tick_labels(values)


def _count(value: float) -> str:
    return f"{value:,.0f}"


EPOCHS = Unit(N_("epochs"), N_("epoch {place}"), 1.0, _counted, tick_labels, _count)
MINIBATCHES = Unit(N_("minibatches"), N_("minibatch {place}"), 1.0, _counted, tick_labels, _count)
SECONDS = Unit(N_("seconds of training"), N_("after {place}"), 0.0, time_ticks, _clocked, clock)
