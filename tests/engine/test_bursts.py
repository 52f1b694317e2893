"""The GPU's way of training, run here without a GPU: same losses as autograd, parameters guarded on overflow."""

from __future__ import annotations

import itertools
from collections.abc import Callable

import pytest
import torch

from lyricterm.core.settings import Recipe, Value
from lyricterm.corpus.text import Corpus
from lyricterm.engine.bptt import BpttEngine
from lyricterm.engine.cuda import BURST, GraphBurst
from lyricterm.engine.protocols import Burst, Engine
from lyricterm.engine.trainer import Trainer
from lyricterm.engine.trainer_state import Step

TEXT = "the rain is on the roof and the roof is on the house and the house is full of songs " * 9
SMALL = Recipe(hidden=12, batch=3, steps=6, lr=0.02, device="cpu", seed=5)


def in_bursts(engine: Engine, notice: Callable[[str], None]) -> Burst:
    """Steps as on a GPU, operation by operation."""
    assert isinstance(engine, BpttEngine)
    return GraphBurst(engine, notice, capture=False)


def trainer(recipe: Recipe, *, bursts: bool) -> Trainer:
    """A float64 trainer on the small text."""
    corpus = Corpus("test", TEXT, len(TEXT))
    return Trainer(recipe, corpus, dtype=torch.float64, make_burst=in_bursts if bursts else None)


def train(run: Trainer, epochs: int) -> list[Step]:
    """Train whole epochs, as far as it goes."""
    steps: list[Step] = []
    while run.epoch < epochs and not (steps and steps[-1].overflow):
        steps += run.advance(run.burst)
    return steps


@pytest.mark.parametrize(
    ("sampling", "activation", "clipping", "detach"),
    list(itertools.product(("random", "consecutive"), ("tanh", "relu"), (True, False), (True, False))),
)
def test_bursts_give_the_losses_of_autograd(sampling: str, activation: str, clipping: bool, detach: bool) -> None:
    values: dict[str, Value] = {
        "sampling": sampling,
        "activation": activation,
        "clipping": clipping,
        "detach": detach,
        "theta": 0.5,
    }
    recipe = SMALL.with_values(values)
    ours = train(trainer(recipe, bursts=True), 3)
    autograd = train(trainer(recipe.with_values({"engine": "reference"}), bursts=False), 3)
    assert len(ours) == len(autograd) > 3 * 10
    assert [step.loss for step in ours] == pytest.approx([step.loss for step in autograd], rel=1e-10)
    assert [step.grad_norm for step in ours] == pytest.approx([step.grad_norm for step in autograd], rel=1e-8)
    assert [step.clipped for step in ours] == [step.clipped for step in autograd]


def test_a_burst_ends_with_the_epoch_and_is_bounded() -> None:
    run = trainer(SMALL, bursts=True)
    first = run.advance(10_000)
    assert len(first) == min(BURST, run.minibatches)
    while not first[-1].finished:
        first += run.advance(10_000)
    assert [step.minibatch for step in first] == list(range(1, run.minibatches + 1))
    assert len(run.advance(1)) == 1


@pytest.mark.parametrize("sampling", ["random", "consecutive"])
def test_after_an_overflow_the_parameters_are_the_last_good_ones(sampling: str) -> None:
    recipe = SMALL.with_values({"sampling": sampling, "activation": "relu", "clipping": False, "lr": 1e5})
    burst, eager = trainer(recipe, bursts=True), trainer(recipe, bursts=False)
    ours, theirs = train(burst, 5), train(eager, 5)
    assert ours[-1].overflow is not None
    assert ours[-1].overflow == theirs[-1].overflow
    assert (ours[-1].epoch, ours[-1].minibatch) == (theirs[-1].epoch, theirs[-1].minibatch)
    assert burst.model.parameters.flat.isfinite().all()
    torch.testing.assert_close(burst.model.parameters.flat, eager.model.parameters.flat, rtol=1e-8, atol=1e-10)
    assert len(burst.complete("the", 20).text) == 20


def test_hot_changes_reach_the_next_burst() -> None:
    run = trainer(SMALL.with_values({"sampling": "consecutive"}), bursts=True)
    run.advance(3)
    run.change({"lr": 1e-9, "activation": "relu"})
    before = run.model.parameters.flat.clone()
    steps = run.advance(2)
    assert {change.setting for change in steps[0].applied} == {"lr", "activation"}
    assert float((run.model.parameters.flat - before).abs().max()) < 1e-6


@pytest.mark.parametrize("sampling", ["random", "consecutive"])
def test_a_block_is_its_minibatches_in_time_order(sampling: str) -> None:
    plan = trainer(SMALL.with_values({"sampling": sampling}), bursts=True)._plan
    inputs, labels = plan.block(2, 4)
    for row, number in enumerate(range(2, 6)):
        X, Y = plan[number]
        assert inputs[row].tolist() == [int(X[b, t]) for t in range(6) for b in range(3)]
        assert labels[row].tolist() == [int(Y[b, t]) for t in range(6) for b in range(3)]
