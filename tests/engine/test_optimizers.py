"""Optimisers and schedules against torch.optim, step for step; runs that go on with what an optimizer remembers."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any

import pytest
import torch
from torch import Tensor, nn, optim
from torch.optim import lr_scheduler

from lyricterm.corpus.text import Corpus
from lyricterm.engine import checkpoint, snapshot
from lyricterm.engine.model import Model
from lyricterm.engine.optimizers import OPTIMIZERS, take_step
from lyricterm.engine.schedules import PLATEAU_EPOCHS, SCHEDULES, Plateau
from lyricterm.engine.shape import Shape

from .runs import TEXT, epochs, losses, small, start, train

Make = Callable[[Iterable[nn.Parameter], float, float], optim.Optimizer]

ORACLES: dict[str, Make] = {
    "sgd": lambda p, lr, decay: optim.SGD(p, lr, weight_decay=decay),
    "momentum": lambda p, lr, decay: optim.SGD(p, lr, momentum=0.9, weight_decay=decay),
    "rmsprop": lambda p, lr, decay: optim.RMSprop(p, lr, weight_decay=decay),
    "adam": lambda p, lr, decay: optim.Adam(p, lr, weight_decay=decay),
    "adamw": lambda p, lr, decay: optim.AdamW(p, lr, weight_decay=decay),
}


def model_of(dtype: torch.dtype) -> Model:
    model = Model(Shape(7, 5, 1), torch.device("cpu"), dtype)
    model.initialise(3)
    return model


def values(model: Model) -> Tensor:
    return torch.cat([part.flatten() for part in model.weights])


@pytest.mark.parametrize("decay", [0.0, 0.01])
@pytest.mark.parametrize("factor", [1.0, 0.25])
@pytest.mark.parametrize("name", OPTIMIZERS)
def test_two_hundred_steps_are_those_of_torch(name: str, factor: float, decay: float) -> None:
    model = model_of(torch.float64)
    parameter = nn.Parameter(values(model).clone())
    oracle = ORACLES[name]([parameter], 0.01, decay)
    noise = torch.Generator().manual_seed(1)
    for _ in range(200):
        gradient = torch.randn(len(parameter), generator=noise, dtype=torch.float64)
        place = 0
        for part in model.gradient.weights:
            part.copy_(gradient[place : place + part.numel()].view(part.shape))
            place += part.numel()
        take_step(name, model, 0.01, factor, decay)
        parameter.grad = gradient * factor
        oracle.step()
        torch.testing.assert_close(values(model), parameter.detach(), rtol=1e-6, atol=1e-9)
    padding = model.parameters.flat.sum() - values(model).sum()
    assert abs(float(padding)) < 1e-9


@pytest.mark.parametrize("name", OPTIMIZERS)
def test_an_optimizer_trains(name: str) -> None:
    lr = {"sgd": 0.1, "momentum": 0.02}.get(name, 0.01)
    trainer = start(small(optimizer=name, lr=lr))
    steps = epochs(trainer, 6)
    assert steps[-1].loss < 0.7 * steps[0].loss


def rates(make: Callable[[optim.Optimizer], Any], count: int, losses: list[float] | None = None) -> list[float]:
    parameter = nn.Parameter(torch.zeros(1))
    optimizer = optim.SGD([parameter], 1.0)
    schedule = make(optimizer)
    found = []
    for epoch in range(count):
        found.append(float(optimizer.param_groups[0]["lr"]))
        optimizer.step()
        schedule.step(losses[epoch]) if losses else schedule.step()
    return found


TORCH: dict[str, Callable[[optim.Optimizer], Any]] = {
    "constant": lambda o: lr_scheduler.ConstantLR(o, 1.0),
    "step": lambda o: lr_scheduler.MultiStepLR(o, [20, 30], 0.1),
    "cosine": lambda o: lr_scheduler.CosineAnnealingLR(o, 40),
    "warm-up": lambda o: lr_scheduler.LinearLR(o, 0.1, 1.0, 9),
}


@pytest.mark.parametrize("name", TORCH)
def test_schedules_are_those_of_torch(name: str) -> None:
    ours = [SCHEDULES[name](done, 40, Plateau()) for done in range(40)]
    assert ours == pytest.approx(rates(TORCH[name], 40))


def test_reduce_on_plateau_is_that_of_torch() -> None:
    seen = [3.0, 2.0, 2.5, 2.4, 2.3, 2.2, 2.1, 2.05, 1.9, *[2.0] * 20, 1.0, *[1.5] * 11]
    expected = rates(
        lambda o: lr_scheduler.ReduceLROnPlateau(o, factor=0.5, patience=PLATEAU_EPOCHS, threshold=0), len(seen), seen
    )
    plateau, ours = Plateau(), []
    for done, loss in enumerate(seen):
        ours.append(SCHEDULES["plateau"](done, 40, plateau))
        plateau.end_epoch(loss)
    assert ours == pytest.approx(expected)
    assert min(ours) < 0.2


def mine() -> Corpus:
    return Corpus("test", TEXT, len(TEXT))


@pytest.mark.slow
@pytest.mark.parametrize("detach", [True, False])
@pytest.mark.parametrize("name", ["momentum", "rmsprop", "adam", "adamw"])
def test_a_run_goes_on_bit_for_bit(name: str, detach: bool, tmp_path: Path) -> None:
    recipe = small(
        optimizer=name,
        lr=0.002,
        schedule="plateau",
        weight_decay=0.01,
        clip_by="value",
        sampling="consecutive",
        detach=detach,
        threads="1",
    )
    whole = start(recipe)
    total = 2 * whole.minibatches
    straight = losses(train(whole, total))
    for done in (0, 3, whole.minibatches, whole.minibatches + 4):
        trainer = start(recipe)
        train(trainer, done)
        path = tmp_path / "run.safetensors"
        checkpoint.save(snapshot.capture(trainer), path)
        loaded = checkpoint.load(path)
        resumed = snapshot.resume(loaded, loaded.recipe, mine())
        assert losses(train(resumed, total - done)) == straight[done:]
        assert torch.equal(resumed.model.parameters.flat, whole.model.parameters.flat)


def test_another_optimizer_starts_with_an_empty_memory() -> None:
    trainer = start(small(optimizer="adam", lr=0.01))
    epochs(trainer, 1)
    assert trainer.model.memory.steps == trainer.minibatches
    trainer.change({"optimizer": "momentum"})
    train(trainer, 2)
    memory = trainer.model.memory
    assert (memory.optimizer, len(memory.slots), memory.steps) == ("momentum", 1, 2)


@pytest.mark.parametrize("name", OPTIMIZERS)
def test_an_overflow_empties_the_memory_and_brings_the_parameters_back(name: str) -> None:
    trainer = start(small(optimizer=name, lr=0.01))
    train(trainer, 3)
    good = trainer.model.parameters.flat.clone()
    trainer.model.keep()
    trainer.model.parameters.flat.fill_(math.nan)
    assert trainer.step().overflow == "loss"
    assert torch.equal(trainer.model.parameters.flat, good)
    assert trainer.model.memory.steps == 0
    assert all(not slot.flat.any() for slot in trainer.model.memory.slots)


def test_a_rate_that_changes_is_reported_by_no_mark() -> None:
    trainer = start(small(schedule="step", epochs=4, lr=0.2))
    steps = epochs(trainer, 4)
    assert [change for step in steps for change in step.applied] == []
    assert trainer.recipe.lr == 0.2
