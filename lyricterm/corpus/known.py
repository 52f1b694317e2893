"""Which of the characters that a person types a model does not know."""

from __future__ import annotations

from lyricterm.core.graphemes import whole_characters
from lyricterm.core.text_settings import TextSettings
from lyricterm.corpus.characters import prepare
from lyricterm.corpus.index import unknown_of


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
