"""Long short-term memory (Hochreiter and Schmidhuber 1997; Dive into Deep Learning, "long short-term memory").

    I, F, O = σ(X W_x{i,f,o} + H W_h{i,f,o} + b)   input, forget and output gate
    C̃ = act(X W_xc + H W_hc + b)                   candidate
    C' = F ⊙ C + I ⊙ C̃
    H' = O ⊙ act(C')

The gates' columns stand in the order I, F, O, C̃.
"""

from __future__ import annotations

import torch
from torch import Tensor

from lyricterm.engine.activations import Activation
from lyricterm.engine.cells.base import State, TimeMajor
from lyricterm.engine.model import Weights


class LstmTape:
    """Hidden states, memory cells, the gates' and candidate's values, and act(C) of each step."""

    def __init__(self, steps: int, batch: int, like: Weights) -> None:
        size = like.W_hh.shape[0]
        self.hidden = like.W_hh.new_zeros(steps + 1, batch, size)
        self.memory = like.W_hh.new_zeros(steps + 1, batch, size)
        self.inputs = like.W_hh.new_empty(steps, batch, 4 * size)
        self.active_memory = like.W_hh.new_empty(steps, batch, size)

    def begin(self, state: State) -> None:
        """Set H_0 and C_0."""
        self.hidden[0].copy_(state[0])
        self.memory[0].copy_(state[1])

    def end(self) -> State:
        """H_T and C_T."""
        return (self.hidden[-1], self.memory[-1])


class Lstm:
    """Three gates around a memory cell."""

    gates = 4
    states = 2

    def tape(self, steps: int, batch: int, like: Weights) -> LstmTape:
        """Buffers for one pass."""
        return LstmTape(steps, batch, like)

    def forward(self, tape: LstmTape, weights: Weights, activation: Activation) -> None:
        """One product for all four, then the gates, in place on the tape's inputs."""
        size = weights.W_hh.shape[0]
        for t, values in enumerate(tape.inputs.unbind(0)):
            values.addmm_(tape.hidden[t], weights.W_hh)
            values[:, : 3 * size].sigmoid_()
            input_gate, forget, output, candidate = values.chunk(4, dim=1)
            activation.apply(candidate)
            memory = torch.mul(forget, tape.memory[t], out=tape.memory[t + 1])
            memory.addcmul_(input_gate, candidate)
            active = activation.apply(tape.active_memory[t].copy_(memory))
            torch.mul(output, active, out=tape.hidden[t + 1])

    def backward(
        self,
        tape: LstmTape,
        weights: Weights,
        activation: Activation,
        d_hidden: TimeMajor,
        d_state: State,
        d_inputs: TimeMajor,
    ) -> State:
        """The equations above, differentiated from the last line to the first."""
        transposed = weights.W_hh.t()
        d_carried, d_memory = d_state[0], d_state[1].clone()
        slope = torch.empty_like(d_memory)
        for t in range(len(d_inputs.steps) - 1, -1, -1):
            input_gate, forget, output, candidate = tape.inputs[t].chunk(4, dim=1)
            d_input, d_forget, d_output, d_candidate = d_inputs.steps[t].chunk(4, dim=1)
            active = tape.active_memory[t]
            d_now = d_hidden.steps[t] + d_carried
            d_output.copy_(d_now * active * output * (1 - output))
            d_memory.addcmul_(d_now * output, activation.slope(active, out=slope))
            d_input.copy_(d_memory * candidate * input_gate * (1 - input_gate))
            d_forget.copy_(d_memory * tape.memory[t] * forget * (1 - forget))
            activation.slope(candidate.contiguous(), out=slope)
            d_candidate.copy_(d_memory * input_gate * slope)
            d_memory = d_memory * forget
            d_carried = d_inputs.steps[t] @ transposed
        return (d_carried, d_memory)

    def recurrent_gradient(self, tape: LstmTape, d_inputs: Tensor, gradient: Tensor) -> None:
        """dL/dW_hh = Σ_t H_{t-1}ᵀ dL/dA_t."""
        gradient.addmm_(tape.hidden[:-1].flatten(0, 1).t(), d_inputs.flatten(0, 1))
