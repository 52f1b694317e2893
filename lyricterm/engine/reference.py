"""The chapter's own way: one-hot vectors, a Python loop over time steps, autograd.

Slow and plain, to be read beside the chapter. It is the oracle of the fast path and what
``--engine reference`` trains with.
"""

from __future__ import annotations

import math
from collections.abc import Callable

import torch
from torch import Tensor
from torch.nn import functional as F

from lyricterm.engine.cells.base import State
from lyricterm.engine.dropout import NO_DROPOUT, Dropout
from lyricterm.engine.model import Layer, Model

CellStep = Callable[[Tensor, State, Layer, Callable[[Tensor], Tensor]], State]


def to_one_hot(minibatch: Tensor, size: int, dtype: torch.dtype) -> list[Tensor]:
    """(batch, steps) indices to ``steps`` matrices (batch, size)."""
    return [F.one_hot(column, size).to(dtype) for column in minibatch.t()]


def rnn(X: Tensor, state: State, weights: Layer, act: Callable[[Tensor], Tensor]) -> State:
    """H = act(X W_xh + H W_hh + b_h)."""
    (H,) = state
    return (act(X @ weights.W_xh + H @ weights.W_hh + weights.b_h),)


def gru(X: Tensor, state: State, weights: Layer, act: Callable[[Tensor], Tensor]) -> State:
    """Reset and update gates, then a candidate that sees the reset state."""
    (H,) = state
    W_xr, W_xz, W_xh = weights.W_xh.chunk(3, dim=1)
    W_hr, W_hz, W_hh = weights.W_hh.chunk(3, dim=1)
    b_r, b_z, b_h = weights.b_h.chunk(3)
    R = torch.sigmoid(X @ W_xr + H @ W_hr + b_r)
    Z = torch.sigmoid(X @ W_xz + H @ W_hz + b_z)
    candidate = act(X @ W_xh + (R * H) @ W_hh + b_h)
    return (Z * H + (1 - Z) * candidate,)


def lstm(X: Tensor, state: State, weights: Layer, act: Callable[[Tensor], Tensor]) -> State:
    """Input, forget and output gates around a memory cell."""
    H, C = state
    W_xi, W_xf, W_xo, W_xc = weights.W_xh.chunk(4, dim=1)
    W_hi, W_hf, W_ho, W_hc = weights.W_hh.chunk(4, dim=1)
    b_i, b_f, b_o, b_c = weights.b_h.chunk(4)
    I = torch.sigmoid(X @ W_xi + H @ W_hi + b_i)
    forget = torch.sigmoid(X @ W_xf + H @ W_hf + b_f)
    O = torch.sigmoid(X @ W_xo + H @ W_ho + b_o)
    C = forget * C + I * act(X @ W_xc + H @ W_hc + b_c)
    return (O * act(C), C)


STEPS: dict[str, CellStep] = {"rnn": rnn, "gru": gru, "lstm": lstm}
ACTS: dict[str, Callable[[Tensor], Tensor]] = {"tanh": torch.tanh, "relu": torch.relu}
STATES = {"rnn": 1, "gru": 1, "lstm": 2}


class ReferenceEngine:
    """The same interface as ``BpttEngine``, with autograd inside."""

    invariant = False
    """torch multiplies as it likes, and its last digits may depend on the number of threads."""

    def __init__(self, model: Model, cell: str) -> None:
        self.model = model
        self._step = STEPS[cell]
        self._states = STATES[cell]
        self._count = self._states * model.shape.layers
        self._parameters = model.weights.map(lambda weight: weight.clone().requires_grad_())
        self._state: State = ()
        self._loss: Tensor | None = None
        """Of the minibatch between its forward and its backward pass."""
        self._detach = True

    @property
    def state(self) -> State:
        """The hidden state carried to the next minibatch, (batch, hidden) each."""
        return tuple(state.detach() for state in self._state)

    @property
    def held_bytes(self) -> float:
        """NaN: what a graph holds is autograd's own affair."""
        return math.nan

    def prepare(self, batch: int, steps: int) -> None:
        """Nothing: autograd allocates as it goes."""

    def reset(self, batch: int) -> None:
        """Start from a zero state with nothing behind it."""
        like = self.model.weights.W_hh
        self._state = tuple(like.new_zeros(batch, self.model.hidden) for _ in range(self._count))

    def carry(self, state: State) -> None:
        """Start from a given state with nothing behind it."""
        self._state = state

    def forward(
        self, inputs: Tensor, labels: Tensor, activation: str, detach: bool, dropout: Dropout = NO_DROPOUT
    ) -> Tensor:
        """The summed cross-entropy of a minibatch (0-d, nats)."""
        if detach:
            # The chapter calls s.detach() and drops what it returns; here the state is replaced.
            self._state = tuple(state.detach() for state in self._state)
        for parameter, weight in zip(self._parameters, self.model.weights, strict=True):
            # .data has a version counter of its own, so a graph that is kept sees the weights as they are now
            # instead of being refused after an in-place update.
            parameter.data.copy_(weight)
        factors, outputs = self._factors(inputs, dropout), []
        for t, X in enumerate(to_one_hot(inputs, self.model.vocabulary, self._parameters.W_xh.dtype)):
            H = self._time_step(X, activation, factors[:, t])
            outputs.append(H @ self._parameters.W_hy + self._parameters.b_y)
        self._loss = F.cross_entropy(torch.cat(outputs), labels.t().reshape(-1), reduction="sum")
        self._detach = detach
        return self._loss.detach()

    def _time_step(self, X: Tensor, activation: str, factors: Tensor) -> Tensor:
        """One character through all layers; the last layer's H."""
        W_e, states = self._parameters.W_e, list(self._state)
        below = X if W_e is None else X @ W_e
        for number, layer in enumerate(self._parameters.layers):
            if number:
                below = below * factors[number - 1]
            first, last = number * self._states, (number + 1) * self._states
            states[first:last] = self._step(below, tuple(states[first:last]), layer, ACTS[activation])
            below = states[first]
        self._state = tuple(states)
        return below

    def _factors(self, inputs: Tensor, dropout: Dropout) -> Tensor:
        """What each layer's output is multiplied with on its way up, (layers - 1, steps, batch, hidden)."""
        batch, steps = inputs.shape
        factors = self._parameters.W_hh.new_ones(self.model.shape.layers - 1, steps, batch, self.model.hidden)
        if dropout.share:
            dropout.draw(factors)
        return factors

    def backward(self) -> None:
        """Once after each ``forward``: leave its gradient in ``model.gradient``, and carry its last state on."""
        loss, self._loss = self._loss, None
        assert loss is not None
        loss.backward(retain_graph=not self._detach)  # type: ignore[no-untyped-call]
        for parameter, gradient in zip(self._parameters, self.model.gradient.weights, strict=True):
            assert parameter.grad is not None
            gradient.copy_(parameter.grad)
            parameter.grad = None
        if self._detach:
            # Its graph is gone; if detach is switched off now, the gradient runs back to here.
            self._state = self.state
