"""Adam (Kingma and Ba 2015; Dive into Deep Learning, "Adam") and AdamW (Loshchilov and Hutter 2019).

    m ← 0.9 m + 0.1 g,   s ← 0.999 s + 0.001 g²
    w ← w - η (m / (1 - 0.9ᵗ)) / (√(s / (1 - 0.999ᵗ)) + ε)

Adam takes weight decay as part of the gradient; AdamW shrinks the parameters by η times the decay instead.
"""

from __future__ import annotations

import math

import torch

from lyricterm.engine.model import Model
from lyricterm.engine.optimizers.base import LONGEST_SQUARED, scaled_gradient

MEAN_DECAY, SQUARE_DECAY = 0.9, 0.999
EPSILON = 1e-8


class Adam:
    """It remembers the means of the gradient and of its square, and how many steps it took."""

    slots = 2

    def __init__(self, *, decoupled: bool = False) -> None:
        """``decoupled``: AdamW."""
        self._decoupled = decoupled

    def fits(self, lr: float, norm: float) -> bool:
        """Whether the gradient can be squared."""
        return norm <= LONGEST_SQUARED

    @torch.no_grad()
    def step(self, model: Model, lr: float, factor: float, decay: float) -> None:
        """The gradient's memory is used up as room for the direction."""
        scaled_gradient(model, factor, 0.0 if self._decoupled else decay)
        gradient, (mean, square) = model.gradient.flat, model.memory.slots
        mean.flat.lerp_(gradient, 1 - MEAN_DECAY)
        square.flat.mul_(SQUARE_DECAY).addcmul_(gradient, gradient, value=1 - SQUARE_DECAY)
        steps = model.memory.steps + 1
        root = math.sqrt(1 - SQUARE_DECAY**steps)
        torch.sqrt(square.flat, out=gradient).div_(root).add_(EPSILON)
        torch.div(mean.flat, gradient, out=gradient)
        model.descend(lr / (1 - MEAN_DECAY**steps), shrink=lr * decay if self._decoupled else 0.0)
