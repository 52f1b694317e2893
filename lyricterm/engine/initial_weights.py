"""How the weights begin, by name: the chapter's small normal numbers, or as PyTorch's own modules begin."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

import torch
from torch import Generator, Tensor

if TYPE_CHECKING:
    from lyricterm.engine.model import Weights

INITIAL_SCALE = 0.01
"""The chapter's standard deviation of the first weights."""

Initialise = Callable[["Weights", Generator], None]


def normal(weights: Weights, generator: Generator) -> None:
    """Weights from N(0, 0.01²), biases 0 (chapter: "initialise the model parameters").

    What stands between a layer and the layer or embedding below it is drawn from N(0, 1/D) for D inputs instead:
    so A_t begins as large in every layer as with one-hot input.
    """
    between = weights.layers[0 if weights.W_e is not None else 1 :]
    widened = {id(layer.W_xh) for layer in between}
    for parameter in weights:
        if parameter.dim() == 2:
            scale = len(parameter) ** -0.5 if id(parameter) in widened else INITIAL_SCALE
            parameter.copy_(_standard(parameter, generator) * scale)
        else:
            parameter.zero_()


def uniform(weights: Weights, generator: Generator) -> None:
    """Weights and biases from U(-1/√H, 1/√H) for H hidden units, an embedding from N(0, 1).

    As torch.nn.RNN, GRU, LSTM, Linear and Embedding begin, but for their second bias of each layer, which is 0 here.
    """
    bound = len(weights.W_hh) ** -0.5
    for parameter in weights:
        if parameter is weights.W_e:
            parameter.copy_(_standard(parameter, generator))
        else:
            drawn = torch.rand(parameter.shape, generator=generator)
            parameter.copy_((2 * drawn - 1) * bound)


def orthogonal(weights: Weights, generator: Generator) -> None:
    """As ``uniform``, but W_hh, and that of each gate, is a random orthogonal matrix (Saxe et al. 2014).

    It changes no length, so what goes through it from time step to time step neither grows nor fades by it.
    """
    uniform(weights, generator)
    hidden = len(weights.W_hh)
    for layer in weights.layers:
        for gate in layer.W_hh.chunk(layer.W_hh.shape[1] // hidden, dim=1):
            gate.copy_(_rotation(hidden, generator))


INITIALISERS: dict[str, Initialise] = {"normal": normal, "uniform": uniform, "orthogonal": orthogonal}


def _standard(parameter: Tensor, generator: Generator) -> Tensor:
    return torch.randn(parameter.shape, generator=generator)


def _rotation(size: int, generator: Generator) -> Tensor:
    """An orthogonal matrix, each as likely as any other (Mezzadri 2007)."""
    q: Tensor
    r: Tensor
    q, r = torch.linalg.qr(torch.randn(size, size, generator=generator, dtype=torch.float64))
    return q * r.diagonal().sign()
