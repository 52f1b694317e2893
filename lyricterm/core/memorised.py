"""Whether a model learns its text by heart: the training line falls on while the held-out one has risen."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from lyricterm.core.metrics import EpochMetrics, is_clearly_worse

SEVERAL = 5
"""Epochs in a row that have to be clearly worse than the best one: a few bad ones may still be followed by a better."""


@dataclass(frozen=True)
class BestHeldOut:
    """The epoch with the lowest perplexity on held-out text."""

    epoch: int
    """Counted from 1."""
    held_out: float
    """Its perplexity on held-out text."""
    training: float
    """Its perplexity on the training text."""


def better(best: BestHeldOut | None, epoch: EpochMetrics) -> BestHeldOut | None:
    """The best once this epoch is done; None while nothing finite was measured on held-out text."""
    if not epoch.valid_perplexity < (best.held_out if best else float("inf")):
        return best
    return BestHeldOut(epoch.epoch, epoch.valid_perplexity, epoch.perplexity)


def is_by_heart(best: BestHeldOut | None, epoch: int, held_out: Sequence[float], training: float) -> bool:
    """Whether the model has only memorised since its best epoch.

    Args:
        best: the best epoch so far; None where nothing is held out.
        epoch: epochs done.
        held_out: perplexities of the latest ``SEVERAL`` epochs on held-out text.
        training: of the latest epoch on the training text.
    """
    if best is None or epoch - best.epoch < SEVERAL:
        return False
    return all(is_clearly_worse(each, best.held_out) for each in held_out) and training < best.training
