"""Dropout between layers (Srivastava et al. 2014; Dive into Deep Learning, "dropout").

While a model trains, each number that a layer hands to the layer above is zero with probability P, and the others are
divided by 1 - P, so that their mean stays. Nothing is dropped within a layer, nor when text is scored or written.

Which are dropped is decided by the run's seed, the epoch and the minibatch alone: so a run that is resumed drops the
same numbers, and the run's other random numbers do not depend on it.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import torch
from torch import Tensor

from lyricterm.core.settings import Recipe
from lyricterm.engine.sampling import epoch_seed


@dataclass(frozen=True)
class Dropout:
    """What is dropped in one minibatch."""

    share: float = 0.0
    """P, at least 0 and below 1."""
    seed: int = 0
    part: int = 0
    parts: int = 1
    """The minibatch is shared by so many ranks, of which this is number ``part``."""

    def share_of(self, part: int, parts: int) -> Dropout:
        """What one of several ranks drops of the whole minibatch."""
        return replace(self, part=part, parts=parts)

    def draw(self, factors: Tensor) -> None:
        """Fill ``factors`` (layers - 1, T, B, H) with 0 and 1 / (1 - P)."""
        gaps, steps, batch, hidden = factors.shape
        # On the CPU, in float32: a seed means the same on every device.
        generator = torch.Generator().manual_seed(self.seed)
        kept = torch.empty(gaps, steps, batch * self.parts, hidden).bernoulli_(1 - self.share, generator=generator)
        factors.copy_(kept.chunk(self.parts, dim=2)[self.part]).div_(1 - self.share)


NO_DROPOUT = Dropout()


def dropout_of(recipe: Recipe, seed: int, minibatch: int) -> Dropout:
    """That of a minibatch (counted from 0) of an epoch with a seed; see ``epoch_seed``."""
    return Dropout(recipe.dropout, epoch_seed(seed, minibatch)) if recipe.dropout else NO_DROPOUT
