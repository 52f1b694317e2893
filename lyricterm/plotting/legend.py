"""What is said beside curves: their names, and what the cursor reads of them."""

from __future__ import annotations

import math
from dataclasses import dataclass

from rich.cells import cell_len, set_cell_size

from lyricterm.core.i18n import _
from lyricterm.core.number_format import figure
from lyricterm.plotting.chart import Chart, CursorReading
from lyricterm.plotting.short_names import end_cut, told_apart

DOTS = "⠂⠂"
"""Stands before what a dotted line shows."""
_WIDTH = 44
"""Cells of a line at most."""


@dataclass(frozen=True)
class LegendLine:
    """A line of the legend: the curve's number among the colours, or -1 for the place of the cursor, and the words."""

    colour: int
    words: str


def legend_lines(chart: Chart) -> list[LegendLine]:
    """For each curve its label, its name, and what the cursor reads; above them where the cursor is."""
    solid = [series for series in chart.series if not series.dotted]
    readings = {(reading.series.label, reading.series.dotted): reading for reading in chart.readings()}
    told = {series.label: _told(chart, readings.get((series.label, False))) for series in solid}
    told |= {
        label: f"{told[label]} {DOTS} {figure(each.value)}" for (label, dotted), each in readings.items() if dotted
    }
    most = max(map(cell_len, told.values()), default=0)
    names = told_apart((series.name for series in solid), _WIDTH - most - 2, end_cut)
    widest = max(map(cell_len, names.values()), default=0)
    lines = [] if chart.cursor is None else [LegendLine(-1, cursor_words(chart))]
    if len(solid) < len(chart.series):
        lines.append(LegendLine(-1, _("{dots} held out").format(dots=DOTS)))
    for series in solid:
        value = f"  {_right(told[series.label], most)}" if most else ""
        lines.append(LegendLine(series.colour, f"{series.label} {set_cell_size(names[series.name], widest)}{value}"))
    return lines


def reading_line(chart: Chart, width: int) -> str:
    """What the cursor reads, in one line of so many cells: as many curves as there is room for, each whole."""
    readings = [
        f"{DOTS if each.series.dotted else each.series.label} {figure(each.value)}" for each in chart.readings()
    ]
    if not readings:
        return ""
    parts = [cursor_words(chart), *readings]
    line = " · ".join(parts)
    while cell_len(line) > width and parts:
        parts.pop()
        line = " · ".join([*parts, "…"])
    return line


def cursor_words(chart: Chart) -> str:
    """Where the cursor is: "epoch 36", "after 0:20"."""
    if chart.cursor is None:
        return ""
    return _(chart.unit.where).format(place=chart.unit.show(chart.cursor))


def _told(chart: Chart, reading: CursorReading | None) -> str:
    if chart.cursor is None:
        return ""
    if reading is None:
        return figure(math.nan)
    if not reading.series.epochs:
        return figure(reading.value)
    sentence = _("{perplexity} (epoch {epoch})")
    return sentence.format(perplexity=figure(reading.value), epoch=f"{reading.epoch:,.0f}")


def _right(text: str, width: int) -> str:
    return " " * (width - cell_len(text)) + text
