"""Border words that are only set, and so only drawn, when they change."""

from __future__ import annotations

from rich.text import Text
from textual.widget import Widget

from lyricterm.core.sanitize import one_line


class Titled(Widget):
    """A widget whose border says something that changes."""

    _words: tuple[str, str] = ("", "")

    def retitle(self, title: str, subtitle: str = "") -> None:
        """Show these words; nothing in them is markup or steers the terminal."""
        if (title, subtitle) != self._words:
            self._words = (title, subtitle)
            self.border_title = Text(one_line(title))
            self.border_subtitle = Text(one_line(subtitle))
