"""The parameters (chapter: "initialise the model parameters")."""

from __future__ import annotations

import itertools
import math
from collections.abc import Callable, Iterator, Mapping
from functools import partial
from typing import NamedTuple

import torch
from torch import Tensor

from lyricterm.engine.initial_weights import INITIALISERS
from lyricterm.engine.shape import EMBEDDING, OUTPUT, Shape, layer_names

_ALIGN = 16
STRIDE = 4096
"""The flat vector's length is a multiple of this."""


class Layer(NamedTuple):
    """One recurrent layer of H hidden units and G gates; X is what it reads, D numbers at each time step."""

    W_xh: Tensor
    """(D, G·H)"""
    W_hh: Tensor
    """(H, G·H)"""
    b_h: Tensor
    """(G·H,)"""


class Weights:
    """Parameters by name, in the order of ``Shape.sizes``.

    The names are the chapter's: x input, h hidden, y output. ``W_xh``, ``W_hh`` and ``b_h`` are the first layer's.
    """

    def __init__(self, named: Mapping[str, Tensor]) -> None:
        self.named = dict(named)
        self.W_e = self.named.get(EMBEDDING)
        """(V, E), or None where the input is one-hot."""
        self.layers = tuple(
            Layer(*(self.named[name] for name in names))
            for names in itertools.takewhile(lambda names: names[0] in self.named, map(layer_names, itertools.count()))
        )
        self.W_xh, self.W_hh, self.b_h = self.layers[0]
        self.W_hy = self.named["W_hy"]
        """(H, V)"""
        self.b_y = self.named["b_y"]
        """(V,)"""

    def __iter__(self) -> Iterator[Tensor]:
        return iter(self.named.values())

    def __len__(self) -> int:
        return len(self.named)

    def map(self, change: Callable[[Tensor], Tensor]) -> Weights:
        """Each parameter changed."""
        return Weights({name: change(parameter) for name, parameter in self.named.items()})


def aligned(size: int) -> int:
    """The next multiple of what rows should begin at."""
    return math.ceil(size / _ALIGN) * _ALIGN


def _strides(name: str, size: tuple[int, ...]) -> tuple[int, ...]:
    width = aligned(size[-1]) if name in OUTPUT else size[-1]
    return (width, 1)[-len(size) :]


class ParameterVector:
    """All parameters as views of one flat vector, so that norm, clipping and SGD are one operation each.

    Behind each parameter lie up to 15 zeros that keep the next aligned; they stay zero.
    Only b_y follows W_hy at once, so that both together are a matrix as well, whose rows end in zeros up to the next
    multiple of 16: a product whose rows do not begin aligned runs at two thirds of the speed.
    """

    def __init__(self, shape: Shape, device: torch.device, dtype: torch.dtype) -> None:
        sizes = shape.sizes
        starts, end = {}, 0
        for name, size in sizes.items():
            starts[name] = end
            end += math.prod(size[:-1]) * aligned(size[-1]) if name in OUTPUT else aligned(math.prod(size))
        self.flat = torch.zeros(math.ceil(end / STRIDE) * STRIDE, device=device, dtype=dtype)
        self.weights = Weights(
            {name: self.flat[starts[name] :].as_strided(size, _strides(name, size)) for name, size in sizes.items()}
        )
        output = starts[OUTPUT[0]]
        self.hidden_part = self.flat[:output]
        """The parameters below the output layer, of which BPTT sums gradients over time."""
        self.output = self.flat[output:end].view(shape.hidden + 1, aligned(shape.vocabulary))
        """The output layer as one matrix: W_hy, b_y as its last row, and columns of zeros behind both."""

    def __len__(self) -> int:
        return sum(parameter.numel() for parameter in self.weights)

    def load(self, weights: Weights) -> None:
        """Take over the values of parameters of the same shapes, from any device."""
        for ours, theirs in zip(self.weights, weights, strict=True):
            ours.copy_(theirs)


class OptimizerMemory:
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

    def __init__(self, shape: Shape, device: torch.device, dtype: torch.dtype = torch.float32) -> None:
        self.shape, self.vocabulary, self.hidden = shape, shape.vocabulary, shape.hidden
        self._vector: Callable[[], ParameterVector] = partial(ParameterVector, shape, device, dtype)
        self.parameters, self.gradient, self.kept = self._vector(), self._vector(), self._vector()
        self.memory = OptimizerMemory()

    @property
    def weights(self) -> Weights:
        """The parameters by name."""
        return self.parameters.weights

    @property
    def multiplications(self) -> int:
        """How many one character takes; the matrix that a one-hot vector is multiplied with takes none."""
        looked_up = self.weights.W_xh if self.weights.W_e is None else self.weights.W_e
        return sum(part.numel() for part in self.weights if part.dim() == 2) - looked_up.numel()

    def copy(self, device: torch.device, dtype: torch.dtype | None = None) -> Model:
        """A model of its own with the same parameters, on a device, in this model's precision or another."""
        made = Model(self.shape, device, dtype or self.parameters.flat.dtype)
        made.parameters.load(self.weights)
        return made

    def initialise(self, seed: int, init: str = "normal") -> None:
        """The first weights, in a way of ``INITIALISERS``.

        They are drawn on the CPU, so a seed means the same on every device.
        """
        INITIALISERS[init](self.weights, torch.Generator().manual_seed(seed))
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
            self.memory = OptimizerMemory(optimizer, tuple(self._vector() for _ in range(slots)))

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
