"""The command line as a whole: one parser for the lab and all sub-commands, in the language that is asked for."""

from __future__ import annotations

import argparse
import os
from collections.abc import Callable, Sequence

from lyricterm import __version__
from lyricterm.cli.flags import add_language, add_recipe_flags, add_resume_flag, with_default
from lyricterm.cli.help import HelpFormatter
from lyricterm.cli.output import say
from lyricterm.cli.parser import Parser
from lyricterm.cli.subcommands import add_subcommands
from lyricterm.core.config_values import THEMES
from lyricterm.core.i18n import LANGUAGES, _, language_of, translator
from lyricterm.core.interrupts import stops_at_once
from lyricterm.core.user_config import DEFAULT, Config, read

Subcommand = Callable[[argparse.Namespace], int]


def execute(given: Sequence[str]) -> int:
    """Do what the arguments ask for; returns the exit code.

    Raises:
        LyrictermError: if it cannot be done.
    """
    config = configured(given)
    namespace = whole_parser(config).parse_args(given)
    run: Subcommand | None = getattr(namespace, "run", None)
    if run is not None:
        for sentence in config.problems:
            say(sentence)
        with stops_at_once():
            return run(namespace)
    from lyricterm.cli import lab

    return lab.run(namespace)


def configured(given: Sequence[str]) -> Config:
    """The configuration, with its problems in the language that it may itself have chosen."""
    config = read()
    translator.use(_language(given) or config.language or language_of(os.environ))
    return read() if config.problems else config


def _language(given: Sequence[str]) -> str | None:
    """The language that the command line asks for, if it does."""
    first = argparse.ArgumentParser(add_help=False, allow_abbrev=False, exit_on_error=False)
    first.add_argument("--lang", choices=tuple(LANGUAGES))
    try:
        chosen: str | None = first.parse_known_args(given)[0].lang
    except argparse.ArgumentError:
        # The full parser says what is wrong.
        return None
    return chosen


def whole_parser(config: Config = DEFAULT) -> argparse.ArgumentParser:
    """The whole command line; what is parsed has the configuration as its ``config``."""
    parser = Parser(
        prog="lyricterm",
        description=_("A laboratory in the terminal for the from-scratch character-level RNN language model."),
        epilog=_("Without a command, the lab opens and starts training."),
        formatter_class=HelpFormatter,
        allow_abbrev=False,
    )
    parser.add_argument(
        "--version",
        action="version",
        version=f"lyricterm {__version__}",
        help=_("show program's version number and exit"),
    )
    parser.add_argument("--paused", action="store_true", help=_("open the lab without starting to train"))
    parser.add_argument(
        "--theme", choices=THEMES, default=config.theme, help=with_default(_("the lab's colours"), config.theme)
    )
    add_language(parser, config.language)
    add_resume_flag(parser)
    add_recipe_flags(parser, config.recipe)
    parser.set_defaults(config=config)
    add_subcommands(parser, config)
    return parser
