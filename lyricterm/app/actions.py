"""What a person can do: each thing is one ``Action``, declared beside the screen or widget that does it.

Everything else is derived from these declarations: the bindings, the keymap of ``config.toml``, the key bar, the
command palette, the help and README's tables of keys.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import ClassVar, Protocol, cast

from textual.binding import Binding, BindingType
from textual.dom import DOMNode
from textual.widget import Widget

from lyricterm.app.key_names import normal, spelt
from lyricterm.core.i18n import _


@dataclass(frozen=True)
class Action:
    """One thing that can be done. All words are source texts."""

    id: str
    """``place.name``, by which a keymap calls it; the place is the screen or widget that has it."""
    keys: str
    """Its own keys, by Textual's names, with commas between them; empty: it is in the palette only."""
    label: str
    """One to three words, for the key bar."""
    help: str
    """One line, for the palette, the help and README."""
    run: str
    """The action of Textual that it runs on its screen or widget."""
    title: str = ""
    """Its name in the palette; without one, that is the label."""
    rank: int | None = None
    """The key bar keeps low ranks longest where there is little room; it never shows an action without one."""
    priority: bool = False
    """Its keys come before those of the widget that has the focus."""
    synonyms: str = ""
    """Other words by which the palette finds it."""
    changes: bool = False
    """It changes the run; the key bar does not show it while another program's run is watched."""

    @property
    def place(self) -> str:
        """The first part of the id."""
        return self.id.partition(".")[0]

    @property
    def field(self) -> str:
        """How a sentence asks for its key: ``studio.theta-down`` is ``{theta_down_key}``."""
        return f"{self.id.partition('.')[2].replace('-', '_')}_key"


def actions_of(node: object) -> tuple[Action, ...]:
    """What can be done with a widget, screen or app; nothing if it declares nothing."""
    return getattr(node, "ACTIONS", ())


def bindings(actions: Iterable[Action]) -> list[BindingType]:
    """The actions as a class of Textual declares them."""
    return [
        Binding(
            action.keys,
            action.run,
            action.label,
            id=action.id,
            show=action.rank is not None,
            priority=action.priority,
        )
        for action in actions
        if action.keys
    ]


class Keys:
    """Which keys the actions have now."""

    def __init__(self, keymap: Mapping[str, str] | None = None) -> None:
        """``keymap``: keys by the ids of actions, which come before an action's own."""
        self._moved = {name: normal(keys) for name, keys in (keymap or {}).items()}

    def of(self, action: Action) -> tuple[str, ...]:
        """The keys of an action, by the names that Textual gives them; none if it is in the palette only."""
        return (self._moved.get(action.id) or normal(action.keys)) if action.keys else ()

    def spelt(self, action: Action) -> str:
        """The first key of an action, as a sentence calls it: ``Ctrl+S``, ``Space``, ``s``."""
        return spelt(self.of(action)[0])

    def words(self, actions: Iterable[Action]) -> dict[str, str]:
        """The first key of each action under the field by which sentences ask for it."""
        return {action.field: self.spelt(action) for action in actions if action.keys}


class Keyed(Protocol):
    """An app that knows its keys."""

    keys: Keys
    reads_only: bool
    """The run is another program's."""

    def every_action(self) -> tuple[Action, ...]:
        """The actions of all places."""


def keys_of(node: DOMNode) -> Keys:
    """The keys that hold in the app of a widget or screen."""
    return cast(Keyed, node.app).keys


def reads_only(node: DOMNode) -> bool:
    """Whether the app of a widget or screen watches another program's run."""
    return cast(Keyed, node.app).reads_only


def every_action(node: DOMNode) -> tuple[Action, ...]:
    """The actions of all places of the app of a widget or screen."""
    return cast(Keyed, node.app).every_action()


def short(node: DOMNode, action: Action) -> str:
    """The first key of an action as the key bar shows it: ``^s``."""
    return node.app.get_key_display(Binding(keys_of(node).of(action)[0], ""))


def title_of(action: Action) -> str:
    """What the palette calls an action, in the language in use."""
    title = _(action.title or action.label)
    return title[:1].upper() + title[1:]


class ActionOwner(Protocol):
    """A screen, widget or app that has actions."""

    ACTIONS: ClassVar[tuple[Action, ...]]

    KEEPS_KEYS_OF: ClassVar[tuple[type[Widget], ...]]
    """The widgets, beside the place itself, whose own keys must go on working there."""
