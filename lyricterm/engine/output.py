"""The output layer: Y = H W_hy + b_y, softmax, summed cross-entropy, and their gradient, written out.

The bias is a last row below W_hy, for a column of ones beside H: Y = [H 1] [W_hy; b_y], so that the products
which give Y and dL/dW_hy give b_y its part on the way. With E = exp(Y), s = row sums of E and 1_y the one-hot labels,

    L = Σ log s - Y[label]        dL/dY = softmax(Y) - 1_y = (E - s 1_y) / s

and dividing the narrow [H 1] and dL/dH by s instead of the vocabulary-wide E saves a pass. exp(Y) is computed as
2^(Y / ln 2), from [H 1] / ln 2: torch's exp2 took half of exp's time (1120 x 1489 numbers, AVX2: 0.9 and 1.9 ms).
"""

from __future__ import annotations

import math

import torch
from torch import Tensor

from lyricterm.engine.aside import aside
from lyricterm.engine.model import aligned
from lyricterm.engine.products.choices import Routes
from lyricterm.engine.products.routes import write_product

_LOW, _HIGH = 1e-20, 1e20
"""Row sums of exp(Y) between these are as exact as those of exp(Y - max), and their products cannot overflow."""

_BITS = 1 / math.log(2)
"""Of one nat."""

_ROWS = 16_384
"""So many numbers torch adds up in one thread."""


class OutputLayer:
    """Buffers for N = time steps × batch rows over a vocabulary of V.

    ``output`` is always (H + 1, V'): W_hy, b_y below it, and zeros from column V up to V', a multiple of 16. Y and E
    have these columns as well, and they are always zero.
    """

    def __init__(self, rows: int, output: Tensor, vocabulary: int, products: Routes) -> None:
        height = len(output)
        self._vocabulary, self._products = vocabulary, products
        self._hidden = output.new_empty(rows, aligned(height))[:, :height]
        self._exp = output.new_empty(rows, output.shape[1])
        self._sums = output.new_empty(rows, 1)
        self._aside = aside(output.device)

    def forward(self, hidden: Tensor, labels: Tensor, output: Tensor) -> Tensor:
        """The summed cross-entropy (a 0-d tensor, nats) of ``hidden`` (N, H) against ``labels`` (N,)."""
        torch.mul(hidden, _BITS, out=self._hidden[:, :-1])
        self._hidden[:, -1].fill_(_BITS)
        scores = self._scores(output)
        of_label = scores.gather(1, labels[:, None])
        # On a GPU nobody can look at the sums without waiting for them.
        if scores.device.type != "cpu":
            return self._shifted(scores, of_label)
        torch.sum(scores.exp2_(), 1, keepdim=True, out=self._sums)
        low, high = map(float, self._sums.aminmax())
        if low > _LOW and high < _HIGH:
            return _total(self._sums.log2() - of_label)
        return self._shifted(self._scores(output), of_label)

    def _scores(self, output: Tensor) -> Tensor:
        """Y / ln 2 (N, V), where E will stand."""
        route = self._products.route("scores", self._hidden, output)
        self._exp = route.multiply(self._hidden, output, out=self._exp)
        return self._exp[:, : self._vocabulary]

    def _shifted(self, scores: Tensor, of_label: Tensor) -> Tensor:
        """With E = exp(Y - max), which cannot overflow: two passes more. Y and max come divided by ln 2."""
        top = scores.amax(1, keepdim=True)
        torch.sum(scores.sub_(top).exp2_(), 1, keepdim=True, out=self._sums)
        return _total(self._sums.log2() - (of_label - top))

    def backward(self, labels: Tensor, output: Tensor, gradient: Tensor, d_hidden: Tensor) -> None:
        """Write dL/d[W_hy; b_y] to ``gradient`` (H + 1, V'), dL/dH to ``d_hidden`` (N, H); once after each forward.

        On a GPU ``gradient`` is not there before ``wait``: nothing but the update needs it.
        """
        self._exp.scatter_add_(1, labels[:, None], -self._sums)
        scale = self._sums.reciprocal_()
        with self._aside.begun():
            scaled = self._hidden.mul_(scale / _BITS).t()
            write_product(self._products.route("output gradient", scaled, self._exp), scaled, self._exp, gradient)
        W_hy = output[:-1]
        product = self._products.route("scores back", self._exp, W_hy.t()).multiply(self._exp, W_hy.t(), out=d_hidden)
        torch.mul(product, scale, out=d_hidden)

    def wait(self) -> None:
        """Until all of ``backward`` is done, as far as the device's next operations are concerned."""
        self._aside.wait()


def _total(losses: Tensor) -> Tensor:
    """(N, 1) bits added up, in nats; the order does not depend on the threads, as torch's for more rows does."""
    return torch.stack([part.sum() for part in torch.split(losses, _ROWS)]).sum().div_(_BITS)
