"""``lyricterm train``: the whole experiment without a screen."""

from __future__ import annotations

import argparse
import os
from pathlib import Path

from lyricterm.cli.flags import add_recipe_flags, add_resume_flag, file_path
from lyricterm.cli.narration import JsonNarrator, TextNarrator
from lyricterm.cli.start import start_of, storage_of
from lyricterm.cli.train_session import Training, check_save
from lyricterm.core.i18n import _
from lyricterm.core.settings import Recipe


def add_arguments(parser: argparse.ArgumentParser, defaults: Recipe) -> None:
    """The command's own flags and the recipe's, with the configured defaults."""
    parser.add_argument("--json", action="store_true", help=_("one JSON object a line on stdout"))
    parser.add_argument("--save", metavar="FILE", type=file_path, help=_("write the checkpoint there, too"))
    add_resume_flag(parser)
    add_recipe_flags(parser, defaults)


def run(namespace: argparse.Namespace) -> int:
    """Train; returns 0 when done, 1 failed, 3 diverged, 130 interrupted."""
    if "TORCHELASTIC_RUN_ID" in os.environ:
        from lyricterm.cli import train_ranks

        return train_ranks.run(namespace)
    save: Path | None = getattr(namespace, "save", None)
    check_save(save)
    storage = storage_of(namespace)
    recipe, prepare = start_of(namespace, storage.store)
    if getattr(namespace, "json", False):
        return Training(JsonNarrator(), recipe, prepare, save, storage).run()
    with TextNarrator() as narrator:
        return Training(narrator, recipe, prepare, save, storage).run()
