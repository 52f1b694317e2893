"""A completion read again: the hidden state after each of its characters."""

from __future__ import annotations

from dataclasses import dataclass

import torch
from torch import Tensor

from lyricterm.core.inspection import MOST_WRITTEN
from lyricterm.engine.activations import ACTIVATIONS
from lyricterm.engine.stack import Stack
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
    stack = Stack(model, trainer.recipe.cell)
    if not text:
        return Reading(text, 0, stack.hidden(stack.zero_state(1)), indices)
    tape = stack.tape(len(text), 1)
    stack.forward(tape, indices, stack.zero_state(1), ACTIVATIONS[trainer.recipe.activation])
    return Reading(text, len(prefix), tape.hidden[:, 0], indices)
