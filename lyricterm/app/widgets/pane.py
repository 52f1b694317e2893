"""Lines of a view, which can be scrolled where they do not fit."""

from __future__ import annotations

from textual.geometry import Size
from textual.scroll_view import ScrollView
from textual.strip import Strip

from lyricterm.app.grid_strips import has_few_colours
from lyricterm.app.inspector.pieces import Lines, Paint

_STYLES = (
    *("plain", "title", "quiet", "key", "picked", "accent", "good", "alarm"),
    *("bar", "bar-too", "bar-ahead", "typed", "button"),
)
_COLOURS = ("cold", "hot", "c0", "c1", "c2", "c3", "c4", "c5")


class Pane(ScrollView, can_focus=False):
    """Draws what it is given."""

    COMPONENT_CLASSES = {*(f"pane--{name}" for name in _STYLES), *(f"pane--{name}" for name in _COLOURS)}

    def __init__(self, *, id: str) -> None:  # noqa: A002
        super().__init__(id=id)
        self._rows: list[Strip] = []
        self._paint: Paint | None = None

    @property
    def paint(self) -> Paint:
        """The colours of the theme in use."""
        if self._paint is None:
            styles = {name: self.get_component_rich_style(f"pane--{name}", partial=True) for name in _STYLES}
            colours = {name: self.get_component_styles(f"pane--{name}").color for name in _COLOURS}
            self._paint = Paint(styles, colours, self.background_colors[1], has_few_colours(self.app))
        return self._paint

    def on_mount(self) -> None:
        """Another theme has other colours."""
        self.app.theme_changed_signal.subscribe(self, lambda _theme: self._repaint())

    def _repaint(self) -> None:
        self._paint = None

    def show(self, lines: Lines) -> None:
        """Draw these lines; only what differs from before is drawn anew."""
        before, self._rows = self._rows, [line.strip() for line in lines]
        self.virtual_size = Size(self.scrollable_content_region.width, len(self._rows))
        if before != self._rows:
            self.refresh()

    def render_line(self, y: int) -> Strip:
        """One line of the visible part."""
        width, row = self.size.width, y + self.scroll_offset.y
        if row >= len(self._rows):
            return Strip.blank(width, self.rich_style)
        return self._rows[row].extend_cell_length(width).crop(0, width).apply_style(self.rich_style)
