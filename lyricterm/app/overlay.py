"""Several lines in one plot of braille dots, with axes and levels; pure functions, no widget."""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass, field

from rich.cells import cell_len

from lyricterm.app.formats import figure as number
from lyricterm.exercises.base import Figure, Line
from lyricterm.exercises.scale import Scale, scale_of

_BRAILLE = 0x2800
_BITS = ((0x01, 0x08), (0x02, 0x10), (0x04, 0x20), (0x40, 0x80))
"""Of the dots of a cell, by row and column."""
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
    """Dots, two by four to a cell, and the arm that drew last in it."""

    width: int
    height: int
    dots: dict[tuple[int, int], int] = field(default_factory=dict)
    arms: dict[tuple[int, int], int] = field(default_factory=dict)
    signs: dict[tuple[int, int], Cell] = field(default_factory=dict)
    """Characters that stand over the dots."""

    def dot(self, x: int, y: int, arm: int) -> None:
        """Set one dot, counted from the upper left."""
        cell = (x // 2, y // 4)
        self.dots[cell] = self.dots.get(cell, 0) | _BITS[y % 4][x % 2]
        self.arms[cell] = arm

    def at(self, column: int, row: int) -> Cell | None:
        """What stands in a cell, if anything does."""
        place = (column, row)
        if place in self.signs:
            return self.signs[place]
        return Cell(chr(_BRAILLE + self.dots[place]), self.arms[place]) if place in self.dots else None


def draw(figure: Figure, width: int, height: int, cursor: float | None = None) -> list[list[Cell]]:
    """The plot as rows of cells, from the top; ``cursor`` is an x to mark."""
    scale = scale_of(figure)
    labels = {value: number(value) for value in scale.ticks_up(max(2, height // 2))}
    for value, name in figure.levels:
        labels[value] = name if cell_len(name) <= 8 else number(value)
    margin = max(map(cell_len, labels.values()), default=0) + 1
    if width < margin + 8 or height < 3:
        return []
    canvas = Canvas(width - margin, height - 1)
    for line in figure.lines:
        _draw_line(canvas, line, scale)
    rows = _rows(canvas, figure, scale, cursor)
    written = _tick_rows(labels, figure, scale, canvas.height)
    full = [[*_padded(written.get(i, ""), margin), *row] for i, row in enumerate(rows)]
    return [*full, [*_padded("", margin), *_bottom(figure, scale, canvas.width)]]


def _draw_line(canvas: Canvas, line: Line, scale: Scale) -> None:
    before: tuple[int, int] | None = None
    for x, y in line.points:
        column = round(scale.across(x) * (2 * canvas.width - 1))
        if not math.isfinite(y):
            canvas.signs[min(canvas.width - 1, column // 2), 0] = Cell(OVERFLOW, line.arm)
            before = None
            continue
        now = (column, round((1 - scale.up(y)) * (4 * canvas.height - 1)))
        for dot in _between(before or now, now):
            canvas.dot(*dot, line.arm)
        before = now
    if before is not None:
        _number(canvas, before[0] // 2 + 1, before[1] // 4, line.arm)


def _number(canvas: Canvas, column: int, row: int, arm: int) -> None:
    """The arm's number behind the end of its line, beside those that are there already."""
    column = min(column, canvas.width - 1)
    rows = sorted(range(canvas.height), key=lambda other: abs(other - row))
    free = next((other for other in rows if (column, other) not in canvas.signs), row)
    canvas.signs[column, free] = Cell(str((arm + 1) % 10), arm)


def _between(start: tuple[int, int], end: tuple[int, int]) -> Iterator[tuple[int, int]]:
    count = max(abs(end[0] - start[0]), abs(end[1] - start[1]), 1)
    for i in range(count + 1):
        yield (
            start[0] + round(i * (end[0] - start[0]) / count),
            start[1] + round(i * (end[1] - start[1]) / count),
        )


def _row_of(value: float, scale: Scale, height: int) -> int:
    return round((1 - scale.up(value)) * (4 * height - 1)) // 4


def _rows(canvas: Canvas, figure: Figure, scale: Scale, cursor: float | None) -> list[list[Cell]]:
    shown = [value for value, _name in figure.levels if scale.low <= value <= scale.high]
    levels = {_row_of(value, scale, canvas.height) for value in shown}
    marked = None if cursor is None else round(scale.across(cursor) * (2 * canvas.width - 1)) // 2
    rows = []
    for row in range(canvas.height):
        empty = Cell(_LEVEL, LEVEL) if row in levels else Cell()
        cells = [canvas.at(column, row) or empty for column in range(canvas.width)]
        if marked is not None and canvas.at(marked, row) is None:
            cells[marked] = Cell(_CURSOR, CURSOR)
        rows.append(cells)
    return rows


def _tick_rows(labels: dict[float, str], figure: Figure, scale: Scale, height: int) -> dict[int, str]:
    """What is written beside which row; levels come first, ticks take what is left."""
    rows: dict[int, str] = {}
    for value, _name in figure.levels:
        if scale.low <= value <= scale.high:
            rows.setdefault(_row_of(value, scale, height), labels[value])
    for value in scale.ticks_up(max(2, height // 2)):
        rows.setdefault(_row_of(value, scale, height), labels[value])
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
