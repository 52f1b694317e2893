"""A text as numbers, without a loop over its characters."""

from __future__ import annotations

from typing import TYPE_CHECKING

from lyricterm.core.text_settings import TextSettings

if TYPE_CHECKING:
    import numpy as np

UNKNOWN = "\N{REPLACEMENT CHARACTER}"
"""What rare characters become."""
_CODES = 0x110000
_CHUNK = 1 << 20
"""Characters looked at at once, so that a large text costs little more than its indices."""


def unknown_of(settings: TextSettings) -> str:
    """The character that stands for all rare ones, where there is one; else nothing."""
    return UNKNOWN if settings.min_count > 1 else ""


def _code_points(text: str) -> np.ndarray:
    import numpy as np  # here and below, so that looking at a short text does not wait for it

    return np.frombuffer(text.encode("utf-32-le"), dtype=np.uint32)


def count(text: str) -> dict[str, int]:
    """How often each character is used, in the order of their code points."""
    import numpy as np

    counts = np.zeros(_CODES, dtype=np.int64)
    for start in range(0, len(text), _CHUNK):
        codes, uses = np.unique(_code_points(text[start : start + _CHUNK]), return_counts=True)
        counts[codes] += uses
    return {chr(code): int(counts[code]) for code in np.flatnonzero(counts)}


def distinct(text: str) -> str:
    """The characters that are used, in the order of their code points."""
    import numpy as np

    used = np.zeros(_CODES, dtype=bool)
    for start in range(0, len(text), _CHUNK):
        used[_code_points(text[start : start + _CHUNK])] = True
    return "".join(map(chr, np.flatnonzero(used)))


def encode(text: str, characters: str) -> np.ndarray:
    """The indices of a text over some characters, int32, shape (len(text),); -1 where one is not among them."""
    import numpy as np

    table = np.full(_CODES, -1, dtype=np.int32)
    table[_code_points(characters)] = np.arange(len(characters), dtype=np.int32)
    indices = np.empty(len(text), dtype=np.int32)
    for start in range(0, len(text), _CHUNK):
        indices[start : start + _CHUNK] = table[_code_points(text[start : start + _CHUNK])]
    return indices


def to_bytes(indices: np.ndarray, distinct: int) -> bytes:
    """Indices into so many distinct characters, as short as they can be."""
    return indices.astype(_stored(distinct)).tobytes()


def of_bytes(stored: bytes, distinct: int) -> np.ndarray:
    """The indices that ``to_bytes`` wrote.

    Raises:
        ValueError: if these cannot be such.
    """
    import numpy as np

    return np.frombuffer(stored, dtype=_stored(distinct)).astype(np.int32)


def _stored(distinct: int) -> str:
    return "<u2" if distinct <= 1 << 16 else "<i4"


def merge_rare(text: str, min_count: int) -> str:
    """The text with every character that is used fewer than ``min_count`` times as ``UNKNOWN``."""
    import numpy as np

    rare = [character for character, uses in count(text).items() if uses < min_count]
    if not rare:
        return text
    table = np.arange(_CODES, dtype=np.uint32)
    table[_code_points("".join(rare))] = ord(UNKNOWN)
    pieces = (table[_code_points(text[start : start + _CHUNK])] for start in range(0, len(text), _CHUNK))
    return "".join(piece.tobytes().decode("utf-32-le") for piece in pieces)
