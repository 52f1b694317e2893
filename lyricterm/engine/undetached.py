"""What the gradient still reaches behind the minibatch under way, when the carried state is not detached.

The engine stores the activations of each of those minibatches. They are too many to save; they come back, bit
for bit, by training the same minibatches again from where the gradient's reach begins.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import torch

from lyricterm.core.i18n import _
from lyricterm.core.settings import Recipe, Value
from lyricterm.engine.cells.base import State
from lyricterm.engine.model import Model, Weights
from lyricterm.engine.protocols import MinibatchOutcome, cuts_state
from lyricterm.engine.remembered import NOTHING, Remembered, remembered

CHANGEABLE = ("activation", "clipping", "theta", "lr", "optimizer", "weight_decay", "clip_by", "dropout")
"""The settings that may differ from one of these minibatches to the next."""

Variant = tuple[Value, ...]
"""The values of ``CHANGEABLE`` with which a minibatch was trained."""


@dataclass(frozen=True)
class ReachStart:
    """Where the gradient's reach begins: parameters and carried state before ``minibatch`` of the epoch."""

    minibatch: int
    weights: Weights
    state: State
    memory: Remembered = NOTHING


@dataclass(frozen=True)
class Past:
    """Enough to train the minibatches within the gradient's reach again."""

    beginning: ReachStart
    variants: tuple[Variant, ...]
    """One per minibatch since the beginning."""


class PastRecord:
    """Keeps the beginning and writes down what is trained."""

    def __init__(self) -> None:
        self._beginning: ReachStart | None = None
        self._variants: list[Variant] = []

    @property
    def past(self) -> Past | None:
        """None if the gradient does not reach behind the minibatch under way."""
        return Past(self._beginning, tuple(self._variants)) if self._beginning and self._variants else None

    def clear(self) -> None:
        """The gradient's reach ends here."""
        self._beginning = None
        self._variants.clear()

    def before(self, recipe: Recipe, minibatch: int, model: Model, state: State) -> None:
        """A minibatch (counted from 0) is about to be trained."""
        if cuts_state(recipe) or minibatch == 0:
            self.clear()
        if not cuts_state(recipe) and self._beginning is None:
            carried = tuple(part.clone() for part in state) if minibatch else ()
            self._beginning = ReachStart(minibatch, model.weights.map(torch.clone), carried, remembered(model))

    def after(self, recipe: Recipe, outcomes: Sequence[MinibatchOutcome]) -> None:
        """Minibatches have been trained with this recipe; an overflow ends the gradient's reach."""
        if self._beginning is None:
            return
        if outcomes[-1].overflow:
            self.clear()
        else:
            self._variants += [variant_of(recipe)] * len(outcomes)


def variant_of(recipe: Recipe) -> Variant:
    """The values of ``CHANGEABLE``."""
    return tuple(getattr(recipe, name) for name in CHANGEABLE)


def not_exact() -> str:
    """The notice that training the same minibatches again did not lead to the same weights."""
    return _(
        "The gradient's way back to the beginning of the epoch could only be rebuilt approximately here (the "
        "run was saved on another device or by another version); the losses may differ in their last digits."
    )
