"""The gated recurrent unit (Cho et al. 2014; Dive into Deep Learning, "gated recurrent units").

    R, Z = σ(X W_x{r,z} + H W_h{r,z} + b)      reset and update gate
    H̃ = act(X W_xh + (R ⊙ H) W_hh + b)         candidate
    H' = Z ⊙ H + (1 - Z) ⊙ H̃

The gates' columns stand in the order R, Z, H̃.
"""

from __future__ import annotations

import torch
from torch import Tensor

from lyricterm.engine.activations import Activation, sigmoid_back
from lyricterm.engine.cells.base import State, TimeMajor
from lyricterm.engine.model import Layer
from lyricterm.engine.products.choices import Routes


class GruTape:
    """Hidden states, the gates' and candidate's values, and R ⊙ H of each step."""

    def __init__(self, steps: int, batch: int, like: Layer) -> None:
        size = like.W_hh.shape[0]
        self.hidden = like.W_hh.new_zeros(steps + 1, batch, size)
        self.inputs = like.W_hh.new_empty(steps, batch, 3 * size)
        self.reset_hidden = TimeMajor(like.W_hh.new_empty(steps, batch, size))
        self.hiddens = self.hidden.unbind(0)
        self.gates = TimeMajor(self.inputs[..., : 2 * size])
        self.reset, self.update, self.candidate = map(TimeMajor, self.inputs.chunk(3, dim=2))

    def begin(self, state: State) -> None:
        """Set H_0."""
        self.hidden[0].copy_(state[0])

    def end(self) -> State:
        """H_T."""
        return (self.hidden[-1],)


class Gru:
    """The reset gate acts on the hidden state before the product with W_hh, as in the book."""

    gate_names = ("R", "Z", "H̃")
    gates = len(gate_names)
    states = 1

    def tape(self, steps: int, batch: int, like: Layer) -> GruTape:
        """Buffers for one pass."""
        return GruTape(steps, batch, like)

    def forward(self, tape: GruTape, weights: Layer, activation: Activation, products: Routes) -> None:
        """Gates first, then the candidate, in place on the tape's inputs."""
        of_gates, of_candidate = _apart(weights.W_hh)
        hidden, reset_hidden = tape.hiddens, tape.reset_hidden.steps
        step = products.route("gates", hidden[0], of_gates)
        second_step = products.route("candidate", hidden[0], of_candidate)
        of_gates, of_candidate = step.laid_out(of_gates), second_step.laid_out(of_candidate)
        for t, candidate in enumerate(tape.candidate.steps):
            step.add(tape.gates.steps[t], hidden[t], of_gates).sigmoid_()
            torch.mul(tape.reset.steps[t], hidden[t], out=reset_hidden[t])
            activation.apply(second_step.add(candidate, reset_hidden[t], of_candidate), out=candidate)
            torch.lerp(candidate, hidden[t], tape.update.steps[t], out=hidden[t + 1])

    def backward(
        self,
        tape: GruTape,
        weights: Layer,
        activation: Activation,
        products: Routes,
        d_hidden: TimeMajor,
        d_state: State,
        d_inputs: TimeMajor,
    ) -> State:
        """The equations above, differentiated from the last line to the first.

            dL/dA_z = dL/dH_t ⊙ (H_{t-1} - H̃) ⊙ Z'     dL/dA_h = dL/dH_t ⊙ (1 - Z) ⊙ H̃'
            dL/d(R ⊙ H) = dL/dA_h W_hhᵀ                 dL/dA_r = dL/d(R ⊙ H) ⊙ H_{t-1} ⊙ R'
            dL/dH_{t-1} += dL/dH_t ⊙ Z + dL/d(R ⊙ H) ⊙ R + dL/dA_{r,z} W_h{r,z}ᵀ

        Every factor to the right of dL/dH_t and dL/d(R ⊙ H) but the weights is known beforehand, for all steps at once.
        """
        before, update, candidate = tape.hidden[:-1], tape.update.whole, tape.candidate.whole
        of_reset, of_update, of_candidate = d_inputs.whole.chunk(3, dim=2)
        sigmoid_back(before, tape.reset.whole, out=of_reset)
        sigmoid_back(torch.sub(before, candidate, out=of_update), update, out=of_update)
        activation.back(torch.sub(update.new_ones(()), update, out=of_candidate), candidate, out=of_candidate)

        size = len(weights.W_hh)
        to_gates, to_candidate = (part.t() for part in _apart(weights.W_hh))
        d_gates = d_inputs.whole[..., : 2 * size].unbind(0)
        d_resets, d_updates, d_candidates = (part.unbind(0) for part in (of_reset, of_update, of_candidate))
        step = products.route("gates back", d_gates[0], to_gates)
        second_step = products.route("candidate back", d_candidates[0], to_candidate)
        to_gates, to_candidate = step.laid_out(to_gates), second_step.laid_out(to_candidate)
        d_first, scratch = torch.zeros_like(d_state[0]), torch.empty_like(d_state[0])
        d_hidden.steps[-1].add_(d_state[0])
        for t in range(len(d_gates) - 1, -1, -1):
            d_now, d_before = d_hidden.steps[t], d_hidden.steps[t - 1] if t > 0 else d_first
            d_updates[t].mul_(d_now)
            d_reset_hidden = second_step.multiply(d_candidates[t].mul_(d_now), to_candidate, out=scratch)
            d_resets[t].mul_(d_reset_hidden)
            d_before.addcmul_(d_now, tape.update.steps[t]).addcmul_(d_reset_hidden, tape.reset.steps[t])
            step.add(d_before, d_gates[t], to_gates)
        return (d_first,)

    def recurrent_gradient(self, tape: GruTape, d_inputs: Tensor, gradient: Tensor, products: Routes) -> None:
        """The gates saw H_{t-1}, the candidate saw R ⊙ H_{t-1}."""
        size = len(gradient)
        d_gates, d_candidate = d_inputs.flatten(0, 1).split_with_sizes((2 * size, size), dim=1)
        of_gates, of_candidate = gradient.split_with_sizes((2 * size, size), dim=1)
        before, reset_before = tape.hidden[:-1].flatten(0, 1).t(), tape.reset_hidden.whole.flatten(0, 1).t()
        products.route("gates gradient", before, d_gates).add(of_gates, before, d_gates)
        products.route("candidate gradient", reset_before, d_candidate).add(of_candidate, reset_before, d_candidate)


def _apart(W_hh: Tensor) -> tuple[Tensor, Tensor]:
    """Copies without gaps of what the gates (H, 2H) and the candidate (H, H) are computed with; read at every step."""
    size = len(W_hh)
    return W_hh[:, : 2 * size].contiguous(), W_hh[:, 2 * size :].contiguous()
