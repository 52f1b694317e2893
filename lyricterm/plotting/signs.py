"""Signs over curves in Braille: what was changed, the lowest point, where a curve leaves the scale or overflows."""

from __future__ import annotations

from collections.abc import Sequence

from rich.cells import cell_len

from lyricterm.plotting import colours
from lyricterm.plotting.changes import POINTER, TICK, columns_of, place_labels
from lyricterm.plotting.chart import Chart
from lyricterm.plotting.frame import Frame
from lyricterm.plotting.grid import MARK, Grid
from lyricterm.plotting.series import PlotMark, Series

_CROSS, _BELOW, BEYOND = "×", "▴", "↑"
SIGNS = (_CROSS, POINTER, _BELOW, BEYOND)
_NEAR = 6
"""Columns by which a sign may give way to another."""


def draw_signs(grid: Grid, chart: Chart, frame: Frame, series: Series) -> None:
    """Where a curve leaves the scale, and where it overflows; of several curves beside each other."""
    style = f"label{series.colour % colours.COUNT}"
    for piece in series.pieces(chart.log, frame.across):
        for place, _value in chart.exits(piece):
            if frame.shows(place):
                _put_sign(grid, frame.column(place), 0, BEYOND, style)
    for place in series.overflows:
        if frame.shows(place):
            value_before = series.value_before(place, chart.log)
            row = 0 if value_before is None else frame.row(value_before)
            _put_sign(grid, frame.column(place), row, _CROSS, style)


def _put_sign(grid: Grid, at: int, row: int, sign: str, style: str) -> None:
    column = _free_sign(grid, at, row)
    grid.put(at if column is None or grid.rows[row][at][1] == style else column, row, sign, style)


def _free_sign(grid: Grid, column: int, row: int, apart: int = 0) -> int | None:
    """The nearest column with no sign and no mark's word in it or within so many cells; None: there is none."""
    places = sorted(range(max(0, column - _NEAR), min(grid.width, column + _NEAR + 1)), key=lambda at: abs(at - column))
    return next((at for at in places if _open(grid, at, row, apart)), None)


def _open(grid: Grid, column: int, row: int, apart: int) -> bool:
    around = grid.rows[row][max(0, column - apart) : column + apart + 1]
    return not any(text in SIGNS or (style == MARK and text not in (TICK, " ")) for text, style in around)


def draw_changes(grid: Grid, chart: Chart, frame: Frame) -> None:
    """A column each where nothing is drawn, and words, above if there is room, else lower."""
    changes = columns_of([each for each in chart.changes if frame.shows(each.place)], frame.column, frame.width)
    above = place_labels(changes, frame.width, lambda column, cells: grid.free(column, 0, cells))
    for start, text in above:
        grid.write(start, 0, text, MARK)
    named = {start + cell_len(text.partition(POINTER)[0]) for start, text in above}
    for column, words in reversed(changes):
        if column not in named:
            _write_lower(grid, column, words)
    for column, _words in changes:
        for row in range(frame.height):
            if grid.free(column, row):
                grid.put(column, row, TICK, MARK)


def _write_lower(grid: Grid, column: int, words: str) -> None:
    """Words beside their column, with a free cell on either side, in the highest row that has room."""
    cells = cell_len(words) + 1
    for row in range(1, grid.height):
        for start, text in ((column, f"{POINTER}{words}"), (column + 1 - cells, f"{words}{POINTER}")):
            if grid.free(start - 1, row, cells + 2):
                grid.write(start, row, text, MARK)
                return


def draw_marks(grid: Grid, chart: Chart, frame: Frame) -> None:
    """Above or below the curve; with the curve's label where there are several."""
    for series in chart.in_order:
        for mark in series.marks:
            if frame.shows(mark.place):
                whose = series.label if len(chart.series) > 1 else ""
                texts = (f" {whose} {mark.words} ", f" {whose} ", whose) if whose else (f" {mark.words} ",)
                _draw_mark(grid, chart, frame, series, mark, texts)


def _draw_mark(grid: Grid, chart: Chart, frame: Frame, series: Series, mark: PlotMark, texts: Sequence[str]) -> None:
    """The sign, and beside it the first text that has room."""
    value = series.value_before(mark.place, chart.log)
    row = frame.height - 2 if value is None else frame.row(value) + (1 if mark.below else -1)
    row = min(max(row, 0), frame.height - 1)
    at = frame.column(mark.place)
    column = _free_sign(grid, at, row, 1)
    if column is None:
        # Beside so many others it would say nothing.
        return
    grid.put(column, row, _BELOW if mark.below else POINTER, MARK)
    for words in filter(str.strip, texts):
        places = (column + 1, column - cell_len(words))
        if any(grid.write_free(start, row, words, MARK) for start in places):
            return
