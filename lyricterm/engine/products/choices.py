"""The route of each product of a run: chosen when a shape is first needed, then kept; checkpoints take it along."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import AbstractContextManager, contextmanager, nullcontext
from dataclasses import dataclass
from typing import Protocol

from torch import Tensor

from lyricterm.core.errors import RecipeError
from lyricterm.core.i18n import _
from lyricterm.core.log import logger
from lyricterm.core.sanitize import one_line
from lyricterm.core.settings import AUTO
from lyricterm.engine.products.gpu_probe import gpu_name, probe_recorded
from lyricterm.engine.products.probe import Probe, probe
from lyricterm.engine.products.probe_cache import ProbeCache
from lyricterm.engine.products.routes import MKL, MM, ROUTES, Route, available

_MARGIN = 1.4
"""``mm`` stays unless another route is faster by this factor: where oneDNN pays it is twice as fast, and another route
means other last digits, which a few percent are not worth."""
_TRIED = (2, 3, 4)
"""Numbers of threads that are tried on every machine, beside those that it can use well, if a product is short."""
_MOST_NUMBERS = 1 << 25
"""A product with more numbers in its three matrices is not probed: that would take long, and memory."""


@dataclass(frozen=True)
class RouteChoice:
    """The route of one product, and whether the number of threads may change without changing its last bits."""

    route: str
    invariant: bool


class Routes(Protocol):
    """Says by which route to multiply."""

    @property
    def invariant(self) -> bool:
        """Whether the number of CPU threads may change without changing the last bits of any product so far."""

    def route(self, name: str, a: Tensor, b: Tensor) -> Route:
        """The route for operands like these, a (M, K) and b (K, N); ``name`` says what is multiplied."""

    def recording(self) -> AbstractContextManager[None]:
        """In the block, what is multiplied on a GPU is recorded to be replayed, and launching it costs nothing."""


class PlainProducts:
    """``mm`` for everything, without a probe: for what is computed beside the training."""

    invariant = False

    def route(self, name: str, a: Tensor, b: Tensor) -> Route:
        """torch's own ``mm``."""
        return MM

    def recording(self) -> AbstractContextManager[None]:
        """Nothing changes."""
        return nullcontext()


PLAIN = PlainProducts()


class Products:
    """The routes of one run.

    Raises:
        RecipeError: if this torch lacks the route that is asked for.
    """

    def __init__(
        self, counts: Sequence[int] = (1,), matmul: str = AUTO, recorded: Mapping[str, RouteChoice] | None = None
    ) -> None:
        """Start with no product chosen.

        Args:
            counts: the numbers of CPU threads that the run may train with.
            matmul: ``auto``, or the name of the route that multiplies whatever it can.
            recorded: choices that a checkpoint brought; their routes are kept.
        """
        self._recorded = dict(recorded or {})
        if matmul not in (AUTO, *available()) and not self._recorded:
            sentence = _("This PyTorch has no {name} matrix products; take --matmul {choices}.")
            raise RecipeError("matmul", sentence.format(name=matmul, choices=", ".join((AUTO, *available()))))
        self._matmul = matmul
        self._few = tuple(sorted({*counts} - {1}))
        self._counts = tuple(sorted({*_TRIED, *self._few}))
        self._cache: ProbeCache | None = None
        self._recording = False
        self.choices: dict[str, RouteChoice] = {}
        """By what is multiplied, such as ``scores 1120x257 257x1456``."""
        self.notices: list[str] = []
        """What a person should hear of recorded routes that this torch does not have."""

    @property
    def invariant(self) -> bool:
        """Whether the number of CPU threads may change without changing the last bits of any product so far."""
        return all(choice.invariant for choice in self.choices.values())

    def route(self, name: str, a: Tensor, b: Tensor) -> Route:
        """The route for operands like these, a (M, K) and b (K, N); only their shapes and strides are looked at."""
        if a.device.type != "cpu" and not (a.is_cuda and self._recording):
            return MM
        shape = f"{_shape(a)} {_shape(b)}"
        key = f"{a.device.type} {name} {shape}" if a.is_cuda else f"{name} {shape}"
        if key not in self.choices:
            self.choices[key] = self._choose(key, shape, a, b)
        return ROUTES[self.choices[key].route]

    @contextmanager
    def recording(self) -> Iterator[None]:
        """See ``Routes``."""
        self._recording = True
        try:
            yield
        finally:
            self._recording = False

    def _choose(self, key: str, shape: str, a: Tensor, b: Tensor) -> RouteChoice:
        offered = [] if _is_too_large(a, b) else [route for route in ROUTES.values() if route.offered(a, b)]
        wanted = self._wanted(key)
        asked = [route for route in offered if route.name == wanted]
        for routes, where in ((asked, f"{shape} {wanted}"), (offered, shape)):
            right = self._right(key, where, routes, a, b)
            if right:
                name = _best(right)
                return RouteChoice(name, right[name].invariant)
        return RouteChoice(MKL, False)

    def _wanted(self, key: str) -> str:
        """The route that must multiply; ``auto`` if any may."""
        if key not in self._recorded:
            return self._matmul
        route = self._recorded[key].route
        if route not in available():
            self._miss(route)
            return MKL
        return route

    def _miss(self, route: str) -> None:
        sentence = _(
            "The run was trained with {name} matrix products, which this PyTorch does not have; it goes on with mm, "
            "and the losses may differ in their last digits."
        ).format(name=one_line(route[:20]))
        if sentence not in self.notices:
            self.notices.append(sentence)

    def _right(self, key: str, where: str, routes: Sequence[Route], a: Tensor, b: Tensor) -> dict[str, Probe]:
        """Of these routes those that may be taken, from the cache or by a probe; a wrong one is logged."""
        probes = self._probes(f"{a.dtype} {where}", routes, a, b) if routes else {}
        for name in (name for name, found in probes.items() if not found.right):
            logger().warning("%s: the product by %s is wrong; it is not used", key, name)
        return {name: found for name, found in probes.items() if found.right}

    def _probes(self, where: str, routes: Sequence[Route], a: Tensor, b: Tensor) -> Mapping[str, Probe]:
        if self._cache is None:
            self._cache = ProbeCache(self._counts)
        where = f"{gpu_name(a.device)} {where}" if a.is_cuda else where
        found = self._cache.find(where)
        if found is None or found.keys() != {route.name for route in routes}:
            found = self._probe(routes, a, b)
            # What fails today may not tomorrow: a compiler for our kernel may come.
            if all(each.right for each in found.values()):
                found = self._cache.keep(where, found)
        return found

    def _probe(self, routes: Sequence[Route], a: Tensor, b: Tensor) -> Mapping[str, Probe]:
        return probe_recorded(routes, a, b) if a.is_cuda else probe(routes, a, b, self._counts, _best, self._few)


def _is_too_large(a: Tensor, b: Tensor) -> bool:
    return a.numel() + b.numel() + len(a) * b.shape[1] > _MOST_NUMBERS


def _best(probes: Mapping[str, Probe]) -> str:
    """Of the routes whose last bits do not depend on the threads, or of all if there is none, the fastest."""
    pool = {name: found for name, found in probes.items() if found.invariant} or probes
    if not pool:
        return MKL
    best = min(pool, key=lambda name: pool[name].seconds)
    if MKL in pool and pool[MKL].seconds < _MARGIN * pool[best].seconds:
        return MKL
    return best


def _shape(matrix: Tensor) -> str:
    """``32x256``, with the strides where rows do not follow each other without gaps."""
    rows, columns = matrix.shape
    gaps = "" if matrix.is_contiguous() else f"({matrix.stride(0)},{matrix.stride(1)})"
    return f"{rows}x{columns}{gaps}"
