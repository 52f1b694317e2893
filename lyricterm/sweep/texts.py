"""The texts that a sweep's runs learn, read once where the sweep is begun; other machines get them from here."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import fields
from typing import TYPE_CHECKING

from lyricterm.core.errors import SweepError
from lyricterm.core.i18n import _
from lyricterm.core.settings import Recipe
from lyricterm.core.text_settings import TextSettings
from lyricterm.training.resume import read_text

if TYPE_CHECKING:
    from lyricterm.corpus.text import Corpus

HELD_OUT = "valid_perplexity"
"""The metric, among those that runs are judged by, that there is of a held-out text only."""
_NAMES = [each.name for each in fields(TextSettings)]


def read_texts(recipes: Sequence[Recipe], metric: str = "perplexity") -> list[Corpus]:
    """The text of each recipe; those with the same settings of the text share one.

    Args:
        recipes: of the runs.
        metric: a name of ``METRICS``, by which the runs are judged.

    Raises:
        CorpusError: if one cannot be read, or is too short for its minibatches.
        SweepError: if runs are judged by a held-out text, and one has none.
    """
    from lyricterm.corpus.length import check_length
    from lyricterm.engine.split import is_scored, split

    read: dict[tuple[object, ...], Corpus] = {}
    found = []
    for recipe in recipes:
        key = tuple(getattr(recipe, name) for name in _NAMES)
        text = read[key] = read.get(key) or read_text(recipe)
        trained_on, held_out = split(text, recipe.valid)
        if metric == HELD_OUT and not is_scored(held_out):
            sentence = _(
                "--by {metric} judges by a held-out text, and there is none: hold out a share, such as --valid 0.1."
            )
            raise SweepError(sentence.format(metric=metric))
        check_length(len(trained_on.text), recipe.sampling, recipe.batch, recipe.steps)
        found.append(text)
    return found
