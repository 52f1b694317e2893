"""The output layer: Y = H W_hy + b_y, softmax, summed cross-entropy, and their gradient, written out.

With E = exp(Y - max), s = row sums of E and 1_y the one-hot labels, dL/dY = softmax(Y) - 1_y
= (E - s 1_y) / s. Dividing the narrow H and dL/dH by s instead of the vocabulary-wide E saves a pass.
"""

from __future__ import annotations

import torch
from torch import Tensor

from lyricterm.engine.model import Weights


class OutputLayer:
    """Buffers for N = time steps × batch rows over a vocabulary of V."""

    def __init__(self, rows: int, like: Weights) -> None:
        hidden, vocabulary = like.W_hy.shape
        self._exp = like.W_hy.new_empty(rows, vocabulary)
        self._sums = like.W_hy.new_empty(rows, 1)
        self._scaled = like.W_hy.new_empty(rows, hidden)

    def forward(self, hidden: Tensor, labels: Tensor, weights: Weights) -> Tensor:
        """The summed cross-entropy (a 0-d tensor, nats) of ``hidden`` (N, H) against ``labels`` (N,)."""
        scores = torch.addmm(weights.b_y, hidden, weights.W_hy, out=self._exp)
        top = scores.amax(1, keepdim=True)
        of_label = scores.gather(1, labels[:, None]) - top
        torch.sum(scores.sub_(top).exp_(), 1, keepdim=True, out=self._sums)
        return (self._sums.log() - of_label).sum()

    def backward(self, hidden: Tensor, labels: Tensor, weights: Weights, gradient: Weights, d_hidden: Tensor) -> None:
        """Write dL/dW_hy and dL/db_y to ``gradient`` and dL/dH to ``d_hidden`` (N, H); once after each forward."""
        self._exp.scatter_add_(1, labels[:, None], -self._sums)
        scale = self._sums.reciprocal_()
        torch.mul(hidden, scale, out=self._scaled)
        torch.mm(self._scaled.t(), self._exp, out=gradient.W_hy)
        torch.mm(scale.t(), self._exp, out=gradient.b_y[None])
        torch.mm(self._exp, weights.W_hy.t(), out=d_hidden)
        d_hidden.mul_(scale)
