"""How far back the gradient reaches: its norm with respect to the hidden state after each time step."""

from __future__ import annotations

import math
from typing import NamedTuple

import torch
from torch import Tensor

from lyricterm.core.inspection import AskThroughTime, ThroughTimeShown
from lyricterm.core.settings import Recipe
from lyricterm.engine.activations import ACTIVATIONS, Activation
from lyricterm.engine.bptt import BpttEngine
from lyricterm.engine.cells.base import Cell, State, Tape, TimeMajor
from lyricterm.engine.cells.lstm import LstmTape
from lyricterm.engine.model import Model, Weights
from lyricterm.engine.output import OutputLayer
from lyricterm.engine.products.choices import PLAIN
from lyricterm.engine.stack import Stack, StackTape, part_of
from lyricterm.engine.trainer import Trainer

Minibatch = tuple[Tensor, Tensor, State]
"""Inputs, labels, and the state before them."""
Norms = tuple[float, ...]
"""Of the gradient with respect to H_1 … H_T."""
LayerNorms = list[tuple[float, float]]
"""Of each layer: of the gradient with respect to H_t and to C_t."""


class Reach(NamedTuple):
    """Of one loss, for t = 1 … T."""

    hidden: Norms
    """With respect to the last layer's H_t."""
    memory: Norms
    """With respect to its C_t; nothing for a cell without a memory."""
    below: tuple[Norms, ...]
    """With respect to H_t of each layer below, the first one first."""
    memory_below: tuple[Norms, ...]
    """With respect to C_t of each layer below; nothing for a cell without a memory."""


def through_time(trainer: Trainer, question: AskThroughTime) -> ThroughTimeShown:
    """The gradients of two losses of the minibatch that is next: that of its last time step, and that of all.

    Without clipping one update can throw the weights so far that the run diverges there and then, and goes back.
    So the update is also made on a copy, in float64, which shows how fast it grows where float32 overflows.
    """
    recipe = trainer.recipe
    minibatch = trainer.next_minibatch()
    last, total = _both_through_time(trainer.model, recipe, minibatch)
    ahead: tuple[float, ...] = ()
    if not recipe.clipping:
        inputs, labels, state = minibatch
        exact = inputs, labels, tuple(part.double() for part in state)
        ahead = norms_through_time(_updated(trainer, exact), recipe, exact)[0]
    return ThroughTimeShown(
        recipe.cell,
        recipe.activation,
        trainer.minibatch,
        last.hidden,
        total.hidden,
        ahead,
        last.memory,
        last.below,
        last.memory_below,
    )


def _updated(trainer: Trainer, minibatch: Minibatch) -> Model:
    """A float64 copy of the model after the next update, as it is without clipping."""
    recipe, model = trainer.recipe, trainer.model
    copy = model.copy(trainer.device, torch.float64)
    engine = BpttEngine(copy, recipe.cell)
    inputs, labels, state = minibatch
    engine.carry(state)
    engine.forward(inputs, labels, recipe.activation, True)
    engine.backward()
    copy.descend(recipe.lr)
    return copy


def norms_through_time(model: Model, recipe: Recipe, minibatch: Minibatch) -> tuple[Norms, Norms]:
    """With respect to H_t: of the last time step's loss, and of the whole one."""
    last, total = _both_through_time(model, recipe, minibatch)
    return last.hidden, total.hidden


def last_through_time(model: Model, recipe: Recipe, minibatch: Minibatch) -> Norms:
    """With respect to H_t: of the last time step's loss."""
    inputs, labels, state = minibatch
    tapes = _tapes(model, recipe, inputs, state)
    d_hidden = tapes[-1].hidden.new_zeros(len(tapes), *tapes[-1].hidden[1].shape)
    d_hidden[-1:] = _from_output(tapes[-1].hidden[1:], labels[:, -1:], model.parameters.output, model.vocabulary)
    cell, activation = Stack(model, recipe.cell).cell, ACTIVATIONS[recipe.activation]
    return _back(cell, tapes, model.weights, activation, d_hidden).hidden


def _both_through_time(model: Model, recipe: Recipe, minibatch: Minibatch) -> tuple[Reach, Reach]:
    """Of the last time step's loss, and of the whole one: with respect to H_t, and to C_t if there is one."""
    inputs, labels, state = minibatch
    cell, activation = Stack(model, recipe.cell).cell, ACTIVATIONS[recipe.activation]
    tapes = _tapes(model, recipe, inputs, state)
    d_hidden = _from_output(
        torch.cat([tape.hidden[1:] for tape in tapes]), labels, model.parameters.output, model.vocabulary
    )
    of_last = torch.zeros_like(d_hidden)
    of_last[-1] = d_hidden[-1]
    back = [_back(cell, tapes, model.weights, activation, each) for each in (of_last, d_hidden)]
    return back[0], back[1]


def _tapes(model: Model, recipe: Recipe, inputs: Tensor, state: State) -> list[StackTape]:
    """A minibatch of one time step on the tape of a time step of its own.

    So the cell's backward pass, which returns the gradient with respect to the state before it, tells the gradient at
    every time step.
    """
    stack, tapes = Stack(model, recipe.cell), []
    for rows in inputs.t():
        tapes.append(stack.tape(1, len(rows)))
        stack.forward(tapes[-1], rows, state, ACTIVATIONS[recipe.activation])
        state = tapes[-1].end()
    return tapes


def _of_memory(tape: Tape, d_hidden: Tensor, d_memory: Tensor, activation: Activation) -> Tensor:
    """dL/dC_t = what comes back from C_{t+1} + dL/dH_t ⊙ O ⊙ act'(C_t), each (B, H), on the tape of one step."""
    assert isinstance(tape, LstmTape)
    back = activation.back(d_hidden * tape.output.steps[0], tape.active_memory.steps[0], out=torch.empty_like(d_memory))
    return d_memory + back


def _from_output(hidden: Tensor, labels: Tensor, output: Tensor, vocabulary: int) -> Tensor:
    """dL/dH_t as it comes from the output layer at each step, (T, B, H)."""
    rows, wanted = hidden.flatten(0, 1), labels.t().reshape(-1)
    layer = OutputLayer(len(rows), output, vocabulary, PLAIN)
    layer.forward(rows, wanted, output)
    d_hidden = torch.empty_like(rows)
    layer.backward(wanted, output, torch.empty_like(output), d_hidden)
    layer.wait()
    return d_hidden.view_as(hidden)


def _back(cell: Cell, tapes: list[StackTape], weights: Weights, activation: Activation, from_outputs: Tensor) -> Reach:
    """The norms of the whole gradient with respect to each layer's H_t, for t = 1 … T, and to its C_t."""
    steps: list[LayerNorms] = []
    d_state: State = tuple(torch.zeros_like(part) for part in tapes[-1].end())
    for tape, d_hidden in zip(reversed(tapes), from_outputs.flip(0), strict=True):
        d_state, of_layers = _one_step(cell, tape, weights, activation, d_hidden, d_state)
        steps.append(of_layers)
    # Time steps and layers were gone through from the last.
    by_layer = [list(reversed(layer)) for layer in zip(*steps, strict=True)][::-1]
    hidden, memory = (tuple(tuple(step[part] for step in layer) for layer in by_layer) for part in range(2))
    memory = memory if cell.states > 1 else ()
    return Reach(hidden[-1], memory[-1] if memory else (), hidden[:-1], memory[:-1])


def _one_step(
    cell: Cell, tape: StackTape, weights: Weights, activation: Activation, d_hidden: Tensor, d_state: State
) -> tuple[State, LayerNorms]:
    """Through all layers, from the state after one time step to the state before it.

    Returns the norms of dL/dH_t and dL/dC_t (0 without a memory) of the layers as well, from the upper to the lower.
    """
    before: State = ()
    norms: LayerNorms = []
    for number in reversed(range(len(weights.layers))):
        layer, of_layer = weights.layers[number], tape.layers[number]
        d_inputs, after = TimeMajor(torch.empty_like(of_layer.inputs)), part_of(d_state, number, cell.states)
        d_now = d_hidden + after[0]
        has_memory = cell.states > 1
        norms.append((_norm(d_now), _norm(_of_memory(of_layer, d_now, after[-1], activation)) if has_memory else 0.0))
        hidden = TimeMajor(d_hidden[None])
        before = cell.backward(of_layer, layer, activation, PLAIN, hidden, after, d_inputs) + before
        if number:
            d_hidden = d_inputs.whole[0] @ layer.W_xh.t()
    return before, norms


def _norm(gradient: Tensor) -> float:
    norm = float(gradient.cpu().double().norm())
    return norm if math.isfinite(norm) else math.inf
