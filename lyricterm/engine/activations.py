"""Activation functions of the hidden layer, each with its slope written in terms of its own output."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol

import torch
from torch import Tensor


class Apply(Protocol):
    """Replace a tensor by its activation, in place."""

    def __call__(self, z: Tensor) -> Tensor:
        """Return ``z`` itself."""


class Slope(Protocol):
    """The derivative at the points whose outputs are ``h``, written to ``out``."""

    def __call__(self, h: Tensor, out: Tensor) -> Tensor:
        """Return ``out``."""


@dataclass(frozen=True)
class Activation:
    """h = apply(z), dh/dz = slope(h)."""

    apply: Apply
    slope: Slope


def tanh(z: Tensor) -> Tensor:
    """tanh z."""
    return z.tanh_()


def tanh_slope(h: Tensor, out: Tensor) -> Tensor:
    """1 - tanh² z."""
    torch.addcmul(h.new_ones(()), h, h, value=-1, out=out)
    return out


def relu(z: Tensor) -> Tensor:
    """max(z, 0)."""
    return z.clamp_min_(0)


def relu_slope(h: Tensor, out: Tensor) -> Tensor:
    """1 where the output is positive, else 0 (at 0 too, as autograd has it)."""
    torch.sign(h, out=out)
    return out


def sigmoid_slope(h: Tensor, out: Tensor) -> Tensor:
    """h - h², the derivative of the sigmoid where its value is ``h``; for the gates."""
    torch.addcmul(h, h, h, value=-1, out=out)
    return out


ACTIVATIONS: dict[str, Activation] = {
    "tanh": Activation(tanh, tanh_slope),
    "relu": Activation(relu, relu_slope),
}
