"""Which key does what now, and how a key is called."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import Protocol, cast

from textual.binding import Binding
from textual.dom import DOMNode
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


class Keys:
    """The keys of every binding id."""

    def __init__(self, keys: Mapping[str, tuple[str, ...]]) -> None:
        self._keys = dict(keys)

    def __iter__(self) -> Iterator[str]:
        """Every binding id."""
        return iter(self._keys)

    def of(self, name: str) -> tuple[str, ...]:
        """The keys of a binding id, by the names that Textual gives them; none if there is no such id."""
        return self._keys.get(name, ())

    def changed(self, keymap: Mapping[str, str]) -> Keys:
        """These keys under a keymap."""
        moved = {name: normal(keys) for name, keys in keymap.items() if name in self._keys and normal(keys)}
        return Keys(self._keys | moved)

    def spelt(self, name: str) -> str:
        """The first key of a binding id, as a sentence calls it: ``Ctrl+S``, ``Space``, ``s``."""
        return spelt(self._keys[name][0])

    def words(self) -> dict[str, str]:
        """Every key under the field by which sentences ask for it: ``studio.theta-down`` is ``{theta_down_key}``."""
        return {f"{name.partition('.')[2].replace('-', '_')}_key": self.spelt(name) for name in self._keys}


class Keyed(Protocol):
    """An app that knows its keys."""

    keys: Keys


def keys_of(node: DOMNode) -> Keys:
    """The keys that hold in the app of a widget or screen."""
    return cast(Keyed, node.app).keys


def short(node: DOMNode, name: str) -> str:
    """The first key of a binding id as the key bar shows it: ``^s``."""
    return node.app.get_key_display(Binding(keys_of(node).of(name)[0], ""))


def declared(bindings: Iterable[Binding]) -> Keys:
    """The keys of all these bindings that have an id."""
    found: dict[str, tuple[str, ...]] = {}
    for binding in Binding.make_bindings(bindings):
        if binding.id:
            found[binding.id] = (*found.get(binding.id, ()), binding.key)
    return Keys(found)


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


def _last(key: str, *, alone: bool) -> str:
    if key in _NAMES:
        return _(_NAMES[key])
    shown = format_key(key)
    # "s" and "S" are two keys; Ctrl+S is one, and so is F5.
    return shown if alone and len(shown) == 1 else shown.upper() if len(shown) <= 3 else shown
