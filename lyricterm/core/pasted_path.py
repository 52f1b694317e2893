"""Paths as they arrive when they are typed, pasted, or a file is dropped on the terminal."""

from __future__ import annotations

import os
import re
import shlex
import unicodedata
from pathlib import Path
from urllib.parse import unquote

_ADDRESS = re.compile(r"file://(?:localhost)?(?=/|$)", re.IGNORECASE)
_ESCAPED = re.compile(r"\\(.)")


def pasted(text: str) -> str:
    """The path that is meant: without blanks or quotes around it, ``file://``, or a shell's backslashes.

    A text that names something as it stands is left alone, whatever it looks like. An accent may be part of its letter
    or a character of its own, as in names that come from a Mac.
    """
    if _is_there(text):
        return text
    path = _bare(text)
    if path.isascii() or _is_there(path):
        return path
    forms = (unicodedata.normalize("NFC", path), unicodedata.normalize("NFD", path))
    return next((form for form in forms if _is_there(form)), path)


def _bare(text: str) -> str:
    path = text.strip()
    if len(path) > 1 and path[0] == path[-1] and path[0] in "'\"" and path[0] not in path[1:-1]:
        return path[1:-1]
    address = _ADDRESS.match(path)
    if address:
        return unquote(path[address.end() :])
    bare = _without_quotes(path)
    return bare if bare != path else _without_blanks(text)


def looks_like_path(text: str) -> bool:
    """Whether a person gives a file or folder rather than words: it has a slash, or is there."""
    return "/" in text or _is_there(os.path.expanduser(pasted(text)))  # noqa: PTH111 - as below


def path_of(text: str) -> Path:
    """The file or folder that is meant by what a person gives, also below ``~``."""
    return Path(os.path.expanduser(pasted(text)))  # noqa: PTH111 - Path.expanduser raises where ~nobody has no home


def _without_quotes(path: str) -> str:
    """One word as a shell reads it; where that would be several words, without backslashes only."""
    if not any(mark in path for mark in "\\'\""):
        return path
    try:
        words = shlex.split(path)
    except ValueError:
        words = []
    return words[0] if len(words) == 1 else _ESCAPED.sub(r"\1", path)


def _without_blanks(text: str) -> str:
    """Without the blanks around it that a terminal adds, if there is such a file."""
    bare = text.strip()
    return bare if _is_there(bare) else text


def _is_there(text: str) -> bool:
    try:
        return os.path.lexists(text)
    except ValueError:
        return False
