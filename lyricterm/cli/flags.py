"""Recipe flags, made from the recipe's declarations; the app and ``train`` share them."""

from __future__ import annotations

import argparse
from collections.abc import Callable
from dataclasses import fields, replace
from functools import partial
from pathlib import Path
from typing import Any

from lyricterm.core.i18n import LANGUAGES, _, translator
from lyricterm.core.pasted_path import pasted, path_of
from lyricterm.core.sample_settings import SAMPLE_SETTINGS
from lyricterm.core.sanitize import one_line, quoted
from lyricterm.core.settings import DEFAULTS, SETTINGS, Recipe, Setting, Value, parse, show
from lyricterm.core.text_settings import TextSettings, join_corpus
from lyricterm.core.user_config import Config

_LOCAL_CORPORA = {"en": "demo-en", "zh": "demo-zh"}
"""By the language that the program speaks."""


def add_recipe_flags(parser: argparse.ArgumentParser, defaults: Recipe) -> None:
    """One flag per setting, whose help names its default. A flag that is not given leaves no trace in the namespace."""
    group = parser.add_argument_group(_("the experiment"))
    clipping = group.add_mutually_exclusive_group()
    lyrics = parser.add_argument_group(_("lyrics while it learns"))
    targets: dict[str, Any] = dict.fromkeys(("theta", "clipping"), clipping) | dict.fromkeys(SAMPLE_SETTINGS, lyrics)
    for name, setting in SETTINGS.items():
        _adder(name)(targets.get(name, group), name, setting, getattr(defaults, name))


def add_text_flags(parser: argparse.ArgumentParser, defaults: Recipe) -> None:
    """One flag per setting that says what counts as a character; which text it is and from where, others ask."""
    group = parser.add_argument_group(_("the text"))
    for field in fields(TextSettings):
        if field.name not in ("corpus", "start"):
            _adder(field.name)(group, field.name, SETTINGS[field.name], getattr(defaults, field.name))


def add_language(parser: argparse.ArgumentParser, configured: str | None = None) -> None:
    """The flag for the language, which every command takes."""
    help_text = with_default(_("language"), configured) if configured else _("language (default: the locale's)")
    parser.add_argument("--lang", choices=tuple(LANGUAGES), default=argparse.SUPPRESS, help=help_text)


def recipe_values(namespace: argparse.Namespace) -> dict[str, Value]:
    """The settings that were set on the command line."""
    given = {name: value for name, value in vars(namespace).items() if name in SETTINGS}
    if "corpus" in given:
        given["corpus"] = join_corpus(given["corpus"])
    given |= {name: tuple(value) for name, value in given.items() if isinstance(value, list)}
    if "theta" in given:
        given["clipping"] = True
    return given


def recipe_of(namespace: argparse.Namespace) -> Recipe:
    """The configured recipe with what the command line sets; ``RecipeError`` if a value is out of bounds."""
    config: Config = namespace.config
    return config.recipe.with_values(recipe_values(namespace))


def with_local_corpus(config: Config) -> Config:
    """The configuration of the lab: where none is configured, it begins with the text in the person's language."""
    if "corpus" in config.configured:
        return config
    return replace(config, recipe=config.recipe.with_values({"corpus": _LOCAL_CORPORA[translator.language]}))


def add_resume_flag(parser: argparse.ArgumentParser) -> None:
    """``--resume``, for the app and ``train``."""
    parser.add_argument(
        "--resume",
        metavar="FILE|RUN|last",
        help=_("go on with a checkpoint file, or a run that lyricterm runs lists, with its settings"),
    )
    parser.add_argument("--best", action="store_true", help=_("with --resume RUN: go on from its best epoch"))
    parser.add_argument(
        "--adapt",
        action="store_true",
        help=_(
            "with --resume and --corpus: a new run on another text with these weights; those of new "
            "characters are drawn anew"
        ),
    )


def whole(text: str) -> int:
    """argparse type: a whole number."""
    try:
        return int(text)
    except ValueError as error:
        sentence = _("{text} is not a whole number")
        raise argparse.ArgumentTypeError(sentence.format(text=quoted(text))) from error


def number(text: str) -> float:
    """argparse type: a number."""
    try:
        return float(text)
    except ValueError as error:
        sentence = _("{text} is not a number")
        raise argparse.ArgumentTypeError(sentence.format(text=quoted(text))) from error


def file_path(text: str) -> Path:
    """argparse type: a file, as it is typed, pasted or dropped on the terminal."""
    if not pasted(text).strip():
        raise argparse.ArgumentTypeError(_("give the path of a file"))
    return path_of(text)


def with_default(text: str, default: Value) -> str:
    """A flag's help with the value that holds without the flag."""
    if default == ():
        return text.replace("%", "%%")
    sentence = _("{help} (default: {default})")
    return sentence.format(help=text, default=one_line(show(default))).replace("%", "%%")


Add = Callable[[Any, str, Setting, Value], None]


def _adder(name: str) -> Add:
    if name == "clipping":
        return _add_off_switch
    if isinstance(DEFAULTS[name], bool):
        return _add_switch
    return _add_list if isinstance(DEFAULTS[name], tuple) or name == "corpus" else _add_value


def _add_off_switch(parser: Any, name: str, setting: Setting, default: Value) -> None:
    parser.add_argument(setting.flag, dest=name, action="store_false", default=argparse.SUPPRESS, help=_(setting.help))


def _add_switch(parser: Any, name: str, setting: Setting, default: Value) -> None:
    parser.add_argument(
        setting.flag,
        dest=name,
        action=argparse.BooleanOptionalAction,
        default=argparse.SUPPRESS,
        help=_(setting.help),
    )


def _add_list(parser: Any, name: str, setting: Setting, default: Value) -> None:
    parser.add_argument(
        setting.flag,
        dest=name,
        action="append",
        metavar=setting.metavar,
        default=argparse.SUPPRESS,
        help=with_default(_(setting.help), default),
    )


def _add_value(parser: Any, name: str, setting: Setting, default: Value) -> None:
    # A number that is none is told like one that is out of bounds: in one sentence, without the usage.
    parser.add_argument(
        setting.flag,
        dest=name,
        type=str if isinstance(DEFAULTS[name], str) else partial(parse, name),
        choices=setting.choices or None,
        metavar=setting.metavar or None,
        default=argparse.SUPPRESS,
        help=with_default(_(setting.help), default),
    )
