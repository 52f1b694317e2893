"""Characters and their indices (chapter: "build the character index")."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

import torch
from torch import Tensor

from lyricterm.corpus import index


@dataclass(frozen=True)
class Vocabulary:
    """The distinct characters of a text, in the order of their code points, numbered from 0."""

    characters: tuple[str, ...]
    index: dict[str, int]
    unknown: int | None = None
    """The index of the character that stands for all rare ones; it is read, and never written."""

    @classmethod
    def of(cls, characters: Iterable[str], unknown: str = "") -> Vocabulary:
        """The vocabulary of a text, or of any characters; ``unknown`` is the one that stands for all rare ones."""
        distinct = tuple(sorted(set(characters)))
        numbers = {character: i for i, character in enumerate(distinct)}
        return cls(distinct, numbers, numbers.get(unknown))

    def __len__(self) -> int:
        return len(self.characters)

    def find(self, character: str) -> int | None:
        """The index of a typed character: as typed, else lower-cased, else the unknown one's, else None."""
        if character in self.index:
            return self.index[character]
        return self.index.get(character.lower(), self.unknown)

    def encode(self, text: str) -> Tensor:
        """The indices of a text over this vocabulary, int32, shape (len(text),).

        Raises:
            KeyError: if a character is not in the vocabulary.
        """
        indices = index.encode(text, "".join(self.characters))
        absent = (indices < 0).nonzero()[0]
        if len(absent):
            raise KeyError(text[int(absent[0])])
        return torch.from_numpy(indices)

    def decode(self, indices: Iterable[int]) -> str:
        """The characters of some indices."""
        return "".join(self.characters[i] for i in indices)
