"""Whether a model learns its text by heart: the training line falls on while the held-out one has risen."""

from __future__ import annotations

from dataclasses import dataclass

from lyricterm.core.metrics import EpochMetrics, is_clearly_worse

SEVERAL = 3
"""Epochs without a better one after which a rise is more than one bad epoch."""


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


def is_by_heart(best: BestHeldOut | None, epoch: int, held_out: float, training: float) -> bool:
    """Whether the model has only memorised since its best epoch.

    Args:
        best: the best epoch so far; None where nothing is held out.
        epoch: epochs done.
        held_out: perplexity of the latest epoch on held-out text.
        training: of the same epoch on the training text.
    """
    if best is None or epoch - best.epoch < SEVERAL:
        return False
    return is_clearly_worse(held_out, best.held_out) and training < best.training
