"""What can be found out about a model beyond its curve, after an epoch or at the end of its run."""

from __future__ import annotations

import math
import statistics
from collections.abc import Callable, Iterable, Sequence
from typing import TYPE_CHECKING

from lyricterm.core.copied import copied_share
from lyricterm.core.decoding import Decoding
from lyricterm.core.events import Event, Examined
from lyricterm.core.perplexity import perplexity
from lyricterm.core.run_data import DecodingTrial, FromZero

if TYPE_CHECKING:
    from lyricterm.corpus.mapped import Text
    from lyricterm.engine.generation import Completion
    from lyricterm.engine.trainer import Trainer

Examination = Callable[[int, "Trainer"], Event]
"""Looks at the model of a run, which is given by its number, and says what it found."""

_BEGINNINGS = 16
"""Prefixes that each way of decoding goes on with."""
_CHARACTERS = 2
"""Of a prefix."""
_LENGTH = 100
"""Characters that are written after a prefix."""
_NEAR = 40
"""Characters in which a blank is looked for, so that a prefix begins a line or a word."""


def scored(run: int, trainer: Trainer) -> Examined:
    """How well the model does on both texts, read in both ways."""
    from lyricterm.engine.scores import scores

    return Examined(run, scores(trainer))


def scored_from_zero(run: int, trainer: Trainer) -> Examined:
    """How well the model does on held-out text where its state is set to zero as often as in random sampling."""
    loss = trainer.validation.loss_from_zero(trainer.recipe)
    return Examined(run, FromZero(trainer.epoch, perplexity(loss)))


def decoded_with(decodings: Iterable[Decoding]) -> tuple[Examination, ...]:
    """Examinations that let the model go on with beginnings from the training text: one for each way of decoding."""
    return tuple(_writes_with(decoding) for decoding in decodings)


def _writes_with(decoding: Decoding) -> Examination:
    def examine(run: int, trainer: Trainer) -> Examined:
        return Examined(run, _trials(trainer, decoding, prefixes_from(trainer.corpus.text)))

    return examine


def prefixes_from(text: Text) -> tuple[str, ...]:
    """Beginnings at even distances in a text, each once; after a blank where one is near."""
    places = range(0, len(text), max(1, len(text) // _BEGINNINGS))
    starts = (_after_blank(text, place) for place in places[:_BEGINNINGS])
    found = dict.fromkeys(text[start : start + _CHARACTERS] for start in starts)
    return tuple(prefix for prefix in found if len(prefix) == _CHARACTERS)


def _after_blank(text: Text, place: int) -> int:
    if place == 0:
        return 0
    near = text[place : place + _NEAR]
    return place + next((i + 1 for i, character in enumerate(near) if character.isspace()), 0)


def _trials(trainer: Trainer, decoding: Decoding, prefixes: Sequence[str]) -> tuple[DecodingTrial, ...]:
    """One completion of each prefix, where chance decides each with a seed of its own."""
    written = [trainer.generate(prefix, _LENGTH, decoding, seed)[0] for seed, prefix in enumerate(prefixes)]
    text = trainer.corpus.text
    return tuple(
        DecodingTrial(decoding, each.prefix, each.text, _loss(each), copied_share(each.text, text)) for each in written
    )


def _loss(written: Completion) -> float:
    if 0.0 in written.probabilities:
        return math.inf
    return statistics.fmean(-math.log(probability) for probability in written.probabilities)
