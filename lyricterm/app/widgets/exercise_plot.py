"""Lines of several runs in one plot; each has a colour and a number."""

from __future__ import annotations

from itertools import groupby

from rich.segment import Segment
from rich.style import Style
from textual.geometry import Size
from textual.reactive import reactive
from textual.strip import Strip

from lyricterm.app import overlay
from lyricterm.app.overlay import Cell, draw
from lyricterm.app.widgets.titled import Titled
from lyricterm.exercises.base import Figure

COLOURS = 6
"""Arms beyond these take the first colours again; their numbers differ."""
_NO_FIGURE = Figure("", "", ())


class ArmsPlot(Titled):
    """Draws a ``Figure``."""

    COMPONENT_CLASSES = {
        *(f"arms--arm{i}" for i in range(COLOURS)),
        *("arms--axis", "arms--level", "arms--cursor"),
    }

    figure: reactive[Figure] = reactive(_NO_FIGURE)
    cursor: reactive[float | None] = reactive(None)
    """An x that is marked."""

    _key: tuple[Figure, float | None, Size, str] | None = None
    _strips: list[Strip]

    def watch_figure(self) -> None:
        """The title stands in the border."""
        self.retitle(self.figure.title)

    def render_line(self, y: int) -> Strip:
        """One row; all rows are worked out once for each figure, cursor, size and theme."""
        key = (self.figure, self.cursor, self.size, self.app.theme)
        if self._key is None or self._key[0] is not key[0] or self._key[1:] != key[1:]:
            width = self.size.width
            rows = draw(self.figure, width, self.size.height, self.cursor)
            self._strips = [self._strip(row).extend_cell_length(width).apply_style(self.rich_style) for row in rows]
            self._key = key
        return self._strips[y] if y < len(self._strips) else Strip.blank(self.size.width, self.rich_style)

    def _strip(self, row: list[Cell]) -> Strip:
        pieces = []
        for look, cells in groupby(row, key=lambda cell: cell.look):
            pieces.append(Segment("".join(cell.character for cell in cells), self._look(look)))
        return Strip(pieces)

    def _look(self, look: int) -> Style:
        names = {overlay.AXIS: "axis", overlay.LEVEL: "level", overlay.CURSOR: "cursor"}
        name = names.get(look) or f"arm{look % COLOURS}"
        return self.get_component_rich_style(f"arms--{name}", partial=True)
