"""One curve as bars of block characters: a sparkline with a scale, marks, and signs for what is off the scale."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from rich.cells import cell_len

from lyricterm.core.mean import mean
from lyricterm.core.number_format import figure
from lyricterm.plotting.changes import TICK, columns_of, place_labels
from lyricterm.plotting.chart import Chart
from lyricterm.plotting.grid import AXIS, MARK, Grid
from lyricterm.plotting.ticks import Span, span_of

BAR, OVERFLOW = "bar", "overflow"
"""Names of styles, beside those of every grid."""
BLOCKS = " ▁▂▃▄▅▆▇█"
LEAST_WIDTH, LEAST_HEIGHT = 30, 3
"""Cells from which there is a scale beside the bars."""
_OVERFLOW, _BEYOND = "×", "↑"
Show = Callable[[Sequence[float]], list[str]]
"""How the numbers of a scale are written."""
_MIDDLE = 5
"""Rows from which the middle of the scale has a number."""


@dataclass(frozen=True)
class Bars:
    """What is drawn: a height for each column, and the scale they stand on."""

    heights: tuple[float, ...]
    """As the chart's axis counts; infinite at an overflow, minus infinity where there is no bar."""
    scale: Span
    top: float
    """Heights above are off the scale."""
    flat: bool
    """All are the same."""


def figures(values: Sequence[float]) -> list[str]:
    """As numbers are written elsewhere."""
    return [figure(value) for value in values]


def has_scale(width: int, height: int) -> bool:
    """Whether there is room for a scale beside the bars."""
    return height >= LEAST_HEIGHT and width >= LEAST_WIDTH


def draw(chart: Chart, width: int, height: int, show: Show = figures) -> Grid:
    """The chart's first curve.

    Args:
        chart: its levels lie on the scale, but are not drawn.
        width: of all, in cells.
        height: of all, in rows.
        show: how the numbers of the scale are written.
    """
    grid = Grid(width, height)
    labelled = height >= 2 and bool(chart.changes)
    rows = height - labelled
    bars, left, labels = _laid_out(chart, width, rows, show)
    if rows < 1 or not bars.heights:
        return grid
    columns = len(bars.heights)
    marks = columns_of(chart.changes, lambda place: _column(chart, place, columns), columns)
    if labelled:
        for start, words in place_labels(marks, columns):
            grid.write(left + start, 0, words, MARK)
    for row, words in labels.items():
        grid.write(left - 1 - cell_len(words), height - rows + row, words, AXIS)
    for column, value in enumerate(bars.heights):
        _draw_bar(grid, left + column, rows, value, bars)
    for column, _words in marks:
        _draw_mark(grid, left + column, rows)
    return grid


def gutter(chart: Chart, width: int, rows: int, show: Show = figures) -> int:
    """The cells to the left that the scale takes."""
    return _laid_out(chart, width, rows, show)[1]


def _laid_out(chart: Chart, width: int, rows: int, show: Show) -> tuple[Bars, int, dict[int, str]]:
    """The bars, the cells that their scale takes, and its numbers by rows."""
    if not has_scale(width, rows):
        return _bars(chart, width), 0, {}
    left = 0
    while True:
        # Other columns may have other numbers, which may be longer.
        bars = _bars(chart, width - left)
        labels = _labels(_values(chart, bars.scale), chart, rows, show, bars.flat) if bars.heights else {}
        needed = max(map(cell_len, labels.values()), default=-1) + 1
        if needed <= left:
            return bars, left, labels
        left = needed


def _bars(chart: Chart, width: int) -> Bars:
    values = chart.series[0].values if chart.series else ()
    heights = tuple(resample([_height(chart, value) for value in values], width))
    top = _height(chart, chart.ceiling) if chart.ceiling < math.inf else math.inf
    ends = [height for height in heights if -math.inf < height <= top and height < math.inf]
    ends += [chart.height(level.value) for level in chart.levels]
    low, high = min(ends, default=0.0), max(ends, default=0.0)
    return Bars(heights, span_of(low, high), max(top, high), low == high)


def _height(chart: Chart, value: float) -> float:
    """What is no number counts as an overflow."""
    if not math.isfinite(value):
        return math.inf
    if chart.log and value <= 0:
        return -math.inf
    return chart.height(value)


def _values(chart: Chart, scale: Span) -> Span:
    if not chart.log:
        return scale
    return Span(*(math.exp(min(end, 709.0)) for end in (scale.low, scale.high)))


def _labels(ends: Span, chart: Chart, rows: int, show: Show, flat: bool) -> dict[int, str]:
    if flat:
        # No bar has another height than the lowest.
        return {rows - 1: show([ends.low])[0]}
    values = {0: ends.high, rows - 1: ends.low}
    if rows >= _MIDDLE and rows % 2:
        values[rows // 2] = math.sqrt(ends.low) * math.sqrt(ends.high) if chart.log else ends.at(0.5)
    labels = dict(zip(values, show(list(values.values())), strict=True))
    for row, value in values.items():
        named = (level.name for level in chart.levels if level.name and math.isclose(level.value, value))
        labels[row] = next(named, labels[row])
    return labels


def _draw_bar(grid: Grid, column: int, rows: int, value: float, bars: Bars) -> None:
    top = grid.height - rows
    if value == math.inf or math.isnan(value):
        grid.put(column, top, _OVERFLOW, OVERFLOW)
        return
    full = height_of(value, bars.scale.low, bars.scale.high, rows) if value > -math.inf else 0
    for row in range(rows):
        part = min(8, max(0, full - 8 * (rows - 1 - row)))
        if part:
            grid.put(column, top + row, BLOCKS[part], BAR)
    if value > bars.top:
        grid.put(column, top, _BEYOND, OVERFLOW)


def _draw_mark(grid: Grid, column: int, rows: int) -> None:
    """The whole column, in the colour of marks."""
    for row in range(grid.height - rows, grid.height):
        character = grid.shown(column, row)
        if character not in (_OVERFLOW, _BEYOND):
            grid.put(column, row, character if character.strip() else TICK, MARK)


def _column(chart: Chart, place: float, width: int) -> int:
    share = chart.whole.share(chart.whole.clamped(place))
    return min(width - 1, int(share * width))


def resample(points: Sequence[float], width: int) -> list[float]:
    """``width`` columns: few points are stretched, many are averaged; an overflow survives averaging."""
    if not points or width <= 0:
        return []
    columns = []
    for column in range(width):
        start = column * len(points) // width
        end = max(start + 1, (column + 1) * len(points) // width)
        columns.append(mean(points[start:end]))
    return columns


def height_of(value: float, low: float, high: float, rows: int) -> int:
    """The height of a bar in eighths of a row, 1 to 8·rows."""
    share = (value - low) / (high - low) if high > low else 0.0
    return 1 + round(min(max(share, 0.0), 1.0) * (8 * rows - 1))
