"""The texts that a sweep's runs learn, read once where the sweep is begun; other machines get them from here."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import fields
from typing import TYPE_CHECKING

from lyricterm.core.settings import Recipe
from lyricterm.core.text_settings import TextSettings
from lyricterm.training.resume import read_text

if TYPE_CHECKING:
    from lyricterm.corpus.text import Corpus

_NAMES = [each.name for each in fields(TextSettings)]


def read_texts(recipes: Sequence[Recipe]) -> list[Corpus]:
    """The text of each recipe; those with the same settings of the text share one.

    Raises:
        CorpusError: if one cannot be read, or is too short for its minibatches.
    """
    from lyricterm.corpus.length import check_length
    from lyricterm.engine.split import split

    read: dict[tuple[object, ...], Corpus] = {}
    found = []
    for recipe in recipes:
        key = tuple(getattr(recipe, name) for name in _NAMES)
        text = read[key] = read.get(key) or read_text(recipe)
        trained_on, _held_out = split(text, recipe.valid)
        check_length(len(trained_on.text), recipe.sampling, recipe.batch, recipe.steps)
        found.append(text)
    return found
