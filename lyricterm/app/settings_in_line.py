"""The settings in one line, for a terminal that has no room for their panel: as much of each as fits."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass

from rich.cells import cell_len

from lyricterm.app.run_state import RunState
from lyricterm.app.setting_values import Part, parts_of
from lyricterm.core.i18n import N_, _
from lyricterm.core.number_format import setting_value
from lyricterm.core.settings import DEFAULTS, SETTINGS, Value

_SHORT = {"random": N_("rand"), "consecutive": N_("consec")}
"""Names of values where there is little room, in the source language."""
_CLIP = N_("clip")
KeyOf = Callable[[str], str]
"""The key that flips a setting; empty for another program's run."""


@dataclass(frozen=True)
class Group:
    """One setting with its alternatives."""

    setting: str
    parts: tuple[Part, ...]

    @property
    def cells(self) -> int:
        """How many it takes."""
        return sum(cell_len(part.text) for part in self.parts)


@dataclass(frozen=True)
class LineForm:
    """How much is said of each setting."""

    gap: int
    """Cells between two settings."""
    keys: bool = False
    """Each begins with its key."""
    labels: bool = True
    """What is on or off has its name before it."""
    short: bool = False
    """Values have short names, and where there are no labels the threshold is left out."""
    tight: bool = False
    """No blank stands before the arrow of a change that waits."""


FORMS = (
    LineForm(2, keys=True),
    LineForm(2),
    LineForm(2, short=True),
    LineForm(1, short=True),
    LineForm(1, keys=True, labels=False, short=True),
    LineForm(1, keys=True, labels=False, short=True, tight=True),
)
"""The roomiest first."""


def settings_in_line(state: RunState, width: int, key_of: KeyOf) -> tuple[LineForm, tuple[Group, ...]]:
    """All toggles that have an effect, in the roomiest form that fits, and as many numbers as fit behind them.

    Args:
        state: of the run.
        width: the room in cells.
        key_of: the key of a setting.
    """
    for form in FORMS:
        toggles = tuple(_toggles(state, form, key_of))
        if _width(toggles, form) <= width or form is FORMS[-1]:
            break
    groups: tuple[Group, ...] = ()
    for group in (*toggles, *_numbers(state)):
        if _width((*groups, group), form) > width:
            break
        groups = (*groups, group)
    return form, groups


def _width(groups: tuple[Group, ...], form: LineForm) -> int:
    return sum(group.cells for group in groups) + form.gap * (len(groups) - 1)


def _toggles(state: RunState, form: LineForm, key_of: KeyOf) -> Iterator[Group]:
    wanted = state.wanted

    def name(value: Value) -> str:
        if value is True and form.labels:
            return f"θ {setting_value(wanted.theta)}"
        return _(_SHORT[value]) if form.short and isinstance(value, str) and value in _SHORT else setting_value(value)

    yield _toggle("sampling", "", state, form, key_of, name)
    yield _toggle("clipping", _(_CLIP), state, form, key_of, name)
    yield _toggle("activation", "", state, form, key_of, name)
    if wanted.sampling != "random":
        yield _toggle("detach", _(SETTINGS["detach"].label), state, form, key_of, setting_value)


def _toggle(
    setting: str, label: str, state: RunState, form: LineForm, key_of: KeyOf, name: Callable[[Value], str]
) -> Group:
    before = []
    key = key_of(setting) if form.keys else ""
    # Where labels are left out, the key stands for the label.
    if key and (form.labels or label):
        before.append(Part(f"{key} ", "key"))
    if label and (form.labels or not key):
        before.append(Part(f"{label} ", "label"))
    parts = parts_of(setting, state, name)
    behind = (*(part.look for part in parts[1:]), "")
    kept = (part for part, look in zip(parts, behind, strict=True) if not (form.tight and look == "pending"))
    return Group(setting, (*before, *kept))


def _numbers(state: RunState) -> Iterator[Group]:
    wanted = state.wanted
    if wanted.cell != DEFAULTS["cell"]:
        yield Group("cell", (Part(setting_value(wanted.cell), "number"),))
    yield Group("lr", (Part("lr ", "label"), Part(setting_value(wanted.lr), "number")))
