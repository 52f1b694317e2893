"""A text as numbers, without a loop over its characters."""

from __future__ import annotations

from typing import TYPE_CHECKING

from lyricterm.core.text_settings import TextSettings

if TYPE_CHECKING:
    import numpy as np

UNKNOWN = "\N{REPLACEMENT CHARACTER}"
"""What rare characters become."""
CODES = 0x110000
"""Code points that there are."""
_CHUNK = 1 << 20
"""Characters looked at at once, so that a large text costs little more than its indices."""


def unknown_of(settings: TextSettings) -> str:
    """The character that stands for all rare ones, where there is one; else nothing."""
    return UNKNOWN if settings.min_count > 1 else ""


def _code_points(text: str) -> np.ndarray:
    import numpy as np  # here and below, so that looking at a short text does not wait for it

    return np.frombuffer(text.encode("utf-32-le"), dtype=np.uint32)


def code_units(text: str) -> np.ndarray:
    """The code points, shape (len(text),), in as few bytes each as will do."""
    import numpy as np

    if text.isascii():
        return np.frombuffer(text.encode("ascii"), dtype=np.uint8)
    encoded = text.encode("utf-16-le")
    return np.frombuffer(encoded, dtype=np.uint16) if len(encoded) == 2 * len(text) else _code_points(text)


def count(text: str) -> dict[str, int]:
    """How often each character is used, in the order of their code points."""
    import numpy as np

    counts = np.zeros(CODES, dtype=np.int64)
    for start in range(0, len(text), _CHUNK):
        uses = np.bincount(code_units(text[start : start + _CHUNK]))
        counts[: len(uses)] += uses
    return {chr(code): int(counts[code]) for code in np.flatnonzero(counts)}


def distinct(text: str) -> str:
    """The characters that are used, in the order of their code points."""
    import numpy as np

    used = np.zeros(CODES, dtype=bool)
    for start in range(0, len(text), _CHUNK):
        used[code_units(text[start : start + _CHUNK])] = True
    return "".join(map(chr, np.flatnonzero(used)))


def encode(text: str, characters: str) -> np.ndarray:
    """The indices of a text over some characters, int32, shape (len(text),); -1 where one is not among them."""
    import numpy as np

    table = np.full(CODES, -1, dtype=np.int32)
    table[_code_points(characters)] = np.arange(len(characters), dtype=np.int32)
    indices = np.empty(len(text), dtype=np.int32)
    for start in range(0, len(text), _CHUNK):
        indices[start : start + _CHUNK] = table.take(code_units(text[start : start + _CHUNK]))
    return indices


def merge_rare(text: str, min_count: int) -> str:
    """The text with every character that is used fewer than ``min_count`` times as ``UNKNOWN``."""
    import numpy as np

    rare = [character for character, uses in count(text).items() if uses < min_count]
    if not rare:
        return text
    table = np.arange(CODES, dtype=np.uint32)
    table[_code_points("".join(rare))] = ord(UNKNOWN)
    pieces = (table.take(code_units(text[start : start + _CHUNK])) for start in range(0, len(text), _CHUNK))
    return "".join(piece.tobytes().decode("utf-32-le") for piece in pieces)
