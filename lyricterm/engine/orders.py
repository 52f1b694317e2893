"""In which order the examples of an epoch are drawn: a list of all, or, where there are very many, arithmetic.

A list is PyTorch's random permutation, and takes 8 bytes an example. The arithmetic is a Feistel network over pairs of
bits (Luby and Rackoff 1988): a permutation of 0 … 4^k - 1, of which what is too large is permuted again until it is not
(cycle walking), so any example's place, and any place's example, is computed when it is wanted.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Protocol

import torch
from torch import Tensor

MOST_LISTED = 1 << 23
"""Examples that are listed at most, in 67 MB: those of a text of 293,601,280 characters in steps of 35."""
LISTED, COMPUTED_IF_MANY = "listed", "computed if many"
"""How a run shuffles: as every run did before there was another way, or by arithmetic above ``MOST_LISTED``."""
SHUFFLES = (LISTED, COMPUTED_IF_MANY)

_ROUNDS = 8
_MIX = 0x9E3779B97F4A7C15 % 2**31
"""An odd number without a pattern, from the golden ratio."""


class Order(Protocol):
    """A permutation of the examples."""

    def examples(self, start: int, stop: int) -> Tensor:
        """Those at some places, int64."""

    def places(self, examples: Tensor) -> Tensor:
        """Where some examples are, each given once, ascending; int64."""


class Listed:
    """All places in a list."""

    def __init__(self, count: int, seed: int, device: torch.device) -> None:
        self._order = torch.randperm(count, generator=torch.Generator().manual_seed(seed)).to(device)

    def examples(self, start: int, stop: int) -> Tensor:
        """See ``Order``."""
        return self._order[start:stop]

    def places(self, examples: Tensor) -> Tensor:
        """See ``Order``: one look through the list."""
        (places,) = torch.where(torch.isin(self._order, examples))
        found = torch.empty_like(examples)
        found[torch.searchsorted(examples, self._order[places])] = places
        return found


class Computed:
    """No list."""

    def __init__(self, count: int, seed: int, device: torch.device) -> None:
        self._count, self._device = count, device
        self._bits = max(1, (max(1, count - 1).bit_length() + 1) // 2)
        self._mask = (1 << self._bits) - 1
        generator = torch.Generator().manual_seed(seed)
        self._keys = torch.randint(1 << 30, (_ROUNDS,), generator=generator).tolist()

    def examples(self, start: int, stop: int) -> Tensor:
        """See ``Order``."""
        return self._walk(torch.arange(start, min(stop, self._count), device=self._device), self._forth)

    def places(self, examples: Tensor) -> Tensor:
        """See ``Order``."""
        return self._walk(examples, self._back)

    def _walk(self, numbers: Tensor, permute: Callable[[Tensor], Tensor]) -> Tensor:
        numbers = permute(numbers)
        while bool((outside := numbers >= self._count).any()):
            numbers = torch.where(outside, permute(numbers), numbers)
        return numbers

    def _forth(self, numbers: Tensor) -> Tensor:
        left, right = numbers >> self._bits, numbers & self._mask
        for key in self._keys:
            left, right = right, left ^ self._mixed(right, key)
        return left << self._bits | right

    def _back(self, numbers: Tensor) -> Tensor:
        left, right = numbers >> self._bits, numbers & self._mask
        for key in reversed(self._keys):
            left, right = right ^ self._mixed(left, key), left
        return left << self._bits | right

    def _mixed(self, half: Tensor, key: int) -> Tensor:
        """A number of as many bits that says nothing of the half it comes from; all below 2^62."""
        mixed = (half ^ key) * _MIX & 0x7FFFFFFF
        mixed = (mixed ^ mixed >> 15) * _MIX & 0x7FFFFFFF
        return (mixed ^ mixed >> 13) & self._mask


def order_of(count: int, seed: int, device: torch.device, shuffle: str) -> Order:
    """The order of so many examples; ``shuffle`` is how the run does it."""
    computed = shuffle == COMPUTED_IF_MANY and count > MOST_LISTED
    return (Computed if computed else Listed)(count, seed, device)
