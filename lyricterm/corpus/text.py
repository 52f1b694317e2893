"""The text that is trained on, and what is told of how it was read."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass, field
from functools import cached_property
from typing import TYPE_CHECKING

from lyricterm.corpus import index

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


@dataclass(frozen=True)
class Corpus:
    """The text that is trained on."""

    name: str
    text: str
    """As the settings want it, cut to as many characters as they say."""
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

    def with_index(self, characters: str, indices: bytes, fingerprint: str) -> Corpus:
        """This text with what was found out about it before.

        Raises:
            ValueError: if that cannot be of this text.
        """
        found = index.of_bytes(indices, len(characters))
        if len(found) != len(self.text) or found.min() < 0 or found.max() >= len(characters):
            raise ValueError(len(found))
        vars(self).update(characters=characters, indices=found, fingerprint=fingerprint)
        return self

    @cached_property
    def fingerprint(self) -> str:
        """SHA-256 of the text, by which a resumed run knows it again."""
        return hashlib.sha256(self.text.encode()).hexdigest()

    @cached_property
    def characters(self) -> str:
        """The distinct characters, in the order of their code points."""
        return index.distinct(self.text)

    @cached_property
    def indices(self) -> np.ndarray:
        """The text as indices into ``characters``, int32, shape (len(text),)."""
        return index.encode(self.text, self.characters)
