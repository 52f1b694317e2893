"""Which of the characters that a person types a model does not know."""

from __future__ import annotations

import unicodedata
from collections.abc import Iterator

from lyricterm.core.text_settings import TextSettings
from lyricterm.corpus.characters import prepare
from lyricterm.corpus.index import unknown_of

_JOINER = "\u200d"
_JOINED = (("\u1160", "\u11ff"), ("\ud7b0", "\ud7ff"), ("\ufe00", "\ufe0f"), ("\U0001f3fb", "\U0001f3ff"))
"""Vowels and finals of Hangul in pieces, variation selectors, skin tones: they belong to what stands before them."""


def whole_characters(text: str) -> Iterator[tuple[int, int]]:
    """From where to where each character goes that a person sees: a letter with its marks, an emoji with its joints."""
    start = 0
    for i, character in enumerate(text):
        if i > start and not (_belongs(character) or text[i - 1] == _JOINER):
            yield start, i
            start = i
    if text:
        yield start, len(text)


def unknown_in(text: str, settings: TextSettings, known: frozenset[str]) -> list[tuple[int, int]]:
    """From where to where each typed character goes that is skipped.

    Each is treated as the text was, so that what is typed in pieces is known as one.
    """
    has_stand_in = bool(unknown_of(settings)) and unknown_of(settings) in known
    return [
        (start, end)
        for start, end in whole_characters(text)
        if not _is_known(text[start:end], settings, known, has_stand_in=has_stand_in)
    ]


def _is_known(typed: str, settings: TextSettings, known: frozenset[str], *, has_stand_in: bool) -> bool:
    prepared = prepare(typed, settings)
    found = all(has_stand_in or character in known or character.lower() in known for character in prepared.text)
    return found and not prepared.dropped


def _belongs(character: str) -> bool:
    if character == _JOINER or unicodedata.category(character)[0] == "M":
        return True
    return any(first <= character <= last for first, last in _JOINED)
