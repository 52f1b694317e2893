"""Candidates for one line of a song, of which the most probable is taken: drawn, or found by beam search."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass

import torch
from torch import Tensor

from lyricterm.core.decoding import Decoding
from lyricterm.engine.cells.base import State
from lyricterm.engine.decoding import filters_of, softmax
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
    """Makes candidates with one model, one decoding and one random state."""

    def __init__(
        self, writer: Generator, activation: str, options: Decoding, seed: int, separators: Collection[int]
    ) -> None:
        self._writer, self._activation = writer, activation
        self._filters = filters_of(options)
        self._inside = sorted(set(range(len(writer.vocabulary))) - set(separators))
        """The characters that are no separators."""
        self._looks_back = options.repetition_penalty is not None or options.no_repeat is not None
        self._width = 1 if options.temperature == 0 else options.beam
        """Of beam search; None draws."""
        self.random = torch.Generator().manual_seed(seed)

    @property
    def draws(self) -> bool:
        """Whether another try may give other candidates."""
        return self._width is None

    def draw(
        self,
        state: State,
        length: int,
        first: Collection[int] = (),
        last: Collection[int] = (),
        before: Sequence[int] = (),
    ) -> Drawn:
        """Candidates of ``length`` characters without a separator inside.

        Args:
            state: before the line, (1, H) each.
            first, last: what the first and the last character must be among; empty if free.
            before: the characters that stand before the line.
        """
        places = [sorted(first) or self._inside, *[self._inside] * (length - 1)]
        if last:
            places[-1] = sorted(last)
        return self._grow(state, places, before)

    def draw_free(self, state: State, length: int, first: Collection[int] = (), before: Sequence[int] = ()) -> Tensor:
        """Candidates of ``length`` characters with separators wherever the model puts them, (candidates, length)."""
        places = [sorted(first) or self._inside, *[None] * (length - 1)]
        return self._grow(state, places, before).indices

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

    @torch.no_grad()
    def _grow(self, state: State, places: Sequence[list[int] | None], before: Sequence[int]) -> Drawn:
        """Candidates whose characters are each among those of their place."""
        rows = 1 if self._width else CANDIDATES
        states = tuple(part.expand(rows, -1).contiguous() for part in state)
        written = torch.zeros(rows, 0, dtype=torch.long, device=state[0].device)
        logs = state[0].new_zeros(rows, 0, dtype=torch.float64)
        for allowed in places:
            scores = self._writer.scores(states).double()
            sure, left = softmax(scores).log(), self._filtered(_only(scores, allowed), written, before)
            parents, chosen = self._choose(left, sure, logs.sum(1))
            written = torch.cat((written[parents], chosen[:, None]), 1)
            logs = torch.cat((logs[parents], sure[parents, chosen][:, None]), 1)
            states = self._writer.advance(chosen, tuple(part[parents] for part in states), self._activation)
        return Drawn(written, logs.mean(1))

    def _filtered(self, scores: Tensor, written: Tensor, before: Sequence[int]) -> Tensor:
        if not self._looks_back:
            return self._through_filters(scores, ())
        rows = zip(scores, written.tolist(), strict=True)
        return torch.cat([self._through_filters(row[None], [*before, *own]) for row, own in rows])

    def _through_filters(self, scores: Tensor, history: Sequence[int]) -> Tensor:
        for each in self._filters:
            scores = each(scores, history)
        return scores

    def _choose(self, left: Tensor, sure: Tensor, totals: Tensor) -> tuple[Tensor, Tensor]:
        """Which candidates go on, and with which characters, (candidates,) each.

        Args:
            left: scores after the filters, (N, V).
            sure: log probabilities under the model, (N, V).
            totals: of the candidates so far, (N,).
        """
        if self._width is not None:
            ways = sure.masked_fill(left.isinf(), -torch.inf) + totals[:, None]
            _, places = ways.flatten().topk(max(1, min(self._width, int(ways.isfinite().sum()))))
            return places // left.shape[1], places % left.shape[1]
        cumulative = softmax(left).cumsum(1)
        u = torch.rand(len(left), 1, generator=self.random, dtype=torch.float64).to(left.device)
        chosen = torch.searchsorted(cumulative, u * cumulative[:, -1:], right=True)[:, 0]
        return torch.arange(len(left), device=left.device), chosen.clamp_(max=left.shape[1] - 1)


def _only(scores: Tensor, allowed: list[int] | None) -> Tensor:
    """The scores with all other characters ruled out."""
    if allowed is None:
        return scores
    ruled = torch.full_like(scores, -torch.inf)
    ruled[:, allowed] = scores[:, allowed]
    return ruled
