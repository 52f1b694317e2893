"""Which minibatch each piece of the text goes to."""

from __future__ import annotations

import torch

from lyricterm.core.inspection import (
    EXAMPLE_BATCH,
    EXAMPLE_LENGTH,
    EXAMPLE_STEPS,
    AskSampling,
    Example,
    SamplingShown,
    Window,
)
from lyricterm.engine.sampling import SAMPLINGS, Minibatches, epoch_seed
from lyricterm.engine.trainer import Trainer


def windows(trainer: Trainer, question: AskSampling) -> SamplingShown:
    """Both samplings of one epoch, side by side."""
    epoch = trainer.epoch if question.epoch is None else question.epoch
    recipe = trainer.recipe
    seen = tuple(_window(trainer, question, name, epoch_seed(recipe.seed, epoch)) for name in SAMPLINGS)
    length = len(trainer.corpus.text)
    return SamplingShown(epoch, recipe.sampling, recipe.batch, recipe.steps, length, seen)


def _window(trainer: Trainer, question: AskSampling, name: str, seed: int) -> Window:
    sampling, recipe, text = SAMPLINGS[name], trainer.recipe, trainer.corpus.text
    example = _example(sampling(torch.arange(EXAMPLE_LENGTH), EXAMPLE_BATCH, EXAMPLE_STEPS, seed))
    plan: Minibatches = sampling(trainer.indices, recipe.batch, recipe.steps, seed, trainer.shuffle)
    if not len(plan):
        return Window(name, sampling.carries_state, example, 0)
    number, row = question.minibatch % len(plan), question.row % recipe.batch
    starts = plan.starts(number).tolist()
    first = max(0, min(starts[row] - question.before, len(text) - question.length))
    shown = text[first : first + question.length]
    owners = tuple(plan.owners(first, len(shown)).tolist())
    return Window(name, sampling.carries_state, example, len(plan), number, row, tuple(starts), first, shown, owners)


def _example(plan: Minibatches) -> Example:
    pairs = [plan[i] for i in range(len(plan))]
    inputs, labels = ([_rows(minibatch) for minibatch in part] for part in zip(*pairs, strict=True))
    return Example(tuple(inputs), tuple(labels))


def _rows(minibatch: torch.Tensor) -> tuple[tuple[int, ...], ...]:
    return tuple(tuple(row) for row in minibatch.tolist())
