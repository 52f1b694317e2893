"""How long an epoch takes with different settings, measured so that the machine's load falls on all of them alike."""

from __future__ import annotations

import math
import statistics
import time
from collections.abc import Callable, Sequence
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


def epoch_seconds(
    recipes: Sequence[Recipe], is_stopped: Callable[[], bool] = lambda: False, rounds: int = ROUNDS
) -> list[float]:
    """Seconds of an epoch for each recipe: the median minibatch times their number.

    The runs take turns, a minibatch each. NaN where a run cannot train, or where the measurement was stopped.
    """
    trainers = [_trainer(recipe) for recipe in recipes]
    times: list[list[float]] = [[] for _ in recipes]
    for number in range(_WARM_UP + rounds):
        for trainer, taken in zip(trainers, times, strict=True):
            if is_stopped():
                return [math.nan] * len(recipes)
            if trainer is not None:
                seconds = _seconds(trainer)
                if number >= _WARM_UP:
                    taken.append(seconds)
    return [
        statistics.median(taken) * trainer.minibatches if trainer and taken else math.nan
        for trainer, taken in zip(trainers, times, strict=True)
    ]


def _trainer(recipe: Recipe) -> Trainer | None:
    try:
        return fresh(recipe).trainer
    except LyrictermError:
        return None


def _seconds(trainer: Trainer) -> float:
    begun = time.perf_counter()
    steps = trainer.advance(1)
    return (time.perf_counter() - begun) / len(steps)
