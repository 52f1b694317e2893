"""The plot of several curves in Braille, cell by cell."""

from __future__ import annotations

import math
import random
import re
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lyricterm.plotting import braille
from lyricterm.plotting.chart import Chart
from lyricterm.plotting.grid import CURSOR, MARK, Grid
from lyricterm.plotting.labels import Label, placed
from lyricterm.plotting.legend import legend_lines, reading_line
from lyricterm.plotting.series import Level, PlotMark, Point, series_of
from lyricterm.plotting.signs import draw_marks
from lyricterm.plotting.ticks import SECONDS

GUESSING = 1000.0


def chart(*curves: list[Point], log: bool = True, end: float = 10.0, ceiling: float = math.inf) -> Chart:
    series = tuple(series_of(curve, f"run {i + 1}", i, str(i + 1)) for i, curve in enumerate(curves))
    levels = (Level(1.0, "1 best"), Level(GUESSING, "guessing"))
    return Chart(series, "perplexity", log=log, levels=levels, left=1.0, right=end, ceiling=ceiling)


def draw(drawn: Chart, width: int, height: int, legend: bool = False) -> Grid:
    frame = braille.frame_of(drawn, width, height)
    assert frame is not None
    return braille.draw(drawn, frame, legend_lines(drawn) if legend else ())


def lines(grid: Grid) -> list[str]:
    return ["".join(text for text, _style in grid.runs(row)) for row in range(grid.height)]


def dotted(grid: Grid, style: str) -> list[tuple[int, int]]:
    """Columns and rows of the dots of a curve."""
    return [
        (column, row)
        for row, cells in enumerate(grid.rows)
        for column, (text, own) in enumerate(cells)
        if own == style and "\u2800" < text < "\u2900"
    ]


def cells_of(grid: Grid, character: str) -> list[tuple[int, int, str]]:
    return [
        (column, row, style)
        for row, cells in enumerate(grid.rows)
        for column, (text, style) in enumerate(cells)
        if text == character
    ]


def test_a_falling_curve_between_its_axes() -> None:
    grid = draw(chart([(1, 1000), (10, 1)]), 44, 12)
    shown = lines(grid)
    assert [len(line) for line in shown] == [44] * 12
    assert shown[0].startswith("1,000┤")
    assert shown[9].strip().startswith("1┤")
    assert re.split(r"\s+", shown[11].strip())[-1] == "10"
    assert shown[10].strip().startswith("└")
    # The number stands behind the end of the curve, which is at the bottom.
    assert shown[9].endswith("1")
    places = dotted(grid, "curve0")
    assert places[0] == (6, 0)
    assert [column for column, _row in places] == sorted(column for column, _row in places)


def test_equal_factors_are_equal_distances() -> None:
    grid = draw(chart([(1, 1000), (10, 1000)], [(1, 31.6), (10, 31.6)], [(1, 1), (10, 1)]), 50, 13)
    rows = [{row for _column, row in dotted(grid, f"curve{number}")} for number in range(3)]
    assert rows == [{0}, {5}, {10}]


def test_an_overflow_is_a_cross_where_it_happened() -> None:
    grid = draw(chart([(1, 900), (4, math.inf)], [(1, 900), (10, 30)]), 50, 10)
    ((column, row, style),) = cells_of(grid, "×")
    assert (row, style) == (0, "label0")
    # A third of the way from epoch 1 to 10.
    frame = braille.frame_of(chart([(1, 900), (4, math.inf)], [(1, 900), (10, 30)]), 50, 10)
    assert frame is not None
    assert column == frame.gutter + frame.column(4.0)


def test_what_is_off_the_scale_is_an_arrow_and_no_line_along_the_edge() -> None:
    wild = [(1.0, 900.0), *((float(i), 1e30) for i in range(2, 10)), (10.0, 1e30)]
    grid = draw(chart(wild, [(1, 900), (10, 30)], ceiling=4000.0), 60, 12)
    # One where it leaves, one with its number at its end.
    arrows = cells_of(grid, "↑")
    assert [style for _column, _row, style in arrows] == ["label0"] * 2
    assert {row for _column, row, _style in arrows} == {0}
    assert all(column < arrows[0][0] + 3 for column, _row in dotted(grid, "curve0"))
    assert any("↑1" in line for line in lines(grid))


def test_a_curve_that_comes_back_is_drawn_again() -> None:
    points = [(1.0, 10.0), (4.0, 1e9), (6.0, 1e9), (10.0, 10.0)]
    grid = draw(chart(points, ceiling=4000.0), 60, 12)
    columns = {column for column, _row in dotted(grid, "curve0")}
    assert len(cells_of(grid, "↑")) == 1
    middle = 6 + 54 * 4 // 9
    assert min(columns) < middle - 5
    assert max(columns) > middle + 5
    assert middle not in columns


def test_the_cursor_reads_the_curve() -> None:
    grid = draw(replace(chart([(1, 900), (10, 30)]), cursor=10.0), 50, 12)
    assert len({column for column, _row, style in cells_of(grid, "│") if style == CURSOR}) == 1
    ((_column, _row, style),) = cells_of(grid, "●")
    assert style == "curve0"


@pytest.mark.parametrize("size", [(60, 8), (60, 12), (100, 20), (36, 6)])
@pytest.mark.parametrize("count", [2, 4, 9])
def test_labels_of_curves_that_end_alike_never_run_together(count: int, size: tuple[int, int]) -> None:
    curves = [[(1.0, 900.0), (10.0, 30.0 + i / 100)] for i in range(count)]
    grid = draw(chart(*curves), *size)
    found = [
        (row, column, text)
        for row, cells in enumerate(grid.rows)
        for column, (text, style) in enumerate(cells)
        if style.startswith("label")
    ]
    assert sorted(text for _row, _column, text in found) == [str(i + 1) for i in range(count)]
    for (row, column, _text), (next_row, next_column, _next) in zip(sorted(found), sorted(found)[1:], strict=False):
        assert row != next_row or next_column > column + 1


def test_labels_stand_in_the_order_of_their_curves() -> None:
    for ends in ((152.0, 136.0), (218.0, 214.0), (20.3, 18.0, 15.4, 15.1, 15.0, 14.9, 14.0, 10.3, 10.1)):
        for height in (8, 12, 20):
            grid = draw(chart(*([(1.0, 900.0), (10.0, end)] for end in ends)), 78, height)
            found = [text for row in grid.rows for text, style in row if style.startswith("label")]
            assert found == [str(i + 1) for i in range(len(ends))]


def test_nine_curves_have_nine_colours() -> None:
    curves = [[(1.0, 10.0 ** (i / 3)), (10.0, 10.0 ** (i / 3))] for i in range(9)]
    grid = draw(chart(*curves), 60, 40)
    assert all(dotted(grid, f"curve{i}") for i in range(9))


def test_marks_have_a_colour_of_their_own_and_stand_apart() -> None:
    plain = chart([(1, 900), (10, 30)])
    marks = (PlotMark(5.0, "clipping on → off"), PlotMark(5.0, "theta 5 → 2"))
    marked = replace(plain, series=(replace(plain.series[0], marks=marks),))
    found = cells_of(draw(marked, 80, 14), "▾")
    assert len(found) == 2
    assert {style for _column, _row, style in found} == {MARK}
    text = "\n".join(lines(draw(marked, 80, 14)))
    assert "theta 5 → 2" in text or "clipping on → off" in text


SIGNS = "▾▴↑×"


def noted(height: int, *places: float, words: str = "clipping off") -> list[str]:
    """Two curves that meet guessing, one of them beyond the scale, with changes; as lines."""
    trained = series_of([(i, 900 / i if i < 6 else 1e9) for i in range(1, 11)])
    scored = replace(series_of([(i, 700 / min(i, 4)) for i in range(1, 11)], colour=1), dotted=True)
    scored = replace(scored, marks=(PlotMark(4.0, "best 175", below=True),))
    levels = (Level(1.0, "1 best"), Level(GUESSING, "guessing"), Level(238, "frequencies"), Level(175, "bigram"))
    changes = tuple(PlotMark(place, words) for place in places)
    drawn = Chart((trained, scored), levels=levels, changes=changes, left=0.0, right=10.0, ceiling=1e4)
    frame = braille.frame_of(drawn, 38, height, bottom=0)
    assert frame is not None
    return lines(braille.draw(drawn, frame))


@pytest.mark.parametrize("height", [3, 5, 8, 15])
@pytest.mark.parametrize("places", [(3.0,), (2.5, 5.9, 9.9), (1.0, 1.2, 1.4, 5.5, 6.0, 6.2, 8.0, 8.1, 9.9)])
def test_changes_stand_apart_from_names_and_signs(height: int, places: tuple[float, ...]) -> None:
    shown = noted(height, *places)
    text = "\n".join(shown)
    assert not re.search(f"[{SIGNS}][{SIGNS}]", text)
    # No pointer in the middle of words, but at one end of those that are its own.
    for pointer in re.finditer("▾", text):
        before, behind = text[: pointer.start()][-12:], text[pointer.end() :][:12]
        assert (before == "clipping off") != (behind == "clipping off")
    for name in ("1 best", "guessing", "frequencies", "bigram", "best 175"):
        assert all(re.search(rf" {name}( |\n|$)", line) for line in shown if name in line and name != "1 best")
    # The newest has its words, where the curves leave room for them.
    assert "clipping off" in text or height == 3


def test_a_change_has_a_column_of_its_own() -> None:
    changed = [line.index("╵") for line in noted(15, 8.0, words="ReLU")[1:] if "╵" in line]
    assert len(changed) > 8
    assert len(set(changed)) == 1
    assert noted(15, 8.0, words="ReLU")[0][changed[0] :].startswith("▾ReLU")


def test_the_lowest_point_is_marked_below_the_curve() -> None:
    shown = noted(15)
    (row,) = [number for number, line in enumerate(shown) if "▴" in line]
    column = shown[row].index("▴")
    assert "\u2800" < shown[row - 1][column] < "\u2900"
    assert shown[row][column:].startswith("▴ best 175")


@pytest.mark.parametrize(
    ("free", "beside"),
    [
        (range(-20, 20), "  ▴ a best 175  "),
        (range(-3, 4), "⠒   ▴ a ⠒"),
        (range(1, 2), "⠒⠒⠒▴a⠒⠒"),
        (range(-1, 0), "⠒⠒a▴⠒⠒⠒"),
        (range(0), "⠒⠒⠒▴⠒⠒⠒"),
    ],
)
def test_a_sign_says_as_much_as_there_is_room_for(free: range, beside: str) -> None:
    """The words, else the letter of its run with a blank on either side, else the bare letter, else nothing."""
    signed, other = series_of([(1, 900), (10, 30)], label="a"), series_of([(1, 900), (10, 30)], colour=1, label="b")
    signed = replace(signed, marks=(PlotMark(5.0, "best 175", below=True),))
    drawn = Chart((signed, other), left=0.0, right=10.0)
    frame = braille.frame_of(drawn, 60, 8)
    assert frame is not None
    at = frame.column(5.0)
    grid = Grid(frame.width, frame.height)
    for column in set(range(frame.width)) - {at + step for step in free}:
        for row in range(frame.height):
            grid.put(column, row, "⠒", "curve1")
    draw_marks(grid, drawn, frame)
    (line,) = [line for line in lines(grid) if "▴" in line]
    assert beside in line
    assert line.index("▴") == at


def test_a_sign_without_words_covers_nothing_else() -> None:
    plain = chart([(1, 900), (10, 30)])
    signed = replace(plain, series=(replace(plain.series[0], marks=(PlotMark(5.0, "", below=True),)),))
    before, after = (lines(draw(each, 80, 14)) for each in (plain, signed))
    changed = [(a, b) for one, other in zip(before, after, strict=True) for a, b in zip(one, other, strict=True)]
    assert [after for before, after in changed if before != after] == ["▴"]


def test_curves_of_one_colour_are_both_seen_where_they_meet() -> None:
    trained = series_of([(1, 100), (10, 10)], label="a")
    scored = replace(series_of([(1, 100), (10, 10)], label="a"), dotted=True)
    both = Chart((trained, scored), left=1.0, right=10.0, ahead="a")
    alone = Chart((trained,), left=1.0, right=10.0, ahead="a")
    assert lines(draw(both, 60, 12)) == lines(draw(alone, 60, 12))


def test_a_dotted_curve_is_seen_under_the_one_that_it_belongs_to() -> None:
    trained = series_of([(1, 100), (10, 10)])
    scored = replace(series_of([(1, 100), (10, 10)], colour=1), dotted=True)
    grid = draw(Chart((trained, scored), left=1.0, right=10.0), 60, 12)
    counts = [sum(style == f"curve{colour}" for row in grid.rows for _text, style in row) for colour in range(2)]
    assert min(counts) > 0.3 * sum(counts)


def test_a_level_whose_name_has_no_room_has_its_number() -> None:
    levels = (Level(1.0, "1 best"), Level(43.0, "a name that is too long for its row"), Level(41.0, "b" * 40))
    shown = lines(draw(Chart((series_of([(1, 43), (10, 3)]),), levels=levels, left=0.0, right=10.0), 30, 6))
    assert " 43 ┄" in shown[0]
    assert "41" not in "".join(shown)


def test_a_level_whose_name_has_no_room_is_not_drawn() -> None:
    high = [(float(i), 500.0 if i % 2 else 550.0) for i in range(1, 60)]
    levels = (Level(1.0, "1 best"), Level(525.0, "a name that is too long for what is free in its row, by far"))
    shown = lines(draw(Chart((series_of(high),), levels=levels, left=0.0, right=60.0), 60, 14))
    assert [line for line in shown if "┄" in line] == [line for line in shown if "1 best" in line]


def test_marks_of_several_curves_say_whose_they_are() -> None:
    plain = chart([(1, 900), (10, 30)], [(1, 700), (10, 3)])
    marked = replace(plain, series=(plain.series[0], replace(plain.series[1], marks=(PlotMark(7.0, "ReLU"),))))
    assert any("▾ 2 ReLU" in line for line in lines(draw(marked, 80, 14)))
    # Without room for the words, whose it is at least.
    long = replace(plain, series=(plain.series[0], replace(plain.series[1], marks=(PlotMark(7.0, "ReLU" * 20),))))
    assert any("▾ 2 " in line for line in lines(draw(long, 80, 14)))


def test_a_legend_names_curves_and_what_is_read() -> None:
    plain = chart([(1, 900), (10, 30)], [(1, 700), (10, 3)])
    shown = lines(draw(plain, 80, 14, legend=True))
    assert any("1 run 1" in line for line in shown)
    shown = lines(draw(plain.pointed(10.0), 80, 14, legend=True))
    assert any(re.search(r"2 run 2 +3\.00", line) for line in shown)
    assert any("epoch 10" in line for line in shown)
    assert reading_line(plain.pointed(10.0), 40) == "epoch 10 · 1 30.0 · 2 3.00"
    # A number is whole or not there.
    assert reading_line(plain.pointed(10.0), 25) == "epoch 10 · 1 30.0 · …"
    assert reading_line(plain, 40) == ""


def test_over_seconds_the_legend_says_the_epoch() -> None:
    series = replace(series_of([(2.0, 9.0), (4.0, 8.0)], "run", 0, "a"), epochs=(1.0, 2.0))
    (where, line) = legend_lines(Chart((series,), unit=SECONDS, left=0.0).pointed(4.0))
    assert where.words == "after 0:04"
    assert line.words == "a run  8.00 (epoch 2)"


@pytest.mark.parametrize("top", [1e3, 1e8, 1e37, 1e308])
@pytest.mark.parametrize("size", [(1, 1), (5, 3), (12, 3), (20, 4), (20, 3), (200, 60), (40, 4), (60, 12)])
def test_every_row_is_as_wide_as_the_plot(size: tuple[int, int], top: float) -> None:
    generator = random.Random(size[0])
    values = [*(top ** generator.uniform(-0.1, 1) for _ in range(20)), math.inf, math.nan, 0.0, top]
    curves = [[(float(i), generator.choice(values)) for i in range(1, 40)] for _ in range(12)]
    for log in (True, False):
        drawn = chart(*curves, log=log).pointed(12.0)
        frame = braille.frame_of(drawn, *size)
        if frame is None:
            assert size[0] < braille.LEAST_WIDTH or size[1] < braille.LEAST_HEIGHT
            continue
        grid = braille.draw(drawn, frame, legend_lines(drawn))
        assert [len(row) for row in grid.rows] == [size[0]] * size[1]


def test_what_was_drawn_before_changes_nothing() -> None:
    memory = braille.DotMemory()
    first, second = chart([(1, 900), (10, 30)]), chart([(1, 900), (10, 300)])
    for drawn in (first, second, first, second.zoomed(0.5, 3.0)):
        frame = braille.frame_of(drawn, 60, 12)
        assert frame is not None
        assert lines(braille.draw(drawn, frame, memory=memory)) == lines(braille.draw(drawn, frame))


def test_one_point_and_none() -> None:
    assert any("1" in line for line in lines(draw(chart([(1, 50)]), 40, 8)))
    assert braille.frame_of(chart([]), 40, 8) is None


@given(
    st.lists(st.tuples(st.integers(0, 30), st.integers(0, 9), st.sampled_from(["1", "↑2", "a"])), max_size=12),
    st.integers(1, 34),
    st.integers(1, 10),
)
def test_placed_labels_are_apart_and_within(wanted: list[tuple[int, int, str]], width: int, height: int) -> None:
    labels = [Label(column, row, text, "s") for column, row, text in wanted]
    found = placed(labels, width, height)
    taken: set[tuple[int, int]] = set()
    for label in found:
        cells = {(label.column + i, label.row) for i in range(len(label.label.text))}
        assert all(0 <= column < width and 0 <= row < height for column, row in cells)
        around = {(column + i, row) for column, row in cells for i in (-1, 0, 1)}
        assert not around & taken
        taken |= cells


def test_a_dotted_curve_has_half_the_dots_in_its_run_s_colour_and_no_label() -> None:
    whole = chart([(1.0, 900.0), (10.0, 900.0)])
    (solid,) = whole.series
    grids = [draw(replace(whole, series=(replace(solid, dotted=each),)), 60, 12) for each in (False, True)]
    dots = [
        sum((ord(text) - 0x2800).bit_count() for row in grid.rows for text, style in row if style == "curve0")
        for grid in grids
    ]
    assert dots[1] == pytest.approx(dots[0] / 2, abs=1)
    assert [any(style == "label0" for row in grid.rows for _text, style in row) for grid in grids] == [True, False]


def test_the_legend_reads_the_dotted_curve_beside_the_other() -> None:
    whole = chart([(1.0, 900.0), (10.0, 9.0)])
    (solid,) = whole.series
    both = replace(whole, series=(solid, replace(solid, values=(800.0, 80.0), dotted=True)), cursor=10.0)
    assert [line.words for line in legend_lines(both)] == ["epoch 10", "⠂⠂ held out", "1 run 1  9.00 ⠂⠂ 80.0"]
    assert reading_line(both, 80) == "epoch 10 · 1 9.00 · ⠂⠂ 80.0"


def test_without_an_axis_below_the_curves_have_all_rows() -> None:
    frame = braille.frame_of(chart([(1.0, 900.0), (10.0, 9.0)]), 30, 3, bottom=0)
    assert frame is not None
    assert braille.draw(chart([(1.0, 900.0), (10.0, 9.0)]), frame).height == 3
