"""The step that the optimiser takes next, parameter by parameter, worked out on a copy of all that it depends on."""

from __future__ import annotations

import math
from dataclasses import replace

import torch
from torch import Tensor

from lyricterm.core.inspection import AskOptimizerStep, OptimizerStepShown, ParameterStep
from lyricterm.core.settings import Recipe
from lyricterm.engine.bptt import BpttEngine
from lyricterm.engine.clipping import clipping_of, gradient_norm
from lyricterm.engine.dropout import dropout_of
from lyricterm.engine.model import Model
from lyricterm.engine.optimizers import OPTIMIZERS, take_step
from lyricterm.engine.remembered import recall, remembered
from lyricterm.engine.sampling import epoch_seed
from lyricterm.engine.schedules import scheduled
from lyricterm.engine.trainer import Trainer


def next_step(trainer: Trainer, question: AskOptimizerStep) -> OptimizerStepShown:
    """That of the minibatch that is next, from the state it starts from, taken as a constant."""
    recipe = scheduled(trainer.recipe, trainer.epoch, trainer.plateau)
    model = _with_gradient(trainer, recipe)
    norm = gradient_norm(model.gradient.flat)
    shown = OptimizerStepShown(
        trainer.epoch,
        trainer.minibatch,
        recipe.optimizer,
        recipe.schedule,
        recipe.lr,
        norm,
        norm,
        model.memory.steps if model.memory.optimizer == recipe.optimizer else 0,
        _parameters(model),
    )
    factor, left = clipping_of(recipe)(model.gradient.flat, norm, recipe.theta)
    if not math.isfinite(norm) or not OPTIMIZERS[recipe.optimizer].fits(recipe.lr, left):
        return replace(shown, overflow=True)
    before = model.weights.map(torch.clone)
    take_step(recipe.optimizer, model, recipe.lr, factor, recipe.weight_decay)
    steps = [_norm(now.double() - then.double()) for now, then in zip(model.weights, before, strict=True)]
    parameters = tuple(replace(each, step=step) for each, step in zip(shown.parameters, steps, strict=True))
    return replace(shown, clipped=left, parameters=parameters)


def _with_gradient(trainer: Trainer, recipe: Recipe) -> Model:
    """A copy of the model, with the optimiser's memory and the gradient of the minibatch that is next."""
    model = trainer.model.copy(trainer.device)
    recall(model, remembered(trainer.model))
    inputs, labels, state = trainer.next_minibatch()
    engine = BpttEngine(model, recipe.cell)
    engine.carry(state)
    dropout = dropout_of(recipe, epoch_seed(recipe.seed, trainer.epoch), trainer.minibatch)
    engine.forward(inputs, labels, recipe.activation, True, dropout)
    engine.backward()
    return model


def _parameters(model: Model) -> tuple[ParameterStep, ...]:
    pairs = zip(model.weights.named.items(), model.gradient.weights, strict=True)
    return tuple(ParameterStep(name, _norm(value), _norm(gradient)) for (name, value), gradient in pairs)


def _norm(values: Tensor) -> float:
    norm = float(values.double().norm())
    return norm if math.isfinite(norm) else math.inf
