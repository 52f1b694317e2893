"""For each setting a value that is allowed and is not its default, made from its declaration."""

from __future__ import annotations

from lyricterm.core.settings import DEFAULTS, SETTINGS, Value

_TEXTS: dict[str, Value] = {"corpus": "demo-zh", "encoding": "utf-8", "column": "lyrics", "drop": ("x",)}


def other_value(name: str, than: Value | None = None) -> Value:
    """A value of a setting other than ``than``, or than the default."""
    now = DEFAULTS[name] if than is None else than
    declared = SETTINGS[name]
    if name in _TEXTS and _TEXTS[name] != now:
        return _TEXTS[name]
    if declared.choices:
        return next(choice for choice in declared.choices if choice != now)
    if isinstance(now, bool):
        return not now
    if isinstance(now, int):
        return now + 1 if now < declared.high else now - 1
    if isinstance(now, float):
        return now / 2 if now else declared.high / 2
    if isinstance(now, tuple):
        return ("我",) if now != ("我",) else ("想",)
    if declared.word and not declared.whole:
        return next(number for number in ("0.1", "0.2", "1.5", "2") if number != now and float(number) >= declared.low)
    return "2" if now != "2" else "1"
