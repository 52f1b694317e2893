"""The parameters (chapter: "initialise the model parameters")."""

from __future__ import annotations

import math
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


class ParameterVector:
    """All parameters as views of one flat vector, so that norm, clipping and SGD are one operation each.

    Between the parameters lie up to 15 zeros that keep each aligned, and behind them some more; they stay zero.
    """

    def __init__(self, vocabulary: int, hidden: int, gates: int, device: torch.device, dtype: torch.dtype) -> None:
        sizes = shapes(vocabulary, hidden, gates).values()
        starts, end = [], 0
        for size in sizes:
            starts.append(end)
            end += math.ceil(math.prod(size) / _ALIGN) * _ALIGN
        self.flat = torch.zeros(math.ceil(end / STRIDE) * STRIDE, device=device, dtype=dtype)
        self.weights = Weights(
            *(self.flat[start : start + math.prod(size)].view(size) for start, size in zip(starts, sizes, strict=True))
        )
        self.hidden_part = self.flat[: starts[3]]
        """The parameters of the hidden layer (W_xh, W_hh, b_h), of which BPTT sums gradients over time."""

    def __len__(self) -> int:
        return sum(parameter.numel() for parameter in self.weights)

    def named(self, flat: Tensor) -> Weights:
        """Another vector of this layout as the parameters it holds (views)."""
        starts = (weight.storage_offset() for weight in self.weights)
        return Weights(
            *(
                flat[start : start + weight.numel()].view(weight.shape)
                for start, weight in zip(starts, self.weights, strict=True)
            )
        )

    def load(self, weights: Weights) -> None:
        """Take over the values of parameters of the same shapes, from any device."""
        for ours, theirs in zip(self.weights, weights, strict=True):
            ours.copy_(theirs)


class Model:
    """Parameters, their gradient, and the last parameters that gave a finite loss."""

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
        self.kept = self.parameters.flat.clone()

    @property
    def weights(self) -> Weights:
        """The parameters by name."""
        return self.parameters.weights

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
        self.kept.copy_(self.parameters.flat)

    def go_back(self) -> None:
        """Take the last good parameters again."""
        self.parameters.flat.copy_(self.kept)
