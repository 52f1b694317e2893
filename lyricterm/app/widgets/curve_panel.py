"""One of the studio's curves: bars with a scale, or lines where there are two; what they mean stands in the border."""

from __future__ import annotations

from rich.style import Style
from textual.geometry import Size
from textual.reactive import reactive
from textual.strip import Strip

from lyricterm.app.grid_strips import curve_style, strips
from lyricterm.app.progress_charts import PanelView, captions
from lyricterm.app.widgets.titled import Titled, fitting
from lyricterm.plotting import blocks, braille, halves
from lyricterm.plotting.chart import Chart
from lyricterm.plotting.frame import Frame
from lyricterm.plotting.grid import Grid


class CurvePanel(Titled):
    """Draws a ``PanelView``."""

    COMPONENT_CLASSES = {
        *("curve--bar", "curve--mark", "curve--overflow", "curve--axis", "curve--level", "curve--words"),
    }

    view: reactive[PanelView] = reactive(PanelView())

    _key: tuple[PanelView, Size, str] | None = None
    _rows: list[Strip]

    def watch_view(self) -> None:
        """The words stand in the border, as many as fit."""
        if self.view.titles:
            width = self.size.width - 4
            words = captions(self.view, blocks.has_scale(*self.size))
            self.retitle(fitting(self._titles(), width), fitting(words, width))

    def on_resize(self) -> None:
        """Another width may fit other words."""
        self.watch_view()

    def render_line(self, y: int) -> Strip:
        """One row; all rows are worked out once for each view, size and theme."""
        key = (self.view, self.size, self.app.theme)
        if self._key is None or self._key[0] is not key[0] or self._key[1:] != key[1:]:
            style, width = self.rich_style, self.size.width
            drawn = strips(self._draw(self.view.chart, *self.size), self._look)
            self._rows = [row.extend_cell_length(width).apply_style(style) for row in drawn]
            self._key = key
        return self._rows[y] if y < len(self._rows) else Strip.blank(self.size.width, self.rich_style)

    def _titles(self) -> tuple[str, ...]:
        view = self.view
        return view.titles if not view.bar_titles or self._frame(view.chart) else view.bar_titles

    def _draw(self, chart: Chart, width: int, height: int) -> Grid:
        """Two curves as lines; where there is no room for them, as bars beside each other."""
        if len(chart.series) < 2:
            return blocks.draw(chart, width, height)
        frame = self._frame(chart)
        return halves.draw(chart, width, height) if frame is None else braille.draw(chart, frame)

    def _frame(self, chart: Chart) -> Frame | None:
        """Where lines would lie."""
        return braille.frame_of(chart, *self.size, bottom=0)

    def _look(self, name: str) -> Style:
        if (style := curve_style(self.app, name)) is not None:
            return style
        return self.get_component_rich_style(f"curve--{name}", partial=True)
