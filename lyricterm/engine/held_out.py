"""Text that the model is not trained on, scored with the weights as they are.

It is cut into strips side by side, as in consecutive sampling, and read once from the zero state, the state carried
from step to step. Nothing that training depends on is touched: no random number is drawn, no gradient computed, and
the buffers are its own.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from functools import partial

import torch
from torch import Tensor

from lyricterm.core.log import logger
from lyricterm.engine.activations import ACTIVATIONS
from lyricterm.engine.cuda_graph import recorded
from lyricterm.engine.model import Model
from lyricterm.engine.output import OutputLayer
from lyricterm.engine.products.choices import PLAIN, Routes
from lyricterm.engine.stack import Stack

SHARE = 0.2
"""Held-out characters for each that is trained on in an epoch; scored in about 7 % of the epoch's time."""
MOST = 200_000
"""Held-out characters that are scored at most: the mean of so many moves by less than 1 % with more."""
LEAST = 64
"""Fewer characters than that say nothing."""
_STRIPS, _STEPS = 32, 32
"""Strips side by side, and time steps that are computed before the output layer scores them."""


def wanted(training: int) -> int:
    """How many held-out characters go with a training text of so many."""
    return min(int(SHARE * training), MOST)


class HeldOut:
    """Scores one text."""

    def __init__(self, indices: Tensor, model: Model, cell: str, products: Routes = PLAIN, steps: int = _STEPS) -> None:
        """Set up.

        Args:
            indices: into the vocabulary, (characters,), at least ``LEAST``.
            model: what is scored; its parameters may change between two calls.
            cell: a name in ``CELLS``.
            products: what multiplies.
            steps: time steps that are computed before the output layer scores them, about.
        """
        self._model = model
        self._stack = Stack(model, cell, products)
        self._strips = _cut(indices)
        batch, length = self._strips.shape
        blocks = math.ceil((length - 1) / steps)
        steps = (length - 1) // blocks
        self._tape = self._stack.tape(steps, batch)
        self._output = OutputLayer(steps * batch, model.parameters.output, model.vocabulary, products)
        self._blocks, self._steps = blocks, steps
        self._scores: dict[tuple[str, bool], Callable[[], Tensor]] = {}

    @property
    def characters(self) -> int:
        """How many characters are scored."""
        return self._blocks * self._steps * len(self._strips)

    @property
    def read(self) -> Tensor:
        """The strips that are read, (strips, characters): all but the first character of each are scored."""
        return self._strips[:, : self._blocks * self._steps + 1]

    @torch.no_grad()
    def loss(self, activation: str, *, carried: bool = True) -> float:
        """Mean nats per character; not ``carried``: each block of ``steps`` begins with the zero state."""
        return float(self._on_device(activation, carried)().cpu().double().sum()) / self.characters

    def _on_device(self, activation: str, carried: bool) -> Callable[[], Tensor]:
        """What computes the loss of each block; on a GPU a recorded graph, else the operations themselves."""
        way = (activation, carried)
        if way not in self._scores:
            score = partial(self._score, *way)
            self._scores[way] = _replayed(score) if self._strips.is_cuda else score
        return self._scores[way]

    def _score(self, activation: str, carried: bool) -> Tensor:
        zero = self._stack.zero_state(len(self._strips))
        state, losses = zero, []
        for start in range(0, self._blocks * self._steps, self._steps):
            block = self._strips[:, start : start + self._steps + 1].long()
            inputs, labels = block[:, :-1].t().reshape(-1), block[:, 1:].t().reshape(-1)
            self._stack.forward(self._tape, inputs, state, ACTIVATIONS[activation])
            hidden = self._tape.hidden[1:].flatten(0, 1)
            losses.append(self._output.forward(hidden, labels, self._model.parameters.output))
            state = tuple(part.clone() for part in self._tape.end()) if carried else zero
        return torch.stack(losses)


def _replayed(score: Callable[[], Tensor]) -> Callable[[], Tensor]:
    """The same, recorded; as it is if it cannot be."""
    total: list[Tensor] = []

    def keep() -> None:
        total[:] = [score()]

    try:
        replay = recorded(keep)
    except RuntimeError as error:
        logger().warning("the held-out text is scored without a CUDA graph: %s", error)
        return score

    def replayed() -> Tensor:
        replay()
        return total[0]

    return replayed


def _cut(indices: Tensor) -> Tensor:
    """Strips of equal length, (strips, characters); short texts are cut into fewer."""
    strips = max(1, min(_STRIPS, len(indices) // LEAST))
    length = len(indices) // strips
    return indices[: strips * length].reshape(strips, length)
