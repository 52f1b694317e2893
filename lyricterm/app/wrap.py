"""Wrapping of text in which Chinese, that may be parted almost anywhere, stands beside words, that may not."""

from __future__ import annotations

from rich.cells import cell_len
from rich.text import Text

_CLOSING = frozenset("，。！？；：、）》」』”’…,.!?;:)")
"""Never the first of a line."""
_OPENING = frozenset("（《「『“‘([")
"""Never the last of a line."""


def wrap(text: Text, width: int) -> list[Text]:
    """Lines of at most ``width`` cells (2 or more), broken after blanks and around wide characters."""
    plain = text.plain
    breaks: list[int] = []
    start, allowed, used = 0, 0, 0
    for i, character in enumerate(plain):
        if i and _may_break(plain[i - 1], character):
            allowed = i
        while used + cell_len(character) > width and start < i and not character.isspace():
            start = allowed if allowed > start else i
            breaks.append(start)
            used = cell_len(plain[start:i])
        used += cell_len(character)
    lines = list(text.divide(breaks))
    for line in lines:
        line.truncate(width)
    return lines


def _may_break(before: str, after: str) -> bool:
    if after.isspace() or after in _CLOSING or before in _OPENING or not cell_len(after):
        return False
    return before.isspace() or cell_len(before) == 2 or cell_len(after) == 2
