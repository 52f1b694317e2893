"""Values of settings as a person types and reads them."""

from __future__ import annotations

import re

from lyricterm.core.setting import Setting, Value
from lyricterm.core.setting_check import check

_PARTS = re.compile(r"(?:\\[\\|]|[^|])+")
"""Texts separated by ``|``; a ``|`` or a backslash in a text is written after a backslash."""
_ESCAPE = re.compile(r"\\([\\|])")


def parse(declared: Setting, text: str) -> Value:
    """Read one value as a person types it.

    Raises:
        RecipeError: if the text is no value of this setting, or out of bounds.
    """
    value = _read(declared, text)
    check(declared, value)
    return value


def _read(declared: Setting, text: str) -> Value:
    default = declared.default
    if isinstance(default, tuple):
        return tuple(_ESCAPE.sub(r"\1", part) for part in _PARTS.findall(text))
    stripped = text.strip()
    if isinstance(default, bool):
        switches: dict[str, Value] = {"on": True, "off": False, "true": True, "false": False}
        return switches.get(stripped.lower(), stripped)
    if isinstance(default, str):
        return stripped
    if stripped and stripped == declared.unlimited:
        return int(declared.high)
    try:
        return int(stripped.replace(",", "")) if isinstance(default, int) else float(stripped)
    except ValueError:
        return stripped


def show(value: Value) -> str:
    """One value as a person reads and types it; ``parse`` reads it back."""
    if isinstance(value, bool):
        return "on" if value else "off"
    if isinstance(value, tuple):
        return "|".join(part.replace("\\", r"\\").replace("|", r"\|") for part in value)
    return str(value).removesuffix(".0") if isinstance(value, float) else str(value)
