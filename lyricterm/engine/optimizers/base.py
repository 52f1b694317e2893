"""What every optimiser must do: move the parameters along the gradient, with what it remembers of earlier ones."""

from __future__ import annotations

from typing import Protocol

from lyricterm.engine.model import Model

LONGEST_STEP = 1e38
"""An update with a larger norm could leave what float32 holds, and the parameters would not be finite."""
LONGEST_SQUARED = 1e18
"""A gradient with a larger norm could not be squared in float32."""


class Optimizer(Protocol):
    """One rule. It works on the model's flat vectors and keeps its memory in ``model.memory``."""

    slots: int
    """How many vectors, as long as the parameters, it remembers."""

    def fits(self, lr: float, norm: float) -> bool:
        """Whether a step along a gradient of this norm (after clipping) leaves everything finite."""

    def step(self, model: Model, lr: float, factor: float, decay: float) -> None:
        """Take one step.

        Args:
            factor: what clipping multiplies ``model.gradient`` with.
            decay: weight decay.
        """


def scaled_gradient(model: Model, factor: float, decay: float) -> None:
    """g ← factor g + decay w, in place (weight decay as an L2 term of the loss)."""
    if factor != 1:
        model.gradient.flat.mul_(factor)
    if decay:
        model.gradient.flat.add_(model.parameters.flat, alpha=decay)
