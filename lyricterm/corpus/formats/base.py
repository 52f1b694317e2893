"""What a reader is: it takes the lyrics out of one file."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import IO


@dataclass
class FormatFindings:
    """What a reader finds in a file beside the lyrics; filled while it is read."""

    column: str = ""
    """Of a table: the one that is read."""
    not_json: int = 0
    """Lines that are left out because they are not JSON."""
    first_not_json: int = 0
    """The first of them, counted from 1."""
    translations: int = 0
    """Lines in a second language that are left out."""

    def add_not_json(self, line: int) -> None:
        """One more."""
        self.not_json += 1
        self.first_not_json = self.first_not_json or line


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
    findings: FormatFindings = field(default_factory=FormatFindings)
    """Is told what a person should hear of it."""


Reader = Callable[[Opened], Iterator[str]]
"""Gives the lyrics in pieces; raises CorpusError, with what is wrong and what to do."""
