"""Products of few rows by our own kernel, where torch came with Triton, the language that it is written in."""

from __future__ import annotations

from importlib.util import find_spec

import torch
from torch import Tensor

TRITON = "triton"
_MOST_ROWS = 64
"""With more rows, cuBLAS has enough to do without splitting the inner dimension."""


class TritonRoute:
    """``triton_kernel``; launching it costs the CPU more than ``mm``, so it is for what is recorded and replayed."""

    name = TRITON

    @property
    def exists(self) -> bool:
        """Whether there is an NVIDIA GPU, and Triton, which torch brings where it is built for one."""
        return torch.cuda.is_available() and find_spec("triton") is not None

    def offered(self, a: Tensor, b: Tensor) -> bool:
        """Few rows of float32 on a GPU."""
        return a.is_cuda and a.dtype == torch.float32 and len(a) <= _MOST_ROWS and a.stride(1) == 1 and self.exists

    def multiply(self, a: Tensor, b: Tensor, out: Tensor | None = None) -> Tensor:
        """a b, in ``out`` if it is given."""
        from lyricterm.engine.products.triton_kernel import add_product

        return add_product(a, b, a.new_empty(len(a), b.shape[1]) if out is None else out)

    def add(self, total: Tensor, a: Tensor, b: Tensor) -> Tensor:
        """total += a b."""
        from lyricterm.engine.products.triton_kernel import add_product

        return add_product(a, b, total, total)

    def laid_out(self, b: Tensor) -> Tensor:
        """Row by row."""
        return b.contiguous()
