"""Several curves as bars beside each other, on one scale: for a panel that is too low for lines over each other."""

from __future__ import annotations

from dataclasses import replace

from rich.cells import cell_len

from lyricterm.plotting import blocks, colours
from lyricterm.plotting.chart import Chart
from lyricterm.plotting.grid import WORDS, Grid
from lyricterm.plotting.series import Level, Series

_GAP = 2
_LEAST_BARS = 12
"""Cells that bars need beside the name of their curve."""


def draw(chart: Chart, width: int, height: int) -> Grid:
    """The chart's curves from left to right, each with its name before it where there is room for all names."""
    grid = Grid(width, height)
    room = (width - _GAP * (len(chart.series) - 1)) // len(chart.series)
    names = [cell_len(series.name) for series in chart.series]
    named = all(name and room - name - 1 >= _LEAST_BARS for name in names)
    bars = (width - _GAP * (len(names) - 1) - (sum(names) + len(names) if named else 0)) // len(names)
    start = 0
    for series, name in zip(chart.series, names, strict=True):
        if named:
            grid.write(start, height - 1, series.name, WORDS)
            start += name + 1
        _copy(grid, _bars(chart, series, bars, height), start, f"curve{series.colour % colours.COUNT}")
        start += bars + _GAP
    return grid


def _bars(chart: Chart, series: Series, width: int, height: int) -> Grid:
    """One curve, without a scale of numbers."""
    values = [value for each in chart.series for value in each.shown(chart.log) if value <= chart.ceiling]
    ends = (Level(min(values), ""), Level(max(values), "")) if values else ()
    return blocks.draw(replace(chart, series=(series,), levels=(*chart.levels, *ends)), width, height)


def _copy(grid: Grid, part: Grid, start: int, style: str) -> None:
    for row, cells in enumerate(part.rows):
        for column, (character, its_style) in enumerate(cells):
            grid.put(start + column, row, character, style if its_style == blocks.BAR else its_style)
