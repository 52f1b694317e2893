"""Paths as they arrive when they are pasted, or a file is dropped on the terminal."""

from __future__ import annotations

import os
import re
from urllib.parse import unquote, urlsplit

_ESCAPED = re.compile(r"\\(.)")


def pasted(text: str) -> str:
    """The path that is meant: without quotes around it, ``file://``, or backslashes before its blanks.

    A text that names something as it stands is left alone, whatever it looks like.
    """
    if _is_there(text):
        return text
    path = text.strip()
    if len(path) > 1 and path[0] == path[-1] and path[0] in "'\"":
        return path[1:-1]
    if path.startswith("file://"):
        return unquote(urlsplit(path).path)
    return _ESCAPED.sub(r"\1", path) if "\\" in path else text


def _is_there(text: str) -> bool:
    try:
        return os.path.lexists(text)
    except ValueError:
        return False
