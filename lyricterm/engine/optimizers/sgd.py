"""Stochastic gradient descent, the chapter's (chapter: "define the training function"): w ← w - η g."""

from __future__ import annotations

import torch

from lyricterm.engine.model import Model
from lyricterm.engine.optimizers.base import LONGEST_STEP, scaled_gradient


class Sgd:
    """It remembers nothing."""

    slots = 0

    def fits(self, lr: float, norm: float) -> bool:
        """Whether η ‖g‖ is within float32."""
        return lr * norm <= LONGEST_STEP

    @torch.no_grad()
    def step(self, model: Model, lr: float, factor: float, decay: float) -> None:
        """Without weight decay clipping and step are one operation."""
        if not decay:
            model.descend(lr * factor)
            return
        scaled_gradient(model, factor, decay)
        model.descend(lr)
