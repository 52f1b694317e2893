"""What the probe says of a gradient, against float64 autograd; and that training does not feel it."""

from __future__ import annotations

import math
from typing import Any

import pytest
import torch
from torch.nn.functional import cross_entropy, one_hot

from lyricterm.corpus.load import load
from lyricterm.engine.probe import factor_per_step, probe, spectral_radius
from lyricterm.engine.trainer import Trainer
from tests.engine.runs import epochs, losses, small, start


def trained(**values: Any) -> Trainer:
    trainer = start(small(lr=0.5, **values), dtype=torch.float64)
    epochs(trainer, 2)
    return trainer


def autograd(trainer: Trainer, last_only: bool) -> tuple[list[torch.Tensor], list[torch.Tensor]]:
    """The gradient of the next minibatch's loss, float64: of each parameter, and of H_1 … H_T."""
    X, Y, (H,) = trainer.next_minibatch()
    leaves, H = [weight.double().clone().requires_grad_() for weight in trainer.model.weights], H.double()
    W_xh, W_hh, b_h, W_hy, b_y = leaves
    act = {"tanh": torch.tanh, "relu": torch.relu}[trainer.recipe.activation]
    states = []
    for column in X.t():
        H = act(one_hot(column, len(trainer.vocabulary)).to(W_xh.dtype) @ W_xh + H @ W_hh + b_h)
        H.retain_grad()
        states.append(H)
    told = states[-1:] if last_only else states
    labels = Y[:, -1] if last_only else Y.t().flatten()
    torch.autograd.backward(cross_entropy(torch.cat(told) @ W_hy + b_y, labels, reduction="sum"))
    grads = [leaf.grad for leaf in leaves if leaf.grad is not None]
    return grads, [state.grad for state in states if state.grad is not None]


@pytest.mark.parametrize("activation", ["tanh", "relu"])
@pytest.mark.parametrize("sampling", ["random", "consecutive"])
def test_the_norms_are_those_of_autograd(activation: str, sampling: str) -> None:
    trainer = trained(activation=activation, sampling=sampling)
    trainer.step()
    found = probe(trainer)
    wanted = [float(part.norm()) for part in autograd(trainer, last_only=False)[0]]
    assert found.norms == pytest.approx(wanted, rel=1e-9)
    assert (found.epoch, found.minibatch) == (3, 2)
    assert trainer.step().grad_norm == pytest.approx(found.norm, rel=1e-9)


@pytest.mark.parametrize("activation", ["tanh", "relu"])
def test_the_factor_per_step_is_that_of_autograd(activation: str) -> None:
    trainer = trained(activation=activation)
    norms = [float(part.norm()) for part in autograd(trainer, last_only=True)[1]]
    wanted = (norms[0] / norms[-1]) ** (1 / (len(norms) - 1))
    assert probe(trainer).factor == pytest.approx(wanted, rel=1e-9)


def test_the_factor_is_that_of_float64_also_where_float32_has_no_digits_left() -> None:
    trainer = start(small(hidden=32, steps=6))
    with torch.no_grad():
        # Every unit near ±1, where 1 − tanh² is of the size of a rounding.
        trainer.model.weights.b_h.copy_(torch.linspace(6, 8, 32))
    norms = [float(part.norm()) for part in autograd(trainer, last_only=True)[1]]
    assert norms[0] < 1e-5 * norms[-1]
    wanted = (norms[0] / norms[-1]) ** (1 / (len(norms) - 1))
    assert probe(trainer).factor == pytest.approx(wanted, rel=1e-6)


def test_the_units_that_are_on_are_counted() -> None:
    trainer = trained(activation="relu")
    with torch.no_grad():
        trainer.model.weights.b_h[:5] = -100.0
        trainer.model.weights.b_h[5:7] = 100.0
    found = probe(trainer)
    assert found.never_on >= 5
    assert 2 / trainer.model.hidden <= found.on <= 1 - 5 / trainer.model.hidden


def test_training_does_not_feel_it() -> None:
    alone, watched = (start(small(sampling="consecutive", threads="1")) for _ in range(2))
    with_probe = []
    for _ in range(alone.minibatches * 2):
        probe(watched)
        with_probe.append(watched.step())
    assert losses(epochs(alone, 2)) == losses(with_probe)


def test_a_factor_is_told_only_where_it_is_known() -> None:
    assert factor_per_step([8.0, 4.0, 2.0]) == pytest.approx(2.0)
    assert factor_per_step([0.0, 4.0, 2.0]) == pytest.approx(2.0)
    assert factor_per_step([math.inf, 0.5, 1.0]) == pytest.approx(0.5)
    assert math.isnan(factor_per_step([1.0]))
    assert math.isnan(factor_per_step([0.0, 0.0, 1.0]))
    assert math.isnan(factor_per_step([1.0, 0.0]))


def test_the_spectral_radius_is_that_of_a_rotation() -> None:
    assert spectral_radius(torch.tensor([[0.0, -3.0], [3.0, 0.0]])) == pytest.approx(3.0)
    assert math.isnan(spectral_radius(torch.tensor([[math.inf, 0.0], [0.0, 1.0]])))


def test_a_cell_with_gates_has_no_one_matrix() -> None:
    found = probe(start(small(cell="lstm")))
    assert math.isnan(found.radius)
    assert math.isfinite(found.factor)


def test_at_the_chapters_settings_the_first_gradient_is_that_of_b_y_and_vanishes_through_time() -> None:
    recipe = small(hidden=256, batch=32, steps=35, lr=0.2, clipping=False)
    trainer = Trainer(recipe, load(recipe))
    first = probe(trainer)
    assert first.norm == pytest.approx(185.7, abs=0.1)
    assert (first.norms[4] / first.norm) ** 2 == pytest.approx(0.971, abs=0.001)
    assert first.radius == pytest.approx(0.168, abs=0.001)
    assert first.factor == pytest.approx(0.163, abs=0.002)
    trainer.step()
    second = probe(trainer)
    assert second.norm == pytest.approx(6_084, abs=5)
    # The norm grew thirtyfold while the way back through time still shrinks it.
    assert second.factor < 0.2
    assert second.radius < 0.2
