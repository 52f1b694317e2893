"""Bars of block characters: columns, heights, scale, marks."""

from __future__ import annotations

import math
import sys
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st
from rich.cells import cell_len

from lyricterm.plotting import blocks
from lyricterm.plotting.blocks import height_of, resample
from lyricterm.plotting.changes import place_labels
from lyricterm.plotting.chart import Chart
from lyricterm.plotting.grid import MARK, Grid
from lyricterm.plotting.series import Level, PlotMark, Series, series_of

FINITE = st.floats(min_value=0, max_value=sys.float_info.max)
NUMBERS = st.one_of(FINITE, st.just(math.inf), st.just(math.nan))
WIDTHS = st.integers(min_value=1, max_value=200)


class TestResample:
    """Any number of points as any number of columns."""

    def test_few_points_are_stretched(self) -> None:
        assert resample([1.0, 2.0], 6) == [1.0, 1.0, 1.0, 2.0, 2.0, 2.0]

    def test_many_points_are_averaged(self) -> None:
        assert resample([1.0, 3.0, 5.0, 7.0], 2) == [2.0, 6.0]

    def test_nothing(self) -> None:
        assert resample([], 10) == []
        assert resample([1.0], 0) == []

    def test_an_overflow_survives_averaging(self) -> None:
        assert resample([1.0, math.inf, 1.0, 1.0], 2) == [math.inf, 1.0]

    @given(st.integers(1, 600), WIDTHS)
    def test_the_largest_numbers_of_all_are_averaged_too(self, count: int, width: int) -> None:
        columns = resample([sys.float_info.max] * count, width)
        assert all(math.isfinite(column) for column in columns)
        assert columns == pytest.approx([sys.float_info.max] * width, rel=1e-12)

    @given(st.lists(FINITE, min_size=1, max_size=600), WIDTHS)
    def test_columns_lie_between_the_points(self, points: list[float], width: int) -> None:
        columns = resample(points, width)
        assert len(columns) == width
        low, high = min(points), max(points)
        # The smallest numbers of all have no parts to add up.
        assert all(low * (1 - 1e-9) - 1e-300 <= column <= high * (1 + 1e-9) for column in columns)

    @given(st.lists(NUMBERS, min_size=1, max_size=600), WIDTHS)
    def test_every_overflow_is_seen_and_no_other(self, points: list[float], width: int) -> None:
        columns = resample(points, width)
        if all(math.isfinite(point) for point in points):
            assert all(math.isfinite(column) for column in columns)
        elif width <= len(points):
            assert not all(math.isfinite(column) for column in columns)

    @given(st.lists(st.floats(0, 1e6), min_size=1, max_size=200), WIDTHS)
    def test_a_rising_curve_rises(self, points: list[float], width: int) -> None:
        columns = resample(sorted(points), width)
        assert all(later >= earlier * (1 - 1e-9) - 1e-300 for earlier, later in pairwise(columns))


class TestHeight:
    """Values as heights in eighths of a row."""

    @pytest.mark.parametrize(
        ("value", "rows", "height"), [(0, 1, 1), (10, 1, 8), (5, 2, 9), (10, 7, 56), (-3, 4, 1), (99, 4, 32)]
    )
    def test_between_low_and_high(self, value: float, rows: int, height: int) -> None:
        assert height_of(value, 0, 10, rows) == pytest.approx(height, abs=1)

    def test_the_ends_are_exact(self) -> None:
        assert height_of(0, 0, 10, 5) == 1
        assert height_of(10, 0, 10, 5) == 40

    def test_no_range_at_all(self) -> None:
        assert height_of(3, 3, 3, 4) == 1

    @given(FINITE, FINITE, FINITE, st.integers(1, 60))
    def test_it_is_always_drawn_and_within_the_panel(self, value: float, low: float, high: float, rows: int) -> None:
        assert 1 <= height_of(value, low, high, rows) <= 8 * rows

    @given(FINITE, FINITE, st.integers(1, 60))
    def test_more_is_not_lower(self, one: float, other: float, rows: int) -> None:
        low, high = min(one, other), max(one, other)
        assert height_of(low, 0, 1e9, rows) <= height_of(high, 0, 1e9, rows)


class TestLabels:
    """Words of marks on one row."""

    def test_room_for_all_each_with_a_pointer(self) -> None:
        assert place_labels([(0, "off"), (10, "on")], 20) == [(0, "▾off"), (10, "▾on")]

    def test_the_older_gives_way(self) -> None:
        assert place_labels([(5, "consecutive"), (8, "ReLU")], 20) == [(8, "▾ReLU")]

    def test_left_of_its_column_at_the_end_of_the_row(self) -> None:
        assert place_labels([(19, "ReLU")], 20) == [(15, "ReLU▾")]

    def test_without_a_pointer_where_there_is_no_room_for_one_beside_it(self) -> None:
        assert place_labels([(4, "sampling")], 9) == [(1, "sampling")]

    def test_no_room_for_one(self) -> None:
        assert place_labels([(0, "consecutive")], 5) == []

    @given(
        st.lists(st.tuples(st.integers(0, 99), st.sampled_from(["on", "ReLU", "相邻采样", "learning rate 0.5"]))).map(
            lambda labels: sorted(labels, key=lambda label: label[0])
        ),
        st.integers(1, 100),
    )
    def test_they_stand_apart_and_the_newest_is_kept(self, labels: list[tuple[int, str]], width: int) -> None:
        labels = [(min(column, width - 1), label) for column, label in labels]
        placed = place_labels(labels, width)
        end = -1
        for start, label in placed:
            assert start > end
            end = start + cell_len(label)
            assert end <= width
        assert {label.strip("▾") for _, label in placed} <= {label for _, label in labels}
        if labels and cell_len(labels[-1][1]) <= width:
            assert placed[-1][1].strip("▾") == labels[-1][1]


def lines(grid: Grid) -> list[str]:
    return ["".join(text for text, _style in grid.runs(row)) for row in range(grid.height)]


def falling(*values: float) -> Series:
    return Series(tuple(float(i + 1) for i in range(len(values))), values)


class TestDrawing:
    """Bars, scale, marks."""

    def test_the_highest_bar_reaches_the_number_of_its_scale(self) -> None:
        # 512 noisy points on few columns: the scale is that of what is drawn, not of what was averaged away.
        noisy = [7.0 if i % 2 else 1.0 for i in range(512)]
        shown = lines(blocks.draw(Chart((falling(*noisy, *[1.0] * 512),), log=False), 40, 3))
        assert 4.0 <= float(shown[0][:4]) < 5.0
        assert "█" in shown[0]
        assert shown[-1].startswith("1.00 ")

    def test_levels_widen_the_scale(self) -> None:
        levels = (Level(1.0, "1"), Level(1447.0, "guessing"))
        shown = lines(blocks.draw(Chart((falling(40.0, 30.0),), levels=levels), 40, 5))
        assert [line[:9].strip(" ▁▂▃▄▅▆▇█") for line in shown] == ["guessing", "", "38.0", "", "1"]
        assert "█" not in shown[0]

    def test_an_outlier_is_an_arrow_and_flattens_nothing(self) -> None:
        chart = Chart((falling(7.0, 6.0, 5.0, 9_000.0, 4.0),), log=False, ceiling=14.0)
        shown = lines(blocks.draw(chart, 55, 3))
        assert shown[0].startswith("7.00 ")
        assert shown[0].count("↑") == 10
        assert shown[0][5] == "█"

    def test_overflows_are_crosses_at_the_top(self) -> None:
        shown = lines(blocks.draw(Chart((falling(7.0, math.inf, math.nan, 3.0),), log=False), 20, 2))
        assert shown[0][5:15] == "×" * 10
        assert shown[1][5:15] == " " * 10

    def test_marks_have_a_colour_of_their_own_and_pointers(self) -> None:
        marks = (PlotMark(2.0, "clipping off"), PlotMark(6.0, "ReLU"), PlotMark(6.0, "theta 2"))
        grid = blocks.draw(Chart((falling(*[5.0] * 8),), changes=marks, left=0.0, right=8.0), 68, 4)
        assert lines(grid)[0].split("▾")[1:] == ["clipping off" + " " * 19, "ReLU, theta 2" + " " * 2]
        column = lines(grid)[0].index("▾")
        assert [grid.rows[row][column][1] for row in range(4)] == [MARK] * 4

    def test_one_flat_colour(self) -> None:
        grid = blocks.draw(Chart((falling(*range(1, 30)),)), 60, 6)
        assert {style for row in grid.rows for text, style in row if text in blocks.BLOCKS.strip()} == {blocks.BAR}

    def test_nothing(self) -> None:
        assert lines(blocks.draw(Chart(), 5, 2)) == [" " * 5] * 2
        assert lines(blocks.draw(Chart((Series(),)), 5, 2)) == [" " * 5] * 2

    @given(
        st.lists(st.one_of(NUMBERS, st.just(0.0)), max_size=50),
        st.one_of(NUMBERS, st.just(math.inf)),
        st.booleans(),
        st.integers(0, 120),
        st.integers(0, 12),
    )
    def test_any_numbers_fit_any_room(
        self, values: list[float], ceiling: float, log: bool, width: int, height: int
    ) -> None:
        series = series_of([(float(i), value) for i, value in enumerate(values)])
        chart = Chart((series,), log=log, ceiling=math.inf if math.isnan(ceiling) else ceiling)
        grid = blocks.draw(chart, width, height)
        assert [cell_len(line) for line in lines(grid)] == [width] * height
        assert "nan" not in "".join(lines(grid))
        assert "inf" not in "".join(lines(grid))
