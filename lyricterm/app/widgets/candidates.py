"""Several completions to choose from: beside each other where there is room, else one a line."""

from __future__ import annotations

from rich.cells import cell_len, set_cell_size
from rich.style import Style
from rich.text import Text
from textual import events
from textual.geometry import Size
from textual.message import Message
from textual.reactive import reactive
from textual.widget import Widget

from lyricterm.app.shades import Shades
from lyricterm.app.wrap import wrap
from lyricterm.core.run_data import Candidate
from lyricterm.core.sanitize import blanks_shown

_SIDE_BY_SIDE = 100
"""Columns from which on there is room for that."""
_ROWS = 3
"""Of each candidate, beside each other."""
_GAP = "  "


class Candidates(Widget):
    """Each with its mean log-probability per character; the chosen one is marked."""

    COMPONENT_CLASSES = {"candidates--chosen", "candidates--number", "candidates--sure"}

    class Chosen(Message):
        """A click on one."""

        def __init__(self, place: int) -> None:
            super().__init__()
            self.place = place

    shown: reactive[tuple[Candidate, ...]] = reactive((), layout=True)
    chosen: reactive[int] = reactive(0)

    def get_content_height(self, container: Size, viewport: Size, width: int) -> int:
        """As many rows as there are."""
        return self.rows(width)

    def rows(self, width: int) -> int:
        """One each, or a heading and some."""
        return _ROWS + 1 if self._is_wide(width) else len(self.shown)

    def render(self) -> Text:
        """All of them."""
        width = self.size.width
        lines = self._columns(width) if self._is_wide(width) else [self._line(i, width) for i in range(len(self.shown))]
        return Text("\n", no_wrap=True).join(lines)

    def on_click(self, event: events.Click) -> None:
        """Choose it."""
        place = event.x // (self._column() + len(_GAP)) if self._is_wide(self.size.width) else event.y
        if place < len(self.shown):
            self.post_message(self.Chosen(place))

    def _line(self, place: int, width: int) -> Text:
        line = self._heading(place)
        line.append_text(self._lyric(place))
        line.truncate(width, overflow="ellipsis")
        return line

    def _columns(self, width: int) -> list[Text]:
        room = self._column()
        columns = [[self._heading(place), *wrap(self._lyric(place), room)[:_ROWS]] for place in range(len(self.shown))]
        return [
            Text(_GAP).join(_filled(column[row] if row < len(column) else Text(), room) for column in columns)
            for row in range(_ROWS + 1)
        ]

    def _column(self) -> int:
        count = max(1, len(self.shown))
        return max(2, (self.size.width - len(_GAP) * (count - 1)) // count)

    def _is_wide(self, width: int) -> bool:
        return width >= _SIDE_BY_SIDE

    def _heading(self, place: int) -> Text:
        mean = f"{self.shown[place].mean_log_probability:.2f}".replace("-", "−")
        look, mark = ("chosen", "▸") if place == self.chosen else ("number", " ")
        return Text(f"{mark}{set_cell_size(mean, max(6, cell_len(mean)))} ", self._style(look))

    def _lyric(self, place: int) -> Text:
        shades = Shades(self.background_colors[1], self.get_component_styles("candidates--sure").color)
        candidate = self.shown[place]
        return shades.text(blanks_shown(candidate.text), candidate.probabilities)

    def _style(self, name: str) -> Style:
        return self.get_component_rich_style(f"candidates--{name}", partial=True)


def _filled(text: Text, width: int) -> Text:
    """Cut or padded to a width."""
    text.truncate(width)
    text.pad_right(max(0, width - text.cell_len))
    return text
