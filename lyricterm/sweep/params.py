"""What ``--param`` says: the values of one setting that a sweep tries, and the ranges that it draws from."""

from __future__ import annotations

import math
import re
from collections.abc import Sequence
from dataclasses import dataclass

from lyricterm.core.errors import UsageError
from lyricterm.core.i18n import _
from lyricterm.core.sanitize import quoted
from lyricterm.core.settings import DEFAULTS, SETTINGS, Value, parse
from lyricterm.core.user_config import closest

_RANGE = re.compile(r"(log:)?(.+?)\.\.(.+)")
_DIGITS = 4
"""Of a number that is drawn: enough to find a place, few enough to say it."""
_CALLED = {declared.flag.removeprefix("--"): name for name, declared in SETTINGS.items() if name != "clipping"}
"""Settings by their flags."""


@dataclass(frozen=True)
class Range:
    """All numbers from one to another."""

    setting: str
    low: float
    high: float
    log: bool = False
    """Drawn evenly by their logarithms."""

    def at(self, share: float) -> Value:
        """The number at a share of the way from ``low`` (0) to ``high`` (1)."""
        low, high = (math.log(end) if self.log else end for end in (self.low, self.high))
        number = low + share * (high - low)
        number = math.exp(number) if self.log else number
        if isinstance(DEFAULTS[self.setting], int):
            return min(max(round(number), math.ceil(self.low)), math.floor(self.high))
        return min(max(float(f"{number:.{_DIGITS}g}"), self.low), self.high)


@dataclass(frozen=True)
class Param:
    """One setting and what is tried for it."""

    setting: str
    choices: tuple[Value | Range, ...]


def parse_params(texts: Sequence[str]) -> tuple[Param, ...]:
    """Each ``NAME=VALUES`` of the command line.

    Raises:
        UsageError: in one sentence, if one cannot be.
    """
    params = tuple(map(parse_param, texts))
    for place, param in enumerate(params):
        if param.setting in (before.setting for before in params[:place]):
            sentence = _("--param {name} is given twice; write all its values in one, separated by commas.")
            raise UsageError(sentence.format(name=_spelt(param.setting)))
    return params


def parse_param(text: str) -> Param:
    """``hidden=64,256`` or ``lr=0.1,log:0.05..0.5``.

    Raises:
        UsageError: if there is no such setting, or it cannot have such a value.
    """
    name, equals, values = text.partition("=")
    parts = [part.strip() for part in values.split(",") if part.strip()]
    if not equals or not parts or not name.strip():
        sentence = _("--param must be NAME=VALUE,VALUE, such as hidden=64,256, not {text}.")
        raise UsageError(sentence.format(text=quoted(text)))
    setting = _setting(name.strip())
    return Param(setting, tuple(dict.fromkeys(_choice(setting, part) for part in parts)))


def _setting(name: str) -> str:
    plain = name.removeprefix("--")
    field = plain.replace("-", "_")
    setting = field if field in SETTINGS else _CALLED.get(plain, "")
    if not setting:
        guess = closest(plain, [*map(_spelt, SETTINGS), *_CALLED])
        sentence = (
            _("There is no setting called {name}; did you mean {guess}?")
            if guess
            else _("There is no setting called {name}.")
        )
        raise UsageError(sentence.format(name=quoted(name), guess=guess))
    if setting == "seed":
        raise UsageError(_("Seeds are varied by --seeds, so leave --param seed out."))
    if isinstance(DEFAULTS[setting], tuple):
        raise UsageError(
            _("--param cannot vary {name}, which is a list of texts; leave it out.").format(name=_spelt(setting))
        )
    return setting


def _spelt(setting: str) -> str:
    """As a person writes it."""
    return setting.replace("_", "-")


def _choice(setting: str, part: str) -> Value | Range:
    found = _RANGE.fullmatch(part)
    is_number = isinstance(DEFAULTS[setting], int | float) and not isinstance(DEFAULTS[setting], bool)
    if found is None or not is_number:
        return parse(setting, part)
    low, high = (_end(setting, text) for text in found.group(2, 3))
    if not low < high:
        sentence = _("--param {name}: a range goes from the lower to the higher number, not {text}.")
        raise UsageError(sentence.format(name=_spelt(setting), text=part[:60]))
    if found[1] and low <= 0:
        sentence = _("--param {name}: a range after log: must begin above 0, not {text}.")
        raise UsageError(sentence.format(name=_spelt(setting), text=part[:60]))
    return Range(setting, low, high, bool(found[1]))


def _end(setting: str, text: str) -> float:
    value = parse(setting, text)
    assert isinstance(value, int | float)
    return value
