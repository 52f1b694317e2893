"""The settings that change while it learns: what trains, which key changes it, what waits for the next epoch."""

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

from lyricterm.app.actions import Action, short
from lyricterm.app.run_state import RunState
from lyricterm.app.widgets.titled import Titled
from lyricterm.core.i18n import N_, _
from lyricterm.core.number_format import setting_value
from lyricterm.core.settings import SETTINGS, Applies, differences


@dataclass(frozen=True)
class PanelRow:
    """One setting of the panel, with what a click does."""

    setting: str
    down: Action
    """Flips the setting, or steps a number down: a click on the row, or on its left arrow."""
    up: Action | None = None
    """Steps a number up: a click on the right arrow."""

    @property
    def actions(self) -> tuple[Action, ...]:
        """One or both."""
        return (self.down, self.up) if self.up else (self.down,)


ROWS = (
    PanelRow(
        "sampling",
        Action(
            "studio.sampling",
            "s",
            N_("sampling"),
            N_("random or consecutive sampling, from the next epoch"),
            "flip('sampling')",
            rank=70,
            synonyms=N_("random consecutive flip"),
        ),
    ),
    PanelRow(
        "clipping",
        Action(
            "studio.clipping",
            "c",
            N_("clipping"),
            N_("clipping of the gradient on or off"),
            "flip('clipping')",
            rank=71,
            synonyms=N_("explode overflow flip"),
        ),
    ),
    PanelRow(
        "theta",
        Action(
            "studio.theta-down",
            "[",
            N_("lower theta"),
            N_("lower the clipping threshold theta"),
            "nudge('theta', -1)",
            title=N_("theta: lower"),
        ),
        Action(
            "studio.theta-up",
            "]",
            N_("raise theta"),
            N_("raise the clipping threshold theta"),
            "nudge('theta', 1)",
            title=N_("theta: raise"),
        ),
    ),
    PanelRow(
        "activation",
        Action(
            "studio.activation",
            "a",
            N_("activation"),
            N_("tanh or ReLU as the activation"),
            "flip('activation')",
            rank=72,
            synonyms=N_("function flip"),
        ),
    ),
    PanelRow(
        "detach",
        Action(
            "studio.detach",
            "d",
            N_("detach"),
            N_("cut the carried state from the gradient at each minibatch, or not"),
            "flip('detach')",
            rank=73,
            synonyms=N_("truncated BPTT flip"),
        ),
    ),
    PanelRow(
        "lr",
        Action(
            "studio.lr-down",
            "-",
            N_("lower the learning rate"),
            N_("smaller steps: lower the learning rate"),
            "nudge('lr', -1)",
            title=N_("learning rate: lower"),
            synonyms="lr",
        ),
        Action(
            "studio.lr-up",
            "+,=",
            N_("raise the learning rate"),
            N_("larger steps: raise the learning rate"),
            "nudge('lr', 1)",
            title=N_("learning rate: raise"),
            synonyms="lr",
        ),
    ),
    PanelRow(
        "pred_period",
        Action(
            "studio.period-down",
            "comma",
            N_("lyrics more often"),
            N_("write lyrics more often"),
            "nudge('pred_period', -1)",
            synonyms=N_("sample period"),
        ),
        Action(
            "studio.period-up",
            ".",
            N_("lyrics less often"),
            N_("write lyrics less often"),
            "nudge('pred_period', 1)",
            synonyms=N_("sample period"),
        ),
    ),
)
SETTING_ACTIONS: tuple[Action, ...] = tuple(action for row in ROWS for action in row.actions)

_LEAST_KEYS, _MOST_KEYS = 2, 6
"""RowValues of the column with the keys."""


@dataclass(frozen=True)
class RowValue:
    """What a row shows, and how: ``value``, ``pending`` or ``idle``."""

    text: str
    look: str


class SettingRow(Widget):
    """One setting; a click flips it, the arrows of a number step it."""

    COMPONENT_CLASSES = {
        "panel--key",
        "panel--label",
        "panel--value",
        "panel--pending",
        "panel--idle",
    }

    value: reactive[RowValue] = reactive(RowValue("", "value"))

    def __init__(self, row: PanelRow) -> None:
        super().__init__(id=f"setting-{row.setting.replace('_', '-')}")
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
        line.append(self.value.text, self._style(self.value.look))
        return line

    def _keys(self, row: PanelRow) -> str:
        return "".join(short(self, action) for action in row.actions)

    def _style(self, name: str) -> Style:
        return self.get_component_rich_style(f"panel--{name}", partial=True)

    async def on_click(self, event: events.Click) -> None:
        """Left of the value's middle is down, right of it is up."""
        action = self._row.down
        if self._row.up is not None:
            text = self.render().plain
            middle = cell_len(text[: text.index("‹") + 1]) if "‹" in text else self.size.width
            middle += (cell_len(text) - middle) // 2
            action = self._row.up if event.x >= middle else self._row.down
        await self.run_action(f"screen.{action.run}")


class SettingsPanel(Titled, Vertical):
    """All rows and, below them, what only a new run can change."""

    state: reactive[RunState | None] = reactive(None, repaint=False)

    def compose(self) -> ComposeResult:
        """One row per setting."""
        for row in ROWS:
            yield SettingRow(row)
        yield OtherSettings(id="other-settings")

    def watch_state(self, state: RunState | None) -> None:
        """Give each row what it shows now, and say in the border that something waits."""
        if state is None:
            return
        for row, shown in zip(ROWS, self.query(SettingRow), strict=False):
            shown.value = value_of(row, state)
        for others in self.query(OtherSettings):
            others.lines = others_of(state)
        changes = differences(state.trains, state.wanted) if state.progress is not None else {}
        waits = any(SETTINGS[setting].applies is Applies.NEXT_EPOCH for setting in changes)
        self.retitle(_("settings"), _("→ from the next epoch") if waits else "")


def value_of(row: PanelRow, state: RunState) -> RowValue:
    """A row's value; one that waits for the next epoch stands behind an arrow."""
    wanted = getattr(state.wanted, row.setting)
    value = setting_value(wanted)
    if wanted != getattr(state.trains, row.setting) and SETTINGS[row.setting].applies is Applies.NEXT_EPOCH:
        return RowValue(f"→ {value}", "pending")
    return RowValue(f"‹ {value} ›" if row.up else value, "idle" if _is_idle(row.setting, state) else "value")


def _is_idle(setting: str, state: RunState) -> bool:
    """The setting has no effect with the others as they are."""
    recipe = state.wanted
    return (setting == "theta" and not recipe.clipping) or (setting == "detach" and recipe.sampling == "random")


def others_of(state: RunState) -> tuple[str, ...]:
    """The rest of the recipe in words."""
    recipe, wanted = state.trains, state.wanted
    return (
        _pair("steps", recipe.steps, wanted.steps),
        _pair("batch", recipe.batch, wanted.batch),
        _pair("hidden", recipe.hidden, wanted.hidden),
        f"{_(SETTINGS['cell'].label)} {recipe.cell} · {_(SETTINGS['engine'].label)} {recipe.engine}",
        f"{_(SETTINGS['seed'].label)} {recipe.seed}",
    )


class OtherSettings(Widget):
    """The rest of the recipe, in quiet words."""

    lines: reactive[tuple[str, ...]] = reactive(())

    def render(self) -> Text:
        """As many lines as fit."""
        return Text("\n".join(self.lines), no_wrap=True, overflow="ellipsis")


def _pair(setting: str, now: int, then: int) -> str:
    arrow = f" → {then}" if then != now else ""
    return f"{_(SETTINGS[setting].label)} {now}{arrow}"
