"""How the next character is chosen from the scores (1, V): greedily, or drawn with temperature, top-k and top-p."""

from __future__ import annotations

from collections.abc import Callable

import torch
from torch import Tensor

Decoder = Callable[[Tensor], Tensor]
"""Scores (1, V) to the index of the chosen character, (1,)."""


def greedy(scores: Tensor) -> Tensor:
    """The likeliest character (the first of equals)."""
    return scores.argmax(1)


def softmax(scores: Tensor) -> Tensor:
    """exp(y - max) / Σ exp(y - max) over the last dimension."""
    exp = (scores - scores.amax(-1, keepdim=True)).exp_()
    return exp.div_(exp.sum(-1, keepdim=True))


def top_k(probabilities: Tensor, k: int) -> Tensor:
    """Zero all but the k likeliest."""
    k = min(k, probabilities.shape[1])
    values, indices = probabilities.topk(k, dim=1)
    return torch.zeros_like(probabilities).scatter_(1, indices, values)


def top_p(probabilities: Tensor, p: float) -> Tensor:
    """Zero all but the smallest set of likeliest characters whose probabilities reach p (Holtzman et al. 2020)."""
    values, indices = probabilities.sort(dim=1, descending=True, stable=True)
    before = values.cumsum(1) - values
    values = values.masked_fill(before >= p, 0)
    return torch.zeros_like(probabilities).scatter_(1, indices, values)


def sampler(*, temperature: float = 1.0, k: int | None = None, p: float | None = None, seed: int = 0) -> Decoder:
    """Draw from softmax(scores / temperature), cut by top-k, then by top-p; the same seed draws the same."""
    generator = torch.Generator().manual_seed(seed)

    def choose(scores: Tensor) -> Tensor:
        # The largest is taken off first, and in float64, so that no temperature above 0 overflows.
        probabilities = softmax((scores - scores.amax(1, keepdim=True)).double() / temperature)
        if k is not None:
            probabilities = top_k(probabilities, k)
        if p is not None:
            total = probabilities.sum(1, keepdim=True)
            probabilities = top_p(probabilities / total, p)
        return draw(probabilities, float(torch.rand((), generator=generator, dtype=torch.float64)))

    return choose


def draw(probabilities: Tensor, u: float) -> Tensor:
    """The inverse of the cumulative distribution at u in [0, 1); never a character of probability 0."""
    cumulative = probabilities.double().cumsum(1)
    target = u * cumulative[:, -1:]
    return torch.searchsorted(cumulative, target, right=True)[:, 0].clamp_(max=probabilities.shape[1] - 1)
