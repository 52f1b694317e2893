"""The gated recurrent unit (Cho et al. 2014; Dive into Deep Learning, "gated recurrent units").

    R, Z = σ(X W_x{r,z} + H W_h{r,z} + b)      reset and update gate
    H̃ = act(X W_xh + (R ⊙ H) W_hh + b)         candidate
    H' = Z ⊙ H + (1 - Z) ⊙ H̃

The gates' columns stand in the order R, Z, H̃.
"""

from __future__ import annotations

import torch
from torch import Tensor

from lyricterm.engine.activations import Activation
from lyricterm.engine.cells.base import State, TimeMajor
from lyricterm.engine.model import Weights


class GruTape:
    """Hidden states, the gates' and candidate's values, and R ⊙ H of each step."""

    def __init__(self, steps: int, batch: int, like: Weights) -> None:
        size = like.W_hh.shape[0]
        self.hidden = like.W_hh.new_zeros(steps + 1, batch, size)
        self.inputs = like.W_hh.new_empty(steps, batch, 3 * size)
        self.reset_hidden = like.W_hh.new_empty(steps, batch, size)

    def begin(self, state: State) -> None:
        """Set H_0."""
        self.hidden[0].copy_(state[0])

    def end(self) -> State:
        """H_T."""
        return (self.hidden[-1],)


class Gru:
    """The reset gate acts on the hidden state before the product with W_hh, as in the book."""

    gates = 3
    states = 1

    def tape(self, steps: int, batch: int, like: Weights) -> GruTape:
        """Buffers for one pass."""
        return GruTape(steps, batch, like)

    def forward(self, tape: GruTape, weights: Weights, activation: Activation) -> None:
        """Gates first, then the candidate, in place on the tape's inputs."""
        size = weights.W_hh.shape[0]
        gate_weights, candidate_weights = weights.W_hh[:, : 2 * size], weights.W_hh[:, 2 * size :]
        for t, values in enumerate(tape.inputs.unbind(0)):
            before = tape.hidden[t]
            gates, candidate = values[:, : 2 * size], values[:, 2 * size :]
            gates.addmm_(before, gate_weights).sigmoid_()
            reset, update = gates[:, :size], gates[:, size:]
            torch.mul(reset, before, out=tape.reset_hidden[t])
            activation.apply(candidate.addmm_(tape.reset_hidden[t], candidate_weights))
            torch.lerp(candidate, before, update, out=tape.hidden[t + 1])

    def backward(
        self,
        tape: GruTape,
        weights: Weights,
        activation: Activation,
        d_hidden: TimeMajor,
        d_state: State,
        d_inputs: TimeMajor,
    ) -> State:
        """The equations above, differentiated from the last line to the first."""
        size = weights.W_hh.shape[0]
        gate_weights = weights.W_hh[:, : 2 * size].t()
        candidate_weights = weights.W_hh[:, 2 * size :].t()
        carried = d_state[0]
        for t in range(len(d_inputs.steps) - 1, -1, -1):
            before, values = tape.hidden[t], tape.inputs[t]
            reset, update, candidate = values.chunk(3, dim=1)
            d_reset, d_update, d_candidate = d_inputs.steps[t].chunk(3, dim=1)
            d_now = d_hidden.steps[t] + carried
            activation.slope(candidate.contiguous(), out=d_candidate)
            d_candidate.mul_(d_now * (1 - update))
            d_update.copy_(d_now * (before - candidate) * update * (1 - update))
            d_reset_hidden = d_candidate @ candidate_weights
            d_reset.copy_(d_reset_hidden * before * reset * (1 - reset))
            carried = d_now * update + d_reset_hidden * reset + d_inputs.steps[t][:, : 2 * size] @ gate_weights
        return (carried,)

    def recurrent_gradient(self, tape: GruTape, d_inputs: Tensor, gradient: Tensor) -> None:
        """The gates saw H_{t-1}, the candidate saw R ⊙ H_{t-1}."""
        size = gradient.shape[0]
        flat = d_inputs.flatten(0, 1)
        gradient[:, : 2 * size].addmm_(tape.hidden[:-1].flatten(0, 1).t(), flat[:, : 2 * size])
        gradient[:, 2 * size :].addmm_(tape.reset_hidden.flatten(0, 1).t(), flat[:, 2 * size :])
