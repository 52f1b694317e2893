"""Softmax, and drawing from a distribution by one uniform number."""

from __future__ import annotations

from torch import Tensor, searchsorted


def softmax(scores: Tensor) -> Tensor:
    """exp(y - max) / Σ exp(y - max) over the last dimension."""
    exp = (scores - scores.amax(-1, keepdim=True)).exp_()
    return exp.div_(exp.sum(-1, keepdim=True))


def draw(probabilities: Tensor, u: float) -> Tensor:
    """The inverse of the cumulative distribution (1, V) at u in [0, 1); never a character of probability 0."""
    cumulative = probabilities.double().cumsum(1)
    target = u * cumulative[:, -1:]
    return searchsorted(cumulative, target, right=True)[:, 0].clamp_(max=probabilities.shape[1] - 1)
