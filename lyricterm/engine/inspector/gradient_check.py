"""Our gradients against autograd's, on copies: as it trains, in float32, and again in float64."""

from __future__ import annotations

import math
import time

import torch
from torch import Tensor

from lyricterm.core.inspection import AskCheck, CheckShown, Difference, ParameterCheck
from lyricterm.engine.bptt import BpttEngine
from lyricterm.engine.model import Weights
from lyricterm.engine.reference import ReferenceEngine
from lyricterm.engine.trainer import Trainer


def check(trainer: Trainer, question: AskCheck) -> CheckShown:
    """The minibatch that is next, from the state it starts from, taken as a constant."""
    begun = time.perf_counter()
    ours, single = _differences(trainer, torch.float32)
    double = _differences(trainer, torch.float64)[1]
    parameters = tuple(
        ParameterCheck(name, tuple(gradient.shape), float(gradient.abs().max()), single[name], double[name])
        for name, gradient in ours.named.items()
    )
    recipe = trainer.recipe
    seconds = time.perf_counter() - begun
    return CheckShown(
        question.turn, trainer.epoch, trainer.minibatch, recipe.cell, recipe.activation, parameters, seconds
    )


def _differences(trainer: Trainer, dtype: torch.dtype) -> tuple[Weights, dict[str, Difference]]:
    """Our gradient, and of each parameter how far autograd's is from it."""
    recipe = trainer.recipe
    inputs, labels, state = trainer.next_minibatch()
    gradients = []
    for make in (BpttEngine, ReferenceEngine):
        engine = make(trainer.model.copy(trainer.device, dtype), recipe.cell)
        engine.carry(tuple(part.to(dtype) for part in state))
        with torch.enable_grad():
            engine.forward(inputs, labels, recipe.activation, True)
            engine.backward()
        gradients.append(engine.model.gradient.weights)
    ours, theirs = gradients
    pairs = zip(ours.named, ours, theirs, strict=True)
    return ours, {name: difference(one, other) for name, one, other in pairs}


def difference(ours: Tensor, theirs: Tensor) -> Difference:
    """How far two gradients of one parameter are apart; 0 where both are zero."""
    ours, theirs = ours.double(), theirs.double()
    larger = torch.maximum(ours.abs(), theirs.abs())
    apart = (ours - theirs).abs()
    if not math.isfinite(float(larger.max())) or not math.isfinite(float(apart.max())):
        return Difference(math.nan, math.nan)
    largest = float(larger.max())
    entrywise = torch.where(larger > 0, apart / larger, apart)
    return Difference(float(apart.max()) / largest if largest else 0.0, float(entrywise.max()))
