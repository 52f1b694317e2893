"""Wrapping of styled text."""

from __future__ import annotations

from rich.cells import cell_len
from rich.text import Text

from lyricterm.core.line_breaks import line_breaks


def wrap(text: Text, width: int, indent: str = "") -> list[Text]:
    """Lines of at most ``width`` cells (2 or more), broken after blanks and around wide characters.

    All begin with ``indent``, for which there must be room.
    """
    room = width - cell_len(indent)
    lines = list(text.divide(line_breaks(text.plain, room, cell_len)))
    for line in lines:
        line.truncate(room)
        if indent:
            line.pad_left(len(indent))
    return lines
