"""Sentences one after the other, as the language in use sets them: Chinese puts no blank between them."""

from __future__ import annotations

from functools import reduce

from lyricterm.core.i18n import _


def together(*sentences: str) -> str:
    """All that are not empty, or parts of one sentence."""
    return reduce(_joined, filter(None, sentences), "")


def _joined(first: str, second: str) -> str:
    return _("{first} {second}").format(first=first, second=second) if first else second
