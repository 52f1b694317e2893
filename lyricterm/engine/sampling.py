"""Minibatches of a time series (chapter: "sampling of sequential data").

A sampling is a sequence: ``plan[i]`` is minibatch ``i`` of the epoch, inputs and labels of shape
(batch, steps), so that a run can go on from any minibatch.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Protocol

import torch
from torch import Tensor

from lyricterm.errors import CorpusError
from lyricterm.i18n import _


class Minibatches(Protocol):
    """One epoch's minibatches."""

    def __len__(self) -> int:
        """How many there are."""

    def __getitem__(self, i: int) -> tuple[Tensor, Tensor]:
        """Inputs and labels of minibatch ``i``, (batch, steps) each, int64."""

    def block(self, start: int, count: int) -> tuple[Tensor, Tensor]:
        """Inputs and labels of ``count`` minibatches at once, time-major: (count, steps · batch) each, int64."""


class RandomMinibatches:
    """Examples of ``steps`` characters cut from the text, shuffled.

    There are (len - 1) // steps examples and // batch minibatches of them.
    """

    carries_state = False

    def __init__(self, indices: Tensor, batch: int, steps: int, seed: int) -> None:
        examples = (len(indices) - 1) // steps
        self._indices, self._batch, self._steps = indices, batch, steps
        self._count = examples // batch
        order = torch.randperm(examples, generator=torch.Generator().manual_seed(seed))
        self._starts = (order * steps).to(indices.device)
        self._within = torch.arange(steps, device=indices.device)

    def __len__(self) -> int:
        return self._count

    def __getitem__(self, i: int) -> tuple[Tensor, Tensor]:
        if not 0 <= i < self._count:
            raise IndexError(i)
        starts = self._starts[i * self._batch : (i + 1) * self._batch]
        return self._gather(starts[:, None] + self._within)

    def block(self, start: int, count: int) -> tuple[Tensor, Tensor]:
        """Several minibatches at once; see ``Minibatches``."""
        starts = self._starts[start * self._batch : (start + count) * self._batch].view(count, 1, self._batch)
        return self._gather((starts + self._within[:, None]).view(count, -1))

    def _gather(self, positions: Tensor) -> tuple[Tensor, Tensor]:
        return self._indices[positions].long(), self._indices[positions + 1].long()


class ConsecutiveMinibatches:
    """``batch`` long strips of the text side by side; minibatch i + 1 goes on where minibatch i ended."""

    carries_state = True

    def __init__(self, indices: Tensor, batch: int, steps: int, seed: int = 0) -> None:
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

    def _time_major(self, strips: Tensor, count: int) -> Tensor:
        return strips.t().reshape(count, -1).long()


Sampling = type[RandomMinibatches] | type[ConsecutiveMinibatches]

SAMPLINGS: dict[str, Sampling] = {"random": RandomMinibatches, "consecutive": ConsecutiveMinibatches}

_NEEDED: dict[str, Callable[[int, int], int]] = {
    "random": lambda batch, steps: batch * steps + 1,
    "consecutive": lambda batch, steps: batch * (steps + 1),
}


def check_length(length: int, sampling: str, batch: int, steps: int) -> None:
    """Make sure that a text fills at least one minibatch.

    Raises:
        CorpusError: says how many characters are needed and what to change.
    """
    needed = _NEEDED[sampling](batch, steps)
    if length < needed:
        sentence = _(
            "The text has {length} characters, but one minibatch of {batch} examples of {steps} time steps needs "
            "{needed}; use a longer text, a smaller --batch or a smaller --steps."
        )
        raise CorpusError(sentence.format(length=f"{length:,}", batch=batch, steps=steps, needed=f"{needed:,}"))
