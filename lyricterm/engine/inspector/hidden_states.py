"""A completion read again: the hidden state after each of its characters."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import torch
from torch import Tensor

from lyricterm.core.inspection import MOST_WRITTEN
from lyricterm.engine.activations import ACTIVATIONS
from lyricterm.engine.cells.base import Cell, Tape
from lyricterm.engine.cells.lstm import LstmTape
from lyricterm.engine.stack import Stack, StackTape
from lyricterm.engine.trainer import Trainer

_NUMBERS = "¹²³⁴"


@dataclass(frozen=True)
class HiddenStatesRead:
    """What was read, and H before the first character and after each."""

    text: str
    typed: int
    """How many of its characters were typed."""
    hidden: Tensor
    """(characters + 1, H)"""
    indices: Tensor
    """(characters,)"""
    parts: Mapping[str, Tensor]
    """What each layer holds after each character, (characters, H) each, by its name in the cell's equations.

    Of several layers the last comes first, and the layer's number stands behind the name.
    """


def read(trainer: Trainer, typed: str, length: int) -> HiddenStatesRead:
    """What is typed (without what the vocabulary does not have) and how the model goes on."""
    vocabulary, model = trainer.vocabulary, trainer.model
    found = (vocabulary.find(character) for character in trainer.writer.prepare(typed).text)
    known = [index for index in found if index is not None]
    prefix = vocabulary.decode(known)
    text = prefix + trainer.complete(prefix, min(length, MOST_WRITTEN)).text
    indices = torch.tensor([vocabulary.index[character] for character in text], dtype=torch.long, device=trainer.device)
    stack = Stack(model, trainer.recipe.cell)
    if not text:
        hidden = stack.hidden(stack.zero_state(1))
        return HiddenStatesRead(text, 0, hidden, indices, {"H": hidden[:0]})
    tape = stack.tape(len(text), 1)
    stack.forward(tape, indices, stack.zero_state(1), ACTIVATIONS[trainer.recipe.activation])
    return HiddenStatesRead(text, len(prefix), tape.hidden[:, 0], indices, _of_layers(stack.cell, tape))


def _of_layers(cell: Cell, tape: StackTape) -> dict[str, Tensor]:
    if len(tape.layers) == 1:
        return _parts(cell, tape.layers[0])
    numbered = reversed(list(zip(_NUMBERS, tape.layers, strict=False)))
    return {name + number: part for number, layer in numbered for name, part in _parts(cell, layer).items()}


def _parts(cell: Cell, tape: Tape) -> dict[str, Tensor]:
    """H, the LSTM's C, and the gates, whose values stand where the inputs were once the tape has gone forward."""
    memory = {"C": tape.memory[1:, 0]} if isinstance(tape, LstmTape) else {}
    values = zip(cell.gate_names, tape.inputs[:, 0].chunk(cell.gates, dim=1), strict=True)
    return {"H": tape.hidden[1:, 0]} | memory | (dict(values) if cell.gates > 1 else {})
