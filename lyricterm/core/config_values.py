"""What each value of ``config.toml`` may be."""

from __future__ import annotations

import math
import re
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from lyricterm.core.errors import RecipeError
from lyricterm.core.i18n import LANGUAGES, _
from lyricterm.core.settings import DEFAULTS, MAX_PREFIX_CHARS, MAX_PREFIXES, SETTINGS, Value, allowed, check, show
from lyricterm.core.text_settings import join_corpus, split_corpus

THEMES = ("dark", "light")
MIN_AUTOSAVE, MAX_AUTOSAVE = 0.1, 86_400.0
"""Seconds."""
MIN_BUDGET, MAX_BUDGET = 1_000_000, 10**15
"""Bytes."""

_PATH = re.compile(r"[/\\.~*?\[]")
"""What paths and patterns have, and names of texts have not."""
_SIZE = re.compile(r"([0-9]{1,15}(?:\.[0-9]{1,9})?)\s*([kKMGT]?)(i?)B", re.ASCII)
_POWERS = {"": 0, "K": 1, "M": 2, "G": 3, "T": 4}


class UnusableError(ValueError):
    """A value that cannot be used; says in words what could be."""


def setting_value(name: str, value: Any, folder: Path) -> Value:
    """One value of the recipe, as the recipe has it."""
    if isinstance(value, list):
        value = tuple(value)
    if name == "corpus" and isinstance(value, tuple):
        value = join_corpus(map(str, value))
    if SETTINGS[name].unlimited and value == SETTINGS[name].unlimited:
        value = int(SETTINGS[name].high)
    if SETTINGS[name].word and type(value) in (int, float) and 0 <= value < 10**9:
        value = show(value)
    try:
        check(name, value)
    except RecipeError as error:
        raise UnusableError(_wanted(name)) from error
    if name == "corpus":
        return join_corpus(_corpus(each, folder) for each in split_corpus(value))
    return float(value) if isinstance(DEFAULTS[name], float) else value


def _wanted(name: str) -> str:
    if isinstance(DEFAULTS[name], bool):
        return _("true or false")
    if isinstance(DEFAULTS[name], tuple):
        sentence = _("a list of at most {count} texts of 1 to {chars} characters each")
        return sentence.format(count=MAX_PREFIXES, chars=f"{MAX_PREFIX_CHARS:,}")
    return allowed(name)


def _corpus(value: str, folder: Path) -> str:
    """A path counts from the folder of the configuration, wherever the program is started; a name is a name."""
    try:
        path = folder / Path(value).expanduser()
        return str(path) if _PATH.search(value) or path.exists() else value
    except OSError:
        return value
    except RuntimeError as error:
        # There is no such user.
        raise UnusableError(_wanted("corpus")) from error


def _one_of(choices: Iterable[str]) -> Callable[[Any], str]:
    def take(value: Any) -> str:
        if not isinstance(value, str) or value not in choices:
            raise UnusableError(_("one of {choices}").format(choices=", ".join(choices)))
        return value

    return take


def _autosave(value: Any) -> float:
    if type(value) not in (int, float) or not MIN_AUTOSAVE <= value <= MAX_AUTOSAVE:
        sentence = _("a number of seconds from {low} to {high}")
        raise UnusableError(sentence.format(low=f"{MIN_AUTOSAVE:g}", high=f"{MAX_AUTOSAVE:,.0f}"))
    return float(value)


def _budget(value: Any) -> int:
    number = _bytes(value) if isinstance(value, str) else value
    if type(number) not in (int, float) or not MIN_BUDGET <= number <= MAX_BUDGET:
        sentence = _('a size from 1 MB to 1,000 TB, such as "2 GB", or a number of bytes')
        raise UnusableError(sentence)
    return int(number)


def _bytes(text: str) -> float:
    size = _SIZE.fullmatch(text.strip())
    if size is None:
        return math.nan
    base = 1024 if size[3] else 1000
    return float(size[1]) * float(base ** _POWERS[size[2].upper()])


@dataclass(frozen=True)
class ConfigValue:
    """A value that stands above the first table; help and default are for README."""

    read: Callable[[Any], Any]
    """Raises ``UnusableError``."""
    help: str
    default: str


TOP: dict[str, ConfigValue] = {
    "theme": ConfigValue(_one_of(THEMES), "the colours: dark or light", "dark"),
    "language": ConfigValue(_one_of(LANGUAGES), "en or zh", "the locale's"),
    "autosave": ConfigValue(_autosave, "seconds between two automatic saves", "10"),
    "budget": ConfigValue(_budget, 'what all checkpoints together may take: "500 MB", or a number of bytes', '"2 GB"'),
}
