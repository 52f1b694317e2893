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

from lyricterm.engine.activations import Activation, sigmoid_back
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
        self.active_memory = TimeMajor(like.W_hh.new_empty(steps, batch, size))
        self.to_memory = TimeMajor(like.W_hh.new_empty(steps, batch, size))
        """O ⊙ act'(C) of each step, on the way back."""
        self.steps, self.hiddens, self.memories = (part.unbind(0) for part in (self.inputs, self.hidden, self.memory))
        self.gates = TimeMajor(self.inputs[..., : 3 * size])
        self.input_gate, self.forget, self.output, self.candidate = map(TimeMajor, self.inputs.chunk(4, dim=2))

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
        step = products.route("step", tape.hidden[0], weights.W_hh)
        recurrent = step.laid_out(weights.W_hh)
        hidden, memory = tape.hiddens, tape.memories
        for t, values in enumerate(tape.steps):
            step.add(values, hidden[t], recurrent)
            tape.gates.steps[t].sigmoid_()
            candidate = activation.apply(tape.candidate.steps[t], out=tape.candidate.steps[t])
            torch.mul(tape.forget.steps[t], memory[t], out=memory[t + 1]).addcmul_(tape.input_gate.steps[t], candidate)
            active = activation.apply(memory[t + 1], out=tape.active_memory.steps[t])
            torch.mul(tape.output.steps[t], active, out=hidden[t + 1])

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
        of_input, of_forget, of_output, of_candidate = d_inputs.whole.chunk(4, dim=2)
        sigmoid_back(tape.candidate.whole, tape.input_gate.whole, out=of_input)
        sigmoid_back(tape.memory[:-1], tape.forget.whole, out=of_forget)
        sigmoid_back(tape.active_memory.whole, tape.output.whole, out=of_output)
        activation.back(tape.input_gate.whole, tape.candidate.whole, out=of_candidate)
        activation.back(tape.output.whole, tape.active_memory.whole, out=tape.to_memory.whole)

        steps, batch, size = of_input.shape
        step = products.route("step back", d_inputs.steps[0], weights.W_hh.t())
        transposed = step.laid_out(weights.W_hh.t())
        d_first_two = d_inputs.whole.view(steps, batch, 4, size)[:, :, :2].unbind(0)
        d_outputs, d_candidates = of_output.unbind(0), of_candidate.unbind(0)
        d_memory = d_state[1].clone()
        d_memory_of_both = d_memory[:, None]
        d_hidden.steps[-1].add_(d_state[0])
        for t in range(steps - 1, -1, -1):
            d_now = d_hidden.steps[t]
            d_memory.addcmul_(d_now, tape.to_memory.steps[t])
            d_outputs[t].mul_(d_now)
            d_first_two[t].mul_(d_memory_of_both)
            d_candidates[t].mul_(d_memory)
            d_memory.mul_(tape.forget.steps[t])
            if t > 0:
                step.add(d_hidden.steps[t - 1], d_inputs.steps[t], transposed)
        d_first = step.multiply(d_inputs.steps[0], transposed, out=torch.empty_like(d_memory))
        return (d_first, d_memory)

    def recurrent_gradient(self, tape: LstmTape, d_inputs: Tensor, gradient: Tensor, products: Routes) -> None:
        """dL/dW_hh = Σ_t H_{t-1}ᵀ dL/dA_t."""
        before, rows = tape.hidden[:-1].flatten(0, 1).t(), d_inputs.flatten(0, 1)
        products.route("recurrent gradient", before, rows).add(gradient, before, rows)
