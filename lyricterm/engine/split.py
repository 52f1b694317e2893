"""Which part of a text is trained on, and which is held out."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sized
from dataclasses import dataclass

from torch import Tensor

from lyricterm.core.errors import RecipeError
from lyricterm.core.i18n import _
from lyricterm.core.settings import AUTO, Recipe
from lyricterm.corpus.index import unknown_of
from lyricterm.corpus.text import Corpus
from lyricterm.engine.held_out import LEAST, wanted
from lyricterm.engine.vocabulary import Vocabulary

_FRACTIONS = ("0.01", "0.02", "0.05", "0.1", "0.2", "0.3", "0.4", "0.5")
"""That are looked through for one which holds out enough."""


@dataclass(frozen=True)
class HeldOutText:
    """Text that is not trained on, over the vocabulary of the text that is."""

    indices: Tensor
    """int32, (characters,)"""
    unknown: int
    """Characters of it that the training text lacks; they are left out."""
    unknown_kinds: int
    """How many different ones."""
    total: int = 0
    """How many characters at the text's end a fraction holds out; 0 where it is text behind it."""


def split(corpus: Corpus, valid: str) -> tuple[Corpus, str]:
    """The text that is trained on, and the held-out text, which may be empty.

    Args:
        corpus: a text with what follows it.
        valid: the setting: ``auto`` for what follows, else the fraction at the end of the text.
    """
    if valid == AUTO:
        return corpus, corpus.beyond
    cut = len(corpus.text) - round(float(valid) * len(corpus.text))
    if cut == len(corpus.text):
        return corpus, ""
    # Of a text that lies in a file no more than is scored.
    end = len(corpus.text) if isinstance(corpus.text, str) else cut + wanted(cut)
    return corpus.first(cut), corpus.text[cut:end]


def beyond(recipe: Recipe) -> int:
    """How many characters behind those that are trained on are wanted."""
    return wanted(recipe.max_chars) if recipe.valid == AUTO else 0


def is_scored(held_out: str) -> bool:
    """Whether a held-out text is long enough; of one whose characters are all unknown nothing is scored even so."""
    return len(held_out) >= LEAST


def held_out_text(training: Sized, held_out: str, vocabulary: Vocabulary, total: int = 0) -> HeldOutText | None:
    """What is scored of the held-out text, of ``total`` characters; None if there is too little of it."""
    text = held_out[: wanted(len(training))]
    unknown = Counter(character for character in text if character not in vocabulary.index)
    known = "".join(character for character in text if character in vocabulary.index)
    if len(known) < LEAST:
        return None
    return HeldOutText(vocabulary.encode(known), unknown.total(), len(unknown), total)


def check_scored(corpus: Corpus, recipe: Recipe, text: HeldOutText | None) -> None:
    """Make sure that a fraction which a person gave holds out enough to be scored.

    Args:
        corpus: the whole text.
        recipe: that of a new run.
        text: what of the held-out text is scored.

    Raises:
        RecipeError: says which fraction would do.
    """
    if text is not None or recipe.valid == AUTO or not float(recipe.valid):
        return
    words = {"value": recipe.valid, "least": LEAST}
    enough = next(
        (each for each in _FRACTIONS if float(each) > float(recipe.valid) and _does(corpus, recipe, each)), ""
    )
    if not enough:
        sentence = _(
            "held out (--valid) {value} leaves too little of this text to score: {least} characters that the rest of "
            "it has as well are needed; take a longer text, or --valid 0 to hold out nothing."
        )
        raise RecipeError("valid", sentence.format(**words))
    sentence = _(
        "held out (--valid) {value} leaves too little of this text to score: {least} characters that the rest of it "
        "has as well are needed; give --valid {enough}, or --valid 0 to hold out nothing."
    )
    raise RecipeError("valid", sentence.format(enough=enough, **words))


def _does(corpus: Corpus, recipe: Recipe, valid: str) -> bool:
    """Whether that fraction holds out enough."""
    training, held_out = split(corpus, valid)
    vocabulary = Vocabulary.of(training.characters, unknown_of(recipe))
    return held_out_text(training.text, held_out, vocabulary) is not None
