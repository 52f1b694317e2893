"""What decoding is made of: filters that change the scores, then a choice of one character."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from torch import Tensor

History = Sequence[int]
"""Indices of the known characters of the prefix and of all written since."""

Decoder = Callable[[Tensor, History], Tensor]
"""Scores (1, V) and what stands before, to the index of the chosen character, (1,)."""

Filter = Callable[[Tensor, History], Tensor]
"""Scores (1, V), float64, and what stands before, to new scores; minus infinity rules a character out."""
