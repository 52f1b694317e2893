"""Where a character that a person sees begins and ends: a letter with its marks, an emoji with its joints, a flag."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator

JOINED = "\u034f"
"""Combining grapheme joiner: takes no cell on any terminal and looks like nothing; stands for an emoji's joint."""
_JOINER = "\u200d"
_JOINED = (
    ("\u1160", "\u11ff"),
    ("\ud7b0", "\ud7ff"),
    ("\ufe00", "\ufe0f"),
    ("\U0001f3fb", "\U0001f3ff"),
    ("\U000e0020", "\U000e007f"),
)
"""Vowels and finals of Hangul in pieces, variation selectors, skin tones, tags: they belong to what is before them."""
_FLAG = ("\U0001f1e6", "\U0001f1ff")
"""Letters of which two make a flag."""

_PICTURE = (
    "[\u2190-\u21ff\u2300-\u23ff\u2460-\u24ff\u25a0-\u27bf\u2900-\u297f\u2b00-\u2bff"
    "\U0001f000-\U0001f1e5\U0001f200-\U0001f3fa\U0001f400-\U0001faff]"
)
_DRESSED = f"{_PICTURE}(?:\ufe0f|[\U0001f3fb-\U0001f3ff])?"
_EMOJI = re.compile(
    f"{_DRESSED}(?:\u200d{_DRESSED}){{1,7}}|{_PICTURE}(?:\ufe0f|[\U0001f3fb-\U0001f3ff])"
    f"|[#*0-9]\ufe0f?\u20e3|[\U0001f1e6-\U0001f1ff]{{2}}|\U0001f3f4[\U000e0020-\U000e007e]{{1,15}}\U000e007f|(?:{_PICTURE}|[#*0-9]){JOINED}{{1,16}}"
    f"|[\u0600-\u07ff\u0900-\u0dff][\u200c\u200d{JOINED}]"
)


def whole_characters(text: str) -> Iterator[tuple[int, int]]:
    """From where to where each character goes that a person sees."""
    start = 0
    for i, character in enumerate(text):
        if i > start and not (_belongs(character) or text[i - 1] == _JOINER or is_flag(text[start : i + 1])):
            yield start, i
            start = i
    if text:
        yield start, len(text)


def emoji_sequences(text: str) -> Iterator[tuple[int, int]]:
    """From where to where each emoji of several code points goes, and each Arabic or Indian letter with its joiner.

    Only of those that are well formed and not too long.
    """
    return (found.span() for found in _EMOJI.finditer(text)) if not text.isascii() else iter(())


def may_go_on(character: str) -> bool:
    """Whether what comes next may belong to it, so that it is not known yet how it is shown."""
    return character in "\u200d\ufe0f" or _FLAG[0] <= character <= _FLAG[1]


def whole_around(text: str, start: int, end: int) -> tuple[int, int]:
    """The same part of a text, as much longer as no character that a person sees is cut."""
    if text.isascii():
        return start, end
    spans = list(whole_characters(text))
    return (
        next((first for first, behind in spans if first <= start < behind), start),
        next((behind for first, behind in spans if first < end <= behind), end),
    )


def _belongs(character: str) -> bool:
    if character == _JOINER or unicodedata.category(character)[0] == "M":
        return True
    return any(first <= character <= last for first, last in _JOINED)


def is_flag(text: str) -> bool:
    """Two letters that make a flag."""
    return len(text) == 2 and all(_FLAG[0] <= character <= _FLAG[1] for character in text)
