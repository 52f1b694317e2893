"""What covers a screen whose terminal is too small for it."""

from __future__ import annotations

from rich.text import Text
from textual.widgets import Static

from lyricterm.core.i18n import _

MIN_WIDTH, MIN_HEIGHT = 40, 12


class TooSmall(Static):
    """Says how much room is needed; seen only while its screen has the class ``-too-small``."""

    def __init__(self) -> None:
        super().__init__(id="too-small")

    def measure(self) -> None:
        """Look at the screen's size."""
        width, height = self.screen.size
        self.screen.set_class(width < MIN_WIDTH or height < MIN_HEIGHT, "-too-small")
        sentence = _("The terminal is {width}×{height}; lyricterm needs {least_width}×{least_height}.")
        self.update(Text(sentence.format(width=width, height=height, least_width=MIN_WIDTH, least_height=MIN_HEIGHT)))
