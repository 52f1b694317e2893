"""The parameters (chapter: "initialise the model parameters")."""

from __future__ import annotations

import math
from collections.abc import Callable
from functools import partial
from typing import NamedTuple

import torch
from torch import Tensor

INITIAL_SCALE = 0.01
"""Standard deviation of the first weights."""

_ALIGN = 16
STRIDE = 4096
"""The flat vector's length is a multiple of this."""


class Weights(NamedTuple):
    """V characters, H hidden units, G gates side by side (1 for the plain RNN).

    The names are the chapter's: x input, h hidden, y output.
    """

    W_xh: Tensor
    """(V, G·H)"""
    W_hh: Tensor
    """(H, G·H)"""
    b_h: Tensor
    """(G·H,)"""
    W_hy: Tensor
    """(H, V)"""
    b_y: Tensor
    """(V,)"""


def shapes(vocabulary: int, hidden: int, gates: int) -> dict[str, tuple[int, ...]]:
    """The shape of each parameter, by name."""
    wide = gates * hidden
    sizes = ((vocabulary, wide), (hidden, wide), (wide,), (hidden, vocabulary), (vocabulary,))
    return dict(zip(Weights._fields, sizes, strict=True))


_OUTPUT = ("W_hy", "b_y")


def aligned(size: int) -> int:
    """The next multiple of what rows should begin at."""
    return math.ceil(size / _ALIGN) * _ALIGN


def _strides(name: str, size: tuple[int, ...]) -> tuple[int, ...]:
    width = aligned(size[-1]) if name in _OUTPUT else size[-1]
    return (width, 1)[-len(size) :]


class ParameterVector:
    """All parameters as views of one flat vector, so that norm, clipping and SGD are one operation each.

    Behind each parameter lie up to 15 zeros that keep the next aligned; they stay zero.
    Only b_y follows W_hy at once, so that both together are a matrix as well, whose rows end in zeros up to the next
    multiple of 16: a product whose rows do not begin aligned runs at two thirds of the speed.
    """

    def __init__(self, vocabulary: int, hidden: int, gates: int, device: torch.device, dtype: torch.dtype) -> None:
        sizes = shapes(vocabulary, hidden, gates)
        starts, end = [], 0
        for name, size in sizes.items():
            starts.append(end)
            end += math.prod(size[:-1]) * aligned(size[-1]) if name in _OUTPUT else aligned(math.prod(size))
        self.flat = torch.zeros(math.ceil(end / STRIDE) * STRIDE, device=device, dtype=dtype)
        self.weights = Weights(
            *(
                self.flat[start:].as_strided(size, _strides(name, size))
                for start, (name, size) in zip(starts, sizes.items(), strict=True)
            )
        )
        self.hidden_part = self.flat[: starts[3]]
        """The parameters of the hidden layer (W_xh, W_hh, b_h), of which BPTT sums gradients over time."""
        self.output = self.flat[starts[3] : end].view(hidden + 1, aligned(vocabulary))
        """The output layer as one matrix: W_hy, b_y as its last row, and columns of zeros behind both."""

    def __len__(self) -> int:
        return sum(parameter.numel() for parameter in self.weights)

    def load(self, weights: Weights) -> None:
        """Take over the values of parameters of the same shapes, from any device."""
        for ours, theirs in zip(self.weights, weights, strict=True):
            ours.copy_(theirs)


class Memory:
    """What an optimiser remembers from step to step; empty for plain SGD."""

    def __init__(self, optimizer: str = "", slots: tuple[ParameterVector, ...] = ()) -> None:
        self.optimizer = optimizer
        self.slots = slots
        self.steps = 0

    def clear(self) -> None:
        """As before the first step."""
        for slot in self.slots:
            slot.flat.zero_()
        self.steps = 0


class Model:
    """Parameters, their gradient, and the last parameters that gave a finite loss.

    ``parameters`` and ``kept`` change places as the model learns: ask for them anew after each minibatch.
    """

    def __init__(
        self,
        vocabulary: int,
        hidden: int,
        gates: int,
        device: torch.device,
        dtype: torch.dtype = torch.float32,
    ) -> None:
        self.vocabulary, self.hidden = vocabulary, hidden
        self.parameters = ParameterVector(vocabulary, hidden, gates, device, dtype)
        self.gradient = ParameterVector(vocabulary, hidden, gates, device, dtype)
        self.kept = ParameterVector(vocabulary, hidden, gates, device, dtype)
        self.memory = Memory()
        self._vector: Callable[[], ParameterVector] = partial(ParameterVector, vocabulary, hidden, gates, device, dtype)

    @property
    def weights(self) -> Weights:
        """The parameters by name."""
        return self.parameters.weights

    @property
    def multiplications(self) -> int:
        """How many one character takes; W_xh takes none, as its input is one-hot."""
        return self.weights.W_hh.numel() + self.weights.W_hy.numel()

    def initialise(self, seed: int) -> None:
        """Weights from N(0, 0.01²), biases 0. Drawn on the CPU, so a seed means the same on every device."""
        generator = torch.Generator().manual_seed(seed)
        for parameter in self.weights:
            if parameter.dim() == 2:
                draw = torch.randn(parameter.shape, generator=generator) * INITIAL_SCALE
                parameter.copy_(draw)
            else:
                parameter.zero_()
        self.keep()

    def keep(self) -> None:
        """Remember these parameters as good: the loss was finite with them."""
        self.kept.flat.copy_(self.parameters.flat)

    def go_back(self) -> None:
        """Take the last good parameters again."""
        self.parameters.flat.copy_(self.kept.flat)

    def remember(self, optimizer: str, slots: int) -> None:
        """Make room for what an optimiser remembers; that of another one is forgotten."""
        if self.memory.optimizer != optimizer:
            self.memory = Memory(optimizer, tuple(self._vector() for _ in range(slots)))

    @torch.no_grad()
    def descend(self, lr: float, direction: Tensor | None = None, shrink: float = 0.0) -> None:
        """w ← (1 - shrink) w - lr g (chapter: the summed loss is not divided by anything); keep w as it was.

        Args:
            direction: what stands for g; the gradient if not given.
        """
        weights, gradient = self.parameters.flat, self.gradient.flat if direction is None else direction
        if weights.is_cuda:
            # Captured graphs know the parameters by their address.
            self.keep()
            weights.mul_(1 - shrink).sub_(gradient, alpha=lr)
        elif shrink:
            torch.mul(weights, 1 - shrink, out=self.kept.flat).sub_(gradient, alpha=lr)
            self.parameters, self.kept = self.kept, self.parameters
        else:
            torch.sub(weights, gradient, alpha=lr, out=self.kept.flat)
            self.parameters, self.kept = self.kept, self.parameters
