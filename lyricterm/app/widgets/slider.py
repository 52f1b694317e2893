"""A slider through the epochs after which lyrics were written."""

from __future__ import annotations

import math
from bisect import bisect_left

from rich.cells import cell_len
from rich.style import Style
from rich.text import Text
from textual import events
from textual.message import Message
from textual.reactive import reactive
from textual.widget import Widget

from lyricterm.core.i18n import _
from lyricterm.core.number_format import figure


class Slider(Widget):
    """One line: where it stands, the way, and the perplexity there."""

    COMPONENT_CLASSES = {"slider--knob", "slider--way", "slider--words"}

    class Moved(Message):
        """The person chose a place with the mouse."""

        def __init__(self, place: int) -> None:
            super().__init__()
            self.place = place

    epochs: reactive[tuple[int, ...]] = reactive(())
    """Where it can stand."""
    place: reactive[int] = reactive(0)
    """Which of them it stands at."""
    perplexity: reactive[float] = reactive(float("nan"))

    def render(self) -> Text:
        """The line; the knob's place on the way is its epoch's share of the last."""
        if not self.epochs:
            return Text()
        before, behind = self._words()
        _start, width = self._way()
        knob = self._column(width)
        line = Text(no_wrap=True)
        line.append(before, self._style("words"))
        line.append("━" * knob, self._style("knob"))
        line.append("●", self._style("knob"))
        line.append("─" * (width - knob - 1), self._style("way"))
        line.append(behind, self._style("words"))
        return line

    def on_mouse_down(self, event: events.MouseDown) -> None:
        """Take hold of the knob."""
        self.capture_mouse()
        self._to(event.x)

    def on_mouse_move(self, event: events.MouseMove) -> None:
        """Drag it."""
        if self.app.mouse_captured is self:
            self._to(event.x)

    def on_mouse_up(self) -> None:
        """Let go."""
        self.release_mouse()

    def _to(self, x: int) -> None:
        start, width = self._way()
        if not self.epochs or width < 2:
            return
        share = min(1.0, max(0.0, (x - start) / (width - 1)))
        first, last = self.epochs[0], self.epochs[-1]
        wanted = first + share * (last - first)
        above = min(bisect_left(self.epochs, wanted), len(self.epochs) - 1)
        below = max(0, above - 1)
        nearer = below if wanted - self.epochs[below] < self.epochs[above] - wanted else above
        self.post_message(self.Moved(nearer))

    def _words(self) -> tuple[str, str]:
        epoch = f"{self.epochs[self.place]:,}".rjust(len(f"{self.epochs[-1]:,}"))
        before = _("epoch {epoch}").format(epoch=epoch)
        if math.isnan(self.perplexity):
            return f" {before} ", f" {self.epochs[-1]:,} "
        behind = _("perplexity {perplexity}").format(perplexity=figure(self.perplexity))
        if self.size.width < cell_len(before) + cell_len(behind) + 14:
            behind = figure(self.perplexity)
        return f" {before} ", f" {behind:<8} "

    def _way(self) -> tuple[int, int]:
        if not self.epochs:
            return 0, 0
        before, behind = self._words()
        return cell_len(before), max(2, self.size.width - cell_len(before) - cell_len(behind))

    def _column(self, width: int) -> int:
        first, last = self.epochs[0], self.epochs[-1]
        share = (self.epochs[self.place] - first) / (last - first) if last > first else 1.0
        return round(share * (width - 1))

    def _style(self, name: str) -> Style:
        return self.get_component_rich_style(f"slider--{name}", partial=True)
