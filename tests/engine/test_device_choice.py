"""Which device a run takes, on machines with other GPUs than this one; and what of them can be tried without one."""

from __future__ import annotations

import logging

import pytest
import torch

from lyricterm.core.errors import DeviceError
from lyricterm.core.log import logger
from lyricterm.core.settings import Recipe
from lyricterm.engine import device as devices
from lyricterm.engine import device_choice
from lyricterm.engine.device_choice import DeviceTrial

from .runs import epochs, small, start

CHAPTERS = Recipe()
GRADIENT = torch.tensor([2.0, -3.0])


@pytest.fixture
def machine(monkeypatch: pytest.MonkeyPatch, wrong: set[str]) -> dict[str, float]:
    """Seconds of a minibatch on each device that is there."""
    seconds = {"cpu": 2.0}
    monkeypatch.setattr(devices, "is_there", seconds.__contains__)
    monkeypatch.setattr(
        device_choice,
        "_trial",
        lambda recipe, vocabulary, device: DeviceTrial(seconds[device.type], GRADIENT * (device.type not in wrong)),
    )
    return seconds


@pytest.fixture
def wrong() -> set[str]:
    """Devices that compute another gradient than the CPU."""
    return set()


@pytest.mark.parametrize("name", ["mps", "xpu"])
def test_auto_takes_another_gpu_only_if_it_is_faster(name: str, machine: dict[str, float]) -> None:
    machine[name] = 1.0
    assert device_choice.choose(CHAPTERS, 9).type == name
    machine[name] = 3.0
    assert device_choice.choose(CHAPTERS, 9).type == "cpu"
    assert device_choice.choose(Recipe(device=name), 9).type == name


@pytest.mark.parametrize("name", ["mps", "xpu"])
def test_auto_does_not_take_a_gpu_that_is_wrong(
    name: str,
    machine: dict[str, float],
    wrong: set[str],
    monkeypatch: pytest.MonkeyPatch,
    caplog: pytest.LogCaptureFixture,
) -> None:
    """Some versions of torch write nothing to a product with gaps on MPS (pytorch issue 104832)."""
    monkeypatch.setattr(logger(), "propagate", True)
    machine[name] = 1.0
    wrong.add(name)
    with caplog.at_level(logging.WARNING):
        assert device_choice.choose(CHAPTERS, 9).type == "cpu"
    assert f"{name} computes another gradient" in caplog.text


def test_auto_takes_cuda_without_a_probe(machine: dict[str, float]) -> None:
    machine |= {"cuda": 9.0, "mps": 1.0}
    assert device_choice.choose(CHAPTERS, 9).type == "cuda"
    assert device_choice.choose(Recipe(device="cpu"), 9).type == "cpu"


@pytest.mark.parametrize("name", ["cuda", "mps", "xpu"])
def test_a_gpu_that_is_not_there_is_named(name: str, machine: dict[str, float]) -> None:
    with pytest.raises(DeviceError, match=f"no {name.upper()} device .* --device cpu or auto"):
        device_choice.choose(Recipe(device=name), 9)


def test_a_probe_leaves_a_device_alone_that_cannot_do_it(monkeypatch: pytest.MonkeyPatch) -> None:
    first, second = (device_choice._trial(small(), 9, torch.device("cpu")) for _ in range(2))
    assert 0 < first.seconds < float("inf")
    assert first.gradient.abs().max() > 0
    assert device_choice._agree(first.gradient, second.gradient)
    assert not device_choice._agree(1.001 * first.gradient, second.gradient)
    assert not device_choice._agree(first.gradient * float("nan"), second.gradient)

    def fail(*_arguments: object) -> None:
        raise NotImplementedError("this operator is not there")

    monkeypatch.setattr(device_choice, "BpttEngine", fail)
    failed = device_choice._trial(small(), 9, torch.device("cpu"))
    assert failed.seconds == float("inf")
    assert not device_choice._agree(failed.gradient, first.gradient)


def test_where_there_is_no_float64_a_copy_on_the_cpu_writes(monkeypatch: pytest.MonkeyPatch) -> None:
    plain = start(small())
    monkeypatch.setattr(devices, "has_float64", lambda device: False)
    copying = start(small())
    for _epoch in range(2):
        epochs(plain, 1)
        epochs(copying, 1)
        assert copying.complete("风吹", 12) == plain.complete("风吹", 12)
