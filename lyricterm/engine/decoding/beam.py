"""Beam search: of all ways to go on, the few most probable are kept at every step (Lowerre 1976; Graves 2012)."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import torch
from torch import Tensor

from lyricterm.engine.cells.base import State
from lyricterm.engine.decoding.base import Filter
from lyricterm.engine.decoding.draw import softmax

Advance = Callable[[Tensor, State], tuple[Tensor, State]]
"""Chosen characters (N,) and states (N, H) to the next scores (N, V) and states."""


@dataclass(frozen=True)
class Hypothesis:
    """One way to go on."""

    indices: tuple[int, ...]
    log_probabilities: tuple[float, ...]
    """Of each of its characters, in nats, under the model."""


def beam_search(
    scores: Tensor,
    state: State,
    advance: Advance,
    *,
    width: int,
    length: int,
    history: Sequence[int] = (),
    filters: Sequence[Filter] = (),
) -> list[Hypothesis]:
    """The most probable ways to write ``length`` characters, the best first; at most ``width`` of them.

    All have the same length, so no length penalty is needed.

    Args:
        scores: of the first character, (1, V).
        state: before it, (1, H) each.
        filters: rule characters out, but do not change the probabilities by which ways are compared.
    """
    written = torch.zeros(1, 0, dtype=torch.long, device=scores.device)
    logs_of = scores.new_zeros(1, 0, dtype=torch.float64)
    for step in range(length):
        logs = _ruled(softmax(scores.double()).log(), written, history, filters)
        totals = logs + logs_of.sum(1, keepdim=True)
        _, places = totals.flatten().topk(max(1, min(width, int(totals.isfinite().sum()))))
        parents, chosen = places // logs.shape[1], places % logs.shape[1]
        written = torch.cat((written[parents], chosen[:, None]), 1)
        logs_of = torch.cat((logs_of[parents], logs[parents, chosen][:, None]), 1)
        if step + 1 < length:
            scores, state = advance(chosen, tuple(part[parents] for part in state))
    pairs = zip(written.tolist(), logs_of.tolist(), strict=True)
    return [Hypothesis(tuple(indices), tuple(logs)) for indices, logs in pairs]


def _ruled(logs: Tensor, written: Tensor, history: Sequence[int], filters: Sequence[Filter]) -> Tensor:
    for each in filters:
        rows = [each(row[None], [*history, *before]) for row, before in zip(logs, written.tolist(), strict=True)]
        logs = logs.masked_fill(torch.cat(rows).isinf(), -torch.inf)
    return logs
