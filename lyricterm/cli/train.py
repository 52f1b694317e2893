"""``lyricterm train``: the whole experiment without a screen."""

from __future__ import annotations

import argparse
import os
from pathlib import Path

from lyricterm.cli.flags import add_recipe_flags, add_resume_flag, start_of, storage_of
from lyricterm.cli.interrupts import interruptible
from lyricterm.cli.narration import Advice, JsonNarrator, Narrator, Tell, TextNarrator, say
from lyricterm.core.events import Diverged, Event, Failed, Finished, Progress, Quit, RunSaved, Saved, SaveFailed
from lyricterm.core.i18n import _
from lyricterm.core.metrics import is_clearly_worse
from lyricterm.core.number_format import figure
from lyricterm.core.settings import Recipe
from lyricterm.training.resume import Prepare
from lyricterm.training.run_storage import RunStorage
from lyricterm.training.session import Session


def summary() -> str:
    """What the command does."""
    return _("train without a screen")


def add_arguments(parser: argparse.ArgumentParser, defaults: Recipe) -> None:
    """The command's own flags and the recipe's, with the configured defaults."""
    parser.add_argument("--json", action="store_true", help=_("one JSON object a line on stdout"))
    parser.add_argument("--save", metavar="FILE", type=Path, help=_("write the checkpoint there, too"))
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


def check_save(save: Path | None) -> None:
    """Find out before training whether ``--save`` can be written."""
    if save is not None:
        from lyricterm.engine.checkpoint import check_writable

        check_writable(save)


class Training:
    """One session in this thread, with its exit code."""

    def __init__(
        self,
        narrator: Narrator,
        recipe: Recipe,
        prepare: Prepare,
        save: Path | None,
        storage: RunStorage | None,
        *,
        each_minibatch: bool = False,
    ) -> None:
        """Set up; ``each_minibatch`` is as in ``Session``."""
        self._listeners: list[Tell] = [Advice().tell, narrator.tell]
        self._session = Session(
            recipe,
            self._report,
            prepare=prepare,
            save=save,
            stop_at_end=True,
            storage=storage,
            each_minibatch=each_minibatch,
        )
        self._code = 0
        self._kept: RunSaved | None = None
        self._finished: Finished | None = None
        self._takes_best = False
        """A finished run has its best epoch's weights anyway."""
        self._is_unsaved = False
        """What was trained last is not in the run's folder."""
        self._saves_to_file = save is not None
        self._has_saved_to_file = False
        self._unheard: OSError | None = None

    def run(self) -> int:
        """Train until done or interrupted.

        Raises:
            OSError: if what happens could not be told.
        """
        with interruptible(self._interrupt):
            self._session.run()
        if self._unheard:
            raise self._unheard
        if self._is_unsaved and not self._has_saved_to_file:
            self._tell_what_is_on_disk()
        elif self._finished is not None and self._kept is not None and not self._takes_best:
            _tell_best(self._finished, self._kept)
        elif self._code == 130 and self._kept and not self._saves_to_file:
            say(_("kept; go on with: lyricterm train --resume {name}").format(name=self._kept.name))
        return self._code

    def _tell_what_is_on_disk(self) -> None:
        self._code = self._code or 1
        if self._kept is None:
            say(_("the run could not be saved: nothing of it is on disk"))
            return
        sentence = _(
            "the run could not be saved to its end: on disk, {name} has {epoch} epochs and {minibatch} minibatches"
        )
        kept = self._kept
        say(sentence.format(name=kept.name, epoch=f"{kept.epoch:,}", minibatch=f"{kept.minibatch:,}"))

    def _report(self, event: Event) -> None:
        if isinstance(event, Diverged):
            self._code = 3
        elif isinstance(event, Failed):
            self._code = 1
        elif isinstance(event, Progress):
            self._takes_best = event.recipe.keep == "best"
        elif isinstance(event, Finished):
            self._finished = event
        elif isinstance(event, SaveFailed):
            self._is_unsaved = True
        elif isinstance(event, RunSaved):
            self._kept, self._is_unsaved = event, False
        elif isinstance(event, Saved):
            self._has_saved_to_file = True
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


def _tell_best(finished: Finished, kept: RunSaved) -> None:
    if not is_clearly_worse(finished.perplexity, finished.best):
        return
    sentence = _(
        "the best epoch had perplexity {best}, the last one {last}; the best one's weights are kept: "
        "lyricterm complete --checkpoint {name} --best"
    )
    say(sentence.format(best=figure(finished.best), last=figure(finished.perplexity), name=kept.name))
