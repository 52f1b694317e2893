"""The sub-commands: what each is called and does. The module of one is imported when the command line names it."""

from __future__ import annotations

import argparse
from collections.abc import Callable, Sequence
from functools import partial
from importlib import import_module
from typing import Any

from lyricterm.cli.flags import add_language
from lyricterm.cli.help import HelpFormatter
from lyricterm.cli.parser import Parser
from lyricterm.core.i18n import N_, _
from lyricterm.core.user_config import Config

SUBCOMMANDS: dict[str, str] = {
    "train": N_("train without a screen"),
    "complete": N_("go on with a prefix, the beginning of a lyric"),
    "write": N_("write a song with line lengths, rhymes, an acrostic and a refrain"),
    "exercise": N_("play an exercise of the chapter: train its runs and give a verdict from the numbers"),
    "sweep": N_("train many runs over a choice of settings, on many cores or a cluster"),
    "runs": N_("list, show, name, export, pin and remove the saved runs"),
    "watch": N_("watch a run that another program trains"),
    "corpus": N_(
        "look at a corpus: its files, beginning, length, vocabulary and indices; fetch NAME: fetch a data set"
    ),
    "serve": N_("serve the lab to browsers, one lab for each visitor"),
    "bench": N_("measure speed and memory beside the chapter's own way and torch.nn.RNN"),
}
"""The name, which is also its module's, to a summary."""


class SubcommandParser(Parser):
    """A parser that is given its flags when it has to know them."""

    fill: Callable[[], None] | None = None
    """Adds the flags; asked once."""

    def parse_known_args(self, args: Sequence[str] | None = None, namespace: Any = None) -> tuple[Any, list[str]]:  # type: ignore[override]
        """Argparse's, with all flags."""
        if self.fill is not None:
            self.fill()
            self.fill = None
        return super().parse_known_args(args, namespace)


def add_subcommands(parser: argparse.ArgumentParser, config: Config) -> None:
    """Add all of them, with the defaults that are configured."""
    commands = parser.add_subparsers(
        title=_("commands"), metavar="COMMAND", dest="command", parser_class=SubcommandParser
    )
    for name, does in SUBCOMMANDS.items():
        sub = commands.add_parser(
            name, help=_(does), description=_(does), formatter_class=HelpFormatter, allow_abbrev=False
        )
        sub.fill = partial(_fill, sub, name, config)


def _fill(parser: SubcommandParser, name: str, config: Config) -> None:
    add_language(parser, config.language)
    module = import_module(f"lyricterm.cli.{name}")
    module.add_arguments(parser, config.recipe)
    parser.set_defaults(run=module.run)
