"""Characters and their indices (chapter: "build the character index")."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from torch import Tensor

_CHUNK = 1 << 20
"""Characters encoded at once, so that a large text costs little more than its indices."""


@dataclass(frozen=True)
class Vocabulary:
    """The distinct characters of a text, in the order of their code points, numbered from 0."""

    characters: tuple[str, ...]
    index: dict[str, int]

    @classmethod
    def of(cls, characters: Iterable[str]) -> Vocabulary:
        """The vocabulary of a text, or of any characters."""
        distinct = tuple(sorted(set(characters)))
        return cls(distinct, {character: i for i, character in enumerate(distinct)})

    def __len__(self) -> int:
        return len(self.characters)

    def find(self, character: str) -> int | None:
        """The index of a typed character: as typed, else lower-cased, else None."""
        if character in self.index:
            return self.index[character]
        return self.index.get(character.lower())

    def encode(self, text: str) -> Tensor:
        """The indices of a text over this vocabulary, int32, shape (len(text),).

        Raises:
            KeyError: if a character is not in the vocabulary.
        """
        import torch  # here, so that looking at a corpus does not wait for it

        table = torch.full((0x110000,), -1, dtype=torch.int32)
        code_points = torch.tensor([ord(c) for c in self.characters], dtype=torch.long)
        table[code_points] = torch.arange(len(self), dtype=torch.int32)
        indices = torch.empty(len(text), dtype=torch.int32)
        for start in range(0, len(text), _CHUNK):
            raw = bytearray(text[start : start + _CHUNK].encode("utf-32-le"))
            found = table[torch.frombuffer(raw, dtype=torch.int32).long()]
            if int(found.min()) < 0:
                raise KeyError(text[start + int((found < 0).nonzero()[0])])
            indices[start : start + _CHUNK] = found
        return indices

    def decode(self, indices: Iterable[int]) -> str:
        """The characters of some indices."""
        return "".join(self.characters[i] for i in indices)
