"""Perplexity: exp(mean cross-entropy). 1 is best, the vocabulary size is the baseline, infinity the worst."""

from __future__ import annotations

import math


def perplexity(mean_loss: float) -> float:
    """exp of a mean loss in nats per character; overflow and NaN give infinity, never an exception."""
    if math.isnan(mean_loss):
        return math.inf
    try:
        return math.exp(mean_loss)
    except OverflowError:
        return math.inf
