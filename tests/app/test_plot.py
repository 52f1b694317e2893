"""From curves to columns: pure functions."""

from __future__ import annotations

import math
import sys
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st
from rich.cells import cell_len

from lyricterm.app.plot import (
    fitting,
    height_of,
    loss_view,
    mark_label,
    norm_view,
    perplexity_view,
    place_labels,
    resample,
)
from lyricterm.core.events import Series
from tests.app.desk import mark, progress, series

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
    """Labels of marks on one row."""

    def test_room_for_all(self) -> None:
        assert place_labels([(0, "off"), (10, "on")], 20) == [(0, "off"), (10, "on")]

    def test_the_older_gives_way(self) -> None:
        assert place_labels([(5, "consecutive"), (8, "ReLU")], 20) == [(8, "ReLU")]

    def test_moved_left_at_the_end_of_the_row(self) -> None:
        assert place_labels([(19, "ReLU")], 20) == [(16, "ReLU")]

    def test_no_room_for_one(self) -> None:
        assert place_labels([(0, "consecutive")], 5) == []

    @given(
        st.lists(st.tuples(st.integers(0, 99), st.sampled_from(["on", "ReLU", "相邻采样", "learning rate 0.5"]))).map(
            lambda labels: sorted(labels, key=lambda label: label[0])
        ),
        st.integers(1, 100),
    )
    def test_they_never_overlap_and_the_newest_is_kept(self, labels: list[tuple[int, str]], width: int) -> None:
        labels = [(min(column, width - 1), label) for column, label in labels]
        placed = place_labels(labels, width)
        end = -1
        for start, label in placed:
            assert start > end
            end = start + cell_len(label)
            assert end <= width
        assert {label for _, label in placed} <= {label for _, label in labels}
        if labels and cell_len(labels[-1][1]) <= width:
            assert placed[-1][1] == labels[-1][1]


class TestWords:
    """Titles at several lengths."""

    def test_the_longest_that_fits(self) -> None:
        texts = ("perplexity 10.1", "困惑度 10.1", "10.1")
        assert fitting(texts, 15) == "perplexity 10.1"
        assert fitting(texts, 14) == "困惑度 10.1"
        assert fitting(texts, 10) == "10.1"
        assert fitting(texts, 1) == "10.1"
        assert fitting((), 9) == ""

    @pytest.mark.parametrize(
        ("axis", "old", "new", "label"),
        [
            ("sampling", "random", "consecutive", "consecutive"),
            ("activation", "tanh", "relu", "ReLU"),
            ("clipping", True, False, "clipping off"),
            ("theta", 5.0, 2.0, "theta 2"),
            ("pred_period", 50, 1, "sample every 1"),
        ],
    )
    def test_marks(self, axis: str, old: str, new: str, label: str) -> None:
        assert mark_label(mark(axis, old, new)) == label


class TestViews:
    """What the three panels show."""

    def test_perplexity_runs_from_certainty_to_guessing_on_a_log_scale(self) -> None:
        view = perplexity_view(progress(perplexity=series(1447.0, math.sqrt(1447), 1.0)), 1447)
        heights = [height_of(point, view.low, view.high, 10) for point in view.points]
        assert heights == [80, pytest.approx(40, abs=1), 1]
        assert (view.top, view.bottom) == ("1,447", "1")

    def test_the_loss_has_its_own_range(self) -> None:
        view = loss_view(progress(loss=series(7.0, 2.0, 4.0)), 1447)
        assert (view.low, view.high, view.top, view.bottom) == (2.0, 7.0, "7.00", "2.00")

    def test_the_norm_is_on_a_log_scale(self) -> None:
        view = norm_view(progress(grad_norm=series(1.0, 100.0, 10.0)))
        assert height_of(view.points[2], view.low, view.high, 10) == pytest.approx(40, abs=1)

    def test_the_share_of_clipped_minibatches(self) -> None:
        assert norm_view(progress(clipped=0.754)).titles[0].endswith("clipped 75 %")

    def test_marks_stand_where_they_took_effect(self) -> None:
        told = progress(
            epoch=8,
            minibatch=0,
            loss=series(*[1.0] * 100, width=4),
            marks=(mark("lr", 0.2, 0.5, epoch=2.0, minibatch=100),),
        )
        assert loss_view(told, 10).marks == ((0.25, "learning rate 0.5"),)
        assert norm_view(told).marks == ((0.25, "learning rate 0.5"),)
        assert perplexity_view(told, 10).marks == ((0.25, "learning rate 0.5"),)

    @given(
        st.lists(NUMBERS, max_size=50),
        st.one_of(NUMBERS, st.just(-math.inf)),
        st.one_of(NUMBERS, st.just(-math.inf)),
        st.integers(0, 100_000),
    )
    def test_no_numbers_are_too_odd_for_a_view(
        self, points: list[float], low: float, high: float, vocabulary: int
    ) -> None:
        odd = Series(tuple(points), 1, low, high, points[-1] if points else math.nan)
        told = progress(loss=odd, perplexity=odd, grad_norm=odd)
        for view in (loss_view(told, vocabulary), perplexity_view(told, vocabulary), norm_view(told)):
            assert len(view.points) == len(points)
            assert all(title for title in view.titles)
            assert "inf" not in "".join((*view.titles, *view.subtitles, view.top, view.bottom))
            assert "nan" not in "".join((*view.titles, *view.subtitles, view.top, view.bottom))
