"""A sparkline with a scale, marks where a variant was flipped, and a sign for overflow."""

from __future__ import annotations

import math

from rich.cells import cell_len
from rich.style import Style
from rich.text import Text
from textual.reactive import reactive

from lyricterm.app.plot import BLOCKS, View, fitting, height_of, place_labels, resample
from lyricterm.app.widgets.titled import Titled

_SHADES = 6
_DIMMEST = 0.45
_OVERFLOW = "×"


class Curve(Titled):
    """Draws a ``View``."""

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

    def render(self) -> Text:
        """Rows from top to bottom: labels of marks if there are any, then the columns."""
        width, height = self.size
        view = self.view
        scale = max(cell_len(view.top), cell_len(view.bottom)) + 1 if height >= 3 and width >= 30 else 0
        plot_width = width - scale
        columns = resample(view.points, plot_width)
        if not columns or height < 1:
            return Text("")
        labelled = bool(view.marks) and height >= 2
        rows = height - labelled
        ticks = {min(plot_width - 1, int(place * plot_width)): label for place, label in view.marks}
        lines = [self._labels(ticks, plot_width, scale)] if labelled else []
        lines += [self._row(row, rows, columns, set(ticks), scale) for row in range(rows)]
        return Text("\n").join(lines)

    def _labels(self, ticks: dict[int, str], width: int, scale: int) -> Text:
        style = self.get_component_rich_style("curve--mark", partial=True)
        line = Text(" " * scale, no_wrap=True)
        for start, label in place_labels(sorted(ticks.items()), width):
            line.append(" " * (scale + start - line.cell_len))
            line.append(label, style)
        return line

    def _row(self, row: int, rows: int, columns: list[float], ticks: set[int], scale: int) -> Text:
        line = Text(no_wrap=True)
        if scale:
            label = self.view.top if row == 0 else self.view.bottom if row == rows - 1 else ""
            padded = " " * (scale - 1 - cell_len(label)) + label + " "
            line.append(padded, self.get_component_rich_style("curve--scale", partial=True))
        shades = self._shades()
        mark = self.get_component_rich_style("curve--mark", partial=True)
        overflow = self.get_component_rich_style("curve--overflow", partial=True)
        for column, value in enumerate(columns):
            if not math.isfinite(value):
                line.append(_OVERFLOW if row == 0 else " ", overflow)
                continue
            full = height_of(value, self.view.low, self.view.high, rows)
            part = min(8, max(0, full - 8 * (rows - 1 - row)))
            shade = shades[min(_SHADES - 1, full * _SHADES // (8 * rows + 1))]
            if column in ticks:
                line.append(BLOCKS[part] if part else "╵", mark)
            else:
                line.append(BLOCKS[part], shade)
        return line

    def _shades(self) -> list[Style]:
        bar = self.get_component_styles("curve--bar").color
        low = self.background_colors[1].blend(bar, _DIMMEST)
        steps = [low.blend(bar, i / (_SHADES - 1)) for i in range(_SHADES)]
        return [Style(color=step.rich_color) for step in steps]
