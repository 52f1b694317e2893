"""Filters that leave only the likelier characters: top-k, top-p and min-p. They keep at least one."""

from __future__ import annotations

import math

from torch import Tensor

from lyricterm.engine.decoding.base import Filter, History
from lyricterm.engine.decoding.draw import softmax

_RULED_OUT = -math.inf


def top_k(k: int) -> Filter:
    """Only the k highest scores (Fan et al. 2018); of equals the first."""

    def cut(scores: Tensor, _history: History) -> Tensor:
        values, indices = scores.sort(dim=1, descending=True, stable=True)
        values[:, k:] = _RULED_OUT
        return scores.scatter(1, indices, values)

    return cut


def top_p(p: float) -> Filter:
    """Only the smallest set of likeliest characters whose probabilities reach p (Holtzman et al. 2020)."""

    def cut(scores: Tensor, _history: History) -> Tensor:
        values, indices = softmax(scores).sort(dim=1, descending=True, stable=True)
        before = values.cumsum(1) - values
        return scores.scatter(1, indices, scores.gather(1, indices).masked_fill_(before >= p, _RULED_OUT))

    return cut


def min_p(share: float) -> Filter:
    """Only characters at least ``share`` times as likely as the likeliest (Nguyen et al. 2024)."""

    def cut(scores: Tensor, _history: History) -> Tensor:
        highest = scores.amax(1, keepdim=True)
        return scores.masked_fill(scores < highest + math.log(share), _RULED_OUT)

    return cut
