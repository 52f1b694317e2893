"""The bound: the matrix products that cannot be avoided, by the fastest way this torch has, and nothing else."""

from __future__ import annotations

import statistics
import time
from collections import Counter
from collections.abc import Callable
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass

import torch
from torch import Tensor

from lyricterm.engine.bptt import BpttEngine
from lyricterm.engine.cuda_graph import recorded
from lyricterm.engine.products.gpu_probe import seconds_recorded
from lyricterm.engine.products.routes import MM, ROUTES, MklRoute, Route
from lyricterm.engine.trainer import Trainer

_TRIALS, _MOST_TRIALS = 5, 201
"""Of each way to multiply; the more the shorter a product takes."""
_LONG = 0.1
"""Seconds of all trials together after which no more are made."""


@dataclass(frozen=True)
class Product:
    """The shape and the strides of a (M, K) and b (K, N)."""

    a: tuple[torch.Size, tuple[int, ...]]
    b: tuple[torch.Size, tuple[int, ...]]


class CountedProducts(MklRoute):
    """Multiplies by ``mm`` and counts what is multiplied."""

    invariant = False

    def __init__(self) -> None:
        self.counts: Counter[Product] = Counter()

    def route(self, name: str, a: Tensor, b: Tensor) -> Route:
        """Itself."""
        return self

    def recording(self) -> AbstractContextManager[None]:
        """Nothing changes."""
        return nullcontext()

    def multiply(self, a: Tensor, b: Tensor, out: Tensor | None = None) -> Tensor:
        """a b."""
        self._count(a, b)
        return MM.multiply(a, b, out)

    def add(self, total: Tensor, a: Tensor, b: Tensor) -> Tensor:
        """total += a b."""
        self._count(a, b)
        return MM.add(total, a, b)

    def _count(self, a: Tensor, b: Tensor) -> None:
        self.counts[Product((a.shape, a.stride()), (b.shape, b.stride()))] += 1


class Way:
    """One product, by one route, with its operands laid out in one way."""

    def __init__(self, route: Route, a: Tensor, b: Tensor) -> None:
        self.name = route.name
        self._route, self._a, self._b = route, a, b
        self._out = a.new_empty(len(a), b.shape[1])

    def multiply(self) -> None:
        """Multiply, and drop the product."""
        self._route.multiply(self._a, self._b, self._out)

    def seconds(self) -> float:
        """Of one product."""
        begun = time.perf_counter()
        self.multiply()
        return time.perf_counter() - begun


class Bound:
    """Multiplies what our engine multiplies in a minibatch; it computes no loss."""

    def __init__(self, trainer: Trainer) -> None:
        recipe, like = trainer.recipe, trainer.model.weights.W_hh
        counted = CountedProducts()
        BpttEngine(trainer.model, recipe.cell, counted).prepare(recipe.batch, recipe.steps)
        self._products = [(_ways(product, like), count) for product, count in counted.counts.items()]
        self._on_gpu = like.is_cuda
        self._chosen = [(_fastest_recorded(ways) if self._on_gpu else ways[0], count) for ways, count in self._products]
        self._run: Callable[[], None] = recorded(self._multiply) if self._on_gpu else self._multiply

    @property
    def matmul(self) -> dict[str, str]:
        """How many products each route multiplies."""
        routes = Counter(way.name for way, _count in self._chosen)
        return {name: str(count) for name, count in routes.items()}

    @torch.no_grad()
    def use_threads(self, threads: int) -> None:
        """Choose for each product what is fastest with so many CPU threads."""
        if not self._on_gpu:
            self._chosen = [(_fastest(ways), count) for ways, count in self._products]

    @torch.no_grad()
    def train(self, minibatches: int) -> float:
        """Multiply what so many minibatches multiply."""
        for _minibatch in range(minibatches):
            self._run()
        return float("nan")

    def _multiply(self) -> None:
        for way, count in self._chosen:
            for _product in range(count):
                way.multiply()


def _ways(product: Product, like: Tensor) -> list[Way]:
    """As our engine lays it out, and without gaps between rows; by every route that this torch has."""
    laid_out = [
        (_filled(like, *product.a), _filled(like, *product.b)),
        (like.new_ones(product.a[0]), like.new_ones(product.b[0])),
    ]
    return [Way(route, a, b) for a, b in laid_out for route in ROUTES.values() if route.offered(a, b)]


def _filled(like: Tensor, size: torch.Size, stride: tuple[int, ...]) -> Tensor:
    return like.new_empty_strided(size, stride).fill_(1)


def _fastest(ways: list[Way]) -> Way:
    """By the median of trials in turn: what another program takes away must not fall on one way only."""
    trials: list[list[float]] = [[] for _way in ways]
    while len(trials[0]) < _TRIALS or (sum(map(sum, trials)) < _LONG and len(trials[0]) < _MOST_TRIALS):
        for way, seconds in zip(ways, trials, strict=True):
            seconds.append(way.seconds())
    medians = [statistics.median(seconds) for seconds in trials]
    return ways[medians.index(min(medians))]


@torch.no_grad()
def _fastest_recorded(ways: list[Way]) -> Way:
    """On a GPU, where at this size launches would take the time: recorded, and replayed."""
    return min(ways, key=lambda way: seconds_recorded(way.multiply))
