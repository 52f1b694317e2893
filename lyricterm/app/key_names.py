"""How keys are called: by Textual, by a keymap, in a sentence."""

from __future__ import annotations

from textual.binding import Binding
from textual.keys import REPLACED_KEYS, format_key, key_to_character

from lyricterm.core.i18n import N_, _

_NAMES = {
    "space": N_("Space"),
    "enter": N_("Enter"),
    "escape": N_("Esc"),
    "tab": N_("Tab"),
    "backspace": N_("Backspace"),
    "delete": N_("Delete"),
    "insert": N_("Insert"),
    "home": N_("Home"),
    "end": N_("End"),
    "pageup": N_("PageUp"),
    "pagedown": N_("PageDown"),
    "ctrl": N_("Ctrl"),
    "alt": N_("Alt"),
    "shift": N_("Shift"),
}


def normal(keys: str) -> tuple[str, ...]:
    """Keys separated by commas, by the names that Textual gives them; a comma alone is the comma."""
    written = [","] if keys.strip() == "," else [key.strip() for key in keys.split(",")]
    return tuple(named(key) for key in written if key)


def named(key: str) -> str:
    """The name that Textual gives to a key; a character is one, too."""
    if key in (",", " "):
        # Textual takes the one for a separator and the other for nothing.
        return {",": "comma", " ": "space"}[key]
    (binding,) = Binding.make_bindings([Binding(key, "")])
    return binding.key


def character(key: str) -> str:
    """The printable character that a key types; empty if it types none."""
    typed = key if len(key) == 1 else key_to_character(REPLACED_KEYS.get(key, key)) or ""
    return typed if typed.isprintable() else ""


def spelt(key: str) -> str:
    """One key as a sentence calls it."""
    *modifiers, last = key.split("+")
    return "+".join([*(_(_NAMES.get(name, name)) for name in modifiers), _last(last, alone=not modifiers)])


def as_shown(key: str, shown: str) -> str:
    """One key as the key bar shows it: as ``shown``, or as it is called in a language with another name for it."""
    name = _NAMES.get(key, "")
    return _(name) if _(name) != name else shown


def _last(key: str, *, alone: bool) -> str:
    if key in _NAMES:
        return _(_NAMES[key])
    shown = format_key(key)
    # "s" and "S" are two keys; Ctrl+S is one, and so is F5.
    return shown if alone and len(shown) == 1 else shown.upper() if len(shown) <= 3 else shown
