"""The probe of a GPU's routes, with a clock of our own where there is no GPU."""

from __future__ import annotations

import logging
from collections.abc import Callable

import pytest
import torch
from torch import Tensor

from lyricterm.core.errors import RecipeError
from lyricterm.core.log import logger
from lyricterm.engine.products import gpu_probe
from lyricterm.engine.products.choices import Products
from lyricterm.engine.products.routes import MKL, MM, ROUTES, MklRoute
from lyricterm.engine.products.triton_route import TRITON

from .runs import small, start

A, B = torch.ones(32, 64), torch.ones(64, 48)
without_gpu = pytest.mark.skipif(torch.cuda.is_available(), reason="there is a CUDA device")


class Named(MklRoute):
    """mm by another name."""

    name = TRITON


class Wrong(Named):
    def multiply(self, a: Tensor, b: Tensor, out: Tensor | None = None) -> Tensor:
        product = super().multiply(a, b, out)
        return product.mul_(1.001)


class Broken(Named):
    def multiply(self, a: Tensor, b: Tensor, out: Tensor | None = None) -> Tensor:
        raise OSError("there is no C compiler")


@pytest.fixture(autouse=True)
def clock(monkeypatch: pytest.MonkeyPatch) -> None:
    """Each route is timed twice as fast as the one before."""
    times = iter([8e-6, 4e-6, 2e-6])

    def seconds(multiply: Callable[[], object]) -> float:
        multiply()
        return next(times)

    monkeypatch.setattr(gpu_probe, "seconds_recorded", seconds)


def test_each_route_is_timed_and_found_right() -> None:
    found = gpu_probe.probe_recorded([MM, Named()], A, B)
    assert {name: (probe.right, probe.seconds) for name, probe in found.items()} == {
        "mkl": (True, 8e-6),
        TRITON: (True, 4e-6),
    }


def test_a_wrong_route_is_found_out() -> None:
    found = gpu_probe.probe_recorded([MM, Wrong()], A, B)
    assert found["mkl"].right
    assert not found[TRITON].right


def test_a_route_that_cannot_multiply_is_logged_and_not_right(caplog: pytest.LogCaptureFixture) -> None:
    logger().addHandler(caplog.handler)
    try:
        with caplog.at_level(logging.WARNING):
            found = gpu_probe.probe_recorded([MM, Broken()], A, B)
    finally:
        logger().removeHandler(caplog.handler)
    assert found["mkl"].right
    assert not found[TRITON].right
    assert "triton cannot multiply on this GPU: OSError('there is no C compiler')" in caplog.text


def test_on_a_cpu_our_kernel_is_not_offered_while_recording_either() -> None:
    assert not ROUTES[TRITON].offered(A, B)
    products = Products()
    with products.recording():
        products.route("step", A, B)
    assert list(products.choices) == ["step 32x64 64x48"]
    assert products.choices["step 32x64 64x48"].route != TRITON


@without_gpu
def test_our_kernel_without_a_gpu_is_refused_in_one_sentence() -> None:
    with pytest.raises(RecipeError, match="no triton matrix products; take --matmul auto, mkl") as caught:
        start(small(matmul=TRITON))
    assert caught.value.setting == "matmul"


class BrokenMm(Broken):
    name = MKL


def test_where_there_is_only_mm_nothing_is_tried() -> None:
    assert gpu_probe.probe_recorded([BrokenMm()], A, B)[MKL].right
    assert not gpu_probe.probe_recorded([Broken()], A, B)[TRITON].right
