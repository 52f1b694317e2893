"""What every recurrent cell must do: go forward over a tape, and back over it, filling in dL/d(pre-activation).

A cell sees the hidden layer only. The input look-up, the output layer and the sums over time that give
the parameters' gradients are the same for all cells and live in ``stack``.
"""

from __future__ import annotations

from typing import Protocol

from torch import Tensor

from lyricterm.engine.activations import Activation
from lyricterm.engine.model import Layer
from lyricterm.engine.products.choices import Routes

State = tuple[Tensor, ...]
"""(H,) or, for the LSTM, (H, C); each (batch, hidden)."""


class TimeMajor:
    """A buffer (T, B, n), and a view of each of its time steps, taken once."""

    def __init__(self, whole: Tensor) -> None:
        self.whole = whole
        self.steps = whole.unbind(0)


class Tape(Protocol):
    """What a forward pass over T time steps remembers for the backward pass.

    ``inputs`` (T, B, G·H) is where X W_xh is written to before ``forward``.
    """

    inputs: Tensor
    hidden: Tensor
    """(T + 1, B, H): the state before the first step, then after each."""

    def begin(self, state: State) -> None:
        """Set the state before the first step."""

    def end(self) -> State:
        """The state after the last step; views of the tape."""


class Cell(Protocol):
    """One kind of recurrent layer."""

    gate_names: tuple[str, ...]
    """As the equations call them, in the order of their columns; nothing for the plain RNN."""
    gates: int
    """How many blocks of H columns W_xh, W_hh and b_h have."""
    states: int
    """How many tensors the carried state has."""

    def tape(self, steps: int, batch: int, like: Layer) -> Tape:
        """Buffers for one pass."""

    def forward(self, tape: Tape, weights: Layer, activation: Activation, products: Routes) -> None:
        """From the inputs on the tape to the hidden states on the tape."""

    def backward(
        self,
        tape: Tape,
        weights: Layer,
        activation: Activation,
        products: Routes,
        d_hidden: TimeMajor,
        d_state: State,
        d_inputs: TimeMajor,
    ) -> State:
        """Backpropagation through the time steps of one tape.

        ``d_hidden`` (T, B, H) is dL/dH from the output layer at each step and is used up; ``d_state`` is
        the gradient with respect to the state after the last step. Writes dL/d(pre-activation) to
        ``d_inputs`` (T, B, G·H) and returns the gradient with respect to the state before the first step.
        """

    def recurrent_gradient(self, tape: Tape, d_inputs: Tensor, gradient: Tensor, products: Routes) -> None:
        """Add this tape's dL/dW_hh to ``gradient`` (H, G·H)."""
