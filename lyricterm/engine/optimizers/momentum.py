"""Momentum (Polyak 1964; Dive into Deep Learning, "momentum"): v ← 0.9 v + g, w ← w - η v."""

from __future__ import annotations

import torch

from lyricterm.engine.model import Model
from lyricterm.engine.optimizers.base import LONGEST_STEP, scaled_gradient

MOMENTUM = 0.9


class Momentum:
    """It remembers the velocity v."""

    slots = 1

    def fits(self, lr: float, norm: float) -> bool:
        """Whether η times the largest velocity, ‖g‖ / (1 - 0.9), is within float32."""
        return max(lr, 1.0) * norm / (1 - MOMENTUM) <= LONGEST_STEP

    @torch.no_grad()
    def step(self, model: Model, lr: float, factor: float, decay: float) -> None:
        """The velocity starts at zero."""
        scaled_gradient(model, factor, decay)
        (velocity,) = model.memory.slots
        velocity.flat.mul_(MOMENTUM).add_(model.gradient.flat)
        model.descend(lr, velocity.flat)
