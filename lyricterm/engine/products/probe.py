"""Trying the routes for one shape: how fast is each, is the answer right, do its last bits depend on the threads.

Each route is timed; the rest is asked only of the one that would be taken, as most of the time goes into products.
"""

from __future__ import annotations

import math
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace

import torch
from torch import Tensor

from lyricterm.engine.products.routes import Route

TOLERANCE = 1e-4
"""Largest error of a right answer, relative to the largest component of the product."""
_TRIALS = 5
_LONG = 0.01
"""Seconds of one product from which it is timed only once, and with few numbers of threads."""
_CHECKED = 8
"""About so many rows and columns are compared with a product in double precision."""
_DRAWN = 65_521
"""So many random numbers are drawn for an operand, and repeated; a prime, so that no two rows are alike."""


@dataclass(frozen=True)
class Probe:
    """What was found out about one route for one shape."""

    right: bool
    """The answer is right, or has not been looked at, as another route was taken."""
    invariant: bool
    """The same last bits with every number of threads; False where that was not tried, either."""
    seconds: float
    """Of one product, with one thread."""


Best = Callable[[Mapping[str, Probe]], str]
"""Of the probes of right routes by name, which is taken."""


@dataclass
class _Trials:
    """One route with its product by one thread, and how long that took at best."""

    route: Route
    out: Tensor
    seconds: float = math.inf

    def multiply(self, a: Tensor, b: Tensor) -> Tensor:
        """Multiply once more, timed."""
        begun = time.perf_counter()
        self.out = self.route.multiply(a, b, self.out)
        self.seconds = min(self.seconds, time.perf_counter() - begun)
        return self.out


@torch.no_grad()
def probe(
    routes: Sequence[Route], a: Tensor, b: Tensor, counts: Sequence[int], best: Best, few: Sequence[int] = ()
) -> dict[str, Probe]:
    """Multiply random operands with the shapes of a (M, K) and b (K, N) by each route, with one thread.

    Then look more closely at the one that is ``best`` as far as is known: at its answer, and at its last bits with
    other numbers of threads: ``counts``, or ``few`` of them if a product takes long. If it is wrong, or its last bits
    are not the same, the next is looked at.
    """
    a, b = random_like(a, 1), random_like(b, 2)
    before = torch.get_num_threads()
    try:
        torch.set_num_threads(1)
        trials = {route.name: _Trials(route, a.new_empty(a.shape[0], b.shape[1])) for route in routes}
        _time(list(trials.values()), a, b)
        hoped = {name: Probe(True, True, trial.seconds) for name, trial in trials.items()}
        tried: dict[str, Probe] = {}
        while len(tried) < len(routes):
            name = best({name: found for name, found in (hoped | tried).items() if found.right})
            if name in tried:
                break
            threads = few if hoped[name].seconds > _LONG and few else counts
            tried[name] = _looked_at(trials[name], a, b, threads)
    finally:
        torch.set_num_threads(before)
    return {name: tried.get(name, replace(found, invariant=False)) for name, found in hoped.items()}


def _looked_at(trial: _Trials, a: Tensor, b: Tensor, counts: Sequence[int]) -> Probe:
    if not is_right(trial.out, a, b):
        return Probe(False, False, trial.seconds)
    out = torch.empty_like(trial.out)
    spread = trial.route.laid_out(b)
    torch.set_num_threads(1)
    pairs = [(b, trial.out)] if spread is b else [(b, trial.out), (spread, trial.route.multiply(a, spread))]
    for count in counts:
        torch.set_num_threads(count)
        if not all(torch.equal(trial.route.multiply(a, operand, out), product) for operand, product in pairs):
            return Probe(True, False, trial.seconds)
    return Probe(True, True, trial.seconds)


def _time(trials: Sequence[_Trials], a: Tensor, b: Tensor) -> None:
    """A few trials of each, in turn: what other programs take away is not the route's fault."""
    for _trial in range(_TRIALS if len(trials) > 1 else 1):
        for trial in trials:
            trial.multiply(a, b)
        if min(trial.seconds for trial in trials) > _LONG:
            break


def is_right(product: Tensor, a: Tensor, b: Tensor) -> bool:
    """Whether a product of a (M, K) and b (K, N) is as exact as ``TOLERANCE`` says, where it is looked at."""
    rows = slice(None, None, max(1, len(a) // _CHECKED))
    columns = slice(None, None, max(1, b.shape[1] // _CHECKED))
    exact = a[rows].double() @ b[:, columns].double()
    error = (product[rows, columns].double() - exact).abs().max()
    return bool(error <= TOLERANCE * exact.abs().max()) and bool(product.isfinite().all())


def random_like(tensor: Tensor, seed: int) -> Tensor:
    """Random values with the shape and the strides of ``tensor``."""
    like, count = tensor.new_empty_strided(tensor.shape, tensor.stride()), tensor.numel()
    drawn = torch.randn(min(_DRAWN, count), generator=torch.Generator().manual_seed(seed))
    return like.copy_(drawn.repeat(-(-count // len(drawn)))[:count].view(tensor.shape))
