"""What a value of a setting may be: checked, and said in words."""

from __future__ import annotations

import math
import re

from lyricterm.core.errors import RecipeError
from lyricterm.core.i18n import _
from lyricterm.core.sanitize import quoted
from lyricterm.core.setting import Setting, Value

MAX_PREFIXES = 16
MAX_PREFIX_CHARS = 1_000

_WHOLE = re.compile("[0-9]{1,9}")
_DECIMAL = re.compile(r"[0-9]{1,9}(?:\.[0-9]{0,9})?|\.[0-9]{1,9}")


def check(declared: Setting, value: Value) -> None:
    """Check one value against its setting.

    Raises:
        RecipeError: one sentence that names the setting, the value and what is allowed.
    """
    if isinstance(declared.default, tuple):
        _check_texts(declared, value)
    elif declared.choices:
        if value not in declared.choices:
            raise RecipeError(declared.name, _wrong(declared, value, _one_of(declared)))
    elif isinstance(declared.default, bool):
        if not isinstance(value, bool):
            raise RecipeError(declared.name, _wrong(declared, value, _("on or off")))
    elif declared.word:
        _check_number_or_word(declared, value)
    elif isinstance(declared.default, str):
        _check_text(declared, value)
    else:
        _check_number(declared, value)


def _check_number(declared: Setting, value: Value) -> None:
    whole = isinstance(declared.default, int)
    numeric = isinstance(value, int) or (isinstance(value, float) and not whole)
    fits = (
        not isinstance(value, bool)
        and numeric
        and declared.low <= value <= declared.high  # type: ignore[operator]
        and value > declared.above  # type: ignore[operator]
    )
    if not fits:
        raise RecipeError(declared.name, _wrong(declared, value, allowed(declared)))


def _check_number_or_word(declared: Setting, value: Value) -> None:
    if value == declared.word:
        return
    pattern = _WHOLE if declared.whole else _DECIMAL
    number = float(value) if isinstance(value, str) and pattern.fullmatch(value) else math.nan
    if not (declared.low <= number <= declared.high and number > declared.above):
        raise RecipeError(declared.name, _wrong(declared, value, allowed(declared)))


def _check_text(declared: Setting, value: Value) -> None:
    if not isinstance(value, str) or not value.strip() or "\0" in value:
        raise RecipeError(declared.name, _wrong(declared, value, _("a name or a path")))


def _check_texts(declared: Setting, value: Value) -> None:
    fits = (
        isinstance(value, tuple)
        and len(value) <= MAX_PREFIXES
        and all(isinstance(text, str) and 0 < len(text) <= MAX_PREFIX_CHARS for text in value)
    )
    if not fits or not isinstance(value, tuple):
        sentence = _("{label} ({flag}) must be at most {count} texts of 1 to {chars} characters each.")
        raise RecipeError(
            declared.name,
            sentence.format(
                label=_(declared.label),
                flag=declared.flag,
                count=MAX_PREFIXES,
                chars=f"{MAX_PREFIX_CHARS:,}",
            ),
        )
    if declared.regex:
        _check_regexes(declared, value)


def _check_regexes(declared: Setting, value: tuple[str, ...]) -> None:
    for text in value:
        try:
            re.compile(text)
        except (re.error, OverflowError, RecursionError) as error:
            sentence = _("{label} ({flag}): {text} is no regular expression ({reason}); correct it, or leave it out.")
            words = {"label": _(declared.label), "flag": declared.flag}
            raise RecipeError(
                declared.name, sentence.format(**words, text=quoted(text), reason=str(error)[:80])
            ) from error


def allowed(declared: Setting) -> str:
    """What a setting accepts, in words: "a whole number from 1 to 16,384"."""
    if declared.choices:
        return _one_of(declared)
    if isinstance(declared.default, bool):
        return _("on or off")
    if isinstance(declared.default, tuple):
        return _("texts separated by |")
    if declared.word:
        return _("{word}, or {number}").format(word=declared.word, number=_range(declared, declared.whole))
    if isinstance(declared.default, str):
        return _("a name or a path")
    return _range(declared, isinstance(declared.default, int))


def _range(declared: Setting, whole: bool) -> str:
    if whole:
        return _("a whole number from {low} to {high}").format(
            low=f"{int(declared.low):,}", high=f"{int(declared.high):,}"
        )
    if math.isfinite(declared.low):
        return _("a number from {low} to {high}").format(low=f"{declared.low:g}", high=f"{declared.high:,g}")
    return _("a number above {low} and up to {high}").format(low=f"{declared.above:g}", high=f"{declared.high:,.0f}")


def _one_of(declared: Setting) -> str:
    return _("one of {choices}").format(choices=", ".join(declared.choices))


def _wrong(declared: Setting, value: Value, wanted: str) -> str:
    sentence = _("{label} ({flag}) must be {wanted}, not {value}.")
    try:
        shown = quoted(value)
    except (ValueError, RecursionError):
        # A number of thousands of digits, or lists in lists in lists.
        shown = type(value).__name__
    return sentence.format(label=_(declared.label), flag=declared.flag, wanted=wanted, value=shown)
