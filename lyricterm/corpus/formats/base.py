"""What a reader is: it takes the lyrics out of one file."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import IO


@dataclass(frozen=True)
class Opened:
    """One file to be read."""

    shown: str
    """Its name, safe to show."""
    column: str
    """The column that a person names, or ``auto``."""
    bytes: IO[bytes]
    """The unpacked bytes, at their beginning."""
    text: Callable[[], Iterator[str]]
    """The same, decoded, in pieces; to be asked for once."""


Reader = Callable[[Opened], Iterator[str]]
"""Gives the lyrics in pieces; raises CorpusError, with what is wrong and what to do."""
