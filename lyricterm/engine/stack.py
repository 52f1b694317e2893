"""The recurrent layers of a model, one above the other (Dive into Deep Learning, "deep recurrent neural networks").

Layer l reads at each time step what the layer below it has just put out, and its own state of the step before:

    H_t^(l) = cell(H_t^(l-1) W_xh^(l) + b_h^(l), H_{t-1}^(l))       H_t^(0) is the input, the last H_t^(L) goes to Y

and back, from the last layer to the first, each through all time steps:

    dL/dH^(l-1) = dL/dA^(l) W_xh^(l)ᵀ       dL/dW_xh^(l) = Σ H_t^(l-1)ᵀ dL/dA_t^(l)

With dropout H^(l-1) is multiplied by factors of 0 and 1 / (1 - P) on the way up, and its gradient on the way down.
"""

from __future__ import annotations

import torch
from torch import Tensor

from lyricterm.engine.activations import Activation
from lyricterm.engine.cells import CELLS
from lyricterm.engine.cells.base import Cell, State, Tape, TimeMajor
from lyricterm.engine.dropout import NO_DROPOUT, Dropout
from lyricterm.engine.inputs import get_inputs
from lyricterm.engine.model import Model, Weights
from lyricterm.engine.products.choices import PLAIN, Routes
from lyricterm.engine.products.routes import write_product


class StackTape:
    """What a forward pass through all layers remembers for the backward pass."""

    def __init__(self, cell: Cell, steps: int, batch: int, weights: Weights) -> None:
        self.layers: tuple[Tape, ...] = tuple(cell.tape(steps, batch, layer) for layer in weights.layers)
        self.X = get_inputs(weights).buffer(weights, steps * batch)
        self.factors: Tensor | None = None
        """Of dropout, (L - 1, T, B, H); None while nothing is dropped."""
        self.dropped: Tensor | None = None
        """What the layers above the first read then, of the same shape."""
        self._states = cell.states

    @property
    def hidden(self) -> Tensor:
        """The last layer's H before the first time step, then after each, (T + 1, B, H)."""
        return self.layers[-1].hidden

    @property
    def nbytes(self) -> int:
        """Bytes of all buffers; views of the same memory count once."""
        held = [part for tape in (self, *self.layers) for part in vars(tape).values()]
        tensors = [part.whole if isinstance(part, TimeMajor) else part for part in held]
        storages = [part.untyped_storage() for part in tensors if isinstance(part, Tensor)]
        return sum({storage.data_ptr(): storage.nbytes() for storage in storages}.values())

    def begin(self, state: State) -> None:
        """Set the state before the first step."""
        for number, tape in enumerate(self.layers):
            tape.begin(part_of(state, number, self._states))

    def end(self) -> State:
        """The state after the last step; views of the tape."""
        return tuple(part for tape in self.layers for part in tape.end())

    def drop(self, dropout: Dropout) -> None:
        """Draw what is dropped in the pass that begins."""
        gaps = len(self.layers) - 1
        if not dropout.share or not gaps:
            self.factors = self.dropped = None
            return
        if self.factors is None:
            self.factors = self.hidden.new_empty(gaps, *self.hidden[1:].shape)
            self.dropped = torch.empty_like(self.factors)
        dropout.draw(self.factors)

    def hand_up(self, number: int) -> Tensor:
        """What layer ``number`` + 1 reads, (T·B, H), once layer ``number`` is done."""
        hidden = self.layers[number].hidden[1:]
        if self.factors is not None and self.dropped is not None:
            hidden = torch.mul(hidden, self.factors[number], out=self.dropped[number])
        return hidden.flatten(0, 1)

    def handed_up(self, number: int) -> Tensor:
        """The same, later."""
        hidden = self.layers[number].hidden[1:] if self.dropped is None else self.dropped[number]
        return hidden.flatten(0, 1)


def part_of(state: State, number: int, states: int) -> State:
    """The part of a state that belongs to one layer of a cell with so many states."""
    return state[number * states : (number + 1) * states]


class Stack:
    """All layers of a model as one, with the parameters as they are at each call."""

    def __init__(self, model: Model, cell: str, products: Routes = PLAIN) -> None:
        self.cell: Cell = CELLS[cell]
        self._model, self._products = model, products

    def tape(self, steps: int, batch: int) -> StackTape:
        """Buffers for one pass."""
        return StackTape(self.cell, steps, batch, self._model.weights)

    def zero_state(self, batch: int) -> State:
        """A new state of zeros: (batch, hidden) for each state of each layer, the first layer's first."""
        like, count = self._model.weights.W_hh, self.cell.states * len(self._model.weights.layers)
        return tuple(like.new_zeros(batch, self._model.hidden) for _ in range(count))

    def hidden(self, state: State) -> Tensor:
        """The last layer's H."""
        return state[-self.cell.states]

    def forward(
        self, tape: StackTape, rows: Tensor, state: State, activation: Activation, dropout: Dropout = NO_DROPOUT
    ) -> None:
        """Each layer in turn: X W_xh + b_h for all time steps at once, then step by step.

        Args:
            rows: character indices, time-major, (T·B,).
        """
        weights = self._model.weights
        tape.begin(state)
        tape.drop(dropout)
        for number, (layer, of_layer) in enumerate(zip(weights.layers, tape.layers, strict=True)):
            inputs = of_layer.inputs.flatten(0, 1)
            if number == 0:
                get_inputs(weights).forward(weights, rows, tape.X, inputs, self._products)
            else:
                below = tape.hand_up(number - 1)
                write_product(self._products.route("layer", below, layer.W_xh), below, layer.W_xh, inputs)
            inputs.add_(layer.b_h)
            self.cell.forward(of_layer, layer, activation, self._products)

    def backward(
        self,
        tape: StackTape,
        rows: Tensor,
        activation: Activation,
        d_hidden: TimeMajor,
        d_state: State,
        d_inputs: TimeMajor,
    ) -> State:
        """Backpropagation through all layers and time steps of one tape; adds to the model's gradient.

        ``d_hidden`` (T, B, H) is dL/dH of the last layer from the output layer and is used up; ``d_state`` is
        the gradient with respect to the state after the last step. ``d_inputs`` (T, B, G·H) is room to write to.
        Returns the gradient with respect to the state before the first step.
        """
        weights, gradient, products = self._model.weights, self._model.gradient.weights, self._products
        first: State = ()
        for number in reversed(range(len(weights.layers))):
            of_layer, layer, sums = tape.layers[number], weights.layers[number], gradient.layers[number]
            after = part_of(d_state, number, self.cell.states)
            first = self.cell.backward(of_layer, layer, activation, products, d_hidden, after, d_inputs) + first
            values = d_inputs.whole.flatten(0, 1)
            self.cell.recurrent_gradient(of_layer, d_inputs.whole, sums.W_hh, products)
            sums.b_h.add_(values.sum(0))
            if number:
                self._down(tape, number, values, d_hidden.whole)
            else:
                get_inputs(weights).backward(weights, gradient, rows, tape.X, values, products)
        return first

    def _down(self, tape: StackTape, number: int, values: Tensor, d_below: Tensor) -> None:
        """From dL/dA of a layer: add dL/dW_xh, and write dL/dH of the layer below to ``d_below``."""
        W_xh, sums = self._model.weights.layers[number].W_xh, self._model.gradient.weights.layers[number].W_xh
        below, back = tape.handed_up(number - 1).t(), W_xh.t()
        self._products.route("layer gradient", below, values).add(sums, below, values)
        write_product(self._products.route("layer back", values, back), values, back, d_below.flatten(0, 1))
        if tape.factors is not None:
            d_below.mul_(tape.factors[number - 1])
