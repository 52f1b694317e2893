"""Greedy decoding: the likeliest character each time, as the chapter does."""

from __future__ import annotations

from torch import Tensor

from lyricterm.engine.decoding.base import History


def greedy(scores: Tensor, _history: History = ()) -> Tensor:
    """The index of the highest score (the first of equals), (1, V) to (1,)."""
    return scores.argmax(1)
