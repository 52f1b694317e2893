"""The texts that come with the program."""

from __future__ import annotations

from pathlib import Path

from lyricterm.core.paths import asset

CORPORA: dict[str, str] = {
    "demo-zh": "lyrics-zh.txt",
}
"""Name to file name in the assets."""


def builtin_file(name: str) -> Path:
    """Where a built-in text lies."""
    return asset(CORPORA[name])
