"""From a running trainer to a checkpoint and back."""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Mapping
from dataclasses import replace
from functools import partial
from typing import Any

import torch

from lyricterm.core.errors import CheckpointError
from lyricterm.core.i18n import _
from lyricterm.core.sanitize import one_line
from lyricterm.core.settings import SETTINGS, Applies, Recipe
from lyricterm.corpus.characters import prepare
from lyricterm.corpus.sources import absolute
from lyricterm.corpus.text import Corpus
from lyricterm.engine.best_epoch import BestEpoch
from lyricterm.engine.cells import shape_of
from lyricterm.engine.checkpoint import Checkpoint
from lyricterm.engine.generation import Generator
from lyricterm.engine.model import Model, Weights
from lyricterm.engine.remembered import Remembered, remembered
from lyricterm.engine.split import split
from lyricterm.engine.trainer import Trainer
from lyricterm.engine.trainer_state import EpochSums, TrainerState
from lyricterm.engine.undetached import Past, ReachStart


def capture(trainer: Trainer, record: Mapping[str, Any] | None = None) -> Checkpoint:
    """A copy of where a run stands; ``record`` is what its watcher wants to find again (plain JSON values)."""
    corpus = trainer.recipe.corpus
    # The working directory may have gone; a run is kept all the same.
    with contextlib.suppress(OSError, RuntimeError):
        corpus = absolute(corpus)
    carries = trainer.minibatch and trainer.carries_state
    standing = TrainerState(
        trainer.epoch,
        trainer.minibatch,
        replace(trainer.sums),
        tuple(part.detach().to("cpu", copy=True) for part in (trainer.engine.state if carries else ())),
        _copy(trainer.model.weights),
        _copy(trainer.model.kept.weights),
        _copy_past(trainer.past) if carries else None,
        trainer.unreported,
        _copy_best(trainer.validation.best, trainer.recipe.keep),
        trainer.arithmetic,
        _copy_memory(remembered(trainer.model)),
        replace(trainer.plateau),
        trainer.shuffle,
    )
    recipe = replace(trainer.recipe, corpus=corpus)
    asked = recipe.with_values(trainer.pending)
    return Checkpoint(recipe, asked, trainer.vocabulary, trainer.corpus.fingerprint, standing, dict(record or {}))


def after_epoch(trainer: Trainer, record: Mapping[str, Any]) -> Checkpoint:
    """A run that has just ended an epoch, with copies of its weights where they are: cheap enough for every epoch."""
    weights = trainer.model.weights.map(lambda weight: weight.detach().clone())
    standing = TrainerState(
        trainer.epoch,
        0,
        EpochSums(),
        (),
        weights,
        weights,
        None,
        (),
        replace(trainer.validation.best, weights=None),
        trainer.arithmetic,
        remembered(trainer.model),
        replace(trainer.plateau),
        trainer.shuffle,
    )
    asked = trainer.recipe.with_values(trainer.pending)
    return Checkpoint(trainer.recipe, asked, trainer.vocabulary, trainer.corpus.fingerprint, standing, dict(record))


def in_main_memory(checkpoint: Checkpoint) -> Checkpoint:
    """What ``after_epoch`` made, as it can be written."""
    recipe, asked, standing = checkpoint.recipe, checkpoint.asked, checkpoint.standing
    with contextlib.suppress(OSError, RuntimeError):
        corpus = absolute(recipe.corpus)
        recipe, asked = replace(recipe, corpus=corpus), replace(asked, corpus=corpus)
    weights, kept = _copy(standing.weights), _copy(standing.weights)
    standing = replace(standing, weights=weights, kept=kept, memory=_copy_memory(standing.memory))
    return replace(checkpoint, recipe=recipe, asked=asked, standing=standing)


def _copy(weights: Weights) -> Weights:
    return weights.map(lambda weight: weight.detach().to("cpu", copy=True))


def _copy_memory(memory: Remembered) -> Remembered:
    return replace(memory, slots=tuple(_copy(slot) for slot in memory.slots))


def _copy_best(best: BestEpoch, keep: str) -> BestEpoch:
    weights = _copy(best.weights) if best.weights is not None and keep == "best" else None
    return replace(best, weights=weights)


def _copy_past(past: Past | None) -> Past | None:
    """The beginning is never written to once it is taken; only its place may be elsewhere."""
    if past is None:
        return None
    beginning = past.beginning
    state = tuple(part.cpu() for part in beginning.state)
    memory = _copy_memory(beginning.memory)
    return Past(ReachStart(beginning.minibatch, _copy(beginning.weights), state, memory), past.variants)


def resume(
    checkpoint: Checkpoint, recipe: Recipe, corpus: Corpus, make: Callable[..., Trainer] | None = None
) -> Trainer:
    """A trainer that goes on where the checkpoint stopped.

    Args:
        recipe: what the checkpoint's run was last asked to be (``asked``); settings that may change while it trains may
            differ.
        corpus: the text of ``recipe.corpus``.
        make: makes the trainer, if it is to be another one than usual.

    Raises:
        CheckpointError: if the text is not the one that was trained on, or the position does not exist.
        DeviceError: if there is no room for it.
    """
    if split(corpus, recipe.valid)[0].fingerprint != checkpoint.fingerprint:
        sentence = _(
            "The corpus {name} is not the text this run was trained on; give that text with --corpus, or begin a new "
            "run on this one from the same weights with --adapt."
        )
        raise CheckpointError(sentence.format(name=one_line(corpus.name)))
    later = [name for name, setting in SETTINGS.items() if setting.applies is Applies.NEXT_EPOCH]
    now = recipe.with_values({name: getattr(checkpoint.recipe, name) for name in later})
    trainer = (make or Trainer)(now, corpus, arithmetic=checkpoint.standing.arithmetic)
    try:
        trainer.restore(checkpoint.standing)
    except ValueError as error:
        raise CheckpointError(_("The checkpoint's position in the epoch does not exist.")) from error
    trainer.change({name: getattr(recipe, name) for name in later})
    return trainer


def writer(checkpoint: Checkpoint) -> Generator:
    """A writer with the checkpoint's model, on the CPU."""
    recipe = checkpoint.recipe
    model = Model(shape_of(recipe, len(checkpoint.vocabulary)), torch.device("cpu"))
    model.parameters.load(checkpoint.standing.weights)
    return Generator(model, recipe.cell, checkpoint.vocabulary, partial(prepare, settings=recipe))
