"""``lyricterm`` without a sub-command: the lab."""

from __future__ import annotations

import argparse

from lyricterm.cli.flags import with_local_corpus
from lyricterm.cli.output import say
from lyricterm.cli.start import start_of, storage_of
from lyricterm.cli.terminal import has_terminal, opening
from lyricterm.core.i18n import _
from lyricterm.core.visitor import visitor


def run(namespace: argparse.Namespace) -> int:
    """Open the lab; where there is no terminal, train without one. Returns the exit code."""
    if visitor() is None and not has_terminal():
        for sentence in namespace.config.problems:
            say(sentence)
        say(_("there is no terminal here; training without a screen, as lyricterm train does."))
        from lyricterm.cli import train

        return train.run(namespace)
    if visitor() is not None:
        from lyricterm.serve.confinement import confine

        confine()
    namespace.config = with_local_corpus(namespace.config)
    storage = storage_of(namespace)
    recipe, prepare = start_of(namespace, storage.store)
    with opening():
        from lyricterm.app import process

    return process.run(
        recipe,
        paused=namespace.paused,
        theme=namespace.theme,
        config=namespace.config,
        prepare=prepare,
        storage=storage,
    )
