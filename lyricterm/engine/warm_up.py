"""Before the clock: what is slow only once (new buffers, the choice of threads) is done without learning anything."""

from __future__ import annotations

import time
from collections.abc import Callable

from torch import Tensor

from lyricterm.core.settings import Recipe
from lyricterm.engine.clipping import gradient_norm
from lyricterm.engine.protocols import Engine

LONGEST = 2.0
"""Seconds after which no other minibatch is begun."""


def warm_up(
    engine: Engine, minibatch: tuple[Tensor, Tensor], recipe: Recipe, is_settled: Callable[[float], bool]
) -> None:
    """Compute the gradient of a minibatch, again and again until all is settled; the parameters stay as they are.

    Args:
        is_settled: is told how many seconds the minibatch took.
    """
    end = time.perf_counter() + LONGEST
    settled = False
    while not settled and time.perf_counter() < end:
        begun = time.perf_counter()
        engine.reset(recipe.batch)
        engine.forward(*minibatch, recipe.activation, True)
        engine.backward()
        gradient_norm(engine.model.gradient.flat)
        settled = is_settled(time.perf_counter() - begun)
