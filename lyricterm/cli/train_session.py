"""One session in the thread of a command, told to a narrator, with its exit code."""

from __future__ import annotations

import shlex
from pathlib import Path

from lyricterm.cli.narration import Advice, JsonNarrator, Narrator
from lyricterm.cli.output import say
from lyricterm.core.commands import Quit
from lyricterm.core.events import (
    Diverged,
    EpochDone,
    Event,
    Failed,
    Finished,
    Listener,
    Progress,
    RunSaved,
    Saved,
    SaveFailed,
)
from lyricterm.core.i18n import _
from lyricterm.core.interrupts import interruptible
from lyricterm.core.metrics import is_clearly_worse
from lyricterm.core.number_format import figure
from lyricterm.core.settings import Recipe
from lyricterm.training.resume import Prepare
from lyricterm.training.run_storage import RunStorage
from lyricterm.training.session import Session


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
        self._listeners: list[Listener] = [Advice().tell, narrator.tell]
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
        self._has_trained = False
        self._takes_best = False
        """A finished run has its best epoch's weights anyway."""
        self._is_unsaved = False
        """What was trained last is not in the run's folder."""
        self._only_copy_failed = False
        """Its folder has it all; the file of --save has not."""
        self._saves_to_file = save is not None
        self._has_saved_to_file = False
        self._unheard: OSError | None = None
        self._storage = storage
        self._is_read_by_people = not isinstance(narrator, JsonNarrator)

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
        elif self._kept is not None:
            self._tell_how_to_go_on(self._kept)
        return self._code

    def _tell_how_to_go_on(self, kept: RunSaved) -> None:
        name = shlex.quote(self._storage.store.called(kept.name) if self._storage else kept.name)
        if self._finished is not None:
            best = "" if self._takes_best else _best(self._finished, name)
            if best:
                say(best)
            elif self._is_read_by_people and self._has_trained and not self._saves_to_file:
                say(_("saved; complete with: lyricterm complete PREFIX --checkpoint {name}").format(name=name))
        elif self._code == 130 and not self._saves_to_file:
            say(_("saved; go on with: lyricterm train --resume {name}").format(name=name))

    def _tell_what_is_on_disk(self) -> None:
        self._code = self._code or 1
        if self._only_copy_failed:
            say(_("the run itself is saved to its end; lyricterm runs lists it"))
            return
        if self._kept is None:
            # Where only the file of --save failed, the run itself may be on disk; the failed file was named before.
            if not self._saves_to_file:
                say(_("the run could not be saved: nothing of it is on disk"))
            return
        sentence = _(
            "the run could not be saved to its end: on disk, {name} has {epoch} epochs and {minibatch} minibatches"
        )
        kept = self._kept
        say(sentence.format(name=kept.name, epoch=f"{kept.epoch:,}", minibatch=f"{kept.minibatch:,}"))

    def _report(self, event: Event) -> None:
        self._remember(event)
        for tell in tuple(self._listeners):
            try:
                tell(event)
            except OSError as error:
                # Nobody reads on, or the disk is full: save, and say so at the end.
                self._listeners.remove(tell)
                self._unheard = error
                self._session.send(Quit())

    def _remember(self, event: Event) -> None:
        if isinstance(event, Diverged):
            self._code = 3
        elif isinstance(event, Failed):
            # Whoever stops the reading of a text is told so, and has not failed.
            self._code = 130 if self._code == 130 else 2 if event.usage else 1
        elif isinstance(event, Progress):
            self._takes_best = event.recipe.keep == "best"
        elif isinstance(event, EpochDone):
            self._has_trained = True
        elif isinstance(event, Finished):
            self._finished = event
        elif isinstance(event, SaveFailed):
            self._is_unsaved, self._only_copy_failed = True, event.only_copy
        elif isinstance(event, RunSaved):
            self._kept, self._is_unsaved = event, False
        elif isinstance(event, Saved):
            self._has_saved_to_file = True

    def _interrupt(self) -> None:
        self._code = 130
        self._session.send(Quit())


def _best(finished: Finished, name: str) -> str:
    """A sentence, if the run ended clearly worse than its best epoch; else empty."""
    if not is_clearly_worse(finished.perplexity, finished.best):
        return ""
    sentence = _(
        "on the training text the best epoch had perplexity {best}, the last one {last}; the best one's weights are "
        "kept: lyricterm complete --checkpoint {name} --best"
    )
    return sentence.format(best=figure(finished.best), last=figure(finished.perplexity), name=name)
