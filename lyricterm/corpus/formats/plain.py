"""Plain text: every character counts."""

from __future__ import annotations

from collections.abc import Iterator

from lyricterm.corpus.formats.base import Opened


def read_plain(opened: Opened) -> Iterator[str]:
    """The text as it is."""
    return opened.text()
