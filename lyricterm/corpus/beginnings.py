"""How the lines of a text begin: what lyrics are written for where a person asks for nothing else."""

from __future__ import annotations

import re
from collections import Counter
from typing import TYPE_CHECKING

from lyricterm.core.settings import Recipe
from lyricterm.corpus.characters import prepare

if TYPE_CHECKING:
    from lyricterm.corpus.text import Corpus

_FIRST_WORDS = re.compile(r"\S+(?: \S+)?")
_CHINESE_OR_JAPANESE = re.compile("[\u3040-\u30ff\u3400-\u9fff\uf900-\ufaff\U00020000-\U0003ffff]")
_LONGEST = 24
"""Characters of a beginning."""


def beginnings(text: str, count: int = 2) -> tuple[str, ...]:
    """The most frequent beginnings of the lines, most frequent first; where two are as frequent, as in the text.

    A beginning is the first two characters of a line in Chinese or Japanese, else its first two words.
    """
    found = Counter(map(_beginning, _lines(text)))
    return tuple(beginning for beginning, _uses in found.most_common(count))


def fitting(recipe: Recipe, corpus: Corpus) -> tuple[str, ...]:
    """The prefixes that lyrics are written for.

    The recipe's; but the chapter's, which nobody has to ask for, only if the text has them, else its own beginnings.
    """
    return usual(recipe, corpus) if recipe.prefixes == Recipe().prefixes else recipe.prefixes


def usual(recipe: Recipe, corpus: Corpus) -> tuple[str, ...]:
    """The prefixes of a recipe that asks for none: the chapter's, if the text has them all, else its own beginnings."""
    chapters = Recipe().prefixes
    has_all = all(prepare(prefix, recipe).text in corpus.text for prefix in chapters)
    return corpus.beginnings if corpus.beginnings and not has_all else chapters


def repeated_share(text: str) -> float:
    """Which part of the lines that are not blank were there before, from 0 to 1."""
    lines = _lines(text)
    return 1 - len(set(lines)) / len(lines) if lines else 0.0


def _lines(text: str) -> list[str]:
    """Those that are not blank, without the blanks around them."""
    return list(filter(None, map(str.strip, text.replace("\r", "\n").split("\n"))))


def _beginning(line: str) -> str:
    if _CHINESE_OR_JAPANESE.match(line):
        return line[:2]
    found = _FIRST_WORDS.match(line)
    return found[0][:_LONGEST].rstrip() if found else line[:2]
