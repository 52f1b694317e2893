"""Temperature: below 1 the likely gets likelier, above 1 the distribution flattens."""

from __future__ import annotations

from torch import Tensor

from lyricterm.engine.decoding.base import Filter, History


def temperature(value: float) -> Filter:
    """Scores divided by ``value``, which is above 0."""

    def divide(scores: Tensor, _history: History) -> Tensor:
        # The largest is taken off first, so that no temperature above 0 overflows.
        return (scores - scores.amax(1, keepdim=True)) / value

    return divide
