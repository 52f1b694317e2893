"""How well a command fits what is typed into the palette. No guessing: every word typed must be found."""

from __future__ import annotations

import re
from collections.abc import Iterable

_BEGINS, _IN_TITLE, _IN_SYNONYMS, _IN_HELP = 1.0, 0.9, 0.7, 0.4


def fit(query: str, titles: Iterable[str], synonyms: Iterable[str], helps: Iterable[str]) -> float:
    """From 0, it does not fit, to 1, a title begins with it. Each kind of text may come in several languages."""
    texts = [tuple(map(str.casefold, each)) for each in (titles, synonyms, helps)]
    words = query.casefold().split()
    scores = [_fit(word, *texts) for word in words]
    return sum(scores) / len(scores) if scores and all(scores) else 0.0


def _fit(word: str, titles: tuple[str, ...], synonyms: tuple[str, ...], helps: tuple[str, ...]) -> float:
    if any(title.startswith(word) for title in titles):
        return _BEGINS
    for texts, score in ((titles, _IN_TITLE), (synonyms, _IN_SYNONYMS), (helps, _IN_HELP)):
        if any(place_of(word, text) is not None for text in texts):
            return score
    return 0.0


def place_of(word: str, text: str) -> tuple[int, int] | None:
    """Where a word, or the beginning of one, stands: anywhere in Chinese, where a word begins elsewhere."""
    begins = r"(?<![a-z0-9])" if word.isascii() else ""
    found = re.search(begins + re.escape(word.casefold()), text.casefold())
    return found.span() if found else None
