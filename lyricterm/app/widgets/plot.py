"""Curves over each other with axes, a legend and a cursor; the mouse reads, zooms and moves them."""

from __future__ import annotations

from rich.cells import cell_len
from rich.segment import Segment
from rich.style import Style
from rich.text import Text
from textual import events
from textual.message import Message
from textual.reactive import reactive
from textual.strip import Strip

from lyricterm.app.grid_strips import curve_style, strips
from lyricterm.app.widgets.titled import Titled, fitting
from lyricterm.app.wrap import wrap
from lyricterm.core.i18n import _
from lyricterm.plotting import braille
from lyricterm.plotting.chart import Chart
from lyricterm.plotting.frame import Frame
from lyricterm.plotting.legend import legend_lines, reading_line

_ZOOM = 0.8
_LEGEND_WIDTH, _LEGEND_ROWS = 72, 5
"""Cells and rows (beside one for each curve) from which there is room for a legend."""


class Plot(Titled):
    """Draws a ``Chart``; tells what the mouse wants of it."""

    COMPONENT_CLASSES = {
        *("plot--axis", "plot--level", "plot--cursor", "plot--mark", "plot--legend", "plot--words"),
    }

    class Pointed(Message):
        """The mouse is at this place; None once it has left."""

        def __init__(self, place: float | None) -> None:
            super().__init__()
            self.place = place

    class Zoomed(Message):
        """The wheel wants to see ``factor`` as much around a place."""

        def __init__(self, factor: float, place: float) -> None:
            super().__init__()
            self.factor, self.place = factor, place

    class Dragged(Message):
        """The mouse moves the curves by a share of what is seen."""

        def __init__(self, share: float) -> None:
            super().__init__()
            self.share = share

    chart: reactive[Chart] = reactive(Chart())
    sentence: reactive[str] = reactive("")
    """Shown where there are no curves."""

    def __init__(self, *, id: str, legend: bool = False) -> None:  # noqa: A002
        """``legend``: name the curves in the plot, as nothing beside it does."""
        super().__init__(id=id)
        self._legend = legend
        self._key: tuple[object, ...] = ()
        self._rows: list[Strip] = []
        self._memory = braille.DotMemory()
        self._frame: Frame | None = None

    def watch_chart(self) -> None:
        """Say what the axes are, and what the cursor reads if there is no legend that does."""
        chart, width = self.chart, self.size.width - 4
        axes = _("{values}, log scale, over {axis}") if chart.log else _("{values}, over {axis}")
        titles = (axes.format(values=chart.title, axis=_(chart.unit.title)), chart.title)
        words = "" if self._has_legend() else reading_line(chart, width)
        self.retitle(fitting(titles, width) if chart.title else "", words)

    def on_resize(self) -> None:
        """Another size has room for other words."""
        self.watch_chart()

    def render_line(self, y: int) -> Strip:
        """One row; all are worked out once for each chart, size and theme."""
        key = (self.chart, self.sentence, self.size, self.app.theme)
        if key != self._key:
            width, style = self.size.width, self.rich_style
            self._rows = [row.extend_cell_length(width).apply_style(style) for row in self._draw()]
            self._key = key
        return self._rows[y] if y < len(self._rows) else Strip.blank(self.size.width, self.rich_style)

    def _draw(self) -> list[Strip]:
        frame = self._frame = braille.frame_of(self.chart, self.size.width, self.size.height)
        if frame is None:
            return self._said()
        legend = legend_lines(self.chart) if self._has_legend() else []
        return strips(braille.draw(self.chart, frame, legend, self._memory), self._look)

    def _said(self) -> list[Strip]:
        width, height = self.size
        lines = [line.plain.rstrip() for line in wrap(Text(self.sentence), max(2, width))]
        above = max(0, (height - len(lines)) // 2)
        look = self._look("words")
        shown = [Strip([Segment(" " * ((width - cell_len(line)) // 2)), Segment(line, look)]) for line in lines]
        return [*(Strip.blank(width) for _row in range(above)), *shown][:height]

    def _has_legend(self) -> bool:
        width, height = self.size
        return self._legend and width >= _LEGEND_WIDTH and height >= len(self.chart.series) + _LEGEND_ROWS

    def _look(self, name: str) -> Style:
        legend = self.get_component_rich_style("plot--legend", partial=True)
        return curve_style(self.app, name, legend) or self.get_component_rich_style(f"plot--{name}", partial=True)

    def _place(self, x: int) -> float | None:
        """What lies under the mouse."""
        return None if self._frame is None else self._frame.place(x)

    def on_mouse_move(self, event: events.MouseMove) -> None:
        """The cursor follows; with the button held, the curves do."""
        offset = event.get_content_offset(self)
        if offset is None or self._frame is None:
            return
        if event.button and event.delta_x:
            self.post_message(self.Dragged(-event.delta_x / self._frame.width))
        else:
            self.post_message(self.Pointed(self._place(offset.x)))

    def on_leave(self) -> None:
        """No place is read any more."""
        self.post_message(self.Pointed(None))

    def on_mouse_scroll_up(self, event: events.MouseScrollUp) -> None:
        """Closer."""
        self._wheel(event, _ZOOM)

    def on_mouse_scroll_down(self, event: events.MouseScrollDown) -> None:
        """Further away."""
        self._wheel(event, 1 / _ZOOM)

    def _wheel(self, event: events.MouseEvent, factor: float) -> None:
        offset = event.get_content_offset(self)
        place = None if offset is None else self._place(offset.x)
        if place is not None:
            event.stop()
            self.post_message(self.Zoomed(factor, place))
