"""RMSProp (Tieleman and Hinton 2012; Dive into Deep Learning, "RMSProp").

s ← 0.99 s + 0.01 g²,   w ← w - η g / (√s + ε)
"""

from __future__ import annotations

import torch

from lyricterm.engine.model import Model
from lyricterm.engine.optimizers.base import LONGEST_SQUARED, scaled_gradient

DECAY = 0.99
EPSILON = 1e-8


class RmsProp:
    """It remembers the mean of the squared gradient, s."""

    slots = 1

    def fits(self, lr: float, norm: float) -> bool:
        """Whether the gradient can be squared."""
        return norm <= LONGEST_SQUARED

    @torch.no_grad()
    def step(self, model: Model, lr: float, factor: float, decay: float) -> None:
        """The gradient's memory is used up as room for the divisor."""
        scaled_gradient(model, factor, decay)
        gradient, (square,) = model.gradient.flat, model.memory.slots
        square.flat.mul_(DECAY).addcmul_(gradient, gradient, value=1 - DECAY)
        # ``kept`` is written anew by the step.
        divisor = torch.sqrt(square.flat, out=model.kept.flat).add_(EPSILON)
        gradient.div_(divisor)
        model.descend(lr)
