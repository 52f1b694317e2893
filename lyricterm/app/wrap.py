"""Wrapping of styled text."""

from __future__ import annotations

from rich.cells import cell_len
from rich.text import Text

from lyricterm.core.line_breaks import line_breaks


def wrap(text: Text, width: int) -> list[Text]:
    """Lines of at most ``width`` cells (2 or more), broken after blanks and around wide characters."""
    lines = list(text.divide(line_breaks(text.plain, width, cell_len)))
    for line in lines:
        line.truncate(width)
    return lines
