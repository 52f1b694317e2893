"""A run that is saved, loaded and gone on with gives the same numbers, bit for bit, as one that never stopped."""

from __future__ import annotations

import random
from collections.abc import Iterator
from itertools import product
from pathlib import Path
from typing import Any

import pytest
import torch

from lyricterm.core.settings import Recipe
from lyricterm.corpus.text import Corpus
from lyricterm.engine import checkpoint, snapshot
from lyricterm.engine.trainer import Trainer
from lyricterm.engine.trainer_state import Applied, Step

from .runs import TEXT, small, start

COMBINATIONS = list(product(("random", "consecutive"), ("tanh", "relu"), (True, False), (True, False)))

Told = tuple[str, str, bool, tuple[Applied, ...], str | None, tuple[float, ...]]


def reopened(trainer: Trainer, folder: Path, **changes: Any) -> Trainer:
    """The run as another program would find it."""
    path = folder / "run.safetensors"
    checkpoint.save(snapshot.capture(trainer), path)
    loaded = checkpoint.load(path)
    return snapshot.resume(loaded, loaded.asked.with_values(changes), Corpus("test", TEXT, len(TEXT)))


def bits(number: float) -> str:
    """By which NaN is equal to itself."""
    return number.hex()


def told(step: Step) -> Told:
    """Everything of a step but the time it took."""
    done = step.finished
    figures = (done.loss, done.perplexity, done.grad_norm, done.clipped) if done else ()
    return (bits(step.loss), bits(step.grad_norm), step.clipped, step.applied, step.overflow, figures)


def wishes(seed: int, count: int) -> list[dict[str, Any]]:
    """What a person might flip before each minibatch; mostly nothing."""
    chance = random.Random(seed)
    kinds: list[tuple[str, list[Any]]] = [
        ("detach", [True, False]),
        ("activation", ["tanh", "relu"]),
        ("clipping", [True, False]),
        ("theta", [0.5, 5.0]),
        ("lr", [0.02, 0.1]),
        ("sampling", ["random", "consecutive"]),
        ("steps", [5, 7]),
        ("batch", [3, 4]),
    ]
    flips = []
    for _minibatch in range(count):
        name, values = chance.choice(kinds)
        flips.append({name: chance.choice(values)} if chance.random() < 0.3 else {})
    return flips


def play(trainer: Trainer, flips: list[dict[str, Any]]) -> Iterator[Told]:
    for flip in flips:
        if flip:
            trainer.change(flip)
        yield told(trainer.step())


@pytest.mark.slow
@pytest.mark.parametrize(("sampling", "activation", "clipping", "detach"), COMBINATIONS)
def test_every_combination_from_any_minibatch(
    sampling: str, activation: str, clipping: bool, detach: bool, tmp_path: Path
) -> None:
    recipe = small(sampling=sampling, activation=activation, clipping=clipping, detach=detach, batch=8)
    whole = start(recipe)
    steps = [told(whole.step()) for _ in range(2 * whole.minibatches)]
    for done in range(len(steps)):
        trainer = start(recipe)
        assert [told(trainer.step()) for _ in range(done)] == steps[:done]
        resumed = reopened(trainer, tmp_path)
        assert [told(resumed.step()) for _ in range(len(steps) - done)] == steps[done:]
        assert torch.equal(resumed.model.parameters.flat, whole.model.parameters.flat)
        assert resumed.notices == []


@pytest.mark.parametrize("engine", ["bptt", "reference"])
@pytest.mark.parametrize("cell", ["rnn", "gru", "lstm"])
def test_without_detach_every_cell_and_engine(cell: str, engine: str, tmp_path: Path) -> None:
    recipe = small(sampling="consecutive", detach=False, cell=cell, engine=engine, hidden=6)
    straight, trainer = start(recipe), start(recipe)
    for _ in range(9):
        trainer.step()
        straight.step()
    resumed = reopened(trainer, tmp_path)
    assert resumed.notices == []
    assert [told(resumed.step()) for _ in range(9)] == [told(straight.step()) for _ in range(9)]


@pytest.mark.slow
@pytest.mark.parametrize("seed", range(3))
def test_stopped_again_and_again_while_everything_is_flipped(seed: int, tmp_path: Path) -> None:
    flips = wishes(seed, 60)
    recipe = small(sampling="consecutive", detach=False)
    straight = list(play(start(recipe), flips))
    chance = random.Random(100 + seed)
    trainer, steps = start(recipe), []
    for flip in flips:
        if flip:
            trainer.change(flip)
        if chance.random() < 0.4:
            trainer = reopened(trainer, tmp_path)
        steps.append(told(trainer.step()))
    assert steps == straight
    assert len({step[0] for step in steps}) > 40


@pytest.mark.parametrize("sampling", ["random", "consecutive"])
@pytest.mark.parametrize("detach", [True, False])
def test_across_a_divergence(sampling: str, detach: bool, tmp_path: Path) -> None:
    recipe = small(sampling=sampling, detach=detach, clipping=False, lr=40.0, activation="relu")
    flips: list[dict[str, Any]] = [{} for _ in range(25)]
    flips[15] = {"clipping": True, "lr": 0.05}
    straight = list(play(start(recipe), flips))
    assert any(step[4] for step in straight)
    trainer, steps = start(recipe), []
    for flip in flips:
        if flip:
            trainer.change(flip)
        trainer = reopened(trainer, tmp_path)
        steps.append(told(trainer.step()))
    assert steps == straight


def test_a_change_that_waits_for_the_epoch_still_waits(tmp_path: Path) -> None:
    trainer = start(small(sampling="random"))
    trainer.step()
    trainer.change({"sampling": "consecutive", "batch": 5, "lr": 0.01})
    resumed = reopened(trainer, tmp_path)
    assert resumed.pending == {"sampling": "consecutive", "batch": 5}
    assert (resumed.recipe.lr, resumed.recipe.sampling) == (0.01, "random")
    assert resumed.step().applied == (Applied("lr", 0.05, 0.01),)


def test_the_history_is_only_kept_where_the_gradient_reaches_it() -> None:
    trainer = start(small(sampling="consecutive"))
    for detach, reached in ((True, 0), (False, 1), (False, 2), (True, 0), (False, 1)):
        trainer.change({"detach": detach})
        trainer.step()
        past = snapshot.capture(trainer).standing.past
        assert (len(past.variants) if past else 0) == reached
    while trainer.minibatch:
        trainer.step()
    assert snapshot.capture(trainer).standing.past is None


def test_a_history_that_comes_out_otherwise_is_told(tmp_path: Path) -> None:
    trainer = start(small(sampling="consecutive", detach=False))
    for _ in range(3):
        trainer.step()
    weights = trainer.model.weights.W_hh.clone()
    trainer.model.weights.W_hh[0, 0] += 1e-6
    resumed = reopened(trainer, tmp_path)
    (notice,) = resumed.notices
    assert "approximately" in notice
    assert not torch.equal(resumed.model.weights.W_hh, weights)
    assert torch.equal(resumed.model.weights.W_hh, trainer.model.weights.W_hh)


def test_recipes_are_compared_with_what_was_asked(tmp_path: Path) -> None:
    trainer = start(small())
    trainer.step()
    trainer.change({"steps": 9})
    captured = snapshot.capture(trainer)
    assert (captured.recipe.steps, captured.asked.steps) == (7, 9)
    assert isinstance(captured.asked, Recipe)
    resumed = reopened(trainer, tmp_path, steps=11)
    assert resumed.pending == {"steps": 11}
