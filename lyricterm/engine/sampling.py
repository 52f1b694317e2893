"""Minibatches of a time series (chapter: "sampling of sequential data").

A sampling is a sequence: ``plan[i]`` is minibatch ``i`` of the epoch, inputs and labels of shape
(batch, steps), so that a run can go on from any minibatch.
"""

from __future__ import annotations

from typing import Protocol

import torch
from torch import Tensor

from lyricterm.engine.orders import COMPUTED_IF_MANY, order_of

_MULTIPLIER = 1_000_003


def epoch_seed(seed: int, epoch: int) -> int:
    """The seed of one epoch's shuffle, so that any epoch can be drawn again without its predecessors."""
    return (seed * _MULTIPLIER + epoch + 1) % 2**63


class Minibatches(Protocol):
    """One epoch's minibatches."""

    seed: int
    """Of this epoch."""

    def __len__(self) -> int:
        """How many there are."""

    def __getitem__(self, i: int) -> tuple[Tensor, Tensor]:
        """Inputs and labels of minibatch ``i``, (batch, steps) each, int64."""

    def block(self, start: int, count: int) -> tuple[Tensor, Tensor]:
        """Inputs and labels of ``count`` minibatches at once, time-major: (count, steps · batch) each, int64."""

    def starts(self, i: int) -> Tensor:
        """Where in the text each example of minibatch ``i`` begins, (batch,)."""

    def owners(self, first: int, length: int) -> Tensor:
        """The minibatch of which each character from ``first`` on is an input, (length,); -1 where it is of none."""


class RandomMinibatches:
    """Examples of ``steps`` characters cut from the text, shuffled.

    There are (len - 1) // steps examples and // batch minibatches of them.
    """

    carries_state = False

    def __init__(self, indices: Tensor, batch: int, steps: int, seed: int, shuffle: str = COMPUTED_IF_MANY) -> None:
        self.seed = seed
        fits = len(indices) > steps
        self._examples = indices.unfold(0, steps + 1, steps) if fits else indices.new_empty(0, steps + 1)
        self._batch, self._steps, self._count = batch, steps, len(self._examples) // batch
        self._order = order_of(len(self._examples), seed, indices.device, shuffle)

    def __len__(self) -> int:
        return self._count

    def __getitem__(self, i: int) -> tuple[Tensor, Tensor]:
        if not 0 <= i < self._count:
            raise IndexError(i)
        return self._read(i, 1)

    def block(self, start: int, count: int) -> tuple[Tensor, Tensor]:
        """Several minibatches at once; see ``Minibatches``."""
        inputs, labels = (part.view(count, self._batch, -1) for part in self._read(start, count))
        return inputs.transpose(1, 2).reshape(count, -1), labels.transpose(1, 2).reshape(count, -1)

    def starts(self, i: int) -> Tensor:
        """See ``Minibatches``."""
        return self._order.examples(i * self._batch, (i + 1) * self._batch) * self._steps

    def owners(self, first: int, length: int) -> Tensor:
        """See ``Minibatches``."""
        examples = torch.arange(first, first + length, device=self._examples.device) // self._steps
        few, which = torch.unique(examples, return_inverse=True)
        inside = few < len(self._examples)
        owners = torch.full_like(few, -1)
        owners[inside] = self._order.places(few[inside]) // self._batch
        # Behind the last whole minibatch there is none.
        return torch.where(owners < self._count, owners, -1)[which]

    def _read(self, start: int, count: int) -> tuple[Tensor, Tensor]:
        chosen = self._order.examples(start * self._batch, (start + count) * self._batch)
        characters = self._examples.index_select(0, chosen).long()
        return characters[:, :-1], characters[:, 1:]


class ConsecutiveMinibatches:
    """``batch`` long strips of the text side by side; minibatch i + 1 goes on where minibatch i ended."""

    carries_state = True

    def __init__(self, indices: Tensor, batch: int, steps: int, seed: int = 0, shuffle: str = COMPUTED_IF_MANY) -> None:
        self.seed = seed
        length = len(indices) // batch
        self._strips = indices[: batch * length].reshape(batch, length)
        self._steps = steps
        self._count = max(0, (length - 1) // steps)

    def __len__(self) -> int:
        return self._count

    def __getitem__(self, i: int) -> tuple[Tensor, Tensor]:
        if not 0 <= i < self._count:
            raise IndexError(i)
        start, end = i * self._steps, (i + 1) * self._steps
        return self._strips[:, start:end].long(), self._strips[:, start + 1 : end + 1].long()

    def block(self, start: int, count: int) -> tuple[Tensor, Tensor]:
        """Several minibatches at once; see ``Minibatches``."""
        first, last = start * self._steps, (start + count) * self._steps
        inputs, labels = self._strips[:, first:last], self._strips[:, first + 1 : last + 1]
        return self._time_major(inputs, count), self._time_major(labels, count)

    def starts(self, i: int) -> Tensor:
        """See ``Minibatches``."""
        batch, length = self._strips.shape
        return torch.arange(batch) * length + i * self._steps

    def owners(self, first: int, length: int) -> Tensor:
        """See ``Minibatches``."""
        batch, strip = self._strips.shape
        places = torch.arange(first, first + length)
        owners = places % max(1, strip) // self._steps
        return torch.where((owners < self._count) & (places < batch * strip), owners, -1)

    def _time_major(self, strips: Tensor, count: int) -> Tensor:
        return strips.t().reshape(count, -1).long()


Sampling = type[RandomMinibatches] | type[ConsecutiveMinibatches]

SAMPLINGS: dict[str, Sampling] = {"random": RandomMinibatches, "consecutive": ConsecutiveMinibatches}
