"""A table as a person reads it, on a screen, in a terminal or on a page."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass


@dataclass(frozen=True)
class Table:
    """Words and numbers as a person reads them; the first column names the row."""

    title: str
    columns: Sequence[str]
    rows: Sequence[Sequence[str]]
    words: Sequence[int] = (0,)
    """Columns of words, which begin alike; the others are of numbers, which end alike."""
