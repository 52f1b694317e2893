"""What the first layer reads (chapter: ``get_inputs``): one-hot vectors, or an embedding of a chosen size.

One-hot:    X_t is zero but for a one at the character's index, so X_t W_xh is a row of W_xh, which is looked up.
Embedding:  the character's row of W_e stands for it: X_t = one-hot W_e, and X_t W_xh is a product.
"""

from __future__ import annotations

from typing import Protocol

import torch
from torch import Tensor

from lyricterm.engine.model import Weights
from lyricterm.engine.products.choices import Routes
from lyricterm.engine.products.routes import write_product


class Inputs(Protocol):
    """N = time steps × batch rows of characters, G·H numbers each for the first layer."""

    def buffer(self, weights: Weights, rows: int) -> Tensor | None:
        """Where X is kept for the backward pass, (N, E), if it is needed there."""

    def forward(self, weights: Weights, rows: Tensor, X: Tensor | None, out: Tensor, products: Routes) -> None:
        """Write X W_xh to ``out`` (N, G·H); ``rows`` are the characters' indices, (N,)."""

    def backward(
        self, weights: Weights, gradient: Weights, rows: Tensor, X: Tensor | None, d_inputs: Tensor, products: Routes
    ) -> None:
        """Add the gradient of W_xh, and of W_e, that follows from ``d_inputs`` (N, G·H)."""


class OneHot:
    """The chapter's."""

    def buffer(self, weights: Weights, rows: int) -> Tensor | None:
        """None: X is never made."""
        return None

    def forward(self, weights: Weights, rows: Tensor, X: Tensor | None, out: Tensor, products: Routes) -> None:
        """Rows of W_xh."""
        torch.index_select(weights.W_xh, 0, rows, out=out)

    def backward(
        self, weights: Weights, gradient: Weights, rows: Tensor, X: Tensor | None, d_inputs: Tensor, products: Routes
    ) -> None:
        """dL/dW_xh = Xᵀ dL/dA."""
        scatter_rows(gradient.W_xh, rows, d_inputs)


class Embedding:
    """A learnt vector for each character."""

    def buffer(self, weights: Weights, rows: int) -> Tensor | None:
        """Room for (N, E)."""
        assert weights.W_e is not None
        return weights.W_e.new_empty(rows, weights.W_e.shape[1])

    def forward(self, weights: Weights, rows: Tensor, X: Tensor | None, out: Tensor, products: Routes) -> None:
        """Rows of W_e, then the product."""
        assert X is not None
        assert weights.W_e is not None
        torch.index_select(weights.W_e, 0, rows, out=X)
        write_product(products.route("embedding", X, weights.W_xh), X, weights.W_xh, out)

    def backward(
        self, weights: Weights, gradient: Weights, rows: Tensor, X: Tensor | None, d_inputs: Tensor, products: Routes
    ) -> None:
        """dL/dW_xh = Xᵀ dL/dA, dL/dX = dL/dA W_xhᵀ, which the rows of W_e share out as one-hot input does."""
        assert X is not None
        assert gradient.W_e is not None
        products.route("embedding gradient", X.t(), d_inputs).add(gradient.W_xh, X.t(), d_inputs)
        back = weights.W_xh.t()
        scatter_rows(gradient.W_e, rows, products.route("embedding back", d_inputs, back).multiply(d_inputs, back))


ONE_HOT, EMBEDDING = OneHot(), Embedding()


def get_inputs(weights: Weights) -> Inputs:
    """What a model with these parameters reads."""
    return ONE_HOT if weights.W_e is None else EMBEDDING


def scatter_rows(gradient: Tensor, rows: Tensor, values: Tensor) -> None:
    """gradient += Xᵀ values, X being one-hot: add each row of ``values`` to the row its character has."""
    if gradient.device.type != "cpu":
        # index_add_ is not deterministic on a GPU; the product with the one-hot matrix is.
        one_hot = values.new_zeros(len(rows), len(gradient)).scatter_(1, rows[:, None], 1.0)
        gradient.addmm_(one_hot.t(), values)
    else:
        gradient.index_add_(0, rows, values)
