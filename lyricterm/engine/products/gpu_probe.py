"""Trying the routes for one shape on a GPU, as they will be used: recorded, and replayed one after the other."""

from __future__ import annotations

import math
import time
from collections.abc import Callable, Sequence

import torch
from torch import Tensor

from lyricterm.core.log import logger
from lyricterm.engine.cuda_graph import recorded
from lyricterm.engine.products.probe import Probe, is_right, random_like
from lyricterm.engine.products.routes import MKL, Route

_REPEATED = 32
"""Products in one recording."""
_TRIALS = 5


def gpu_name(device: torch.device) -> str:
    """What the probes on a GPU depend on."""
    return torch.cuda.get_device_name(device)


@torch.no_grad()
def probe_recorded(routes: Sequence[Route], a: Tensor, b: Tensor) -> dict[str, Probe]:
    """Multiply random operands with the shapes of a (M, K) and b (K, N) by each route, laid out as it wants b.

    Where there is only ``mm``, nothing is tried.
    """
    if [route.name for route in routes] == [MKL]:
        return {MKL: Probe(True, True, 0.0)}
    a, b = random_like(a, 1), random_like(b, 2)
    return {route.name: _tried(route, a, b) for route in routes}


def _tried(route: Route, a: Tensor, b: Tensor) -> Probe:
    out, laid_out = a.new_empty(len(a), b.shape[1]), route.laid_out(b)
    try:
        seconds = seconds_recorded(lambda: route.multiply(a, laid_out, out))
    except Exception as error:  # a compiler that is missing, or too old, fails in many ways
        logger().warning("%s cannot multiply on this GPU: %r", route.name, error)
        return Probe(False, False, 0.0)
    return Probe(is_right(out, a, b), True, seconds)


def seconds_recorded(multiply: Callable[[], object]) -> float:
    """Of one product among many on a GPU; the best of a few trials."""

    def many() -> None:
        for _product in range(_REPEATED):
            multiply()

    replay, best = recorded(many), math.inf
    for _trial in range(_TRIALS):
        torch.cuda.synchronize()
        begun = time.perf_counter()
        replay()
        torch.cuda.synchronize()
        best = min(best, time.perf_counter() - begun)
    return best / _REPEATED
