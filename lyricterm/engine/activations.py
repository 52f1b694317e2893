"""Activation functions of the hidden layer, each with its way back written in terms of its own output.

The ways back are the kernels that torch's autograd calls, with room to write to: one pass over memory, where the
same product written out takes two or three.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol

import torch
from torch import Tensor

_ATEN = torch.ops.aten


class Apply(Protocol):
    """The activation of ``z``, written to ``out``, which may be ``z`` itself."""

    def __call__(self, z: Tensor, out: Tensor) -> Tensor:
        """Return ``out``."""


class Back(Protocol):
    """``d`` ⊙ the derivative where the output is ``h``, written to ``out``, which may be ``d`` itself."""

    def __call__(self, d: Tensor, h: Tensor, out: Tensor) -> Tensor:
        """Return ``out``."""


@dataclass(frozen=True)
class Activation:
    """h = apply(z), dL/dz = back(dL/dh, h)."""

    apply: Apply
    back: Back


def tanh(z: Tensor, out: Tensor) -> Tensor:
    """tanh z."""
    return torch.tanh(z, out=out)


def tanh_back(d: Tensor, h: Tensor, out: Tensor) -> Tensor:
    """d (1 - h²)."""
    _ATEN.tanh_backward.grad_input(d, h, grad_input=out)
    return out


def relu(z: Tensor, out: Tensor) -> Tensor:
    """max(z, 0)."""
    return torch.clamp_min(z, 0, out=out)


def relu_back(d: Tensor, h: Tensor, out: Tensor) -> Tensor:
    """d where the output is positive, else 0 (at 0 too, as autograd has it)."""
    _ATEN.threshold_backward.grad_input(d, h, 0, grad_input=out)
    return out


def sigmoid_back(d: Tensor, h: Tensor, out: Tensor) -> Tensor:
    """d h (1 - h), the way back through the sigmoid of the gates."""
    _ATEN.sigmoid_backward.grad_input(d, h, grad_input=out)
    return out


ACTIVATIONS: dict[str, Activation] = {
    "tanh": Activation(tanh, tanh_back),
    "relu": Activation(relu, relu_back),
}
