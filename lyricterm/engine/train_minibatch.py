"""The inside of the chapter's training loop, on one page (chapter: "define the training function").

    minibatch → forward → backward → clip → step → report

The equations behind ``forward`` and ``backward`` are in ``bptt`` (all time steps) and ``cells`` (one time step), those
of the step in ``optimizers``. What is returned here is reported by ``Trainer.advance``.
"""

from __future__ import annotations

import math

from torch import Tensor

from lyricterm.core.settings import Recipe
from lyricterm.engine import device as devices
from lyricterm.engine.clipping import clipping_of, gradient_norm
from lyricterm.engine.dropout import NO_DROPOUT, Dropout, dropout_of
from lyricterm.engine.optimizers import OPTIMIZERS, take_step
from lyricterm.engine.protocols import Engine, MinibatchOutcome, carries_state, cuts_state
from lyricterm.engine.sampling import Minibatches


def train_minibatch(
    engine: Engine, minibatch: tuple[Tensor, Tensor], recipe: Recipe, dropout: Dropout = NO_DROPOUT
) -> MinibatchOutcome:
    """Train one minibatch. If the loss or the gradient overflows, the parameters are the last good ones afterwards.

    Args:
        minibatch: inputs X and labels Y, (batch, steps) each.
        dropout: what is dropped between the layers.

    Raises:
        OutOfMemoryError: if memory runs out; the parameters are as before.
    """
    X, Y = minibatch
    model = engine.model
    with devices.memory_errors():
        # H_t, Y = H W_hy + b_y, cross-entropy
        loss = engine.forward(X, Y, recipe.activation, cuts_state(recipe), dropout)
        engine.backward()  # through time, into model.gradient
    total = float(loss)
    if not math.isfinite(total):
        model.go_back()
        model.memory.clear()
        return MinibatchOutcome(total, math.nan, clipped=False, overflow="loss")

    norm = gradient_norm(model.gradient.flat)  # clip: g ← min(θ/‖g‖, 1) g
    factor, left = clipping_of(recipe)(model.gradient.flat, norm, recipe.theta)
    if not math.isfinite(norm) or not OPTIMIZERS[recipe.optimizer].fits(recipe.lr, left):
        model.keep()
        model.memory.clear()
        return MinibatchOutcome(total, norm, clipped=False, overflow="gradient")

    take_step(recipe.optimizer, model, recipe.lr, factor, recipe.weight_decay)  # step: w ← w - lr g
    return MinibatchOutcome(total, norm, clipped=left < norm)


def train_minibatches(
    engine: Engine, plan: Minibatches, first: int, count: int, recipe: Recipe
) -> list[MinibatchOutcome]:
    """Train some minibatches of an epoch, or up to the first overflow."""
    outcomes: list[MinibatchOutcome] = []
    for number in range(first, first + count):
        if number == 0 or not carries_state(recipe):
            engine.reset(recipe.batch)
        outcomes.append(train_minibatch(engine, plan[number], recipe, dropout_of(recipe, plan.seed, number)))
        if outcomes[-1].overflow:
            engine.reset(recipe.batch)
            break
    return outcomes
