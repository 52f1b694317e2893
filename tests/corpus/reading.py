"""Reading a corpus in a test."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from lyricterm.core.settings import Recipe
from lyricterm.corpus import load as reader
from lyricterm.corpus.text import Corpus


def load(source: Path | str, max_chars: int = 20_000, **settings: Any) -> Corpus:
    """The text of a path or name."""
    return reader.load(Recipe(corpus=str(source), max_chars=max_chars, **settings))
