"""Filters against loops: a penalty on characters that stand before, and a ban on n-grams that do."""

from __future__ import annotations

import math

from torch import Tensor

from lyricterm.engine.decoding.base import Filter, History

PENALTY_WINDOW = 64
"""Characters back from the end whose scores the penalty lowers."""


def repetition_penalty(penalty: float) -> Filter:
    """Divide positive scores of the latest characters by ``penalty``, multiply negative ones (Keskar et al. 2019)."""

    def lower(scores: Tensor, history: History) -> Tensor:
        seen = sorted(set(history[-PENALTY_WINDOW:]))
        if not seen:
            return scores
        before = scores[:, seen]
        lowered = scores.clone()
        lowered[:, seen] = before.where(before < 0, before / penalty).where(before > 0, before * penalty)
        return lowered

    return lower


def no_repeat(n: int) -> Filter:
    """Rule out each character that would end an n-gram that stands before (Paulus et al. 2018).

    If that ruled out every character, none is ruled out.
    """

    def ban(scores: Tensor, history: History) -> Tensor:
        tail = list(history[len(history) - n + 1 :])
        if len(history) < n:
            return scores
        places = range(len(history) - n + 1)
        banned = sorted({history[i + n - 1] for i in places if list(history[i : i + n - 1]) == tail})
        ruled = scores.clone()
        ruled[:, banned] = -math.inf
        return ruled if bool(ruled.isfinite().any()) else scores

    return ban
