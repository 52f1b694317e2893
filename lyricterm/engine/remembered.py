"""What an optimiser remembers, copied, so that a run can go on with it."""

from __future__ import annotations

from dataclasses import dataclass

import torch

from lyricterm.engine.model import Model, Weights


@dataclass(frozen=True)
class Remembered:
    """A copy of ``Model.memory``."""

    optimizer: str = ""
    slots: tuple[Weights, ...] = ()
    steps: int = 0


NOTHING = Remembered()


def recall(model: Model, copied: Remembered) -> None:
    """Let a model's optimiser go on with what was copied, from any device."""
    model.remember(copied.optimizer, len(copied.slots))
    for slot, values in zip(model.memory.slots, copied.slots, strict=True):
        slot.load(values)
    model.memory.steps = copied.steps


def remembered(model: Model) -> Remembered:
    """A copy, on the model's device."""
    memory = model.memory
    slots = tuple(slot.weights.map(torch.clone) for slot in memory.slots)
    return Remembered(memory.optimizer, slots, memory.steps)
