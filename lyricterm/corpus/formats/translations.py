"""Lyrics with a second language beside the first: which lines are the translation."""

from __future__ import annotations

import re
import unicodedata
from collections import Counter
from collections.abc import Iterable, Iterator
from itertools import chain, islice

from lyricterm.corpus.formats.base import FormatFindings

_PEEKED = 60
"""Verses from which it is found out whether there are two languages."""
_FEWEST = 3
"""Verses in two languages, below which it may be chance."""
_MOSTLY = 0.8
"""Their share of all."""
_BETWEEN = re.compile(r"\s+[/|]\s+|\s*[／｜]\s*")
"""What stands between a line and its translation on one line."""
_KANA = ("HIRAGANA", "KATAKANA")


def without_translations(verses: Iterable[str], findings: FormatFindings) -> Iterator[str]:
    """The same verses, each without its second half where nearly all are in two languages.

    Args:
        verses: of one line, "a / b", or of two; blank ones stay.
        findings: is told how many lines are left out.
    """
    rest = iter(verses)
    first = list(islice(rest, _PEEKED))
    pairs = [_halves(verse) for verse in first if verse.strip()]
    bilingual = sum(map(_is_bilingual, pairs))
    if bilingual < max(_FEWEST, _MOSTLY * len(pairs)):
        yield from chain(first, rest)
        return
    for verse in chain(first, rest):
        halves = _halves(verse)
        if _is_bilingual(halves):
            findings.translations += 1
            yield halves[0]
        else:
            yield verse


def _halves(verse: str) -> list[str]:
    return verse.split("\n") if "\n" in verse else _BETWEEN.split(verse)


def _is_bilingual(halves: list[str]) -> bool:
    scripts = [_script(half) for half in halves]
    return len(scripts) == 2 and "" not in scripts and scripts[0] != scripts[1]


def _script(text: str) -> str:
    """That of most letters, such as LATIN; one kana makes it Japanese."""
    found = Counter(unicodedata.name(letter, "").partition(" ")[0] for letter in text if letter.isalpha())
    if any(kana in found for kana in _KANA):
        return _KANA[0]
    return found.most_common(1)[0][0] if found else ""
