"""The chapter's cell: H_t = act(X_t W_xh + H_{t-1} W_hh + b_h)."""

from __future__ import annotations

import torch
from torch import Tensor

from lyricterm.engine.activations import Activation
from lyricterm.engine.cells.base import State, TimeMajor
from lyricterm.engine.model import Layer
from lyricterm.engine.products.choices import Routes


class RnnTape:
    """The hidden states; each pre-activation is turned into its hidden state where it stands."""

    def __init__(self, steps: int, batch: int, like: Layer) -> None:
        size = like.W_hh.shape[0]
        self.hidden = like.W_hh.new_zeros(steps + 1, batch, size)
        self.inputs = self.hidden[1:]
        self.steps = self.hidden.unbind(0)

    def begin(self, state: State) -> None:
        """Set H_0."""
        self.hidden[0].copy_(state[0])

    def end(self) -> State:
        """H_T."""
        return (self.hidden[-1],)


class Rnn:
    """Elman's recurrent layer (Elman 1990, "Finding structure in time")."""

    gate_names = ("",)
    gates = len(gate_names)
    states = 1

    def tape(self, steps: int, batch: int, like: Layer) -> RnnTape:
        """Buffers for one pass."""
        return RnnTape(steps, batch, like)

    def forward(self, tape: RnnTape, weights: Layer, activation: Activation, products: Routes) -> None:
        """Each step adds H_{t-1} W_hh to the input and applies the activation, in place."""
        before = tape.steps[0]
        step = products.route("step", before, weights.W_hh)
        recurrent = step.laid_out(weights.W_hh)
        for now in tape.steps[1:]:
            activation.apply(step.add(now, before, recurrent), out=now)
            before = now

    def backward(
        self,
        tape: RnnTape,
        weights: Layer,
        activation: Activation,
        products: Routes,
        d_hidden: TimeMajor,
        d_state: State,
        d_inputs: TimeMajor,
    ) -> State:
        """dL/dA_t = (dL/dH_t + dL/dA_{t+1} W_hhᵀ) ⊙ act'(A_t)."""
        d_steps, d_sums = d_inputs.steps, d_hidden.steps
        step = products.route("step back", d_steps[0], weights.W_hh.t())
        transposed = step.laid_out(weights.W_hh.t())
        last = len(d_steps) - 1
        activation.back(d_sums[last].add_(d_state[0]), tape.steps[last + 1], out=d_steps[last])
        for t in range(last - 1, -1, -1):
            activation.back(step.add(d_sums[t], d_steps[t + 1], transposed), tape.steps[t + 1], out=d_steps[t])
        return (step.multiply(d_steps[0], transposed, out=torch.empty_like(d_steps[0])),)

    def recurrent_gradient(self, tape: RnnTape, d_inputs: Tensor, gradient: Tensor, products: Routes) -> None:
        """dL/dW_hh = Σ_t H_{t-1}ᵀ dL/dA_t, as one product over the whole sequence."""
        before, rows = tape.hidden[:-1].flatten(0, 1).t(), d_inputs.flatten(0, 1)
        products.route("recurrent gradient", before, rows).add(gradient, before, rows)
