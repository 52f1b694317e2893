"""``lyricterm train``: the whole experiment without a screen."""

from __future__ import annotations

import argparse
import contextlib
import signal
from collections.abc import Iterator
from pathlib import Path
from types import FrameType

from lyricterm.cli.flags import add_recipe_flags, recipe_of, recipe_values
from lyricterm.cli.narration import JsonNarrator, Narrator, Tell, TextNarrator, advise
from lyricterm.errors import CheckpointError
from lyricterm.events import Diverged, Event, Failed, Quit
from lyricterm.i18n import _
from lyricterm.recipe import AXES, Heat, Recipe
from lyricterm.session import Prepare, Session, fresh

_FREE_WHEN_RESUMED = ("corpus", "device", "engine")
"""Cold axes that a resumed run may still change: they decide where the text is read and how it is computed."""


def summary() -> str:
    """What the command does."""
    return _("train without a screen")


def add_arguments(parser: argparse.ArgumentParser, defaults: Recipe) -> None:
    """The command's own flags and the recipe's, with the configured defaults."""
    parser.add_argument("--json", action="store_true", help=_("one JSON object a line on stdout"))
    parser.add_argument("--save", metavar="FILE", type=Path, help=_("write a .safetensors checkpoint there at the end"))
    parser.add_argument("--resume", metavar="FILE", type=Path, help=_("go on from a checkpoint, with its settings"))
    add_recipe_flags(parser, defaults)


def run(namespace: argparse.Namespace) -> int:
    """Train; returns 0 when done, 1 failed, 3 diverged, 130 interrupted."""
    save: Path | None = getattr(namespace, "save", None)
    recipe, prepare = _start(namespace)
    if save is not None:
        from lyricterm.engine.checkpoint import check_writable

        check_writable(save)
    if getattr(namespace, "json", False):
        return Training(JsonNarrator(), recipe, prepare, save).run()
    with TextNarrator() as narrator:
        return Training(narrator, recipe, prepare, save).run()


class Training:
    """One session in this thread, with its exit code."""

    def __init__(self, narrator: Narrator, recipe: Recipe, prepare: Prepare, save: Path | None) -> None:
        self._listeners: list[Tell] = [advise, narrator.tell]
        self._session = Session(recipe, self._report, prepare=prepare, save=save, stop_at_end=True)
        self._code = 0
        self._unheard: OSError | None = None

    def run(self) -> int:
        """Train until done or interrupted.

        Raises:
            OSError: if what happens could not be told.
        """
        with self._interruptible():
            self._session.run()
        if self._unheard:
            raise self._unheard
        return self._code

    def _report(self, event: Event) -> None:
        if isinstance(event, Diverged):
            self._code = 3
        elif isinstance(event, Failed):
            self._code = 1
        for tell in tuple(self._listeners):
            try:
                tell(event)
            except OSError as error:
                # Nobody reads on, or the disk is full: save, and say so at the end.
                self._listeners.remove(tell)
                self._unheard = error
                self._session.send(Quit())

    def _interrupt(self) -> None:
        self._code = 130
        self._session.send(Quit())

    @contextlib.contextmanager
    def _interruptible(self) -> Iterator[None]:
        """The first Ctrl+C finishes the minibatch and saves; a second one stops at once."""

        def stop(number: int, frame: FrameType | None) -> None:
            signal.signal(signal.SIGINT, signal.default_int_handler)
            self._interrupt()

        before = signal.signal(signal.SIGINT, stop)
        try:
            yield
        finally:
            signal.signal(signal.SIGINT, before)


def _start(namespace: argparse.Namespace) -> tuple[Recipe, Prepare]:
    if getattr(namespace, "resume", None) is None:
        return recipe_of(namespace), fresh
    return _resumed(namespace)


def _resumed(namespace: argparse.Namespace) -> tuple[Recipe, Prepare]:
    from lyricterm.engine import checkpoint, corpus
    from lyricterm.engine.trainer import Trainer

    saved = checkpoint.load(namespace.resume)
    values = recipe_values(namespace)
    wanted = saved.recipe.with_values(values)
    for name in values:
        changed = getattr(saved.recipe, name) != getattr(wanted, name)
        if changed and AXES[name].heat is Heat.COLD and name not in _FREE_WHEN_RESUMED:
            sentence = _("{flag} cannot change when a run is resumed; leave it out, or train a new run.")
            raise CheckpointError(sentence.format(flag=AXES[name].flag))

    def prepare(recipe: Recipe) -> Trainer:
        text = corpus.load(recipe.corpus, recipe.max_chars)
        return checkpoint.resume(saved, recipe, text)

    return wanted, prepare
