"""Drawing one line of a song: many candidates at once, of which the most probable is taken."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass

import torch
from torch import Tensor

from lyricterm.engine.cells.base import State
from lyricterm.engine.decoding import softmax
from lyricterm.engine.decoding.base import Filter
from lyricterm.engine.generation import Generator

CANDIDATES = 24


@dataclass(frozen=True)
class Drawn:
    """Some candidates for a line, one a row."""

    indices: Tensor
    """(candidates, characters)"""
    mean_logs: Tensor
    """(candidates,): the mean log probability of a character under the model, in nats."""

    def best(self) -> list[int]:
        """The most probable."""
        row: list[int] = self.indices[int(self.mean_logs.argmax())].tolist()
        return row


class LineDrawer:
    """Draws candidates with one model, one set of filters and one random state."""

    def __init__(
        self, writer: Generator, activation: str, filters: Sequence[Filter], seed: int, separators: Collection[int]
    ) -> None:
        self._writer, self._activation = writer, activation
        self._filters, self._separators = filters, sorted(separators)
        self.random = torch.Generator().manual_seed(seed)

    @torch.no_grad()
    def draw(self, state: State, length: int, first: Collection[int] = (), last: Collection[int] = ()) -> Drawn:
        """Candidates of ``length`` characters without a separator inside.

        Args:
            state: before the line, (1, H) each.
            first, last: what the first and the last character must be among; empty if free.
        """
        states = tuple(part.expand(CANDIDATES, -1).contiguous() for part in state)
        indices, logs = [], []
        for place in range(length):
            scores = self._writer.scores(states)
            allowed = first if place == 0 and first else last if place == length - 1 and last else ()
            chosen = self._choose(scores, allowed)
            indices.append(chosen)
            logs.append(softmax(scores.double()).log().gather(1, chosen[:, None])[:, 0])
            states = self._writer.advance(chosen, states, self._activation)
        return Drawn(torch.stack(indices, 1), torch.stack(logs, 1).mean(1))

    @torch.no_grad()
    def draw_free(self, state: State, length: int, first: Collection[int] = ()) -> Tensor:
        """Candidates of ``length`` characters with separators wherever the model puts them, (candidates, length)."""
        states = tuple(part.expand(CANDIDATES, -1).contiguous() for part in state)
        indices = []
        for place in range(length):
            allowed = first if place == 0 else ()
            chosen = self._choose(self._writer.scores(states), allowed, free=place > 0)
            indices.append(chosen)
            states = self._writer.advance(chosen, states, self._activation)
        return torch.stack(indices, 1)

    def mean_log(self, state: State, indices: Sequence[int]) -> float:
        """The mean log probability of some characters after a state, in nats; 0 of none."""
        if not indices:
            return 0.0
        return float(self._writer.log_probabilities(state, indices, self._activation).mean())

    def feed(self, state: State, indices: Sequence[int]) -> State:
        """The state after some characters."""
        for index in indices:
            row = torch.tensor([index], device=state[0].device)
            state = self._writer.advance(row, state, self._activation)
        return state

    def _choose(self, scores: Tensor, allowed: Collection[int], *, free: bool = False) -> Tensor:
        scores = scores.double()
        if allowed:
            kept = sorted(allowed)
            ruled = torch.full_like(scores, -torch.inf)
            ruled[:, kept] = scores[:, kept]
            scores = ruled
        elif not free:
            scores[:, self._separators] = -torch.inf
        for each in self._filters:
            scores = each(scores, ())
        cumulative = softmax(scores).cumsum(1)
        u = torch.rand(len(scores), 1, generator=self.random, dtype=torch.float64).to(scores.device)
        return torch.searchsorted(cumulative, u * cumulative[:, -1:], right=True)[:, 0].clamp_(max=scores.shape[1] - 1)
