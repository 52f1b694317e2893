"""The footer: as many keys as fit, the most needed first; a click presses the key."""

from __future__ import annotations

from rich.cells import cell_len
from rich.text import Text
from textual import events
from textual.binding import Binding
from textual.screen import Screen
from textual.widget import Widget

from lyricterm.core.i18n import _

_GAP = 2


class KeyBar(Widget):
    """Shows the bindings that are active and have an id it knows."""

    COMPONENT_CLASSES = {"keys--key", "keys--words"}

    def __init__(self, *, id: str, order: tuple[str, ...], ranked: tuple[str, ...]) -> None:  # noqa: A002
        """``order``: ids of bindings from left to right; ``ranked``: the same, the one to drop last first."""
        super().__init__(id=id)
        self._order, self._ranked = order, ranked

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
        active = (entry.binding for entry in self.screen.active_bindings.values() if entry.enabled)
        shown: dict[str, Binding] = {}
        for binding in active:
            if binding.show and binding.id:
                # Of several keys, the first is the one to show.
                shown.setdefault(binding.id, binding)
        if any(name.startswith("prompt.") for name in shown):
            # While text is typed, the studio's letters are letters.
            shown = {name: binding for name, binding in shown.items() if not name.startswith("studio.")}
        room = self.size.width - 1
        kept = set()
        for name in self._ranked:
            if name not in shown:
                continue
            room -= self._width(shown[name]) + _GAP
            if room < -_GAP:
                break
            kept.add(name)
        return [shown[name] for name in self._order if name in kept]

    def _width(self, binding: Binding) -> int:
        return cell_len(self.app.get_key_display(binding)) + 1 + cell_len(_(binding.description))
