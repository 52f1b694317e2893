"""Border words that are only set, and so only drawn, when they change."""

from __future__ import annotations

from collections.abc import Sequence

from rich.cells import cell_len
from rich.text import Text
from textual.widget import Widget

from lyricterm.core.sanitize import one_line


class Titled(Widget):
    """A widget whose border says something that changes."""

    _words: tuple[str, str | Text] = ("", "")

    def retitle(self, title: str, subtitle: str | Text = "") -> None:
        """Show these words; nothing in them is markup or steers the terminal. A ``Text`` must be safe already."""
        if (title, subtitle) != self._words:
            self._words = (title, subtitle)
            self.border_title = Text(one_line(title))
            self.border_subtitle = subtitle if isinstance(subtitle, Text) else Text(one_line(subtitle))


def fitting(texts: Sequence[str], width: int) -> str:
    """The first text that fits into ``width`` cells, else the last."""
    return next((text for text in texts if cell_len(text) <= width), texts[-1] if texts else "")
