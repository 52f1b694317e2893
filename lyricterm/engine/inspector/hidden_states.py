"""A completion read again: the hidden state after each of its characters."""

from __future__ import annotations

from dataclasses import dataclass

import torch
from torch import Tensor

from lyricterm.core.inspection import MOST_WRITTEN
from lyricterm.engine.activations import ACTIVATIONS
from lyricterm.engine.bptt import run_cell
from lyricterm.engine.cells import CELLS
from lyricterm.engine.cells.base import Cell
from lyricterm.engine.trainer import Trainer


@dataclass(frozen=True)
class Reading:
    """What was read, and H before the first character and after each."""

    text: str
    typed: int
    """How many of its characters were typed."""
    hidden: Tensor
    """(characters + 1, H)"""
    indices: Tensor
    """(characters,)"""


def read(trainer: Trainer, typed: str, length: int) -> Reading:
    """What is typed (without what the vocabulary does not have) and how the model goes on."""
    vocabulary, model = trainer.vocabulary, trainer.model
    found = (vocabulary.find(character) for character in trainer.writer.prepare(typed).text)
    known = [index for index in found if index is not None]
    prefix = vocabulary.decode(known)
    text = prefix + trainer.complete(prefix, min(length, MOST_WRITTEN)).text
    indices = torch.tensor([vocabulary.index[character] for character in text], dtype=torch.long, device=trainer.device)
    cell: Cell = CELLS[trainer.recipe.cell]
    like = model.weights.W_hh
    if not text:
        return Reading(text, 0, like.new_zeros(1, model.hidden), indices)
    tape = cell.tape(len(text), 1, model.weights)
    start = tuple(like.new_zeros(1, model.hidden) for _ in range(cell.states))
    run_cell(cell, tape, indices, start, model, ACTIVATIONS[trainer.recipe.activation])
    return Reading(text, len(prefix), tape.hidden[:, 0], indices)
