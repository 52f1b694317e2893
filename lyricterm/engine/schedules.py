"""Learning-rate schedules: by what the learning rate is multiplied in each epoch."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass
from functools import lru_cache

from lyricterm.core.settings import Recipe

WARM_UP_EPOCHS = 10
STEP_FACTOR = 0.1
PLATEAU_EPOCHS = 5
"""Epochs without a lower loss before the rate is halved."""
PLATEAU_FACTOR = 0.5
_LEAST = 1e-6


@dataclass
class Plateau:
    """What "reduce on plateau" remembers."""

    best: float = math.inf
    waited: int = 0
    factor: float = 1.0

    def end_epoch(self, loss: float) -> None:
        """An epoch has reached this loss (held-out, where there is such text)."""
        if loss < self.best:
            self.best, self.waited = loss, 0
            return
        self.waited += 1
        if self.waited > PLATEAU_EPOCHS:
            self.factor, self.waited = max(_LEAST, self.factor * PLATEAU_FACTOR), 0


Schedule = Callable[[int, int, Plateau], float]
"""Epochs done, epochs in all, and the plateau's memory, to the factor."""


def constant(done: int, epochs: int, plateau: Plateau) -> float:
    """The chapter's."""
    return 1.0


def step(done: int, epochs: int, plateau: Plateau) -> float:
    """A tenth after half of the epochs, and a tenth of that after three quarters."""
    return STEP_FACTOR ** sum(done >= share * epochs for share in (0.5, 0.75))


def cosine(done: int, epochs: int, plateau: Plateau) -> float:
    """Half a cosine, from 1 towards 0 (Loshchilov and Hutter 2017)."""
    return max(_LEAST, (1 + math.cos(math.pi * min(done, epochs) / epochs)) / 2)


def warm_up(done: int, epochs: int, plateau: Plateau) -> float:
    """A tenth more each epoch for the first ten, then constant."""
    return min(1.0, (done + 1) / WARM_UP_EPOCHS)


def reduce_on_plateau(done: int, epochs: int, plateau: Plateau) -> float:
    """Halved whenever the loss has not fallen for five epochs."""
    return plateau.factor


SCHEDULES: dict[str, Schedule] = {
    "constant": constant,
    "step": step,
    "cosine": cosine,
    "warm-up": warm_up,
    "plateau": reduce_on_plateau,
}


def scheduled(recipe: Recipe, done: int, plateau: Plateau) -> Recipe:
    """The recipe with the learning rate that holds in the epoch after ``done`` ones."""
    factor = SCHEDULES[recipe.schedule](done, recipe.epochs, plateau)
    return recipe if factor == 1 else _with_rate(recipe, recipe.lr * factor)


@lru_cache(maxsize=4)
def _with_rate(recipe: Recipe, lr: float) -> Recipe:
    # All values of a recipe are checked whenever one is made: too slow for every minibatch.
    return recipe.with_values({"lr": lr})
