"""The variants of the experiment: what trains, which key flips it, what waits for the next epoch."""

from __future__ import annotations

from dataclasses import dataclass

from rich.cells import cell_len
from rich.style import Style
from rich.text import Text
from textual import events
from textual.app import ComposeResult
from textual.containers import Vertical
from textual.reactive import reactive
from textual.widget import Widget

from lyricterm.app.formats import setting
from lyricterm.app.state import RunState
from lyricterm.i18n import _
from lyricterm.recipe import AXES, Heat, differences


@dataclass(frozen=True)
class Row:
    """One axis of the panel: its keys and the actions of a click."""

    axis: str
    keys: str
    click: str
    """The action of a click on the row, or on its left arrow."""
    up: str = ""
    """The action of a click on the right arrow; empty for a toggle."""


ROWS = (
    Row("sampling", "s", "flip('sampling')"),
    Row("clipping", "c", "flip('clipping')"),
    Row("theta", "[]", "nudge('theta', -1)", "nudge('theta', 1)"),
    Row("activation", "a", "flip('activation')"),
    Row("detach", "d", "flip('detach')"),
    Row("lr", "-+", "nudge('lr', -1)", "nudge('lr', 1)"),
    Row("pred_period", ",.", "nudge('pred_period', -1)", "nudge('pred_period', 1)"),
)

_KEYS_WIDTH = 3


class VariantRow(Widget):
    """One axis; a click flips it, the arrows of a number step it."""

    COMPONENT_CLASSES = {
        "variants--key",
        "variants--label",
        "variants--value",
        "variants--pending",
        "variants--idle",
    }

    state: reactive[RunState | None] = reactive(None)

    def __init__(self, row: Row) -> None:
        super().__init__(id=f"variant-{row.axis.replace('_', '-')}")
        self._row = row

    def render(self) -> Text:
        """Keys, label, value; a value that waits stands behind an arrow."""
        state = self.state
        line = Text(no_wrap=True, overflow="ellipsis")
        if state is None:
            return line
        axis = self._row.axis
        line.append(f"{self._row.keys:<{_KEYS_WIDTH}}", self._style("key"))
        width = max(cell_len(_(AXES[row.axis].label)) for row in ROWS) + 1
        label = _(AXES[axis].label)
        line.append(label + " " * (width - cell_len(label)), self._style("label"))
        wanted = getattr(state.wanted, axis)
        waits = wanted != getattr(state.trains, axis) and AXES[axis].heat is Heat.EPOCH
        value = setting(wanted)
        if waits:
            line.append(f"→ {value}", self._style("pending"))
        else:
            text = f"‹ {value} ›" if self._row.up else value
            line.append(text, self._style("idle" if self._is_idle(state) else "value"))
        return line

    def _is_idle(self, state: RunState) -> bool:
        """The axis has no effect with the others as they are."""
        recipe = state.wanted
        return (self._row.axis == "theta" and not recipe.clipping) or (
            self._row.axis == "detach" and recipe.sampling == "random"
        )

    def _style(self, name: str) -> Style:
        return self.get_component_rich_style(f"variants--{name}", partial=True)

    async def on_click(self, event: events.Click) -> None:
        """Left of the value's middle is down, right of it is up."""
        action = self._row.click
        if self._row.up:
            text = self.render().plain
            middle = cell_len(text[: text.index("‹") + 1]) if "‹" in text else self.size.width
            middle += (cell_len(text) - middle) // 2
            action = self._row.up if event.x >= middle else self._row.click
        await self.run_action(f"screen.{action}")


class Variants(Vertical):
    """All rows and, below them, what only a new run can change."""

    state: reactive[RunState | None] = reactive(None)

    def compose(self) -> ComposeResult:
        """One row per axis."""
        for row in ROWS:
            yield VariantRow(row).data_bind(Variants.state)
        yield Shape(id="shape").data_bind(Variants.state)

    def watch_state(self, state: RunState | None) -> None:
        """Say in the border that something waits."""
        self.border_title = _("variants")
        changes = differences(state.trains, state.wanted) if state is not None and state.progress is not None else {}
        waits = any(AXES[axis].heat is Heat.EPOCH for axis in changes)
        self.border_subtitle = _("→ from the next epoch") if waits else ""


class Shape(Widget):
    """The rest of the recipe, in quiet words."""

    state: reactive[RunState | None] = reactive(None)

    def render(self) -> Text:
        """As many lines as fit."""
        if self.state is None:
            return Text("")
        recipe, wanted = self.state.trains, self.state.wanted
        lines = [
            _pair("steps", recipe.steps, wanted.steps),
            _pair("batch", recipe.batch, wanted.batch),
            _pair("hidden", recipe.hidden, wanted.hidden),
            f"{_(AXES['cell'].label)} {recipe.cell} · {_(AXES['engine'].label)} {recipe.engine}",
            f"{_(AXES['seed'].label)} {recipe.seed}",
        ]
        return Text("\n".join(lines), no_wrap=True, overflow="ellipsis")


def _pair(axis: str, now: int, then: int) -> str:
    arrow = f" → {then}" if then != now else ""
    return f"{_(AXES[axis].label)} {now}{arrow}"
