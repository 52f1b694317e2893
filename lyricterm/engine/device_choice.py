"""The device of a run. Auto takes CUDA where it is there, another GPU only where it is faster than the CPU."""

from __future__ import annotations

import math
import time

import torch

from lyricterm.core.errors import OutOfMemoryError
from lyricterm.core.log import logger
from lyricterm.core.settings import AUTO, Recipe
from lyricterm.engine import device as devices
from lyricterm.engine.bptt import BpttEngine
from lyricterm.engine.cells import shape_of
from lyricterm.engine.model import Model

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
    seconds = {each: _seconds(recipe, vocabulary, each) for each in (device, *others)}
    logger().info("seconds of a minibatch: %s", seconds)
    return min(seconds, key=lambda each: seconds[each])


def _seconds(recipe: Recipe, vocabulary: int, device: torch.device) -> float:
    """Of one minibatch, the best of a few; infinite if the device cannot do it."""
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
            return best
    except (RuntimeError, OutOfMemoryError) as error:
        logger().warning("%s cannot train this: %s", device, error)
        return math.inf
