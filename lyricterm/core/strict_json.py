"""Strict JSON, written in one way everywhere: infinity is the string "inf", NaN is null."""

from __future__ import annotations

import json
import math
from collections.abc import Mapping
from typing import Any

from lyricterm.core.sanitize import safe


def strict(value: Any) -> Any:
    """The value as strict JSON can hold it: infinity is the string "inf", NaN is null."""
    if isinstance(value, float):
        if math.isnan(value):
            return None
        return value if math.isfinite(value) else str(value)
    if isinstance(value, Mapping):
        return {name: strict(item) for name, item in value.items()}
    if isinstance(value, (list, tuple)):
        return [strict(item) for item in value]
    return value


def encoded(value: Any) -> bytes:
    """One line of a file, in ASCII, with its line feed.

    Raises:
        ValueError, TypeError: if JSON cannot hold it.
    """
    return f"{json.dumps(strict(value), allow_nan=False)}\n".encode()


def readable(value: Any, encoding: str = "utf-8") -> str:
    """One line for people and programs, without its line feed; each string in it is read back exactly.

    A character that ``safe`` would not show stands as an escape, so that nothing steers a terminal or fools a
    reader; in another encoding than UTF-8 all that is not ASCII does.
    """
    plain = encoding.lower().replace("_", "-") in ("utf-8", "utf8", "utf-8-sig")
    line = json.dumps(strict(value), ensure_ascii=not plain, allow_nan=False)
    shown = safe(line)
    if shown == line:
        return line
    pairs = zip(line, shown, strict=True)
    return "".join(char if char == as_shown else json.dumps(char)[1:-1] for char, as_shown in pairs)


def decoded(content: bytes) -> Any:
    """What strict JSON says.

    Raises:
        ValueError: if it is not strict JSON in UTF-8, or too deep.
    """
    try:
        return _DECODER.decode(content.decode())
    except RecursionError as error:
        raise ValueError("too deep") from error


def _refuse(word: str) -> None:
    raise ValueError(word)


# Made once: json.loads makes one at each call, which is half the time of a short line.
_DECODER = json.JSONDecoder(parse_constant=_refuse)
