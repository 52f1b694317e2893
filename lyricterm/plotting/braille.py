"""Curves over each other in Braille dots, with axes, levels, marks, labels, a cursor and a legend."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

from rich.cells import cell_len, set_cell_size

from lyricterm.core.number_format import figure
from lyricterm.plotting import colours
from lyricterm.plotting.chart import Chart
from lyricterm.plotting.dots import DOWN, Dots, braille
from lyricterm.plotting.frame import Frame
from lyricterm.plotting.grid import AXIS, CURSOR, LEGEND, LEVEL, NONE, Grid
from lyricterm.plotting.labels import Label, beside, placed
from lyricterm.plotting.legend import LegendLine
from lyricterm.plotting.series import Level, Series
from lyricterm.plotting.signs import BEYOND, SIGNS, draw_changes, draw_marks, draw_signs
from lyricterm.plotting.ticks import tick_labels

LEAST_WIDTH, LEAST_HEIGHT = 20, 4
"""Cells that curves need."""
_LOW = 9
"""Rows below which the axis along the bottom has no line of its own."""
_DOT = "●"


@dataclass
class DotMemory:
    """The dots of each curve as they were drawn last: mostly only one curve has changed since."""

    known: dict[tuple[str, bool], tuple[Series, Frame, bytearray]] = field(default_factory=dict)

    def dots(self, series: Series, frame: Frame) -> bytearray:
        """The dots of one curve, cell by cell."""
        key = (series.label, series.dotted)
        before = self.known.get(key)
        if before and before[:2] == (series, frame):
            return before[2]
        dots = Dots(frame.width, frame.height)
        for piece in series.pieces(frame.log, frame.across):
            dots.path([(frame.x(place), frame.y(value)) for place, value in piece])
        if series.dotted:
            dots.thin()
        self.known[key] = (series, frame, dots.masks)
        return dots.masks


def frame_of(chart: Chart, width: int, height: int, bottom: int | None = None) -> Frame | None:
    """How a chart lies in so many cells; None if they are too few, or if there is nothing to draw.

    Args:
        chart: what is drawn.
        width: in cells.
        height: in rows.
        bottom: rows below for the horizontal axis, 0 to 2; None for as many as there is room for.
    """
    bottom = bottom if bottom is not None else 2 if height >= _LOW else 1
    rows = height - bottom
    if chart.empty or width < LEAST_WIDTH or rows < LEAST_HEIGHT - 1:
        return None
    labels = tick_labels(chart.ticks_up(_most_ticks(rows)))
    gutter = max(map(cell_len, labels), default=1) + 1
    tail = min(_tail(chart, rows), width // 4)
    return Frame(width - gutter - tail, rows, gutter, bottom, tail, chart.across, chart.upwards, chart.log)


def draw(chart: Chart, frame: Frame, legend: Sequence[LegendLine] = (), memory: DotMemory | None = None) -> Grid:
    """The whole plot.

    Args:
        chart: what to draw.
        frame: of this chart.
        legend: lines to write into the emptiest corner.
        memory: of the plot that is drawn again and again.
    """
    memory = memory or DotMemory()
    inner = Grid(frame.width + frame.tail, frame.height)
    _draw_curves(inner, chart, frame, memory)
    # Now for its room, and once more at the end over all.
    _draw_legend(inner, chart, frame, legend, memory)
    levels = _draw_levels(inner, chart, frame)
    for series in chart.in_order:
        draw_signs(inner, chart, frame, series)
    _draw_labels(inner, chart, frame)
    draw_changes(inner, chart, frame)
    draw_marks(inner, chart, frame)
    # Last: nothing else waits for a free place.
    _name_levels(inner, frame, levels)
    _draw_cursor(inner, chart, frame)
    _draw_legend(inner, chart, frame, legend, memory)
    return _with_axes(inner, chart, frame)


def _draw_curves(grid: Grid, chart: Chart, frame: Frame, memory: DotMemory) -> None:
    """Of two curves that meet in a cell, both are seen there if they have one colour, else only the later one.

    A line over the dotted one that belongs to it leaves it every other column.
    """
    cells: dict[int, tuple[int, Series]] = {}
    for series in chart.in_order:
        for cell, mask in enumerate(memory.dots(series, frame)):
            if not mask:
                continue
            under, its = cells.get(cell, (0, series))
            own = its.label == series.label and its.dotted and not series.dotted
            if its.colour == series.colour:
                cells[cell] = (mask | under, series)
            elif not own or cell % frame.width % 2:
                cells[cell] = (mask, series)
    for cell, (mask, series) in cells.items():
        style = f"curve{series.colour % colours.COUNT}"
        grid.put(cell % frame.width, cell // frame.width, braille(mask), style)


def _draw_levels(grid: Grid, chart: Chart, frame: Frame) -> list[tuple[int, Level]]:
    """Lines under the curves; returns those that are on the scale, with their numbers."""
    shown = [(number, level) for number, level in enumerate(chart.levels) if chart.shows(level.value)]
    for _number, level in shown:
        row = frame.row(level.value)
        for column in range(frame.width):
            if grid.free(column, row):
                grid.put(column, row, "┄", LEVEL)
    return shown


def _name_levels(grid: Grid, frame: Frame, shown: Sequence[tuple[int, Level]]) -> None:
    """The lowest at the left, where curves are high, the others at the right; a line without a name says nothing."""
    named = set()
    for number, level in shown:
        row = frame.row(level.value)
        # Where the name has no room, the number may have; it would say nothing behind another name.
        value = f"{level.value:,.0f}" if float(level.value).is_integer() else figure(level.value)
        names = (level.name,) if row in named else (level.name, value)
        if any(_name_level(grid, frame, row, f" {name} ", number == 0) for name in names):
            named.add(row)
    for row in {frame.row(level.value) for _number, level in shown} - named:
        for column in range(frame.width):
            if grid.free(column, row):
                grid.put(column, row, " ", NONE)


def _name_level(grid: Grid, frame: Frame, row: int, name: str, at_left: bool) -> bool:
    starts = range(2, frame.width - cell_len(name) - 2)
    starts = starts if at_left else starts[::-1]
    free = next((start for start in starts if grid.free(start, row, cell_len(name) + 1)), None)
    if free is not None:
        grid.write(free, row, name, LEVEL)
    return free is not None


def _draw_labels(grid: Grid, chart: Chart, frame: Frame) -> None:
    for place in placed(_labels(chart, frame), grid.width, frame.height):
        grid.write(place.column, place.row, place.label.text, place.label.style)


def _labels(chart: Chart, frame: Frame) -> list[Label]:
    found = []
    for series in reversed(chart.in_order):
        point = series.last_within(chart.log, frame.across)
        if series.label and not series.dotted and point is not None:
            place, value = point
            text = BEYOND + series.label if chart.beyond(value) else series.label
            style = f"label{series.colour % colours.COUNT}"
            height = min(max(frame.y(value) / DOWN, 0.0), float(frame.height))
            found.append(Label(frame.column(place) + 1, height, text, style))
    return found


def _tail(chart: Chart, rows: int) -> int:
    """Cells for as many labels beside each other as may be needed."""
    labels = [series.label for series in chart.series if series.label and not series.dotted]
    if not labels:
        return 0
    widest = max(map(cell_len, labels)) + any(
        chart.beyond(point[1])
        for series in chart.series
        if (point := series.last_within(chart.log, chart.across)) is not None
    )
    return beside(len(labels), rows) * (widest + 1) - 1


def _draw_cursor(grid: Grid, chart: Chart, frame: Frame) -> None:
    if chart.cursor is None or not frame.shows(chart.cursor):
        return
    column = frame.column(chart.cursor)
    for row in range(frame.height):
        if grid.free(column, row):
            grid.put(column, row, "│", CURSOR)
    for reading in chart.readings():
        row = frame.row(reading.value) if chart.shows(reading.value) else -1
        if row >= 0 and grid.shown(column, row) not in SIGNS:
            grid.put(column, row, _DOT, f"curve{reading.series.colour % colours.COUNT}")


def _draw_legend(grid: Grid, chart: Chart, frame: Frame, lines: Sequence[LegendLine], memory: DotMemory) -> None:
    """In the corner where it covers fewest dots: curves fall to the right, so two are mostly free."""
    if not lines:
        return
    width, height = max(cell_len(line.words) for line in lines) + 2, len(lines)
    corners = ((frame.width - width, 0), (2, frame.height - height - 1))
    masks = [memory.dots(series, frame) for series in chart.series]
    start, top = min(corners, key=lambda corner: _covered(masks, frame, corner, (width, height)))
    for row, line in enumerate(lines, top):
        if not 0 <= row < grid.height:
            continue
        grid.write(start, row, f" {set_cell_size(line.words, width - 2)} ", LEGEND)
        if line.colour >= 0:
            grid.put(start + 1, row, line.words[0], f"key{line.colour % colours.COUNT}")


def _covered(masks: Sequence[bytearray], frame: Frame, corner: tuple[int, int], size: tuple[int, int]) -> int:
    """How many cells with dots the legend would cover."""
    (start, top), (width, height) = corner, size
    count = 0
    for row in range(max(top, 0), min(top + height, frame.height)):
        left = row * frame.width + max(start, 0)
        count += sum(width - mask[left : left + width].count(0) for mask in masks)
    return count


def _with_axes(inner: Grid, chart: Chart, frame: Frame) -> Grid:
    """The curves between their axes."""
    whole = Grid(frame.gutter + inner.width, frame.height + frame.bottom)
    labels = _up_labels(chart, frame)
    for number, row in enumerate(inner.rows):
        label = labels.get(number, "")
        edge = "┤" if label else "│"
        whole.write(0, number, label.rjust(frame.gutter - 1) + edge, AXIS)
        whole.rows[number][frame.gutter :] = row
    ticks = _across_labels(chart, frame) if frame.bottom else []
    if frame.bottom == 2:
        line = "".join("┬" if column in {at for at, _start, _label in ticks} else "─" for column in range(frame.width))
        whole.write(frame.gutter - 1, frame.height, f"└{line}", AXIS)
    for _at, start, label in ticks:
        whole.write(frame.gutter + start, whole.height - 1, label, AXIS)
    return whole


def _up_labels(chart: Chart, frame: Frame) -> dict[int, str]:
    """By rows, never two in adjoining ones."""
    labels: dict[int, str] = {}
    ticks = chart.ticks_up(_most_ticks(frame.height))
    for tick, label in zip(ticks, tick_labels(ticks), strict=True):
        row = frame.row(tick)
        if not labels.keys() & {row - 1, row, row + 1}:
            labels[row] = label
    return labels


def _most_ticks(rows: int) -> int:
    return max(2, rows // 2)


def _across_labels(chart: Chart, frame: Frame) -> list[tuple[int, int, str]]:
    """The column of each tick, where its label begins, and the label."""
    ticks = chart.unit.ticks(frame.across, max(2, frame.width // 10))
    found, free = [], 0
    for tick, label in zip(ticks, chart.unit.labels(ticks), strict=True):
        column = frame.column(tick)
        start = min(max(column - len(label) // 2, 0), frame.width - len(label))
        if start >= free:
            found.append((column, start, label))
            free = start + len(label) + 2
    return found
