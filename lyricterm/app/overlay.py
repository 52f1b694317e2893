"""Several lines in one plot, with axes and levels; pure functions, no widget."""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass, field
from itertools import groupby, pairwise

from rich.cells import cell_len

from lyricterm.exercises.base import Figure, Line
from lyricterm.exercises.scale import Scale, scale_of
from lyricterm.plotting.ticks import tick_label

_LINES = "▔─▁"
"""A flat line at each height within a cell, the uppermost first; thin, so that several can be told apart."""
_FINE = len(_LINES)
_STEEP, _FROM_BELOW, _FROM_ABOVE = "│", "╷", "╵"
_LONGEST = 8
"""Cells of a level's name."""
_TAIL = 4
"""Cells on the right for the numbers of lines that have come to their end."""
OVERFLOW = "×"
_LEVEL = "┄"
_CURSOR = "│"

AXIS, LEVEL, CURSOR = -1, -2, -3
"""Looks of what is no arm's; an arm's is its number."""


@dataclass(frozen=True)
class Cell:
    """One character and how it looks."""

    character: str = " "
    look: int = AXIS


@dataclass
class Canvas:
    """Cells of the plot, and what has been drawn in them."""

    width: int
    height: int
    lines: dict[tuple[int, int], Cell] = field(default_factory=dict)
    signs: dict[tuple[int, int], Cell] = field(default_factory=dict)
    """Characters that stand over the lines."""

    def stroke(self, column: int, top: int, bottom: int, arm: int) -> None:
        """Draw one column of a line, between two heights counted in thirds of a row from the top."""
        first, last = top // _FINE, bottom // _FINE
        for row in range(first, last + 1):
            character = _STEEP
            if first == last:
                character = _LINES[(top + bottom) // 2 % _FINE]
            elif row == first:
                character = _FROM_BELOW if top % _FINE else _STEEP
            elif row == last:
                character = _FROM_ABOVE if bottom % _FINE < _FINE - 1 else _STEEP
            self.lines[column, row] = Cell(character, arm)

    def at(self, column: int, row: int) -> Cell | None:
        """What stands in a cell, if anything does."""
        return self.signs.get((column, row)) or self.lines.get((column, row))


def draw(figure: Figure, width: int, height: int, cursor: float | None = None) -> list[list[Cell]]:
    """The plot as rows of cells, from the top; ``cursor`` is an x to mark."""
    scale = scale_of(figure)
    # The levels first: they mean something, ticks are only round.
    labels = {value: name if cell_len(name) <= _LONGEST else tick_label(value) for value, name in figure.levels}
    labels |= {value: tick_label(value) for value in scale.ticks_up(max(2, height // 2)) if value not in labels}
    margin = max(map(cell_len, labels.values()), default=0) + 1
    if width < margin + 8 or height < 3:
        return []
    tail = min(_TAIL, len(figure.lines))
    canvas = Canvas(width - margin - tail, height - 1)
    for line in figure.lines:
        _draw_line(canvas, line, scale)
    rows = _rows(canvas, tail, figure, scale, cursor)
    written = _tick_rows(labels, scale, canvas.height)
    full = [[*_padded(written.get(i, ""), margin), *row] for i, row in enumerate(rows)]
    bottom = [*_padded("", margin), *_bottom(figure, scale, canvas.width), *[Cell()] * tail]
    return [*full, bottom]


def _draw_line(canvas: Canvas, line: Line, scale: Scale) -> None:
    for piece in _pieces(line):
        places = [(scale.across(x) * (canvas.width - 1), (1 - scale.up(y)) * _most(canvas.height)) for x, y in piece]
        for column, (top, bottom) in _columns(places).items():
            canvas.stroke(column, round(top), round(bottom), line.arm)
        _number(canvas, round(places[-1][0]) + 1, round(places[-1][1]) // _FINE, line.arm)
    for x, y in line.points:
        if not math.isfinite(y):
            canvas.signs[round(scale.across(x) * (canvas.width - 1)), 0] = Cell(OVERFLOW, line.arm)


def _most(height: int) -> int:
    """The lowest height there is, in thirds of a row from the top."""
    return _FINE * height - 1


def _pieces(line: Line) -> Iterator[list[tuple[float, float]]]:
    """The line between its overflows."""
    for finite, points in groupby(line.points, key=lambda point: math.isfinite(point[1])):
        if finite:
            yield list(points)


def _columns(places: list[tuple[float, float]]) -> dict[int, tuple[float, float]]:
    """For each column that a line crosses, between which heights it does; neighbours meet halfway."""
    found: dict[int, tuple[float, float]] = {}

    def reach(column: int, height: float) -> None:
        top, bottom = found.get(column, (height, height))
        found[column] = (min(top, height), max(bottom, height))

    reach(round(places[0][0]), places[0][1])
    for (x, y), (next_x, next_y) in pairwise(places):
        first, last = round(x), round(next_x)
        for column in range(first, last + 1):
            for edge in (column - 0.5, column + 0.5):
                if x <= edge <= next_x and next_x > x:
                    reach(column, y + (edge - x) / (next_x - x) * (next_y - y))
        reach(last, next_y)
    return found


def _number(canvas: Canvas, column: int, row: int, arm: int) -> None:
    """The arm's number behind the end of its line, beside those that are there already, else above or below."""
    rows = sorted(range(canvas.height), key=lambda other: abs(other - row))
    places = [(column + i, other) for other in rows for i in range(_TAIL) if column + i < canvas.width + _TAIL]
    free = next((place for place in places if place not in canvas.signs), (column, row))
    canvas.signs[free] = Cell(str((arm + 1) % 10), arm)


def _row_of(value: float, scale: Scale, height: int) -> int:
    return round((1 - scale.up(value)) * _most(height)) // _FINE


def _rows(canvas: Canvas, tail: int, figure: Figure, scale: Scale, cursor: float | None) -> list[list[Cell]]:
    shown = [value for value, _name in figure.levels if scale.low <= value <= scale.high]
    levels = {_row_of(value, scale, canvas.height) for value in shown}
    marked = None if cursor is None else round(scale.across(cursor) * (canvas.width - 1))
    rows = []
    for row in range(canvas.height):
        empty = Cell(_LEVEL, LEVEL) if row in levels else Cell()
        cells = [canvas.at(column, row) or empty for column in range(canvas.width)]
        cells += [canvas.signs.get((canvas.width + i, row), Cell()) for i in range(tail)]
        if marked is not None and canvas.at(marked, row) is None:
            cells[marked] = Cell(_CURSOR, CURSOR)
        rows.append(cells)
    return rows


def _tick_rows(labels: dict[float, str], scale: Scale, height: int) -> dict[int, str]:
    """What is written beside which row; of two for the same row, the first."""
    rows: dict[int, str] = {}
    for value, text in labels.items():
        if scale.low <= value <= scale.high:
            rows.setdefault(_row_of(value, scale, height), text)
    return rows


def _padded(text: str, width: int) -> list[Cell]:
    cells = [Cell(" ")] * (width - 1 - cell_len(text))
    return [*cells, *(Cell(character) for character in text), Cell(" ")]


def _bottom(figure: Figure, scale: Scale, width: int) -> list[Cell]:
    """Ticks along x, and what is counted at the right end."""
    name = figure.x if cell_len(figure.x) < width // 3 else ""
    line: list[str] = [" "] * width
    free = 0
    room = width - cell_len(name) - 1
    for value in scale.ticks_across(max(2, width // 10)):
        text = f"{value:,.0f}"
        start = max(0, min(round(scale.across(value) * (width - 1)) - len(text) // 2, width - len(text)))
        if start >= free and start + len(text) <= room:
            line[start : start + len(text)] = text
            free = start + len(text) + 1
    text = "".join(line).rstrip()
    text += " " * (width - cell_len(text) - cell_len(name)) + name
    return [Cell(character) for character in text]
