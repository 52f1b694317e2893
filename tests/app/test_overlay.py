"""The plot of several arms, cell by cell."""

from __future__ import annotations

import math
import random

import pytest

from lyricterm.app.overlay import Cell, draw
from lyricterm.exercises.base import Figure, Line
from lyricterm.exercises.scale import Scale, scale_of
from lyricterm.plotting.ticks import tick_label


def lines(rows: list[list[Cell]]) -> list[str]:
    return ["".join(cell.character for cell in row) for row in rows]


def figure(*arms: list[tuple[float, float]], log: bool = True, end: float = 10.0) -> Figure:
    levels = ((1.0, "1"), (1000.0, "guessing"))
    return Figure("perplexity", "epoch", tuple(Line(i, tuple(arm)) for i, arm in enumerate(arms)), log, levels, end)


def test_a_falling_line_with_its_axes() -> None:
    shown = lines(draw(figure([(1, 1000), (10, 1)]), 36, 8))
    assert [len(line) for line in shown] == [36] * 8
    assert shown[0].startswith("guessing ")
    assert shown[6].strip().startswith("1 ")
    assert shown[7].rstrip().endswith("epoch")
    # The number stands behind the end of the line, which is at the bottom.
    assert shown[6].rstrip().endswith("1")
    columns = {row: [i for i, cell in enumerate(line[9:], 9) if cell in "▔─▁│╷╵"] for row, line in enumerate(shown[:7])}
    starts = [min(found) for found in columns.values() if found]
    assert starts == sorted(starts)
    assert starts[0] == 9


def test_equal_factors_are_equal_distances() -> None:
    cells = draw(figure([(1, 1000), (10, 1000)], [(1, 31.6), (10, 31.6)], [(1, 1), (10, 1)]), 50, 10)
    rows = [
        next(i for i, row in enumerate(cells) if any(c.look == arm and c.character in "▔─▁" for c in row))
        for arm in range(3)
    ]
    assert rows[0] == 0
    assert rows[2] == 8
    assert rows[1] == 4


def test_an_overflow_is_a_cross_at_the_top() -> None:
    cells = draw(figure([(1, 900), (4, math.inf)], [(1, 900), (10, 30)]), 50, 8)
    crosses = [(i, row.index(cell), cell.look) for i, row in enumerate(cells) for cell in row if cell.character == "×"]
    assert [(row, look) for row, _column, look in crosses] == [(0, 0)]
    # A third of the way from epoch 1 to 10.
    width = 50 - 9 - 2
    assert crosses[0][1] == 9 + round((width - 1) / 3)


def test_the_cursor_is_marked() -> None:
    cells = draw(figure([(1, 900), (10, 30)]), 50, 8, cursor=10)
    column = 9 + (50 - 9 - 1) - 1
    assert sum(row[column].character == "│" for row in cells) >= 4


def test_numbers_of_lines_that_end_alike_stand_beside_each_other() -> None:
    shown = lines(draw(figure(*[[(1.0, 900.0), (10.0, 30.0)]] * 4), 50, 10))
    assert any(line.endswith("1234") for line in shown)


@pytest.mark.parametrize("top", [1e3, 1e8, 1e37, 1e308])
@pytest.mark.parametrize("size", [(1, 1), (5, 3), (12, 3), (17, 2), (20, 3), (200, 60), (40, 4), (60, 12)])
def test_every_row_is_as_wide_as_the_plot(size: tuple[int, int], top: float) -> None:
    generator = random.Random(size[0])
    values = [*(top ** generator.uniform(-0.1, 1) for _ in range(20)), math.inf, 0.0, top]
    arms = [[(float(i), generator.choice(values)) for i in range(1, 40)] for _ in range(12)]
    for log in (True, False):
        rows = draw(figure(*arms, log=log), *size)
        assert {len(row) for row in rows} <= {size[0]}
        assert len(rows) in (0, size[1])


def test_one_point_and_none() -> None:
    assert lines(draw(figure([(1, 50)]), 40, 6))
    assert lines(draw(figure(), 40, 6))
    assert lines(draw(figure([]), 40, 6))


def test_ticks_are_round_and_within() -> None:
    for scale in (Scale(1, 200, 1, 1489, True), Scale(1, 17, 0, 83.2, False), Scale(1, 2, 5, 7e36, True)):
        for ticks, low, high in (
            (scale.ticks_up(), scale.low, scale.high),
            (scale.ticks_across(), scale.left, scale.right),
        ):
            assert 1 <= len(ticks) <= 9
            assert all(low <= tick <= high for tick in ticks)
            assert ticks == sorted(set(ticks))
    assert Scale(1, 200, 1, 1489, True).ticks_up(4) == [1, 10, 100, 1000]
    assert [tick_label(value) for value in (0.05, 1, 20, 1000, 2e6)] == ["0.05", "1", "20", "1,000", "2×10⁶"]


def test_what_is_far_worse_than_guessing_leaves_the_plot() -> None:
    shown = Figure("", "", (Line(0, ((1.0, 1e30), (2.0, 10.0))),), levels=((1.0, "1"),), top=4000.0)
    assert scale_of(shown).high == 4000
