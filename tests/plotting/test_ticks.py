"""The arithmetic of axes: what is zoomed stays where it was, ticks are round and within."""

from __future__ import annotations

import math
from fractions import Fraction

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from lyricterm.plotting.ticks import LEAST_SHARE, Span, linear_ticks, log_ticks, nearest, span_of, time_ticks

numbers = st.floats(-1e6, 1e6)
shares = st.floats(0.0, 1.0)


@st.composite
def spans(draw: st.DrawFn) -> Span:
    low = draw(st.floats(-1e3, 1e3))
    return Span(low, low + draw(st.floats(1.0, 1e6)))


@st.composite
def views(draw: st.DrawFn) -> tuple[Span, Span]:
    """A whole range and a part of it."""
    whole = draw(spans())
    start, size = draw(shares), draw(st.floats(0.01, 1.0))
    start = min(start, 1 - size)
    return whole, Span(whole.at(start), whole.at(start + size))


@given(spans(), shares)
def test_share_and_at_are_opposites(span: Span, share: float) -> None:
    assert span.share(span.at(share)) == pytest.approx(share, abs=1e-6)


@given(views(), shares, st.floats(0.05, 20.0))
def test_a_zoom_stays_within_and_keeps_its_centre(view: tuple[Span, Span], share: float, factor: float) -> None:
    whole, part = view
    centre = part.at(share)
    zoomed = part.zoomed(factor, centre, whole)
    slack = whole.size * 1e-9
    assert whole.low - slack <= zoomed.low < zoomed.high <= whole.high + slack
    assert zoomed.low - slack <= centre <= zoomed.high + slack
    assert zoomed.size >= whole.size * LEAST_SHARE * (1 - 1e-6) - slack
    if factor <= 1 and part.size * factor >= whole.size * LEAST_SHARE:
        # Closer never meets an edge: what lay under the mouse still does.
        assert zoomed.size == pytest.approx(part.size * factor, rel=1e-6, abs=slack)
        assert zoomed.share(centre) == pytest.approx(share, abs=1e-4)


@given(views(), shares, st.floats(0.2, 1.0))
def test_in_and_out_again_is_where_it_was(view: tuple[Span, Span], share: float, factor: float) -> None:
    whole, part = view
    assume(part.size * factor > whole.size * LEAST_SHARE * 2)
    centre = part.at(share)
    back = part.zoomed(factor, centre, whole).zoomed(1 / factor, centre, whole)
    assert back.low == pytest.approx(part.low, abs=whole.size * 1e-6)
    assert back.high == pytest.approx(part.high, abs=whole.size * 1e-6)


@given(views(), st.floats(-3, 3))
def test_moving_keeps_the_size_and_stays_within(view: tuple[Span, Span], share: float) -> None:
    whole, part = view
    moved = part.moved(share, whole)
    slack = whole.size * 1e-9
    assert moved.size == pytest.approx(part.size, rel=1e-6, abs=slack)
    assert whole.low - slack <= moved.low
    assert moved.high <= whole.high + slack


def test_a_range_of_nothing_is_widened() -> None:
    assert span_of(3.0, 3.0) == Span(3.0, 4.0)
    assert span_of(1e9, 1e9).size > 0
    assert span_of(1.0, 2.0) == Span(1.0, 2.0)


@given(spans(), st.integers(0, 20))
def test_linear_ticks_are_few_round_and_within(span: Span, most: int) -> None:
    ticks = linear_ticks(span, most)
    assert len(ticks) <= most
    assert ticks == sorted(set(ticks))
    slack = span.size * 1e-6
    assert all(span.low - slack <= tick <= span.high + slack for tick in ticks)
    if len(ticks) > 2:
        step = Fraction(repr(float(f"{ticks[1] - ticks[0]:.6g}")))
        assert str(step.numerator * step.denominator).rstrip("0")[:2] in ("1", "2", "5", "4", "3", "6", "8", "25", "12")


@pytest.mark.parametrize(
    ("low", "high", "most", "ticks"),
    [
        (0, 200, 5, [0, 50, 100, 150, 200]),
        (0, 10, 10, [0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10]),
        (0.0, 1.0, 3, [0.0, 0.5, 1.0]),
    ],
)
def test_some_linear_ticks(low: float, high: float, most: int, ticks: list[float]) -> None:
    assert linear_ticks(Span(low, high), most + 1 if most == 10 else most) == ticks


def test_epochs_are_whole() -> None:
    assert linear_ticks(Span(0, 2), 10, 1.0) == [0, 1, 2]


@given(st.floats(0.01, 1e6), st.floats(1.001, 1e6), st.integers(2, 20))
def test_log_ticks_are_few_and_within(low: float, ratio: float, most: int) -> None:
    high = low * ratio
    ticks = log_ticks(low, high, most)
    assert len(ticks) <= most
    assert ticks == sorted(set(ticks))
    slack = (high - low) * 1e-6
    assert all(low - slack <= tick <= high + slack for tick in ticks)
    if ratio >= 101:
        assert len(ticks) >= min(2, most)


def test_some_log_ticks() -> None:
    assert log_ticks(1, 1447, 12) == [1, 2, 5, 10, 20, 50, 100, 200, 500, 1000]
    assert log_ticks(1, 1447, 8) == [1, 3, 10, 30, 100, 300, 1000]
    assert log_ticks(1, 1447, 5) == [1, 10, 100, 1000]
    assert log_ticks(2.1, 2.6, 6) == pytest.approx([2.1, 2.2, 2.3, 2.4, 2.5, 2.6])


@given(st.floats(0, 1e6), st.floats(1, 1e6), st.integers(1, 20))
def test_time_ticks_are_few_and_within(low: float, size: float, most: int) -> None:
    span = Span(low, low + size)
    ticks = time_ticks(span, most)
    assert len(ticks) <= most
    assert all(span.low - size * 1e-6 <= tick <= span.high + size * 1e-6 for tick in ticks)


def test_clocks_have_other_steps() -> None:
    assert time_ticks(Span(0, 120), 5) == [0, 30, 60, 90, 120]
    assert time_ticks(Span(0, 3 * 3600), 4) == [0, 3600, 7200, 10800]


@given(st.lists(numbers, max_size=50).map(sorted), numbers)
def test_nearest_is_the_nearest(places: list[float], place: float) -> None:
    index = nearest(places, place)
    if not places:
        assert index is None
    else:
        assert index is not None
        assert abs(places[index] - place) == min(abs(other - place) for other in places)


def test_a_tick_at_the_ends_of_huge_ranges() -> None:
    assert all(math.isfinite(tick) for tick in log_ticks(1, 1e300, 10))
