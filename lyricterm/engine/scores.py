"""One model, two texts, two ways to read them: what a run learnt depends on how it is asked."""

from __future__ import annotations

import math

from torch import Tensor

from lyricterm.core.perplexity import perplexity
from lyricterm.core.run_data import Scores
from lyricterm.engine.held_out import LEAST, MOST, HeldOut
from lyricterm.engine.trainer import Trainer


def scores(trainer: Trainer) -> Scores:
    """Score the training text and the held-out text with the weights as they are."""
    text = trainer.validation.text
    held_out = None if text is None else text.indices.to(trainer.device)
    training = _both(trainer, trainer.indices[:MOST])
    return Scores(*training, *_both(trainer, held_out))


def _both(trainer: Trainer, indices: Tensor | None) -> tuple[float, float]:
    """The perplexity from zero states, as often as in training, and with the state carried on."""
    if indices is None or len(indices) < LEAST:
        return math.nan, math.nan
    recipe = trainer.recipe
    scored = HeldOut(indices, trainer.model, recipe.cell, steps=recipe.steps)
    zero, carried = (scored.loss(recipe.activation, carried=carried) for carried in (False, True))
    return perplexity(zero), perplexity(carried)
