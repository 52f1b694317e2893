"""``lyricterm exercise``: the chapter's exercises without a screen."""

from __future__ import annotations

import argparse

from lyricterm.cli.flags import add_recipe_flags, file_path, whole, with_default
from lyricterm.core.errors import UsageError
from lyricterm.core.i18n import _
from lyricterm.core.settings import Recipe
from lyricterm.exercises.catalogue import EXERCISES
from lyricterm.exercises.runner import MOST_SEEDS, SEEDS


def add_arguments(parser: argparse.ArgumentParser, defaults: Recipe) -> None:
    """The command's own flags and the recipe's, with the configured defaults."""
    parser.add_argument(
        "exercise_name",
        metavar="NAME",
        nargs="?",
        choices=tuple(EXERCISES),
        help=_("one of {choices}; without it, they are listed").format(choices=", ".join(EXERCISES)),
    )
    parser.add_argument("--json", action="store_true", help=_("one JSON object a line on stdout"))
    parser.add_argument(
        "--seeds",
        metavar="N",
        type=whole,
        default=SEEDS,
        help=with_default(_("how many seeds to train each run with; one is a quick look that gives no verdict"), SEEDS),
    )
    parser.add_argument(
        "--keep-runs",
        action=argparse.BooleanOptionalAction,
        default=True,
        help=_("save the runs, to compare, go on with and export; lyricterm runs --exercises lists them"),
    )
    parser.add_argument(
        "--report",
        dest="report_file",
        metavar="FILE",
        type=file_path,
        help=_("write a page with verdict, curves, tables and lyrics (.html), or the curves (.csv, .jsonl)"),
    )
    parser.epilog = _("Each exercise has a number of epochs of its own; --epochs and --seeds 1 give a quick look.")
    add_recipe_flags(parser, defaults)


def run(namespace: argparse.Namespace) -> int:
    """Play; returns 0 when done, 1 if a run failed, 130 interrupted."""
    if not 1 <= namespace.seeds <= MOST_SEEDS:
        sentence = _("--seeds must be a whole number from 1 to {most}, not {value}.")
        raise UsageError(sentence.format(most=MOST_SEEDS, value=namespace.seeds))
    from lyricterm.cli.exercise_run import play

    return play(namespace)
