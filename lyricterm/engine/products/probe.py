"""Trying the routes for one shape: is the answer right, do its last bits depend on the threads, how fast is it."""

from __future__ import annotations

import time
from collections.abc import Sequence
from dataclasses import dataclass

import torch
from torch import Tensor

from lyricterm.engine.products.routes import Route

TOLERANCE = 1e-4
"""Largest error of a right answer, relative to the largest component of the product."""
_TRIALS = 5
_LONG = 0.01
"""Seconds of one product from which it is timed only once."""
_CHECKED = 8
"""About so many rows and columns are compared with a product in double precision."""


@dataclass(frozen=True)
class Probe:
    """What was found out about one route for one shape."""

    right: bool
    invariant: bool
    """The same last bits with every number of threads that was tried."""
    seconds: float
    """Of one product, with one thread."""


@torch.no_grad()
def probe(routes: Sequence[Route], a: Tensor, b: Tensor, counts: Sequence[int]) -> dict[str, Probe]:
    """Multiply random operands with the shapes of a (M, K) and b (K, N) by each route, with each number of threads."""
    a, b = _random_like(a, 1), _random_like(b, 2)
    out = a.new_empty(a.shape[0], b.shape[1])
    before = torch.get_num_threads()
    try:
        torch.set_num_threads(1)
        alone = {route.name: route.multiply(a, b, out).clone() for route in routes}
        seconds = _times(routes, a, b, out)
        invariant = dict.fromkeys(alone, True)
        for count in counts:
            torch.set_num_threads(count)
            for route in routes:
                invariant[route.name] &= torch.equal(route.multiply(a, b, out), alone[route.name])
    finally:
        torch.set_num_threads(before)
    return {name: Probe(_is_right(product, a, b), invariant[name], seconds[name]) for name, product in alone.items()}


def _times(routes: Sequence[Route], a: Tensor, b: Tensor, out: Tensor) -> dict[str, float]:
    """The best of a few trials of each, in turn: what other programs take away is not the route's fault."""
    best = dict.fromkeys((route.name for route in routes), float("inf"))
    for _trial in range(_TRIALS):
        for route in routes:
            begun = time.perf_counter()
            route.multiply(a, b, out)
            best[route.name] = min(best[route.name], time.perf_counter() - begun)
        if min(best.values()) > _LONG:
            break
    return best


def _is_right(product: Tensor, a: Tensor, b: Tensor) -> bool:
    rows = slice(None, None, max(1, len(a) // _CHECKED))
    columns = slice(None, None, max(1, b.shape[1] // _CHECKED))
    exact = a[rows].double() @ b[:, columns].double()
    error = (product[rows, columns].double() - exact).abs().max()
    return bool(error <= TOLERANCE * exact.abs().max()) and bool(product.isfinite().all())


def _random_like(tensor: Tensor, seed: int) -> Tensor:
    """Random values with the shape and the strides of ``tensor``."""
    like = torch.empty_strided(tensor.shape, tensor.stride(), dtype=tensor.dtype)
    return like.normal_(generator=torch.Generator().manual_seed(seed))
