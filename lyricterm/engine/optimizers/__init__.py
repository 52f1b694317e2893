"""Optimisers by name, written out: one file each."""

from __future__ import annotations

from lyricterm.engine.model import Model
from lyricterm.engine.optimizers.adam import Adam
from lyricterm.engine.optimizers.base import Optimizer
from lyricterm.engine.optimizers.momentum import Momentum
from lyricterm.engine.optimizers.rmsprop import RmsProp
from lyricterm.engine.optimizers.sgd import Sgd

OPTIMIZERS: dict[str, Optimizer] = {
    "sgd": Sgd(),
    "momentum": Momentum(),
    "rmsprop": RmsProp(),
    "adam": Adam(),
    "adamw": Adam(decoupled=True),
}


def take_step(name: str, model: Model, lr: float, factor: float, decay: float) -> None:
    """One step with an optimiser; another one than before starts with an empty memory."""
    optimizer = OPTIMIZERS[name]
    model.remember(name, optimizer.slots)
    optimizer.step(model, lr, factor, decay)
    model.memory.steps += 1
