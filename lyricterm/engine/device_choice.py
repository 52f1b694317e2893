"""The device of a run. Auto takes CUDA where it is there, another GPU where it is right and faster than a CPU."""

from __future__ import annotations

import math
import time
from dataclasses import dataclass

import torch
from torch import Tensor

from lyricterm.core.errors import OutOfMemoryError
from lyricterm.core.log import logger
from lyricterm.core.settings import AUTO, Recipe
from lyricterm.engine import device as devices
from lyricterm.engine.bptt import BpttEngine
from lyricterm.engine.cells import shape_of
from lyricterm.engine.model import Model
from lyricterm.engine.products.probe import TOLERANCE

_PROBED = ("mps", "xpu")
"""GPUs without captured graphs: at a small size they spend their time on launches, and the CPU may be faster."""
_TRIALS = 3


def choose(recipe: Recipe, vocabulary: int) -> torch.device:
    """The device that a run with these settings and so many distinct characters computes on.

    Raises:
        DeviceError: if the device that is asked for is not there.
    """
    device = devices.resolve(recipe.device)
    others = [torch.device(name) for name in _PROBED if devices.is_there(name)]
    if recipe.device != AUTO or device.type != "cpu" or not others:
        return device
    expected = _trial(recipe, vocabulary, device)
    trials = {device: expected} | {each: _trial(recipe, vocabulary, each) for each in others}
    for each in others:
        if not _agree(trials[each].gradient, expected.gradient):
            logger().warning("%s computes another gradient than the CPU; it is not used", each)
            del trials[each]
    logger().info("seconds of a minibatch: %s", {each.type: trial.seconds for each, trial in trials.items()})
    return min(trials, key=lambda each: trials[each].seconds)


@dataclass(frozen=True)
class DeviceTrial:
    """One minibatch on one device."""

    seconds: float
    """The best of a few; infinite if the device cannot do it."""
    gradient: Tensor
    """Of all parameters, on the CPU; empty if the device cannot do it."""


def _agree(gradient: Tensor, expected: Tensor) -> bool:
    """Some versions of a GPU's library write nothing, or something else, to a result that has gaps."""
    if gradient.shape != expected.shape:
        return False
    return bool((gradient - expected).abs().max() <= TOLERANCE * expected.abs().max())


def _trial(recipe: Recipe, vocabulary: int, device: torch.device) -> DeviceTrial:
    try:
        with devices.memory_errors():
            model = Model(shape_of(recipe, vocabulary), device)
            model.initialise(recipe.seed, recipe.init)
            engine = BpttEngine(model, recipe.cell)
            best = math.inf
            for _trial in range(_TRIALS):
                begun = time.perf_counter()
                engine.prepare(recipe.batch, recipe.steps)
                devices.synchronise(device)
                best = min(best, time.perf_counter() - begun)
            return DeviceTrial(best, model.gradient.flat.cpu())
    except (RuntimeError, OutOfMemoryError) as error:
        logger().warning("%s cannot train this: %s", device, error)
        return DeviceTrial(math.inf, torch.empty(0))
