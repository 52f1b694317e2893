"""Which epoch was the best so far, and its weights."""

from __future__ import annotations

import math
from dataclasses import dataclass

import torch

from lyricterm.engine.model import Weights


@dataclass(frozen=True)
class BestEpoch:
    """The epoch with the lowest loss: of the held-out text, or of the training text where nothing is held out."""

    epoch: int = 0
    """Counted from 1; 0 while there is none."""
    loss: float = math.inf
    """Mean nats per character."""
    weights: Weights | None = None
    """At its end, if they were asked for."""

    def after(self, epoch: int, loss: float, weights: Weights | None) -> BestEpoch:
        """The best once this epoch is done.

        Args:
            epoch: counted from 1.
            loss: mean nats per character; not finite after an overflow.
            weights: at its end, which are copied; None if nobody will want them.
        """
        if not loss < self.loss:
            return self
        copied = None if weights is None else weights.map(torch.clone)
        return BestEpoch(epoch, loss, copied)


NO_EPOCH = BestEpoch()
"""Before the first epoch is done."""
