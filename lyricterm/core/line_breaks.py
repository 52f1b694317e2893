"""Where a text may be broken into lines: almost anywhere in Chinese, only between words elsewhere."""

from __future__ import annotations

from collections.abc import Callable

from lyricterm.core.graphemes import whole_characters

_CLOSING = frozenset("，。！？；：、）》」』”’…,.!?;:)")
"""Never the first of a line."""
_CLAUSE_ENDS = frozenset("，。！？；：,.!?;:")
_OPENING = frozenset("（《「『“‘([")
"""Never the last of a line."""
_JOINING = frozenset("：")
"""Never the last of a line before a word: "默认：auto" stays together."""
_BLANK = "␣"
"""As which blanks are shown that are all there is of a lyric; they may be parted."""


def line_breaks(text: str, width: int, cells: Callable[[str], int]) -> list[int]:
    """The indices at which new lines begin, so that no line is wider than ``width`` cells (2 or more).

    A line may break after blanks and around wide characters; a word that is wider than a line is cut.
    Blanks at the end of a line may stand beyond ``width``.

    Args:
        text: one paragraph, without newlines.
        width: the room there is.
        cells: how many cells a text takes on the screen; the core has no library that knows.
    """
    breaks: list[int] = []
    start, allowed, used = 0, 0, 0
    for i, end in whole_characters(text):
        character = text[i:end]
        if i and _may_break(text[i - 1], character, cells):
            allowed = i
        while used + cells(character) > width and start < i and not character.isspace():
            start = allowed if allowed > start else i
            breaks.append(start)
            used = cells(text[start:i])
        used += cells(character)
    return breaks


def clause_breaks(text: str, width: int, cells: Callable[[str], int]) -> list[int]:
    """As ``line_breaks``, with as few lines: each ends with a clause where it can, else they are as even as can be."""
    breaks: list[int] = []
    for left in range(len(line_breaks(text, width, cells)), 0, -1):
        start = breaks[-1] if breaks else 0
        breaks.append(start + _first_break(text[start:], width, cells, left))
    return breaks


def _first_break(text: str, width: int, cells: Callable[[str], int], count: int) -> int:
    """Where the second line begins, of ``count`` more."""
    last = line_breaks(text, width, cells)[0]
    for place in range(last, last // 3, -1):
        ends = text[:place].rstrip()[-1:] in _CLAUSE_ENDS and _may_break(text[place - 1], text[place], cells)
        if ends and len(line_breaks(text[place:], width, cells)) < count:
            return place
    for narrower in range(max(2, width // 2), width):
        breaks = line_breaks(text, narrower, cells)
        if len(breaks) <= count:
            return breaks[0]
    return last


def _may_break(before: str, after: str, cells: Callable[[str], int]) -> bool:
    if after.isspace() or after in _CLOSING or before in _OPENING or not cells(after):
        return False
    if before in _JOINING and cells(after) == 1:
        return False
    return before.isspace() or cells(before) == 2 or cells(after) == 2 or before == after == _BLANK
