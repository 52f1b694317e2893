"""A text of any length whose indices lie in a file: read through a memory map, a part at a time."""

from __future__ import annotations

import mmap
import sys
from collections.abc import Iterator
from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import numpy as np

NARROW = (1 << 15) - 1
"""Distinct characters up to which an index takes two bytes."""
_CHUNK = 1 << 20
"""Characters looked at at once."""


def stored(distinct: int) -> str:
    """How an index into so many distinct characters is stored: by NumPy's name for it."""
    return "<i2" if distinct <= NARROW else "<i4"


class MappedText:
    """Behaves as the ``str`` that it stands for where that is measured, cut, or searched for something short."""

    def __init__(self, indices: np.ndarray, characters: str, memory: mmap.mmap) -> None:
        """``indices`` into ``characters``, which are distinct and sorted; they lie in ``memory``."""
        self.indices, self.characters, self._memory = indices, characters, memory

    @classmethod
    def open(cls, path: Path, length: int, characters: str) -> MappedText:
        """The text whose first ``length`` indices stand at the beginning of a file, which may go once this is open.

        Raises:
            OSError, ValueError: if it cannot be mapped, or is too short.
        """
        import numpy as np  # here and below, so that a short text does not wait for it

        with path.open("rb") as file:
            # Copied on write, as PyTorch wants memory that can be written to; nobody writes.
            memory = mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_COPY)
        if sys.platform != "win32":
            memory.madvise(mmap.MADV_RANDOM)
        return cls(np.frombuffer(memory, stored(len(characters)), length), characters, memory)

    def release(self) -> None:
        """Give back the memory of what was read; it is read again when it is wanted."""
        if sys.platform != "win32":
            self._memory.madvise(mmap.MADV_DONTNEED)

    def cut(self, length: int) -> MappedText:
        """The first characters; the distinct characters stay those of the whole."""
        return MappedText(self.indices[:length], self.characters, self._memory)

    def pieces(self) -> Iterator[str]:
        """The whole text, a part at a time."""
        for start in range(0, len(self), _CHUNK):
            yield self[start : start + _CHUNK]
            self.release()

    def __reduce__(self) -> tuple[type[str], tuple[str]]:
        """On another machine it is in memory."""
        return str, (self[:],)

    def __len__(self) -> int:
        return len(self.indices)

    def __getitem__(self, part: slice) -> str:
        """A part of it, which is copied."""
        return self._decoded(self.indices[part])

    def uses(self) -> np.ndarray:
        """How often each of the characters is used, int64."""
        import numpy as np

        counts = np.zeros(len(self.characters), dtype=np.int64)
        for start in range(0, len(self), _CHUNK):
            counts += np.bincount(self.indices[start : start + _CHUNK], minlength=len(counts))
            self.release()
        return counts

    def __str__(self) -> str:
        return self[:]

    def __contains__(self, text: str) -> bool:
        import numpy as np

        from lyricterm.corpus import index

        wanted = index.encode(text, self.characters).astype(self.indices.dtype)
        if not len(wanted) or wanted.min() < 0:
            return not len(wanted)
        size, sought = wanted.itemsize, wanted.tobytes()
        for start in range(0, len(self), _CHUNK):
            piece = np.ascontiguousarray(self.indices[start : start + _CHUNK + len(wanted) - 1]).tobytes()
            self.release()
            place = piece.find(sought)
            while place >= 0:
                if place % size == 0:
                    return True
                place = piece.find(sought, place + 1)
        return False

    def __eq__(self, other: object) -> bool:
        import numpy as np

        if not isinstance(other, MappedText):
            return NotImplemented
        return self.characters == other.characters and np.array_equal(self.indices, other.indices)

    __hash__ = None  # type: ignore[assignment]

    def _decoded(self, indices: np.ndarray) -> str:
        text: str = _code_points(self.characters)[indices].tobytes().decode("utf-32-le")
        return text


@lru_cache(maxsize=4)
def _code_points(characters: str) -> np.ndarray:
    import numpy as np

    return np.frombuffer(characters.encode("utf-32-le"), dtype=np.uint32)


Text = str | MappedText
