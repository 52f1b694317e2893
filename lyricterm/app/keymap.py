"""The person's own keys: what of them can be used, and what is wrong with the rest."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from difflib import get_close_matches

from textual.binding import Binding
from textual.keys import Keys as Named
from textual.widgets import Input

from lyricterm.app.actions import ActionOwner, Keys
from lyricterm.app.key_names import character, named, normal, spelt
from lyricterm.core.i18n import _
from lyricterm.core.sanitize import one_line, quoted
from lyricterm.core.user_config import Config

_EVERYWHERE = "app"
"""Its bindings come before all others, wherever the cursor is."""
_SHOWN = 60
_MOST_GUESSES = 3

_SYNONYMS = {"ctrl+i": "tab", "ctrl+m": "enter", "return": "enter", "ctrl+h": "backspace", "ctrl+space": "ctrl+@"}
"""Keys that a terminal cannot tell apart."""
_NAMED = {key.value for key in Named if key.value[0] != "<"} - {"ctrl-at", *_SYNONYMS}


class Keymap:
    """What can be used of a configuration's keys."""

    def __init__(self, places: Iterable[type[ActionOwner]]) -> None:
        """``places``: every class that has actions, the app's too."""
        by_name = {each.ACTIONS[0].place: each for each in places}
        actions = (action for each in by_name.values() for action in each.ACTIONS if action.keys)
        self._default = {action.id: Keys().of(action) for action in actions}
        self._needed = {name: _needed(each) for name, each in by_name.items()}
        self._typed_into = {name for name, each in by_name.items() if name == _EVERYWHERE or _has_field(each)}

    def take(self, config: Config) -> tuple[dict[str, str], tuple[str, ...]]:
        """The keymap as ``App.set_keymap`` takes it, and a sentence for each entry that is not in it."""
        wrong: dict[str, str] = {}
        usable: dict[str, tuple[str, ...]] = {}
        for name, written in config.keys.items():
            try:
                usable[name] = self._checked(name, written)
            except _UnusableError as error:
                wrong[name] = str(error)
        while clash := self._clash(usable):
            name, sentence = clash
            wrong[name] = sentence
            # Its old key may be the new one of another action: look again.
            del usable[name]
        problems = tuple(config.key_problem(wrong[name]) for name in config.keys if name in wrong)
        return {name: ",".join(keys) for name, keys in usable.items()}, problems

    def _checked(self, name: str, written: str) -> tuple[str, ...]:
        """The keys of one entry, alone good enough."""
        if name not in self._default:
            raise _UnusableError(self._unknown(name))
        keys = tuple(dict.fromkeys(map(_real, normal(written) or (written,))))
        for key in keys:
            self._check(name, key)
        return keys

    def _unknown(self, name: str) -> str:
        """What there is instead of an action that there is not."""
        sentence = _("There is no action called {name}; the help lists all actions.")
        if near := get_close_matches(name[:_SHOWN], self._default, _MOST_GUESSES):
            sentence = _("There is no action called {name}; did you mean {guesses}? The help lists all actions.")
        return sentence.format(name=_cut(name), guesses=", ".join(near))

    def _check(self, name: str, key: str) -> None:
        place = _place(name)
        if place in self._typed_into and character(key):
            sentence = _("{name} cannot have the key {key}: on its screen that key types a character.")
            raise _UnusableError(sentence.format(name=name, key=spelt(key)))
        places = self._needed if place == _EVERYWHERE else [place, _EVERYWHERE]
        if any(key in self._needed[there] for there in places):
            sentence = _("{name} cannot have the key {key}: on its screen that key does something else.")
            raise _UnusableError(sentence.format(name=name, key=spelt(key)))

    def _clash(self, usable: Mapping[str, tuple[str, ...]]) -> tuple[str, str] | None:
        """The first entry with a key that an earlier one, or an action that is not in the keymap, has."""
        before = {name: keys for name, keys in self._default.items() if name not in usable}
        for name, keys in usable.items():
            for other, taken in before.items():
                shared = next((key for key in keys if key in taken), None)
                if shared and _meet(name, other):
                    sentence = _("{name} cannot have the key {key}: it is the key of {other}.")
                    return name, sentence.format(name=name, key=spelt(shared), other=other)
            before[name] = keys
        return None


class _UnusableError(ValueError):
    """An entry that cannot be used; says why."""


def _needed(place: type[ActionOwner]) -> frozenset[str]:
    """The keys that must keep their meaning in a place: those of no action that could have another."""
    classes = (parent for widget in (place, *place.KEEPS_KEYS_OF) for parent in widget.__mro__)
    found = [binding for each in classes for binding in Binding.make_bindings(vars(each).get("BINDINGS", ()))]
    movable = {binding.key for binding in found if binding.id}
    return frozenset(binding.key for binding in found) - movable


def _has_field(place: type[ActionOwner]) -> bool:
    """Whether there is a field to type into, so that no character may be a key."""
    return any(issubclass(widget, Input) for widget in (place, *place.KEEPS_KEYS_OF))


def _real(key: str) -> str:
    """The key as a terminal reports it.

    Raises:
        _UnusableError: if there is no such key.
    """
    found = _SYNONYMS.get(key.lower(), key)
    if typed := character(found):
        return named(typed)
    *modifiers, last = found.split("+")
    if modifiers == ["shift"] and len(last) == 1 and last.upper() != last:
        return last.upper()
    if found.lower() in _NAMED:
        return found.lower()
    if modifiers in (["alt"], ["alt", "shift"]) and len(last) == 1 and last.isalnum() and last == last.lower():
        return found
    sentence = _("There is no key {key}; write a character such as p, or a name such as f5, ctrl+b or space.")
    raise _UnusableError(sentence.format(key=quoted(key, _SHOWN)))


def _place(name: str) -> str:
    return name.partition(".")[0]


def _meet(name: str, other: str) -> bool:
    """Whether two bindings can be active together; the prompt has its keys while it has the cursor."""
    places = {_place(name), _place(other)}
    return len(places) == 1 or _EVERYWHERE in places


def _cut(text: str) -> str:
    shown = one_line(text)
    return shown if len(shown) <= _SHOWN else shown[: _SHOWN - 1] + "…"
