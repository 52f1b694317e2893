"""Tabs with their numbers; a click opens one."""

from __future__ import annotations

from rich.cells import cell_len
from rich.text import Text
from textual import events
from textual.message import Message
from textual.reactive import reactive
from textual.widget import Widget

from lyricterm.core.i18n import _


class TabBar(Widget):
    """One line; with less room the titles are short, with still less only the open tab has one."""

    COMPONENT_CLASSES = {"tabs--open", "tabs--other"}

    class Opened(Message):
        """A tab was clicked."""

        def __init__(self, number: int) -> None:
            super().__init__()
            self.number = number

    open: reactive[int] = reactive(0)

    def __init__(self, titles: tuple[tuple[str, str], ...], *, id: str) -> None:  # noqa: A002
        """``titles``: a long and a short one of each tab, in the source language."""
        super().__init__(id=id)
        self._titles = titles

    def _words(self) -> list[str]:
        for length in range(2):
            words = [f" {number} {_(titles[length])} " for number, titles in enumerate(self._titles, 1)]
            if sum(map(cell_len, words)) <= self.size.width:
                return words
        return [title if number == self.open else f" {number + 1} " for number, title in enumerate(words)]

    def render(self) -> Text:
        """The line."""
        line = Text(no_wrap=True)
        for number, words in enumerate(self._words()):
            name = "tabs--open" if number == self.open else "tabs--other"
            line.append(words, self.get_component_rich_style(name, partial=True))
        return line

    def on_click(self, event: events.Click) -> None:
        """Open the tab that was clicked."""
        end = 0
        for number, words in enumerate(self._words()):
            end += cell_len(words)
            if event.x < end:
                self.post_message(self.Opened(number))
                return
