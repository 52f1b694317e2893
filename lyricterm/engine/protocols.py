"""What the training loop asks of an engine and of a burst, and what became of a minibatch."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

from torch import Tensor

from lyricterm.core.settings import Recipe
from lyricterm.engine.cells.base import State
from lyricterm.engine.dropout import NO_DROPOUT, Dropout
from lyricterm.engine.model import Model
from lyricterm.engine.sampling import SAMPLINGS, Minibatches

LONGEST_STEP = 1e38
"""An update with a larger norm could leave what float32 holds, and the parameters would not be finite."""


class Engine(Protocol):
    """Computes the loss and the gradient of a minibatch and carries the hidden state."""

    model: Model

    @property
    def invariant(self) -> bool:
        """Whether the number of CPU threads may change without changing any loss, as far as is known."""

    def prepare(self, batch: int, steps: int) -> None:
        """Get ready for minibatches of a shape; the parameters and the carried state stay as they are."""

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

    def forward(
        self, inputs: Tensor, labels: Tensor, activation: str, detach: bool, dropout: Dropout = NO_DROPOUT
    ) -> Tensor:
        """The summed cross-entropy of a minibatch (0-d, nats)."""

    def backward(self) -> None:
        """Once after each ``forward``: leave its gradient in the model, and carry its last state on."""


@dataclass(frozen=True)
class MinibatchOutcome:
    """What became of one minibatch."""

    total: float
    """Summed cross-entropy in nats."""
    norm: float
    """Of the gradient before clipping; NaN if the loss overflowed."""
    clipped: bool
    overflow: str | None = None
    """``loss`` or ``gradient``; then the parameters are the last good ones and the carried state is zero."""


class Burst(Protocol):
    """Another way to train several minibatches in a row, with the same result; only where the state is cut."""

    longest: int
    """How many minibatches it likes to train between two looks at anything else."""

    def choose_routes(self, recipe: Recipe) -> None:
        """Choose by which routes ``run`` multiplies."""

    def prepare(self, recipe: Recipe) -> None:
        """Do what the first ``run`` with these settings would have to do before it can train."""

    def run(self, plan: Minibatches, start: int, count: int, recipe: Recipe) -> Sequence[MinibatchOutcome]:
        """Train minibatches ``start`` to ``start + count - 1`` of an epoch, or up to the first overflow."""


def cuts_state(recipe: Recipe) -> bool:
    """Whether each minibatch's gradient stays within the minibatch."""
    return recipe.detach or not carries_state(recipe)


def carries_state(recipe: Recipe) -> bool:
    """Whether the hidden state goes on from minibatch to minibatch."""
    return SAMPLINGS[recipe.sampling].carries_state
