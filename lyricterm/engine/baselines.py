"""Perplexities that need no network: what a model on held-out text has to beat.

Three models of a text over a vocabulary of V characters, from the dullest up:

* guessing: every character is equally likely, so the perplexity is V;
* character frequencies: p(c) = n(c) / N, counted in the training text;
* the interpolated bigram (Jelinek and Mercer 1980): p(c | b) = λ n(b, c) / n(b) + (1 - λ) p(c), with the λ by
  which counts of the first four fifths of the training text predict its last fifth best.
"""

from __future__ import annotations

from dataclasses import dataclass

import torch
from torch import Tensor

from lyricterm.core.perplexity import perplexity

_SHARES = tuple(number / 20 for number in range(20))
"""Values of λ that are tried."""
COUNTED = 2_000_000
"""Characters of the training text that are counted at most, from its beginning."""


@dataclass(frozen=True)
class Baselines:
    """Perplexities on the same held-out text."""

    guessing: float
    frequencies: float
    bigram: float


def baselines(training: Tensor, held_out: Tensor, vocabulary: int) -> Baselines:
    """The perplexity that each of them reaches on ``held_out``.

    Args:
        training: indices into the vocabulary, (characters,), at least two.
        held_out: strips of such indices, (strips, characters); all but the first of each strip are predicted.
        vocabulary: how many characters there are.
    """
    counted, scored = training[:COUNTED].cpu().long(), held_out.cpu().long()
    before, now = scored[:, :-1].reshape(-1), scored[:, 1:].reshape(-1)
    pairs = Pairs(counted, vocabulary)
    bigram = pairs.mixed(before, now, _best_share(counted, vocabulary))
    return Baselines(float(vocabulary), _perplexity(pairs.frequencies[now]), _perplexity(bigram))


class Pairs:
    """Counts of characters and of pairs of neighbours."""

    def __init__(self, counted: Tensor, vocabulary: int) -> None:
        # Half a count for a character that is not among those counted.
        counts = torch.bincount(counted, minlength=vocabulary).double().clamp(min=0.5)
        self.frequencies = counts / counts.sum()
        self._pairs, self._counts = torch.unique(counted[:-1] * vocabulary + counted[1:], return_counts=True)
        self._followed = torch.bincount(counted[:-1], minlength=vocabulary).double()

    def mixed(self, before: Tensor, now: Tensor, share: float) -> Tensor:
        """p(now | before) with λ = ``share``, for each pair; float64."""
        wanted = before * len(self.frequencies) + now
        places = torch.searchsorted(self._pairs, wanted).clamp(max=len(self._pairs) - 1)
        seen = torch.where(self._pairs[places] == wanted, self._counts[places], 0).double()
        followed = self._followed[before]
        mixed = share * seen / followed.clamp(min=1) + (1 - share) * self.frequencies[now]
        # Nothing ever followed the last character of a text, if it occurs only there.
        return torch.where(followed > 0, mixed, self.frequencies[now])


def _best_share(counted: Tensor, vocabulary: int) -> float:
    cut = len(counted) - len(counted) // 5
    pairs, last = Pairs(counted[:cut], vocabulary), counted[cut:]
    return min(_SHARES, key=lambda share: _perplexity(pairs.mixed(last[:-1], last[1:], share)))


def _perplexity(probabilities: Tensor) -> float:
    return perplexity(-float(probabilities.log().mean()))
