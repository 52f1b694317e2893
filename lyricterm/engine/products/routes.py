"""The ways to multiply matrices that a torch may have.

torch's ``mm`` is MKL on an x86 CPU. The same torch carries oneDNN, which on some CPUs is twice as fast, on others
slower, and whose last bits do not depend on the number of threads where MKL's do. On a GPU ``mm`` is cuBLAS, and
``triton_route`` is ours.
"""

from __future__ import annotations

from typing import Protocol

import torch
from torch import Tensor

from lyricterm.engine.products.triton_route import TRITON, TritonRoute

MKL, ONEDNN = "mkl", "onednn"
_HALF_PAGE = 2048
"""Bytes."""
_GAP = 16
"""Numbers."""


class Route(Protocol):
    """One way to multiply."""

    name: str

    @property
    def exists(self) -> bool:
        """Whether this torch has it, for operands that it offers."""

    def offered(self, a: Tensor, b: Tensor) -> bool:
        """Whether this torch can multiply these operands this way at full speed."""

    def multiply(self, a: Tensor, b: Tensor, out: Tensor | None = None) -> Tensor:
        """a b, for a (M, K) and b (K, N): in ``out``, or in new memory where the route cannot write to it."""

    def add(self, total: Tensor, a: Tensor, b: Tensor) -> Tensor:
        """total += a b; returns ``total`` (M, N)."""

    def laid_out(self, b: Tensor) -> Tensor:
        """The same matrix, for many products with it, in the order in memory that multiplies fastest."""


class MklRoute:
    """torch's own ``mm``: MKL on an x86 CPU, cuBLAS on a GPU."""

    name = MKL

    @property
    def exists(self) -> bool:
        """Always."""
        return True

    def offered(self, a: Tensor, b: Tensor) -> bool:
        """Always."""
        return True

    def multiply(self, a: Tensor, b: Tensor, out: Tensor | None = None) -> Tensor:
        """a b, in ``out`` if it is given."""
        return torch.mm(a, b, out=out)

    def add(self, total: Tensor, a: Tensor, b: Tensor) -> Tensor:
        """total += a b."""
        return total.addmm_(a, b)

    def laid_out(self, b: Tensor) -> Tensor:
        """On a GPU row by row (H200, 32x1024 1024x1024, with tanh: 9.4 µs a time step, by columns 12.3).

        On a CPU as it is, unless its rows or columns are a multiple of half a page apart: then they fall into the same
        few places of the cache, so a little is left free behind each (AVX2, 32x256 256x1024: 254 µs instead of 284).
        """
        if b.is_cuda:
            return b.contiguous()
        if b.stride(1) != 1:
            return _spread(b.t()).t()
        return _spread(b)


def _spread(matrix: Tensor) -> Tensor:
    """With rows that do not begin a multiple of half a page apart; itself if that is so already."""
    rows, columns = matrix.shape
    if matrix.stride(0) * matrix.element_size() % _HALF_PAGE:
        return matrix
    return matrix.new_empty(rows, columns + _GAP)[:, :columns].copy_(matrix)


class OneDnnRoute:
    """oneDNN's linear layer x wᵀ, which takes transposed views without a copy and always answers in new memory."""

    name = ONEDNN

    def __init__(self) -> None:
        self._linear = getattr(getattr(torch.ops, "mkldnn", None), "_linear_pointwise", None)

    @property
    def exists(self) -> bool:
        """Whether torch was built with it."""
        like = torch.empty(1, 1)
        return self.offered(like, like)

    def offered(self, a: Tensor, b: Tensor) -> bool:
        """float32 on a CPU, one operand without gaps: oneDNN is 1,000 times slower with a weight that has gaps."""
        if self._linear is None or a.device.type != "cpu" or a.dtype != torch.float32:
            return False
        return _is_dense(a) or _is_dense(b)

    def multiply(self, a: Tensor, b: Tensor, out: Tensor | None = None) -> Tensor:
        """a b, in new memory; as (bᵀ aᵀ)ᵀ where only a is without gaps."""
        assert self._linear is not None
        if _is_dense(b):
            product: Tensor = self._linear(a, b.t(), None, "none", [], "")
            return product
        return self._linear(b.t(), a, None, "none", [], "").t()  # type: ignore[no-any-return]

    def add(self, total: Tensor, a: Tensor, b: Tensor) -> Tensor:
        """total += a b."""
        return total.add_(self.multiply(a, b))

    def laid_out(self, b: Tensor) -> Tensor:
        """As it is: oneDNN takes either order."""
        return b


MM = MklRoute()
ROUTES: dict[str, Route] = {MKL: MM, ONEDNN: OneDnnRoute(), TRITON: TritonRoute()}
"""All routes by the names that ``--matmul`` takes; the first is there in every torch."""


def write_product(route: Route, a: Tensor, b: Tensor, out: Tensor) -> None:
    """out ← a b, also by a route that answers in new memory."""
    product = route.multiply(a, b, out)
    if product is not out:
        out.copy_(product)


def available() -> tuple[str, ...]:
    """The names of the routes that this torch has."""
    return tuple(name for name, route in ROUTES.items() if route.exists)


def _is_dense(matrix: Tensor) -> bool:
    return matrix.is_contiguous() or matrix.t().is_contiguous()
