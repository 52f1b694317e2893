"""Clipping against torch's own, and at the edges of float32."""

from __future__ import annotations

import math

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from torch import Tensor, nn

from lyricterm.engine.clipping import by_norm, by_value, clip_to_theta, gradient_norm, leave

from .runs import small, start


def gradient(scale: float, dtype: torch.dtype = torch.float32) -> Tensor:
    return torch.randn(500, generator=torch.Generator().manual_seed(2), dtype=dtype) * scale


def clipped(flat: Tensor, theta: float) -> Tensor:
    return flat * clip_to_theta(gradient_norm(flat), theta)


@pytest.mark.parametrize("scale", [1e-3, 0.1, 1.0, 300.0])
@pytest.mark.parametrize("theta", [0.5, 5.0])
def test_agrees_with_torch(scale: float, theta: float) -> None:
    flat = gradient(scale, torch.float64)
    # One norm over all parameters; torch adds 1e-6 to it.
    parameters = [nn.Parameter(torch.zeros(size)) for size in (100, 350, 50)]
    for parameter, part in zip(parameters, flat.split([100, 350, 50]), strict=True):  # type: ignore[no-untyped-call]
        parameter.data = parameter.data.double()
        parameter.grad = part.clone()
    norm = nn.utils.clip_grad_norm_(parameters, theta)
    assert gradient_norm(flat) == pytest.approx(float(norm), rel=1e-12)
    theirs = torch.cat([parameter.grad for parameter in parameters if parameter.grad is not None])
    torch.testing.assert_close(clipped(flat, theta), theirs, rtol=1e-5, atol=0)


@given(
    st.lists(st.floats(-1e10, 1e10), min_size=1, max_size=30),
    st.floats(1e-3, 1e9),
)
def test_norm_after_clipping_is_at_most_theta(components: list[float], theta: float) -> None:
    flat = torch.tensor(components, dtype=torch.float64)
    after = clipped(flat, theta)
    norm = math.hypot(*components)
    assert math.hypot(*after.tolist()) <= theta * (1 + 1e-12)
    if norm <= theta * (1 - 1e-12):
        assert torch.equal(after, flat)
    elif norm > theta:
        assert math.hypot(*after.tolist()) == pytest.approx(theta, rel=1e-12)


def test_there_is_no_epsilon() -> None:
    assert clip_to_theta(1e-9, 1e-12) == 1e-12 / 1e-9
    assert clip_to_theta(5.0, 5.0) == 1.0
    assert clip_to_theta(10.0, 5.0) == 0.5


def test_zero_gradient_stays_zero() -> None:
    flat = torch.zeros(7)
    assert gradient_norm(flat) == 0
    assert clip_to_theta(0.0, 5.0) == 1.0


def test_components_whose_squares_leave_float32() -> None:
    flat = gradient(1e25)
    norm = gradient_norm(flat)
    assert norm == pytest.approx(math.hypot(*flat.tolist()), rel=1e-6)
    assert gradient_norm(clipped(flat, 5.0)) == pytest.approx(5.0, rel=1e-5)


@pytest.mark.parametrize("bad", [math.nan, math.inf, -math.inf])
def test_component_that_is_not_finite_shows_in_the_norm(bad: float) -> None:
    flat = gradient(1.0)
    flat[17] = bad
    assert not math.isfinite(gradient_norm(flat))


def test_no_clipping_is_a_factor_of_one() -> None:
    assert {leave(gradient(1.0), norm, 5.0) for norm in (0.0, 4.0, 1e30)} == {(1.0, 0.0), (1.0, 4.0), (1.0, 1e30)}


def test_clipping_by_norm_leaves_the_multiplication_to_the_step() -> None:
    flat = gradient(1.0)
    before = flat.clone()
    assert by_norm(flat, 20.0, 5.0) == (0.25, 5.0)
    assert by_norm(flat, 2.0, 5.0) == (1.0, 2.0)
    assert torch.equal(flat, before)


def test_clipping_by_value_is_torchs() -> None:
    flat = gradient(3.0)
    parameter = torch.nn.Parameter(torch.zeros_like(flat))
    parameter.grad = flat.clone()
    torch.nn.utils.clip_grad_value_([parameter], 0.7)
    factor, norm = by_value(flat, gradient_norm(flat), 0.7)
    assert factor == 1
    assert torch.equal(flat, parameter.grad)
    assert norm == pytest.approx(float(parameter.grad.norm()), rel=1e-6)


@pytest.mark.parametrize("clipping", [True, False])
def test_a_step_moves_the_parameters_by_the_learning_rate_times_the_clipped_gradient(clipping: bool) -> None:
    trainer = start(small(clipping=clipping, theta=1.5, lr=0.1), dtype=torch.float64)
    before = trainer.model.parameters.flat.clone()
    step = trainer.step()
    moved = float((trainer.model.parameters.flat - before).norm())
    assert step.grad_norm > 1.5
    assert moved == pytest.approx(0.1 * (1.5 if clipping else step.grad_norm), rel=1e-12)
