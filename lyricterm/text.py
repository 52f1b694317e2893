"""Foreign text made safe to show: nothing in lyrics, names or vocabularies may steer the terminal."""

from __future__ import annotations

import unicodedata

_SHOWN_AS = "\N{REPLACEMENT CHARACTER}"
_STEERING = {"Cc", "Cf", "Cs", "Zl", "Zp"}


def safe(text: str) -> str:
    """The text with each control, format (bidirectional, zero-width) or surrogate character shown as U+FFFD.

    The number of characters stays the same.
    """
    if text.isprintable():
        return text
    return "".join(_SHOWN_AS if unicodedata.category(char) in _STEERING else char for char in text)


def one_line(text: str) -> str:
    """Newline, carriage return and tab become a space, the rest as ``safe``."""
    return safe(text.replace("\n", " ").replace("\r", " ").replace("\t", " "))
