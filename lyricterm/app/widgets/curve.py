"""A sparkline with a scale, marks where a variant was flipped, and a sign for overflow."""

from __future__ import annotations

import math
from dataclasses import dataclass
from itertools import groupby

from rich.cells import cell_len
from rich.segment import Segment
from rich.style import Style
from textual.geometry import Size
from textual.reactive import reactive
from textual.strip import Strip

from lyricterm.app.plot import BLOCKS, View, fitting, height_of, place_labels, resample
from lyricterm.app.widgets.titled import Titled

_SHADES = 6
_DIMMEST = 0.45
_OVERFLOW = "×"
_TICK = "╵"


@dataclass(frozen=True)
class Column:
    """One column of a curve: its height in eighths of a row, its style, and what stands above it."""

    height: int
    style: Style
    top: str
    above: str

    def character(self, below: int, *, first: bool) -> str:
        """What stands in the row that has ``below`` eighths under it."""
        part = min(8, max(0, self.height - below))
        if part:
            return BLOCKS[part]
        return self.top if first else self.above


class Curve(Titled):
    """Draws a ``View``."""

    _key: tuple[View, Size, str] | None = None
    _rows: list[Strip]

    COMPONENT_CLASSES = {"curve--bar", "curve--mark", "curve--overflow", "curve--scale"}

    view: reactive[View] = reactive(View())

    def watch_view(self) -> None:
        """The words stand in the border, as many as fit."""
        if not self.view.titles:
            return
        width = self.size.width - 4
        self.retitle(fitting(self.view.titles, width), fitting(self.view.subtitles, width))

    def on_resize(self) -> None:
        """Another width may fit other words."""
        self.watch_view()

    def render_line(self, y: int) -> Strip:
        """One row; all rows are worked out once for each view, size and theme."""
        key = (self.view, self.size, self.app.theme)
        if self._key is None or self._key[0] is not key[0] or self._key[1:] != key[1:]:
            style, width = self.rich_style, self.size.width
            self._rows = [row.extend_cell_length(width).apply_style(style) for row in self._draw()]
            self._key = key
        return self._rows[y] if y < len(self._rows) else Strip.blank(self.size.width, self.rich_style)

    def _draw(self) -> list[Strip]:
        """Rows from top to bottom: labels of marks if there are any, then the columns."""
        width, height = self.size
        view = self.view
        scale = max(cell_len(view.top), cell_len(view.bottom)) + 1 if height >= 3 and width >= 30 else 0
        plot_width = width - scale
        values = resample(view.points, plot_width)
        if not values or height < 1:
            return []
        labelled = bool(view.marks) and height >= 2
        rows = height - labelled
        ticks = {min(plot_width - 1, int(place * plot_width)): label for place, label in view.marks}
        columns = self._columns(values, set(ticks), rows)
        lines = [self._labels(ticks, plot_width, scale)] if labelled else []
        return lines + [self._row(row, rows, columns, scale) for row in range(rows)]

    def _labels(self, ticks: dict[int, str], width: int, scale: int) -> Strip:
        style = self.get_component_rich_style("curve--mark", partial=True)
        pieces, used = [Segment(" " * scale)], 0
        for start, label in place_labels(sorted(ticks.items()), width):
            pieces += [Segment(" " * (start - used)), Segment(label, style)]
            used = start + cell_len(label)
        return Strip(pieces)

    def _columns(self, values: list[float], ticks: set[int], rows: int) -> list[Column]:
        shades = self._shades()
        mark = self.get_component_rich_style("curve--mark", partial=True)
        overflow = self.get_component_rich_style("curve--overflow", partial=True)
        columns = []
        for number, value in enumerate(values):
            if not math.isfinite(value):
                columns.append(Column(0, overflow, _OVERFLOW, " "))
                continue
            full = height_of(value, self.view.low, self.view.high, rows)
            shade = shades[min(_SHADES - 1, full * _SHADES // (8 * rows + 1))]
            ticked = number in ticks
            empty = _TICK if ticked else " "
            columns.append(Column(full, mark if ticked else shade, empty, empty))
        return columns

    def _row(self, row: int, rows: int, columns: list[Column], scale: int) -> Strip:
        pieces = []
        if scale:
            label = self.view.top if row == 0 else self.view.bottom if row == rows - 1 else ""
            padded = " " * (scale - 1 - cell_len(label)) + label + " "
            pieces.append(Segment(padded, self.get_component_rich_style("curve--scale", partial=True)))
        below = 8 * (rows - 1 - row)
        for style, alike in groupby(columns, key=lambda column: column.style):
            text = "".join(column.character(below, first=row == 0) for column in alike)
            pieces.append(Segment(text, style))
        return Strip(pieces)

    def _shades(self) -> list[Style]:
        bar = self.get_component_styles("curve--bar").color
        low = self.background_colors[1].blend(bar, _DIMMEST)
        steps = [low.blend(bar, i / (_SHADES - 1)) for i in range(_SHADES)]
        return [Style(color=step.rich_color) for step in steps]
