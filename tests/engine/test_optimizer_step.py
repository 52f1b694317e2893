"""The step that the inspector shows, against torch: its autograd, its clipping, its optimisers."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

import pytest
import torch
from torch import Tensor, nn, optim
from torch.nn.functional import cross_entropy, one_hot
from torch.nn.utils import clip_grad_value_, get_total_norm

from lyricterm.core.inspection import AskOptimizerStep, OptimizerStepShown
from lyricterm.engine.inspector import look
from lyricterm.engine.trainer import Trainer
from tests.engine.runs import small, start

Parameters = dict[str, nn.Parameter]
ORACLES: dict[str, Callable[[Any], optim.Optimizer]] = {
    "sgd": lambda p: optim.SGD(p, 0.01, weight_decay=0.02),
    "momentum": lambda p: optim.SGD(p, 0.01, momentum=0.9, weight_decay=0.02),
    "rmsprop": lambda p: optim.RMSprop(p, 0.01, weight_decay=0.02),
    "adam": lambda p: optim.Adam(p, 0.01, weight_decay=0.02),
    "adamw": lambda p: optim.AdamW(p, 0.01, weight_decay=0.02),
}
THETA = 2.0


def shown(trainer: Trainer) -> OptimizerStepShown:
    answer = look(trainer, AskOptimizerStep())
    assert isinstance(answer, OptimizerStepShown)
    return answer


def loss_of(own: Parameters, inputs: Tensor, labels: Tensor) -> Tensor:
    """The chapter's, from the zero state: the cross-entropy summed over batch and time."""
    state = torch.zeros(len(inputs), len(own["W_hh"]), dtype=torch.float64)
    losses = []
    for x, wanted in zip(inputs.t(), labels.t(), strict=True):
        X = one_hot(x, len(own["W_xh"])).double()
        state = torch.tanh(X @ own["W_xh"] + state @ own["W_hh"] + own["b_h"])
        losses.append(cross_entropy(state @ own["W_hy"] + own["b_y"], wanted, reduction="sum"))
    return torch.stack(losses).sum()


@pytest.mark.parametrize("clip", ["norm", "value", "off"])
@pytest.mark.parametrize("name", ORACLES)
def test_the_step_is_that_of_torch(name: str, clip: str) -> None:
    recipe = small(optimizer=name, lr=0.01, weight_decay=0.02, theta=THETA, clipping=clip != "off")
    recipe = recipe.with_values({"clip_by": clip} if clip != "off" else {})
    trainer = start(recipe, dtype=torch.float64)
    own: Parameters = {name: nn.Parameter(value.clone()) for name, value in trainer.model.weights.named.items()}
    oracle = ORACLES[name](list(own.values()))
    for taken in range(5):
        inputs, labels, _state = trainer.next_minibatch()
        oracle.zero_grad()
        loss_of(own, inputs, labels).backward()  # type: ignore[no-untyped-call]
        gradients = [each.grad for each in own.values() if each.grad is not None]
        norms = [float(gradient.norm()) for gradient in gradients]
        whole = float(get_total_norm(gradients))
        if clip == "value":
            clip_grad_value_(own.values(), THETA)
        elif clip == "norm":
            # torch's own adds an epsilon to the norm, the chapter does not.
            for gradient in gradients:
                gradient.mul_(min(THETA / whole, 1))
        left = float(get_total_norm(gradients))
        before = [each.detach().clone() for each in own.values()]
        oracle.step()
        moved = [float((now.detach() - then).norm()) for now, then in zip(own.values(), before, strict=True)]
        seen = shown(trainer)
        assert [each.name for each in seen.parameters] == list(own)
        assert [each.value for each in seen.parameters] == pytest.approx([float(each.norm()) for each in before])
        assert [each.gradient for each in seen.parameters] == pytest.approx(norms)
        assert [each.step for each in seen.parameters] == pytest.approx(moved)
        assert (seen.norm, seen.clipped) == pytest.approx((whole, left))
        assert (seen.steps, seen.optimizer, seen.lr, seen.overflow) == (taken, name, 0.01, False)
        rates = [step / norm for step, norm in zip(moved, norms, strict=True)]
        assert [each.rate for each in seen.parameters] == pytest.approx(rates)
        trainer.step()


@pytest.mark.parametrize("cell", ["rnn", "gru", "lstm"])
def test_it_is_the_step_that_is_taken(cell: str) -> None:
    recipe = small(
        cell=cell, layers=2, embedding=5, dropout=0.5, sampling="consecutive", optimizer="adam", lr=0.01,
        schedule="warm-up", epochs=20,
    )  # fmt: skip
    trainer = start(recipe)
    for _ in range(3):
        trainer.step()
        before = trainer.model.weights.map(torch.clone)
        seen = shown(trainer)
        trainer.step()
        pairs = zip(trainer.model.weights, before, strict=True)
        moved = [float((now.double() - then.double()).norm()) for now, then in pairs]
        assert [each.step for each in seen.parameters] == pytest.approx(moved, rel=1e-4)
        assert seen.lr == pytest.approx(0.01 / 10)


def test_another_optimiser_begins_anew() -> None:
    trainer = start(small(optimizer="adam", lr=0.01))
    trainer.step()
    trainer.change({"optimizer": "rmsprop"})
    assert shown(trainer).steps == 0
    assert trainer.model.memory.optimizer == "adam"


def test_a_gradient_that_overflows_takes_no_step() -> None:
    trainer = start(small(clipping=False))
    trainer.model.parameters.flat.fill_(math.nan)
    seen = shown(trainer)
    assert seen.overflow
    assert all(math.isnan(each.step) for each in seen.parameters)
