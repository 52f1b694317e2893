"""What a plot shows: ranges, zoom, cursor, what is read."""

from __future__ import annotations

import math
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lyricterm.plotting.chart import Chart
from lyricterm.plotting.series import Level, Series, drawable, series_of
from lyricterm.plotting.ticks import EPOCHS, SECONDS, Span

CEILING = 14_470.0
LEVELS = (Level(1.0, "1 best"), Level(1447.0, "guessing"))


def curve(values: list[float], label: str = "a", start: int = 1, second: float = 0.0) -> Series:
    """Over the epochs, or over seconds where an epoch lasts some."""
    epochs = tuple(float(start + i) for i in range(len(values)))
    if not second:
        return Series(epochs, tuple(values), label=label)
    return Series(tuple(second * epoch for epoch in epochs), tuple(values), label=label, epochs=epochs)


def chart(*series: Series, unit: object = EPOCHS) -> Chart:
    return Chart(series, unit=unit, left=0.0)  # type: ignore[arg-type]


@st.composite
def charts(draw: st.DrawFn) -> Chart:
    series, seconds = [], draw(st.sampled_from([0.0, 0.5]))
    for label in "abc"[: draw(st.integers(1, 3))]:
        values = draw(st.lists(st.floats(1.0, 1e9) | st.just(math.inf) | st.just(math.nan), min_size=1, max_size=40))
        series.append(curve(values, label, second=seconds))
    drawn = Chart(tuple(series), unit=SECONDS if seconds else EPOCHS, levels=LEVELS, left=0.0, ceiling=CEILING)
    for _ in range(draw(st.integers(0, 4))):
        drawn = drawn.zoomed(draw(st.floats(0.1, 3.0)), draw(st.floats(-10, 60)))
    return drawn


@given(charts())
def test_what_is_looked_at_is_always_a_range_within_the_whole(plot: Chart) -> None:
    whole, across, upwards = plot.whole, plot.across, plot.upwards
    assert whole.low - 1e-9 <= across.low < across.high <= whole.high + 1e-9
    assert upwards.low < upwards.high
    assert math.isfinite(upwards.high)


@given(charts())
def test_unzoomed_the_scale_runs_from_one_past_guessing(plot: Chart) -> None:
    plot = replace(plot, view=None)
    assert plot.upwards.low <= 0
    assert plot.upwards.high >= math.log(1447) - 1e-9
    # One wild run must not squash the others.
    assert plot.upwards.high <= math.log(CEILING) + 1e-9


@given(charts(), st.integers(1, 30), st.booleans())
def test_the_cursor_moves_and_stays_in_view(plot: Chart, steps: int, right: bool) -> None:
    for _ in range(steps):
        before = plot.cursor
        plot = plot.stepped(0.01 if right else -0.01)
        assert plot.cursor is not None
        assert plot.across.low - 1e-9 <= plot.cursor <= plot.across.high + 1e-9
        if before is not None:
            moved = plot.cursor - before
            assert moved >= 0 if right else moved <= 0


@given(charts(), st.floats(-10, 60))
def test_what_is_read_is_a_value_of_the_curve_and_the_nearest(plot: Chart, place: float) -> None:
    plot = plot.pointed(place)
    assert plot.cursor is not None
    for reading in plot.readings():
        series = reading.series
        index = series.places.index(reading.place)
        assert reading.epoch == (series.epochs or series.places)[index]
        assert series.values[index] == reading.value or math.isnan(reading.value)
        assert abs(reading.place - plot.cursor) == min(abs(other - plot.cursor) for other in series.places)


def test_the_cursor_steps_by_epochs() -> None:
    plot = chart(curve([9.0, 8.0, 7.0, 6.0])).stepped(-0.01)
    assert plot.cursor == 4.0
    plot = plot.stepped(-0.01)
    assert plot.cursor == 3.0
    (reading,) = plot.readings()
    assert (reading.epoch, reading.value) == (3.0, 7.0)


def test_no_reading_beyond_a_curves_end() -> None:
    plot = chart(curve([9.0, 8.0]), curve([float(50 - i) for i in range(20)], "b")).pointed(15.0)
    assert [reading.series.label for reading in plot.readings()] == ["b"]


def test_zooming_shows_only_what_is_there_and_back_shows_all() -> None:
    plot = replace(chart(curve([1000.0 / epoch for epoch in range(1, 101)])), levels=LEVELS)
    near = plot.zoomed(0.1, 90.0)
    assert near.across.size == pytest.approx(10.0)
    assert near.across.share(90.0) == pytest.approx(0.9)
    assert near.upwards.high < math.log(20)
    assert near.zoomed(100.0).view is None


def test_seconds_know_their_epochs() -> None:
    plot = chart(curve([9.0, 8.0, 7.0], second=2.0), unit=SECONDS).pointed(4.1)
    (reading,) = plot.readings()
    assert (reading.place, reading.epoch, plot.whole.high) == (4.0, 2.0, 6.0)


@given(charts(), st.booleans())
def test_pieces_hold_all_that_can_be_seen(plot: Chart, log: bool) -> None:
    across = plot.across
    for series in plot.series:
        wanted = {
            (place, value)
            for place, value in zip(series.places, series.values, strict=True)
            if across.low <= place <= across.high and math.isfinite(value)
        }
        found = [point for piece in series.pieces(log, across) for point in piece]
        assert wanted <= set(found)
        assert found == sorted(found)
        assert len(found) <= len(wanted) + 2 * (len(series.stretches(log)) or 1)
        assert series.last_within(log, across) == (max(wanted) if wanted else None)


def test_a_cross_stands_where_it_diverged_else_where_it_overflowed() -> None:
    series = curve([9.0, 8.0, math.inf, math.inf])
    assert series.overflows == (3.0,)
    assert series.value_before(3.0, log=True) == 8.0
    assert replace(series, crosses=(2.0,)).overflows == (2.0,)
    assert curve([9.0]).overflows == ()
    assert Series(crosses=(0.0,)).value_before(0.0, log=True) is None


@given(st.lists(st.floats() | st.just(0.0), max_size=30), st.booleans())
def test_what_can_be_drawn_is_drawn_and_nothing_else(values: list[float], log: bool) -> None:
    series = series_of([(float(i), value) for i, value in enumerate(values)])
    assert series.shown(log) == [value for value in values if drawable(value, log)]
    extremes = series.extremes(log)
    assert (extremes is None) is (not series.shown(log))
    if extremes is not None:
        assert (extremes.low, extremes.high) == (min(series.shown(log)), max(series.shown(log)))


def test_a_value_above_the_ceiling_is_off_the_scale() -> None:
    plot = Chart((curve([5.0, 1e9]),), levels=LEVELS, ceiling=2000.0)
    assert plot.shows(5.0)
    assert not plot.beyond(5.0)
    assert plot.beyond(1e9)
    assert not plot.beyond(math.inf)


def test_the_one_ahead_is_drawn_last_and_the_first_before_the_others() -> None:
    one, two, three = (curve([1.0], label) for label in "abc")
    assert chart(one, two, three).in_order == [three, two, one]
    assert replace(chart(one, two, three), ahead="b").in_order == [three, one, two]


def test_an_empty_plot_has_axes_all_the_same() -> None:
    plot = Chart()
    assert plot.empty
    assert plot.whole == Span(0.0, 1.0)
    assert plot.upwards.low < plot.upwards.high
    assert plot.readings() == []
