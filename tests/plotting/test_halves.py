"""Two curves as bars beside each other."""

from __future__ import annotations

import pytest

from lyricterm.plotting import halves
from lyricterm.plotting.chart import Chart
from lyricterm.plotting.grid import Grid
from lyricterm.plotting.series import Level, PlotMark, Series

PLACES = tuple(float(i + 1) for i in range(8))
FALLS = Series(PLACES, (1000.0, 300.0, 100.0, 30.0, 10.0, 3.0, 1.0, 1.0), "training text")
RISES = Series(PLACES, (1000.0, 300.0, 100.0, 100.0, 300.0, 1000.0, 9e9, float("inf")), "held-out text", colour=1)
CHART = Chart((FALLS, RISES), levels=(Level(1.0, "1"),), left=0.0, right=8.0, ceiling=1e4)


def pieces(grid: Grid) -> list[tuple[str, str]]:
    return [(text.strip(), style) for text, style in grid.runs(0) if text.strip()]


def test_each_curve_has_its_name_its_colour_and_the_scale_of_both() -> None:
    names_and_bars = pieces(halves.draw(CHART, 60, 1))
    assert [text for text, _style in names_and_bars[::2]][:2] == ["training text", "held-out text"]
    (trained, style), (held_out, other), *rest = [piece for piece in names_and_bars if piece[1] != "words"]
    assert (style, other) == ("curve0", "curve1")
    assert trained[0] == held_out[0] == "█"
    assert trained[-1] == "▁"
    assert "▁" not in held_out
    # Beyond the scale, and an overflow.
    assert ["".join(sorted(set(text))) for text, _style in rest] == ["×↑"]


def test_without_room_for_names_there_are_bars_only() -> None:
    grid = halves.draw(CHART, 38, 1)
    assert {style for _text, style in pieces(grid)} == {"curve0", "curve1", "overflow"}
    assert grid.rows[0][18:20] == [(" ", ""), (" ", "")]


@pytest.mark.parametrize("width", [38, 60])
def test_changes_stand_in_both(width: int) -> None:
    changed = Chart(CHART.series, changes=(PlotMark(4.0, "ReLU"),), left=0.0, right=8.0)
    assert [style for _text, style in pieces(halves.draw(changed, width, 1))].count("mark") == 2


def test_nothing_to_draw_yet() -> None:
    assert pieces(halves.draw(Chart((Series(), Series())), 38, 1)) == []
