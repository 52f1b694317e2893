"""The text that is trained on, and what is told of how it was read."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass, field, replace
from functools import cached_property
from typing import TYPE_CHECKING

from lyricterm.corpus import index
from lyricterm.corpus.mapped import MappedText, Text
from lyricterm.corpus.spool import Spool, fingerprint_of

if TYPE_CHECKING:
    import numpy as np


@dataclass(frozen=True)
class FileRead:
    """One file of a corpus."""

    name: str
    """Safe to show."""
    characters: int
    """That the file gave, before anything was left out of them."""
    encoding: str
    """As people call it; empty where the format says it itself."""
    confidence: float
    """In the encoding, from 0 to 1."""
    column: str = ""
    """Of a table: the one that was read, safe to show."""


@dataclass(frozen=True)
class Corpus:
    """The text that is trained on."""

    name: str
    text: Text
    """As the settings want it, cut to as many characters as they say; a very long one lies in a file."""
    total: int
    """How many characters all the files have."""
    beyond: str = ""
    """What follows the text, as much of it as was asked for."""
    files: tuple[FileRead, ...] = field(default=(), compare=False)
    """Those that were read, in order."""
    notes: tuple[str, ...] = field(default=(), compare=False)
    """What a person should hear of the reading: a sentence each."""
    beginnings: tuple[str, ...] = field(default=(), compare=False)
    """The most frequent beginnings of its lines."""
    repeated: float = field(default=0.0, compare=False)
    """Which part of its lines were there before, from 0 to 1."""

    def known(self, fingerprint: str) -> Corpus:
        """This text with the fingerprint that was computed before."""
        vars(self).update(fingerprint=fingerprint)
        return self

    def first(self, length: int) -> Corpus:
        """A text of the first characters of this one."""
        if isinstance(self.text, str):
            return replace(self, text=self.text[:length])
        text = self.text.cut(length)
        if text.uses().min() > 0:
            return replace(self, text=text)
        # Some characters stand only behind the cut.
        spool = Spool()
        try:
            for piece in text.pieces():
                spool.add(piece)
            found, fingerprint = spool.finish(1)
        finally:
            spool.close()
        return replace(self, text=found).known(fingerprint)

    def release(self) -> None:
        """Give back the memory of what was read of a text that lies in a file."""
        if isinstance(self.text, MappedText):
            self.text.release()

    @property
    def counts(self) -> dict[str, int]:
        """How often each character is used."""
        if isinstance(self.text, str):
            return index.count(self.text)
        return dict(zip(self.characters, self.text.uses().tolist(), strict=True))

    @cached_property
    def fingerprint(self) -> str:
        """SHA-256 of the text, by which a resumed run knows it again."""
        if isinstance(self.text, MappedText):
            return fingerprint_of(self.text)
        return hashlib.sha256(self.text.encode()).hexdigest()

    @cached_property
    def characters(self) -> str:
        """The distinct characters, in the order of their code points."""
        return self.text.characters if isinstance(self.text, MappedText) else index.distinct(self.text)

    @cached_property
    def indices(self) -> np.ndarray:
        """The text as indices into ``characters``, shape (len(text),): int32, or as they lie in their file."""
        if isinstance(self.text, MappedText):
            return self.text.indices
        return index.encode(self.text, self.characters)
