"""The variants of the experiment: what trains, which key flips it, what waits for the next epoch."""

from __future__ import annotations

from dataclasses import dataclass

from rich.cells import cell_len, set_cell_size
from rich.style import Style
from rich.text import Text
from textual import events
from textual.app import ComposeResult
from textual.containers import Vertical
from textual.reactive import reactive
from textual.widget import Widget

from lyricterm.app.keys import short
from lyricterm.app.run_state import RunState
from lyricterm.app.widgets.titled import Titled
from lyricterm.core.i18n import _
from lyricterm.core.number_format import setting_value
from lyricterm.core.settings import SETTINGS, Applies, differences


@dataclass(frozen=True)
class Row:
    """One setting of the panel: the ids of its bindings and the actions of a click."""

    setting: str
    bindings: tuple[str, ...]
    click: str
    """The action of a click on the row, or on its left arrow."""
    up: str = ""
    """The action of a click on the right arrow; empty for a toggle."""


ROWS = (
    Row("sampling", ("studio.sampling",), "flip('sampling')"),
    Row("clipping", ("studio.clipping",), "flip('clipping')"),
    Row("theta", ("studio.theta-down", "studio.theta-up"), "nudge('theta', -1)", "nudge('theta', 1)"),
    Row("activation", ("studio.activation",), "flip('activation')"),
    Row("detach", ("studio.detach",), "flip('detach')"),
    Row("lr", ("studio.lr-down", "studio.lr-up"), "nudge('lr', -1)", "nudge('lr', 1)"),
    Row(
        "pred_period",
        ("studio.period-down", "studio.period-up"),
        "nudge('pred_period', -1)",
        "nudge('pred_period', 1)",
    ),
)

_LEAST_KEYS, _MOST_KEYS = 2, 6
"""Cells of the column with the keys."""


@dataclass(frozen=True)
class Cell:
    """What a row shows as its value, and how: ``value``, ``pending`` or ``idle``."""

    text: str
    look: str


class VariantRow(Widget):
    """One setting; a click flips it, the arrows of a number step it."""

    COMPONENT_CLASSES = {
        "variants--key",
        "variants--label",
        "variants--value",
        "variants--pending",
        "variants--idle",
    }

    cell: reactive[Cell] = reactive(Cell("", "value"))

    def __init__(self, row: Row) -> None:
        super().__init__(id=f"variant-{row.setting.replace('_', '-')}")
        self._row = row

    def render(self) -> Text:
        """Keys, label, value."""
        line = Text(no_wrap=True, overflow="ellipsis")
        width = min(_MOST_KEYS, max(_LEAST_KEYS, *(cell_len(self._keys(row)) for row in ROWS)))
        keys = self._keys(self._row)
        shown = keys if cell_len(keys) <= width else set_cell_size(keys, width - 1) + "…"
        line.append(set_cell_size(shown, width) + " ", self._style("key"))
        width = max(cell_len(_(SETTINGS[row.setting].label)) for row in ROWS) + 1
        label = _(SETTINGS[self._row.setting].label)
        line.append(label + " " * (width - cell_len(label)), self._style("label"))
        line.append(self.cell.text, self._style(self.cell.look))
        return line

    def _keys(self, row: Row) -> str:
        return "".join(short(self, name) for name in row.bindings)

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


class Variants(Titled, Vertical):
    """All rows and, below them, what only a new run can change."""

    state: reactive[RunState | None] = reactive(None, repaint=False)

    def compose(self) -> ComposeResult:
        """One row per setting."""
        for row in ROWS:
            yield VariantRow(row)
        yield Shape(id="shape")

    def watch_state(self, state: RunState | None) -> None:
        """Give each row what it shows now, and say in the border that something waits."""
        if state is None:
            return
        for row, shown in zip(ROWS, self.query(VariantRow), strict=False):
            shown.cell = cell_of(row, state)
        for shape in self.query(Shape):
            shape.lines = shape_of(state)
        changes = differences(state.trains, state.wanted) if state.progress is not None else {}
        waits = any(SETTINGS[setting].applies is Applies.NEXT_EPOCH for setting in changes)
        self.retitle(_("variants"), _("→ from the next epoch") if waits else "")


def cell_of(row: Row, state: RunState) -> Cell:
    """A row's value; one that waits for the next epoch stands behind an arrow."""
    wanted = getattr(state.wanted, row.setting)
    value = setting_value(wanted)
    if wanted != getattr(state.trains, row.setting) and SETTINGS[row.setting].applies is Applies.NEXT_EPOCH:
        return Cell(f"→ {value}", "pending")
    return Cell(f"‹ {value} ›" if row.up else value, "idle" if _is_idle(row.setting, state) else "value")


def _is_idle(setting: str, state: RunState) -> bool:
    """The setting has no effect with the others as they are."""
    recipe = state.wanted
    return (setting == "theta" and not recipe.clipping) or (setting == "detach" and recipe.sampling == "random")


def shape_of(state: RunState) -> tuple[str, ...]:
    """The rest of the recipe in words."""
    recipe, wanted = state.trains, state.wanted
    return (
        _pair("steps", recipe.steps, wanted.steps),
        _pair("batch", recipe.batch, wanted.batch),
        _pair("hidden", recipe.hidden, wanted.hidden),
        f"{_(SETTINGS['cell'].label)} {recipe.cell} · {_(SETTINGS['engine'].label)} {recipe.engine}",
        f"{_(SETTINGS['seed'].label)} {recipe.seed}",
    )


class Shape(Widget):
    """The rest of the recipe, in quiet words."""

    lines: reactive[tuple[str, ...]] = reactive(())

    def render(self) -> Text:
        """As many lines as fit."""
        return Text("\n".join(self.lines), no_wrap=True, overflow="ellipsis")


def _pair(setting: str, now: int, then: int) -> str:
    arrow = f" → {then}" if then != now else ""
    return f"{_(SETTINGS[setting].label)} {now}{arrow}"
