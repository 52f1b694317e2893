"""A long text on its way into a file of indices: a piece at a time, without a loop over its characters."""

from __future__ import annotations

import errno
import hashlib
import os
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import IO, TYPE_CHECKING

from lyricterm.core.errors import CorpusError
from lyricterm.core.i18n import _
from lyricterm.core.paths import texts_folder
from lyricterm.core.sanitize import one_line
from lyricterm.corpus import index
from lyricterm.corpus.mapped import NARROW, MappedText, stored

if TYPE_CHECKING:
    import numpy as np

PREFIX = ".spool-"
"""How files that are being written begin."""
_ASCII = 128
"""Characters that have a number before they are met: their code point."""
_CHUNK = 1 << 20
"""Indices that are renumbered at once."""


class Spool:
    """Numbers characters as they come, writes the numbers, and renumbers them at the end, when all are known."""

    def __init__(self) -> None:
        import numpy as np  # here, so that a short text does not wait for it

        self._file, self.path = _new_file()
        self._numbers = np.full(index.CODES, -1, dtype=np.int32)
        self._numbers[:_ASCII] = np.arange(_ASCII)
        self._codes = list(range(_ASCII))
        """The code point of each number."""
        self._counts = np.zeros(_ASCII, dtype=np.int64)
        self._hash = hashlib.sha256()
        self._stored = stored(0)
        self.length = 0
        """Characters."""

    def add(self, piece: str) -> None:
        """Append some characters.

        Raises:
            CorpusError: if the disk does not take them.
        """
        import numpy as np

        numbers = self._numbered(piece)
        counts = np.bincount(numbers, minlength=len(self._codes))
        counts[: len(self._counts)] += self._counts
        self._counts = counts
        self._hash.update(piece.encode())
        self.length += len(piece)
        try:
            if stored(len(self._codes)) != self._stored:
                self._widen()
            self._file.write(numbers.astype(self._stored).data)
        except OSError as error:
            raise CorpusError(self._no_room(error)) from error

    def finish(self, min_count: int) -> tuple[MappedText, str]:
        """The text and its SHA-256; characters used fewer than ``min_count`` times are the unknown one.

        Raises:
            CorpusError: if the disk does not take it.
            MemoryError: if there is not even room for the map.
        """
        try:
            self._file.flush()
            characters = self._renumber(min_count)
            self._file.close()
            text = MappedText.open(self.path, self.length, characters)
        except OSError as error:
            if error.errno == errno.ENOMEM:
                raise MemoryError from error
            raise CorpusError(self._no_room(error)) from error
        merged = min_count > 1 and index.UNKNOWN in characters
        return text, fingerprint_of(text) if merged else self._hash.hexdigest()

    def close(self) -> None:
        """Remove the file; a text that is open stays readable."""
        self._file.close()
        self.path.unlink(missing_ok=True)

    def _numbered(self, piece: str) -> np.ndarray:
        codes = index.code_units(piece)
        if piece.isascii():
            return codes
        numbers = self._numbers.take(codes)
        if numbers.min() < 0:
            import numpy as np

            new = np.unique(codes[numbers < 0])
            self._numbers[new] = np.arange(len(self._codes), len(self._codes) + len(new))
            self._codes += new.tolist()
            numbers = self._numbers.take(codes)
        return numbers

    def _renumber(self, min_count: int) -> str:
        """Turn the numbers in the file into indices into the sorted characters, which are returned."""
        import numpy as np

        used = {code: number for number, code in enumerate(self._codes) if self._counts[number]}
        rare = {code for code, number in used.items() if self._counts[number] < min_count}
        unknown = {ord(index.UNKNOWN)} if rare else set()
        characters = "".join(map(chr, sorted((used.keys() - rare) | unknown)))
        places = {ord(character): i for i, character in enumerate(characters)}
        table = np.zeros(len(self._codes), dtype=stored(len(characters)))
        for code, number in used.items():
            table[number] = places[ord(index.UNKNOWN) if code in rare else code]
        for at, numbers in self._read():
            # Indices may take less room than the numbers did, never more: what is written is always read already.
            self._file.seek(at * table.itemsize)
            self._file.write(table.take(numbers).data)
        self._file.truncate(self.length * table.itemsize)
        return characters

    def _read(self) -> Iterator[tuple[int, np.ndarray]]:
        import numpy as np

        size = np.dtype(self._stored).itemsize
        for at in range(0, self.length, _CHUNK):
            self._file.seek(at * size)
            yield at, np.frombuffer(self._file.read(_CHUNK * size), self._stored)

    def _widen(self) -> None:
        """More characters than fit into two bytes: the numbers so far take four."""
        self._file.flush()
        before, path = self._file, self.path
        pieces = self._read_all(before)
        self._file, self.path = _new_file()
        self._stored = stored(NARROW + 1)
        for numbers in pieces:
            self._file.write(numbers.astype(self._stored).data)
        before.close()
        path.unlink(missing_ok=True)

    def _read_all(self, file: IO[bytes]) -> Iterator[np.ndarray]:
        import numpy as np

        file.seek(0)
        while piece := file.read(2 * _CHUNK):
            yield np.frombuffer(piece, stored(0))

    def _no_room(self, error: OSError) -> str:
        sentence = _(
            "The indices of a text of so many characters do not fit into {path}: {reason}; take fewer with --max-chars."
        )
        return sentence.format(path=one_line(str(self.path.parent)), reason=error.strerror or error)


def _new_file() -> tuple[IO[bytes], Path]:
    """In the cache folder, or, where nothing can be written there, among the temporary files."""
    try:
        texts_folder().mkdir(parents=True, exist_ok=True)
        handle, name = tempfile.mkstemp(dir=texts_folder(), prefix=PREFIX)
    except OSError:
        handle, name = tempfile.mkstemp(prefix="lyricterm-")
    return os.fdopen(handle, "w+b"), Path(name)


def fingerprint_of(text: MappedText) -> str:
    """SHA-256 of a text."""
    digest = hashlib.sha256()
    for piece in text.pieces():
        digest.update(piece.encode())
    return digest.hexdigest()
