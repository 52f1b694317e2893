"""How long epochs and lyrics take with different settings, measured with the machine's load on all of them alike."""

from __future__ import annotations

import math
import statistics
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from lyricterm.core.errors import LyrictermError
from lyricterm.core.settings import Recipe
from lyricterm.training.resume import fresh

if TYPE_CHECKING:
    from lyricterm.engine.trainer import Trainer

ROUNDS = 12
"""Minibatches that each run trains."""
_WARM_UP = 2
"""Rounds that are not counted: buffers are allocated, threads started."""


@dataclass(frozen=True)
class EpochTime:
    """Seconds of the parts of an epoch; NaN where a run cannot train."""

    training: float
    scoring: float
    """Of the held-out text, once."""
    lyrics: float
    """For all prefixes, once."""
    turns: tuple[float, ...] = ()
    """``training``, by each minibatch that was measured; it is their median."""

    def run(self, recipe: Recipe) -> float:
        """Seconds of a whole run, with lyrics every ``pred_period`` epochs."""
        lyrics = recipe.epochs // recipe.pred_period * self.lyrics
        return recipe.epochs * (self.training + self.scoring) + lyrics


UNKNOWN = EpochTime(math.nan, math.nan, math.nan)


def epoch_times(
    recipes: Sequence[Recipe], is_stopped: Callable[[], bool] = lambda: False, rounds: int = ROUNDS
) -> list[EpochTime]:
    """For each recipe the median minibatch times their number, and what comes at the end of an epoch.

    The runs take turns, a minibatch each. ``UNKNOWN`` where a run cannot train, or where the measurement was stopped.
    """
    trainers = [None if is_stopped() else _trainer(recipe) for recipe in recipes]
    times: list[list[float]] = [[] for _ in recipes]
    for number in range(_WARM_UP + rounds):
        for trainer, taken in zip(trainers, times, strict=True):
            if is_stopped():
                return [UNKNOWN] * len(recipes)
            if trainer is not None:
                seconds = _minibatch_seconds(trainer)
                if number >= _WARM_UP:
                    taken.append(seconds)
    return [
        _epoch_time(trainer, taken) if trainer and taken and not is_stopped() else UNKNOWN
        for trainer, taken in zip(trainers, times, strict=True)
    ]


def _trainer(recipe: Recipe) -> Trainer | None:
    try:
        return fresh(recipe).trainer
    except LyrictermError:
        return None


def _epoch_time(trainer: Trainer, taken: Sequence[float]) -> EpochTime:
    recipe = trainer.recipe
    scoring = _seconds(lambda: trainer.validation.loss(recipe.activation))
    lyrics = [_seconds(lambda p=prefix: trainer.complete(p, recipe.pred_len)) for prefix in trainer.prefixes]  # type: ignore[misc]
    turns = tuple(seconds * trainer.minibatches for seconds in taken)
    return EpochTime(statistics.median(turns), scoring, math.fsum(lyrics), turns)


def _minibatch_seconds(trainer: Trainer) -> float:
    # Of the training alone: an epoch may end with it, and the scoring of held-out text is measured by itself.
    return trainer.step().seconds


def _seconds(work: Callable[[], object]) -> float:
    begun = time.perf_counter()
    work()
    return time.perf_counter() - begun
