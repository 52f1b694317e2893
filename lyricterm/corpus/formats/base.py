"""What a reader is: it takes the lyrics out of one file."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import IO


@dataclass
class LeftOut:
    """Lines of a file that are not what its format wants, and are left out."""

    count: int = 0
    first: int = 0
    """The first of them, counted from 1."""

    def add(self, line: int) -> None:
        """One more."""
        self.count += 1
        self.first = self.first or line


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
    left_out: LeftOut = field(default_factory=LeftOut)
    """Is told of lines that are left out."""


Reader = Callable[[Opened], Iterator[str]]
"""Gives the lyrics in pieces; raises CorpusError, with what is wrong and what to do."""
