"""Training minibatches of one epoch in a row: gradient, clipping, update, and what to do on overflow."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

from torch import Tensor

from lyricterm.core.settings import Recipe
from lyricterm.engine import device as devices
from lyricterm.engine.cells.base import State
from lyricterm.engine.clipping import CLIPPINGS, gradient_norm
from lyricterm.engine.model import Model
from lyricterm.engine.sampling import SAMPLINGS, Minibatches

LONGEST_STEP = 1e38
"""An update with a larger norm could leave what float32 holds, and the parameters would not be finite."""


class Engine(Protocol):
    """Computes the loss and the gradient of a minibatch and carries the hidden state."""

    model: Model

    @property
    def state(self) -> State:
        """The hidden state carried to the next minibatch."""

    @property
    def held_bytes(self) -> float:
        """Bytes of the activations that the latest gradient ran back over; NaN if it cannot say."""

    def reset(self, batch: int) -> None:
        """Start from a zero state with nothing behind it."""

    def carry(self, state: State) -> None:
        """Start from a given state with nothing behind it."""

    def loss_and_gradient(self, inputs: Tensor, labels: Tensor, activation: str, detach: bool) -> Tensor:
        """The summed cross-entropy of a minibatch; its gradient is left in the model."""


@dataclass(frozen=True)
class Outcome:
    """What became of one minibatch."""

    total: float
    """Summed cross-entropy in nats."""
    norm: float
    """Of the gradient before clipping; NaN if the loss overflowed."""
    clipped: bool
    overflow: str | None = None
    """``loss`` or ``gradient``; then the parameters are the last good ones and the carried state is zero."""


class Stepper(Protocol):
    """A way to train minibatches."""

    burst: int
    """How many minibatches it likes to train between two looks at anything else."""

    def run(self, plan: Minibatches, start: int, count: int, recipe: Recipe) -> Sequence[Outcome]:
        """Train minibatches ``start`` to ``start + count - 1`` of an epoch, or up to the first overflow."""


def cuts_state(recipe: Recipe) -> bool:
    """Whether each minibatch's gradient stays within the minibatch."""
    return recipe.detach or not carries_state(recipe)


def carries_state(recipe: Recipe) -> bool:
    """Whether the hidden state goes on from minibatch to minibatch."""
    return SAMPLINGS[recipe.sampling].carries_state


class EagerStepper:
    """One minibatch after another, each looked at before the next."""

    burst = 1

    def __init__(self, engine: Engine) -> None:
        self._engine = engine

    def run(self, plan: Minibatches, start: int, count: int, recipe: Recipe) -> list[Outcome]:
        """Train minibatches; see ``Stepper``."""
        outcomes: list[Outcome] = []
        for number in range(start, start + count):
            if number == 0 or not carries_state(recipe):
                self._engine.reset(recipe.batch)
            outcomes.append(self._train(*plan[number], recipe))
            if outcomes[-1].overflow:
                break
        return outcomes

    def _train(self, inputs: Tensor, labels: Tensor, recipe: Recipe) -> Outcome:
        model = self._engine.model
        with devices.memory_errors():
            loss = self._engine.loss_and_gradient(inputs, labels, recipe.activation, cuts_state(recipe))
            total = float(loss)
        if not math.isfinite(total):
            model.go_back()
            return self._overflow(total, math.nan, "loss", recipe)
        norm = gradient_norm(model.gradient.flat)
        factor = CLIPPINGS[recipe.clipping](norm, recipe.theta)
        if not math.isfinite(norm) or recipe.lr * factor * norm > LONGEST_STEP:
            model.keep()
            return self._overflow(total, norm, "gradient", recipe)
        model.descend(recipe.lr * factor)
        return Outcome(total, norm, factor < 1)

    def _overflow(self, total: float, norm: float, what: str, recipe: Recipe) -> Outcome:
        self._engine.reset(recipe.batch)
        return Outcome(total, norm, clipped=False, overflow=what)
