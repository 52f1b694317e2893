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
from lyricterm.core.learning_settings import LearningSettings
from lyricterm.core.setting import AUTO as AUTO
from lyricterm.core.setting import Applies as Applies
from lyricterm.core.setting import Setting as Setting
from lyricterm.core.setting import Value as Value
from lyricterm.core.setting import setting
from lyricterm.core.setting_check import MAX_PREFIX_CHARS as MAX_PREFIX_CHARS
from lyricterm.core.setting_check import MAX_PREFIXES as MAX_PREFIXES
from lyricterm.core.setting_text import show as show


@dataclass(frozen=True)
class Recipe(LearningSettings):
    """One experiment. The defaults are the chapter's ("train the model and write lyrics").

    Raises:
        RecipeError: if any value is outside its setting's bounds.
    """

    epochs: int = setting(
        200,
        label=N_("epochs"),
        help=N_("how many times to go through the text"),
        applies=Applies.AT_ONCE,
        flag="--epochs",
        metavar="N",
        low=1,
        high=10_000_000,
    )
    keep: str = setting(
        "last",
        label=N_("keep"),
        help=N_("which weights a finished run has: those of the last epoch, or of the best by the held-out text"),
        applies=Applies.AT_ONCE,
        flag="--keep",
        choices=("last", "best"),
    )
    patience: int = setting(
        0,
        label=N_("patience"),
        help=N_("finish after so many epochs without a better one, judged by the held-out text; 0: never"),
        applies=Applies.AT_ONCE,
        flag="--patience",
        metavar="N",
        low=0,
        high=10_000_000,
    )
    seed: int = setting(
        0,
        label=N_("seed"),
        help=N_("the random seed of the first weights and of the shuffling"),
        applies=Applies.NEW_RUN,
        flag="--seed",
        metavar="N",
        low=0,
        high=2**63 - 1,
    )
    pred_period: int = setting(
        50,
        label=N_("sample every"),
        help=N_("write lyrics for the prefixes every N epochs"),
        applies=Applies.AT_ONCE,
        flag="--pred-period",
        metavar="N",
        low=1,
        high=10_000_000,
    )
    pred_len: int = setting(
        50,
        label=N_("sample length"),
        help=N_("how many characters to write after each prefix"),
        applies=Applies.AT_ONCE,
        flag="--pred-len",
        metavar="N",
        low=1,
        high=10_000,
    )
    prefixes: tuple[str, ...] = setting(
        ("分开", "不分开"),
        label=N_("prefixes"),
        help=N_("a beginning to write lyrics for; give it several times for several"),
        applies=Applies.AT_ONCE,
        flag="--prefix",
        metavar="TEXT",
    )
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
        help=N_("what multiplies matrices on a CPU: mkl (torch's mm), onednn, or auto: the better one for each shape"),
        applies=Applies.NEW_RUN,
        flag="--matmul",
        choices=(AUTO, "mkl", "onednn"),
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
        auto=True,
    )

    def __post_init__(self) -> None:
        for name in SETTINGS:
            check(name, getattr(self, name))

    def with_values(self, values: Mapping[str, Value]) -> Recipe:
        """This recipe with some settings changed; unknown names raise ``RecipeError``."""
        for name in values:
            if name not in SETTINGS:
                raise RecipeError(name, _("There is no setting called {name}.").format(name=name))
        return replace(self, **dict(values))  # type: ignore[arg-type]


SETTINGS: dict[str, Setting] = {f.name: replace(f.metadata["setting"], name=f.name) for f in fields(Recipe)}
"""Every setting by its field's name, in the order of declaration."""

DEFAULTS: dict[str, Value] = {name: declared.default for name, declared in SETTINGS.items()}


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
    values = {name: tuple(value) if isinstance(value, list) else value for name, value in plain.items()}
    earlier = {name: declared.earlier for name, declared in SETTINGS.items() if declared.earlier is not None}
    return Recipe().with_values(earlier | values)
