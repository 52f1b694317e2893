"""Everything a person can vary, declared once.

``Recipe`` has one frozen field per setting; the field's ``Setting`` says how the setting is called, checked and
explained, and how soon a change reaches the running model. Command-line flags, toggles, the settings
form, the help and the parametrised tests are all derived from these declarations.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, fields, replace
from typing import Any

from lyricterm.core import setting_check, setting_text
from lyricterm.core.errors import RecipeError
from lyricterm.core.i18n import N_, _
from lyricterm.core.sample_settings import SampleSettings, switched_off
from lyricterm.core.setting import AUTO as AUTO
from lyricterm.core.setting import Applies as Applies
from lyricterm.core.setting import Setting as Setting
from lyricterm.core.setting import Value as Value
from lyricterm.core.setting import setting
from lyricterm.core.setting_check import MAX_PREFIX_CHARS as MAX_PREFIX_CHARS
from lyricterm.core.setting_check import MAX_PREFIXES as MAX_PREFIXES
from lyricterm.core.setting_text import show as show


@dataclass(frozen=True)
class Recipe(SampleSettings):
    """One experiment. The defaults are the chapter's ("train the model and write lyrics").

    Raises:
        RecipeError: if any value is outside its setting's bounds.
    """

    device: str = setting(
        "auto",
        label=N_("device"),
        help=N_("where to compute; auto takes CUDA when it is there, another GPU when it is faster than the CPU"),
        applies=Applies.NEW_RUN,
        flag="--device",
        choices=(AUTO, "cpu", "cuda", "mps", "xpu"),
    )
    engine: str = setting(
        "bptt",
        label=N_("engine"),
        help=N_("bptt: hand-derived backpropagation through time; reference: the chapter's own way, with autograd"),
        applies=Applies.NEW_RUN,
        flag="--engine",
        choices=("bptt", "reference"),
    )
    matmul: str = setting(
        AUTO,
        label=N_("matrix products"),
        help=N_(
            "what multiplies matrices: mkl (torch's mm), onednn (on a CPU), triton (thin ones on a GPU), or "
            "auto: the best one for each shape"
        ),
        applies=Applies.NEW_RUN,
        flag="--matmul",
        choices=(AUTO, "mkl", "onednn", "triton"),
    )
    threads: str = setting(
        AUTO,
        label=N_("threads"),
        help=N_("CPU threads; auto measures which count is fastest, and again when the speed changes"),
        applies=Applies.AT_ONCE,
        flag="--threads",
        metavar="N|auto",
        low=1,
        high=256,
        word=AUTO,
    )

    def __post_init__(self) -> None:
        for name, declared in SETTINGS.items():
            value = getattr(self, name)
            # A default needs no check: of a list with thousands of runs, most values are one.
            if type(value) is not type(declared.default) or value != declared.default:
                check(name, value)
        self.check_decoding()

    def with_values(self, values: Mapping[str, Value]) -> Recipe:
        """This recipe with some settings changed; of beam search and chance the newer goes on.

        Raises:
            RecipeError: if a name is unknown, or a value cannot be used.
        """
        _check_names(values)
        return replace(self, **switched_off(values), **dict(values))  # type: ignore[arg-type]


SETTINGS: dict[str, Setting] = {f.name: replace(f.metadata["setting"], name=f.name) for f in fields(Recipe)}
"""Every setting by its field's name, in the order of declaration."""

DEFAULTS: dict[str, Value] = {name: declared.default for name, declared in SETTINGS.items()}


_EARLIER = {name: declared.earlier for name, declared in SETTINGS.items() if declared.earlier is not None}


def _check_names(values: Mapping[str, object]) -> None:
    for name in values:
        if name not in SETTINGS:
            raise RecipeError(name, _("There is no setting called {name}.").format(name=name))


def differences(old: Recipe, new: Recipe) -> dict[str, Value]:
    """The settings in which two recipes differ, with the new values."""
    return {name: getattr(new, name) for name in SETTINGS if getattr(old, name) != getattr(new, name)}


def needs_new_run(changes: Mapping[str, Value]) -> bool:
    """True if any of the changes needs a new run."""
    return any(SETTINGS[name].applies is Applies.NEW_RUN for name in changes)


def check(name: str, value: Value) -> None:
    """Check one value against its setting.

    Raises:
        RecipeError: one sentence that names the setting, the value and what is allowed.
    """
    setting_check.check(SETTINGS[name], value)


def allowed(name: str) -> str:
    """What a setting accepts, in words: "a whole number from 1 to 16,384"."""
    return setting_check.allowed(SETTINGS[name])


def parse(name: str, text: str) -> Value:
    """Read one value as a person types it.

    Raises:
        RecipeError: if the text is no value of this setting, or out of bounds.
    """
    return setting_text.parse(SETTINGS[name], text)


def recipe_to_dict(recipe: Recipe) -> dict[str, Any]:
    """The recipe as JSON can hold it."""
    plain = {name: getattr(recipe, name) for name in SETTINGS}
    return {name: list(value) if isinstance(value, tuple) else value for name, value in plain.items()}


def recipe_from_dict(plain: Mapping[str, Any]) -> Recipe:
    """The recipe that ``recipe_to_dict`` wrote.

    Missing settings take what held before there were such, or their defaults.

    Raises:
        RecipeError: if a name is unknown or a value has the wrong type or bounds.
    """
    _check_names(plain)
    values = {name: tuple(value) if isinstance(value, list) else value for name, value in plain.items()}
    values = _EARLIER | values
    return Recipe(**switched_off(values), **values)  # type: ignore[arg-type]
