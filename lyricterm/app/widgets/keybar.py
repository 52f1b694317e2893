"""The footer: as many keys as fit, the most needed first; a click presses the key."""

from __future__ import annotations

from collections.abc import Iterator

from rich.cells import cell_len
from rich.text import Text
from textual import events
from textual.binding import Binding
from textual.screen import Screen
from textual.widget import Widget
from textual.widgets import Input

from lyricterm.app.actions import Action, actions_of
from lyricterm.app.key_names import character
from lyricterm.core.i18n import _

_GAP = 2


class KeyBar(Widget):
    """Shows the active actions that have a rank: those of the focused widget, then the screen's, then the app's."""

    COMPONENT_CLASSES = {"keys--key", "keys--words"}

    def on_mount(self) -> None:
        """Draw again whenever other keys are active."""
        self.screen.bindings_updated_signal.subscribe(self, self._changed)

    def _changed(self, _screen: Screen[object]) -> None:
        self.refresh()

    def render(self) -> Text:
        """One line."""
        key_style = self.get_component_rich_style("keys--key", partial=True)
        words_style = self.get_component_rich_style("keys--words", partial=True)
        line = Text(" ", no_wrap=True)
        for binding in self._fitting():
            line.append(self.app.get_key_display(binding), key_style)
            line.append(f" {_(binding.description)}", words_style)
            line.append(" " * _GAP)
        return line

    def on_click(self, event: events.Click) -> None:
        """Press the key that was clicked."""
        start = 1
        for binding in self._fitting():
            end = start + self._width(binding)
            if start <= event.x < end:
                self.app.simulate_key(binding.key)
                return
            start = end + _GAP

    def _fitting(self) -> list[Binding]:
        """What there is room for, from left to right."""
        shown = dict(self._shown())
        room = self.size.width - 1
        kept = set()
        for action in sorted(shown, key=lambda action: action.rank or 0):
            room -= self._width(shown[action]) + _GAP
            if room < -_GAP:
                break
            kept.add(action)
        return [binding for action, binding in shown.items() if action in kept]

    def _shown(self) -> Iterator[tuple[Action, Binding]]:
        """Each active action that has a rank, with the first of its keys, in the order of their declarations."""
        active: dict[str, Binding] = {}
        typed_into = isinstance(self.screen.focused, Input)
        for entry in self.screen.active_bindings.values():
            types = typed_into and character(entry.binding.key)
            if entry.enabled and entry.binding.id and not types:
                active.setdefault(entry.binding.id, entry.binding)
        for owner in (self.screen.focused, self.screen, self.app):
            for action in actions_of(owner):
                if action.rank is not None and action.id in active:
                    yield action, active[action.id]

    def _width(self, binding: Binding) -> int:
        return cell_len(self.app.get_key_display(binding)) + 1 + cell_len(_(binding.description))
