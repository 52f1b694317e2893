"""The footer: as many keys as fit, the most needed first; a click presses the key."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from rich.cells import cell_len
from rich.text import Text
from textual import events
from textual.binding import Binding
from textual.screen import Screen
from textual.widget import Widget

from lyricterm.app.actions import Action, actions_of, reads_only
from lyricterm.app.key_names import character
from lyricterm.core.i18n import _

_GAP, _NARROW_GAP = 2, 1
"""Cells between two keys; the narrow one where it shows more of the most needed."""
_NEEDED = 60
"""The highest rank of what should be seen at 80 columns."""


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
        fitting, gap = self._fitting()
        for binding in fitting:
            line.append(self.app.get_key_display(binding), key_style)
            line.append(f" {_(binding.description)}", words_style)
            line.append(" " * gap)
        return line

    def on_click(self, event: events.Click) -> None:
        """Press the key that was clicked."""
        start = 1
        fitting, gap = self._fitting()
        for binding in fitting:
            end = start + self._width(binding)
            if start <= event.x < end:
                self.app.simulate_key(binding.key)
                return
            start = end + gap

    def _fitting(self) -> tuple[list[Binding], int]:
        """What there is room for, from left to right, and the gap between two."""
        shown = dict(self._shown())
        wide, narrow = self._kept(shown, _GAP), self._needed(self._kept(shown, _NARROW_GAP))
        kept, gap = (narrow, _NARROW_GAP) if len(narrow) > len(self._needed(wide)) else (wide, _GAP)
        return [binding for action, binding in shown.items() if action in kept], gap

    def _kept(self, shown: Mapping[Action, Binding], gap: int) -> list[Action]:
        """The most needed actions for which there is room."""
        room = self.size.width - 1
        kept = []
        for action in sorted(shown, key=lambda action: action.rank or 0):
            room -= self._width(shown[action]) + gap
            if room < -gap:
                break
            kept.append(action)
        return kept

    def _needed(self, actions: list[Action]) -> list[Action]:
        return [action for action in actions if (action.rank or 0) <= _NEEDED]

    def _shown(self) -> Iterator[tuple[Action, Binding]]:
        """Each active action that has a rank, with the first of its keys, in the order of their declarations."""
        active: dict[str, Binding] = {}
        focused = self.screen.focused
        typed_into = focused is not None and focused.check_consume_key("x", "x")
        for entry in self.screen.active_bindings.values():
            types = typed_into and character(entry.binding.key)
            if entry.enabled and entry.binding.id and not types:
                active.setdefault(entry.binding.id, entry.binding)
        for owner in (self.screen.focused, self.screen, self.app):
            for action in actions_of(owner):
                hidden = action.changes and reads_only(self)
                if action.rank is not None and action.id in active and not hidden:
                    yield action, active[action.id]

    def _width(self, binding: Binding) -> int:
        return cell_len(self.app.get_key_display(binding)) + 1 + cell_len(_(binding.description))
