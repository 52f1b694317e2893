"""The arithmetic of overlaid curves: canvas, zoom, cursor, what is drawn where."""

from __future__ import annotations

import math
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st
from rich.cells import cell_len

from lyricterm.app.canvas import ACROSS, DOWN, Canvas, braille
from lyricterm.app.overlaid import Drawn, Plot, last_inside, overflows, pieces
from lyricterm.app.run_columns import COLUMNS, widths_of
from lyricterm.plotting.ticks import Span
from lyricterm.storage.run_cache import Trace

dots = st.tuples(st.floats(-50, 250), st.floats(-50, 150))


def lit(canvas: Canvas) -> set[tuple[int, int]]:
    """The dots that are set, counted from the top left; an own reading of Unicode's numbering."""
    order = [(0, 0), (0, 1), (0, 2), (1, 0), (1, 1), (1, 2), (0, 3), (1, 3)]
    return {
        (cell % canvas.width * ACROSS + x, cell // canvas.width * DOWN + y)
        for cell, mask in enumerate(canvas.masks)
        for bit, (x, y) in enumerate(order)
        if mask >> bit & 1
    }


def test_a_line_in_braille() -> None:
    canvas = Canvas(2, 1)
    canvas.path([(0, 0), (3, 3)])
    assert "".join(braille(mask) for mask in canvas.masks) == "⠳⣄" or lit(canvas) >= {(0, 0), (3, 3)}
    assert lit(canvas) >= {(0, 0), (1, 1), (2, 2), (3, 3)}


@given(st.lists(dots, max_size=12).map(sorted))
def test_a_path_is_joined_and_passes_its_points(points: list[tuple[float, float]]) -> None:
    canvas = Canvas(100, 25)
    canvas.path(points)
    shown = lit(canvas)
    within = [(x, y) for x, y in points if 0 <= x < 200 and 0 <= y < 100]
    assert {(math.floor(x), math.floor(y)) for x, y in within} <= shown
    if points and len(within) == len(points):
        columns = {x for x, _y in shown}
        assert columns == set(range(math.floor(points[0][0]), math.floor(points[-1][0]) + 1))
        ys = [y for _x, y in points]
        assert all(math.floor(min(ys)) <= y <= math.floor(max(ys)) for _x, y in shown)
        for x in sorted(columns)[:-1]:
            # Neighbouring columns touch.
            here, there = [{y for at, y in shown if at == column} for column in (x, x + 1)]
            assert min(abs(y - other) for y in here for other in there) <= 1


def trace_of(values: list[float], start: int = 1, second: float = 0.5) -> Trace:
    epochs = tuple(float(start + i) for i in range(len(values)))
    return Trace(epochs, tuple(second * epoch for epoch in epochs), tuple(values))


@st.composite
def plots(draw: st.DrawFn) -> Plot:
    curves = []
    for slot in range(draw(st.integers(1, 3))):
        values = draw(st.lists(st.floats(1.0, 1e9) | st.just(math.inf) | st.just(math.nan), min_size=1, max_size=40))
        curves.append(Drawn(slot, "w", trace_of(values)))
    plot = Plot(tuple(curves), ((1.0, "1 best"), (1447.0, "guessing")), in_seconds=draw(st.booleans()))
    for _ in range(draw(st.integers(0, 4))):
        plot = plot.zoomed(draw(st.floats(0.1, 3.0)), draw(st.floats(-10, 60)))
    return plot


@given(plots())
def test_what_is_looked_at_is_always_a_range_within_the_whole(plot: Plot) -> None:
    whole, across, upwards = plot.whole, plot.across, plot.upwards
    assert whole.low - 1e-9 <= across.low < across.high <= whole.high + 1e-9
    assert upwards.low < upwards.high
    assert math.isfinite(upwards.high)


@given(plots())
def test_unzoomed_the_scale_runs_from_one_past_guessing(plot: Plot) -> None:
    plot = replace(plot, view=None)
    assert plot.upwards.low <= 0
    assert plot.upwards.high >= math.log(1447) - 1e-9
    # One wild run must not squash the others.
    assert plot.upwards.high <= math.log(14_470) + 1e-9


@given(plots(), st.integers(1, 30), st.booleans())
def test_the_cursor_moves_and_stays_in_view(plot: Plot, steps: int, right: bool) -> None:
    for _ in range(steps):
        before = plot.cursor
        plot = plot.stepped(0.01 if right else -0.01)
        assert plot.cursor is not None
        assert plot.across.low - 1e-9 <= plot.cursor <= plot.across.high + 1e-9
        if before is not None:
            moved = plot.cursor - before
            assert moved >= 0 if right else moved <= 0


@given(plots(), st.floats(-10, 60))
def test_what_is_read_is_a_value_of_the_curve_and_the_nearest(plot: Plot, place: float) -> None:
    plot = plot.pointed(place)
    assert plot.cursor is not None
    for reading in plot.readings():
        trace = reading.drawn.trace
        places = trace.places(plot.in_seconds)
        index = places.index(reading.place)
        assert trace.epochs[index] == reading.epoch
        assert trace.values[index] == reading.value or math.isnan(reading.value)
        assert abs(reading.place - plot.cursor) == min(abs(other - plot.cursor) for other in places)


def test_the_cursor_steps_by_epochs() -> None:
    plot = Plot((Drawn(0, "a", trace_of([9.0, 8.0, 7.0, 6.0])),))
    plot = plot.stepped(-0.01)
    assert plot.cursor == 4.0
    plot = plot.stepped(-0.01)
    assert plot.cursor == 3.0
    (reading,) = plot.readings()
    assert (reading.epoch, reading.value) == (3.0, 7.0)


def test_no_reading_beyond_a_curves_end() -> None:
    short, long = trace_of([9.0, 8.0]), trace_of([float(50 - i) for i in range(20)])
    plot = Plot((Drawn(0, "a", short), Drawn(1, "b", long))).pointed(15.0)
    assert [reading.drawn.slot for reading in plot.readings()] == [1]


def test_zooming_shows_only_what_is_there_and_back_shows_all() -> None:
    trace = trace_of([1000.0 / epoch for epoch in range(1, 101)])
    plot = Plot((Drawn(0, "a", trace),), ((1.0, "1"), (1447.0, "g")))
    near = plot.zoomed(0.1, 90.0)
    assert near.across.size == pytest.approx(10.0)
    assert near.across.share(90.0) == pytest.approx(0.9)
    assert near.upwards.high < math.log(20)
    assert near.zoomed(100.0).view is None


def test_another_axis_shows_all_of_it() -> None:
    trace = trace_of([9.0, 8.0, 7.0], second=2.0)
    plot = Plot((Drawn(0, "a", trace),)).zoomed(0.5, 2.0).pointed(2.0).flipped()
    assert (plot.view, plot.cursor, plot.whole.high) == (None, None, 6.0)


def test_what_has_no_times_is_not_drawn_over_seconds() -> None:
    untimed = replace(trace_of([9.0, 8.0]), timed=False)
    plot = Plot((Drawn(0, "a", untimed),))
    assert not plot.empty
    assert plot.flipped().empty


@given(plots())
def test_pieces_hold_all_that_can_be_seen(plot: Plot) -> None:
    across = plot.across
    for curve in plot.curves:
        places = curve.trace.places(plot.in_seconds)
        wanted = {
            (place, value)
            for place, value in zip(places, curve.trace.values, strict=True)
            if across.low <= place <= across.high and math.isfinite(value)
        }
        found = [point for piece in pieces(curve.trace, plot.in_seconds, across) for point in piece]
        assert wanted <= set(found)
        assert found == sorted(found)
        assert len(found) <= len(wanted) + 2 * (len(curve.trace.stretches) or 1)
        last = last_inside(curve.trace, plot.in_seconds, across)
        assert last == (max(wanted) if wanted else None)


def test_a_cross_stands_where_it_diverged_else_where_it_overflowed() -> None:
    trace = trace_of([9.0, 8.0, math.inf, math.inf])
    assert overflows(trace, in_seconds=False) == [(3.0, 8.0)]
    assert overflows(replace(trace, crosses=(2.0,)), in_seconds=True) == [(1.0, 8.0)]
    assert overflows(trace_of([9.0]), in_seconds=False) == []
    assert overflows(Trace(crosses=(0.0,)), in_seconds=False) == [(0.0, 1.0)]


def test_an_empty_plot_has_axes_all_the_same() -> None:
    plot = Plot()
    assert plot.empty
    assert plot.whole == Span(0.0, 1.0)
    assert plot.readings() == []


_rows = st.lists(st.lists(st.text(max_size=60), min_size=len(COLUMNS), max_size=len(COLUMNS)), max_size=5)


@given(_rows, st.integers(5, 250))
def test_columns_fit_and_the_run_is_the_last_to_go(rows: list[list[str]], room: int) -> None:
    widths = widths_of(rows, room)
    assert 0 in widths
    if room > 40:
        assert sum(widths.values()) + 2 * (len(widths) - 1) <= room
    for column, width in widths.items():
        assert width > 0
        if not COLUMNS[column].least:
            assert all(cell_len(row[column]) <= width or width == COLUMNS[column].most for row in rows)
