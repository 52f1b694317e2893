"""The output layer against torch's cross entropy and autograd."""

from __future__ import annotations

import math
from dataclasses import dataclass

import pytest
import torch
from torch import Tensor
from torch.nn.functional import cross_entropy

from lyricterm.engine import output
from lyricterm.engine.model import Model, Weights
from lyricterm.engine.output import OutputLayer
from lyricterm.engine.products.choices import PLAIN
from lyricterm.engine.shape import Shape

N, H, V = 12, 5, 9


@dataclass
class Found:
    loss: float
    gradient: Weights
    d_hidden: Tensor


def run(model: Model, hidden: Tensor, labels: Tensor) -> Found:
    W = model.parameters.output
    layer = OutputLayer(len(hidden), W, V, PLAIN)
    loss = layer.forward(hidden, labels, W)
    d_hidden = torch.full_like(hidden, math.nan)
    model.gradient.flat.fill_(math.nan)
    layer.backward(labels, W, model.gradient.output, d_hidden)
    return Found(float(loss), model.gradient.weights, d_hidden)


def case(scale: float, dtype: torch.dtype) -> tuple[Model, Tensor, Tensor]:
    generator = torch.Generator().manual_seed(4)
    model = Model(Shape(V, H, 1), torch.device("cpu"), dtype)
    for parameter in model.weights:
        parameter.copy_(torch.randn(parameter.shape, generator=generator) * scale)
    hidden = torch.randn(N, H, generator=generator).to(dtype)
    return model, hidden, torch.randint(V, (N,), generator=generator)


@pytest.mark.parametrize(("dtype", "tolerance"), [(torch.float32, 1e-5), (torch.float64, 1e-12)])
@pytest.mark.parametrize("scale", [0.0, 0.01, 1.0, 20.0])
@pytest.mark.parametrize("shifted", [False, True])
def test_loss_and_gradients_are_those_of_autograd(
    scale: float, dtype: torch.dtype, tolerance: float, shifted: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    if shifted:
        monkeypatch.setattr(output, "_HIGH", 0)
    model, hidden, labels = case(scale, dtype)
    leaves = [tensor.double().clone().requires_grad_() for tensor in (hidden, model.weights.W_hy, model.weights.b_y)]
    h, W_hy, b_y = leaves
    wanted = cross_entropy(h @ W_hy + b_y, labels, reduction="sum")
    d_hidden, d_W_hy, d_b_y = torch.autograd.grad(wanted, leaves)
    found = run(model, hidden, labels)
    assert found.loss == pytest.approx(wanted.item(), rel=tolerance)
    for ours, theirs in (
        (found.gradient.W_hy, d_W_hy),
        (found.gradient.b_y, d_b_y),
        (found.d_hidden, d_hidden),
    ):
        torch.testing.assert_close(ours.double(), theirs, rtol=20 * tolerance, atol=20 * tolerance * max(scale, 1))


@pytest.mark.parametrize("size", [1e3, 1e30])
def test_extreme_scores_stay_finite(size: float) -> None:
    model, hidden, _ = case(0.0, torch.float32)
    model.weights.b_y[2] = size
    right = run(model, hidden, torch.full((N,), 2))
    assert right.loss == 0
    assert not right.gradient.b_y.any()
    wrong = run(model, hidden, torch.full((N,), 3))
    assert wrong.loss == pytest.approx(N * size)
    assert wrong.gradient.b_y.tolist() == pytest.approx([0, 0, N, -N, 0, 0, 0, 0, 0])


def test_equal_scores_give_the_baseline() -> None:
    model, hidden, labels = case(0.0, torch.float64)
    assert run(model, hidden, labels).loss == pytest.approx(N * math.log(V))


@pytest.mark.parametrize("bad", [math.nan, math.inf])
def test_a_score_that_is_not_finite_shows_in_the_loss(bad: float) -> None:
    model, hidden, labels = case(0.1, torch.float32)
    model.weights.b_y[0] = bad
    assert not math.isfinite(run(model, hidden, labels).loss)


@pytest.mark.parametrize("bias", [-1e3, -60.0, 0.0, 60.0, 1e3])
def test_scores_may_all_be_moved_by_as_much(bias: float) -> None:
    model, hidden, labels = case(1.0, torch.float32)
    here = run(model, hidden, labels)
    still = [part.clone() for part in (here.gradient.W_hy, here.gradient.b_y, here.d_hidden)]
    model.weights.b_y.add_(bias)
    there = run(model, hidden, labels)
    assert there.loss == pytest.approx(here.loss, rel=1e-3)
    moved = (there.gradient.W_hy, there.gradient.b_y, there.d_hidden)
    for before, after in zip(still, moved, strict=True):
        torch.testing.assert_close(after, before, rtol=1e-3, atol=1e-3)
