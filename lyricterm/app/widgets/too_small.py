"""What covers a screen whose terminal is too small for it."""

from __future__ import annotations

from rich.text import Text
from textual.widget import Widget

from lyricterm.core.i18n import _

MIN_WIDTH, MIN_HEIGHT = 40, 12


class TooSmall(Widget):
    """Says how much room is needed; seen only while its screen has the class ``-too-small``."""

    def __init__(self) -> None:
        super().__init__(id="too-small")

    def on_mount(self) -> None:
        """The screen may be too small from the beginning."""
        self.measure()

    def measure(self) -> None:
        """Look at the screen's size."""
        width, height = self.screen.size
        self.screen.set_class(width < MIN_WIDTH or height < MIN_HEIGHT, "-too-small")
        self.refresh()

    def render(self) -> Text:
        """One sentence."""
        width, height = self.screen.size
        sentence = _("The terminal is {width}×{height}; lyricterm needs {least_width}×{least_height}.")
        return Text(sentence.format(width=width, height=height, least_width=MIN_WIDTH, least_height=MIN_HEIGHT))
