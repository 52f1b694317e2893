"""``lyricterm watch``: the lab attached to a run that another program trains; it changes nothing."""

from __future__ import annotations

import argparse

from lyricterm.cli.flags import with_default
from lyricterm.cli.terminal import has_terminal, opening
from lyricterm.core.config_values import THEMES
from lyricterm.core.errors import RunError
from lyricterm.core.i18n import _
from lyricterm.core.settings import Recipe
from lyricterm.storage.run_store import LAST, Store


def add_arguments(parser: argparse.ArgumentParser, _defaults: Recipe) -> None:
    """The command's flags."""
    parser.add_argument(
        "source",
        metavar="RUN|last|FOLDER",
        nargs="?",
        default=LAST,
        help=with_default(_("a run that lyricterm runs lists, or a folder, also one of another machine"), LAST),
    )
    parser.add_argument("--theme", choices=THEMES, help=_("the lab's colours"))


def run(namespace: argparse.Namespace) -> int:
    """Open the lab on the run; returns its exit code.

    Raises:
        RunError: if there is no such run, or no terminal.
    """
    from lyricterm.training.watched_run import WatchedRun, find_run

    store, info = find_run(namespace.source, Store())
    if not has_terminal():
        sentence = _("watch needs a terminal; lyricterm runs show {run} prints how far it is.")
        # What lies elsewhere is not listed by ``runs``.
        here = store.root == Store().root
        raise RunError(sentence.format(run=info.id) if here else _("watch needs a terminal."))
    with opening():
        from lyricterm.app.process import watch

    theme = namespace.theme or namespace.config.theme
    return watch(WatchedRun(store, info), info.recipe, theme=theme, config=namespace.config)
