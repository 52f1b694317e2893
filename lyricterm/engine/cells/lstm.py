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

from lyricterm.engine.activations import Activation, sigmoid_slope
from lyricterm.engine.cells.base import State, TimeMajor
from lyricterm.engine.model import Layer
from lyricterm.engine.products.choices import Routes


class LstmTape:
    """Hidden states, memory cells, the gates' and candidate's values, and act(C) of each step."""

    def __init__(self, steps: int, batch: int, like: Layer) -> None:
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

    gate_names = ("I", "F", "O", "C̃")
    gates = len(gate_names)
    states = 2

    def tape(self, steps: int, batch: int, like: Layer) -> LstmTape:
        """Buffers for one pass."""
        return LstmTape(steps, batch, like)

    def forward(self, tape: LstmTape, weights: Layer, activation: Activation, products: Routes) -> None:
        """One product for all four, then the gates, in place on the tape's inputs."""
        size = len(weights.W_hh)
        step = products.route("step", tape.hidden[0], weights.W_hh)
        hidden, memory, active = tape.hidden.unbind(0), tape.memory.unbind(0), tape.active_memory.unbind(0)
        for t, values in enumerate(tape.inputs.unbind(0)):
            step.add(values, hidden[t], weights.W_hh)
            gates, candidate = values.split_with_sizes((3 * size, size), dim=1)
            input_gate, forget, output = gates.sigmoid_().chunk(3, dim=1)
            activation.apply(candidate)
            torch.mul(forget, memory[t], out=memory[t + 1]).addcmul_(input_gate, candidate)
            activation.apply(active[t].copy_(memory[t + 1]))
            torch.mul(output, active[t], out=hidden[t + 1])

    def backward(
        self,
        tape: LstmTape,
        weights: Layer,
        activation: Activation,
        products: Routes,
        d_hidden: TimeMajor,
        d_state: State,
        d_inputs: TimeMajor,
    ) -> State:
        """The equations above, differentiated from the last line to the first.

            dL/dC_t += dL/dH_t ⊙ O ⊙ act'(C_t)         dL/dC_{t-1} = dL/dC_t ⊙ F
            dL/dA_o = dL/dH_t ⊙ act(C_t) ⊙ O'          dL/dA_f = dL/dC_t ⊙ C_{t-1} ⊙ F'
            dL/dA_i = dL/dC_t ⊙ C̃ ⊙ I'                 dL/dA_c = dL/dC_t ⊙ I ⊙ C̃'

        Every factor to the right of dL/dH_t and dL/dC_t is known beforehand, for all time steps at once.
        """
        input_gate, forget, output, candidate = tape.inputs.chunk(4, dim=2)
        of_input, of_forget, of_output, of_candidate = d_inputs.whole.chunk(4, dim=2)
        sigmoid_slope(tape.inputs, out=d_inputs.whole)
        of_input.mul_(candidate)
        of_forget.mul_(tape.memory[:-1])
        of_output.mul_(tape.active_memory)
        activation.slope(candidate, out=of_candidate).mul_(input_gate)
        to_memory = activation.slope(tape.active_memory, out=torch.empty_like(tape.active_memory)).mul_(output)

        batch, size = d_state[0].shape
        transposed = weights.W_hh.t()
        step = products.route("step back", d_inputs.steps[0], transposed)
        forgets, to_memories = forget.unbind(0), to_memory.unbind(0)
        d_carried, d_memory = d_state[0], d_state[1].clone()
        d_hidden.steps[-1].add_(d_carried)
        for t in range(len(d_inputs.steps) - 1, -1, -1):
            d_now, d_gates = d_hidden.steps[t], d_inputs.steps[t].view(batch, 4, size)
            d_memory.addcmul_(d_now, to_memories[t])
            d_gates[:, 2].mul_(d_now)
            d_gates[:, :2].mul_(d_memory[:, None])
            d_gates[:, 3].mul_(d_memory)
            d_memory.mul_(forgets[t])
            if t > 0:
                step.add(d_hidden.steps[t - 1], d_inputs.steps[t], transposed)
        d_carried = step.multiply(d_inputs.steps[0], transposed, out=torch.empty_like(d_carried))
        return (d_carried, d_memory)

    def recurrent_gradient(self, tape: LstmTape, d_inputs: Tensor, gradient: Tensor, products: Routes) -> None:
        """dL/dW_hh = Σ_t H_{t-1}ᵀ dL/dA_t."""
        before, rows = tape.hidden[:-1].flatten(0, 1).t(), d_inputs.flatten(0, 1)
        products.route("recurrent gradient", before, rows).add(gradient, before, rows)
