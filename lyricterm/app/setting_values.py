"""What is shown of the settings: which alternative trains, which waits for the next epoch, which is off."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass

from lyricterm.app.run_state import RunState
from lyricterm.core.i18n import _
from lyricterm.core.number_format import setting_value
from lyricterm.core.settings import DEFAULTS, SETTINGS, Applies, Recipe, Value

LOOKS = ("live", "off", "other", "pending", "idle", "number")
"""How a value may look."""


@dataclass(frozen=True)
class Part:
    """A piece of what a row shows, and how: one of ``LOOKS``, ``key`` or ``label``."""

    text: str
    look: str


def recipes_of(state: RunState) -> tuple[bool, Recipe, Recipe]:
    """What the shown settings depend on: whether a model trains, with what, and with what it will."""
    return state.progress is not None, state.trains, state.wanted


def choices_of(setting: str) -> tuple[Value, ...]:
    """The alternatives of a toggle; none for a number."""
    if isinstance(DEFAULTS[setting], bool):
        return (True, False)
    return SETTINGS[setting].choices


def parts_of(setting: str, state: RunState, name: Callable[[Value], str] = setting_value) -> tuple[Part, ...]:
    """The alternatives by their names with the live one marked, or the number between its arrows."""
    choices = choices_of(setting)
    if not choices:
        return (_number(setting, state),)
    parts: list[Part] = []
    for choice in choices:
        gap = [Part(" ", "other")] if parts else []
        parts += [*gap, _choice(setting, choice, state, name(choice))]
    return tuple(parts)


def _number(setting: str, state: RunState) -> Part:
    value = setting_value(getattr(state.wanted, setting))
    shown = _("every {value}").format(value=value) if setting == "pred_period" else value
    return Part(f"‹ {shown} ›", "other" if _is_idle(setting, state) else "number")


def _choice(setting: str, choice: Value, state: RunState, words: str) -> Part:
    if waits(setting, state) and choice == getattr(state.wanted, setting):
        return Part(f"→{words}", "pending")
    if choice != _trained(setting, state):
        return Part(words, "other")
    if _is_idle(setting, state):
        return Part(words, "idle")
    return Part(words, "off" if choice is False else "live")


def _trained(setting: str, state: RunState) -> Value:
    """What the model trains with now, or with the next minibatch."""
    value: Value = getattr(state.trains if waits(setting, state) else state.wanted, setting)
    return value


def waits(setting: str, state: RunState) -> bool:
    """The setting was changed, and the change waits for the next epoch."""
    changed = getattr(state.wanted, setting) != getattr(state.trains, setting)
    return changed and SETTINGS[setting].applies is Applies.NEXT_EPOCH


def _is_idle(setting: str, state: RunState) -> bool:
    """The setting has no effect with the others as they are."""
    recipe = state.wanted
    return (setting == "theta" and not recipe.clipping) or (setting == "detach" and recipe.sampling == "random")


def others_of(state: RunState) -> tuple[str, ...]:
    """The settings that have no row, in words."""
    recipe, wanted = state.trains, state.wanted
    return (
        _pair("steps", recipe.steps, wanted.steps),
        _pair("batch", recipe.batch, wanted.batch),
        _pair("hidden", recipe.hidden, wanted.hidden),
        *_of_layers(wanted),
        f"{_(SETTINGS['seed'].label)} {recipe.seed} · {_(SETTINGS['engine'].label)} {recipe.engine}",
    )


def others_in_brief(state: RunState) -> tuple[str, ...]:
    """The same in two lines; an engine other than the usual one is named."""
    recipe, wanted = state.trains, state.wanted
    words = [_pair("hidden", recipe.hidden, wanted.hidden)]
    words += [f"{_(SETTINGS['layers'].label)} {recipe.layers}"] if recipe.layers > 1 else []
    words += [recipe.engine] if recipe.engine != DEFAULTS["engine"] else []
    words.append(f"{_(SETTINGS['seed'].label)} {recipe.seed}")
    steps = (_pair("steps", recipe.steps, wanted.steps), _pair("batch", recipe.batch, wanted.batch))
    return " · ".join(steps), " · ".join(words)


def _of_layers(wanted: Recipe) -> Iterator[str]:
    """How many layers, with what is dropped between them; the embedding and other first weights, if there are."""
    layers = f"{_(SETTINGS['layers'].label)} {wanted.layers}"
    if wanted.dropout:
        layers += f" · {_(SETTINGS['dropout'].label)} {setting_value(wanted.dropout)}"
    yield layers
    if wanted.embedding:
        yield f"{_(SETTINGS['embedding'].label)} {wanted.embedding:,}"
    if wanted.init != DEFAULTS["init"]:
        yield f"{_(SETTINGS['init'].label)} {setting_value(wanted.init)}"


def _pair(setting: str, now: int, then: int) -> str:
    arrow = f" → {then}" if then != now else ""
    return f"{_(SETTINGS[setting].label)} {now}{arrow}"
