"""``torchrun … -m lyricterm train``: several processes train one run; the first of them keeps it and tells of it."""

from __future__ import annotations

import argparse
import hashlib
import os
import signal
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

from lyricterm.cli.narration import JsonNarrator, Narrator, TextNarrator
from lyricterm.cli.output import say
from lyricterm.cli.start import start_of, storage_of
from lyricterm.cli.train_session import Training, check_save
from lyricterm.core.commands import Quit
from lyricterm.core.errors import RanksError
from lyricterm.core.events import Event, Failed, RunSaved, Stepped
from lyricterm.core.i18n import _
from lyricterm.core.paths import runs_folder
from lyricterm.core.settings import Recipe
from lyricterm.storage.atomic_write import write_whole
from lyricterm.training.ranks import begin
from lyricterm.training.resume import Prepare
from lyricterm.training.run_storage import RunStorage

if TYPE_CHECKING:
    from lyricterm.engine.distributed import World


def run(namespace: argparse.Namespace) -> int:
    """Train as one of several ranks; returns as ``train`` does.

    Raises:
        RanksError: if the ranks cannot train together.
    """
    from lyricterm.engine import distributed

    restarts = int(os.environ.get("TORCHELASTIC_RESTART_COUNT", "0"))
    # Where a run that torchrun starts again goes on from.
    note = runs_folder().parent / "torchrun" / _id_of(os.environ["TORCHELASTIC_RUN_ID"])
    with distributed.join() as world:
        if world.rank:
            return _follow(world)
        storage = storage_of(namespace)
        if not restarts:
            note.unlink(missing_ok=True)
        recipe, prepare = begin(world, partial(_start, namespace, storage, note if restarts else None))
        save: Path | None = getattr(namespace, "save", None)
        if getattr(namespace, "json", False):
            return RankTraining(world, JsonNarrator(), recipe, prepare, save, storage, note).run()
        with TextNarrator() as narrator:
            return RankTraining(world, narrator, recipe, prepare, save, storage, note).run()


def _follow(world: World) -> int:
    """Any rank but 0: it says nothing, unless rank 0 is lost."""
    try:
        recipe, prepare = begin(world)
    except RanksError:
        return 1
    return RankTraining(world, Silent(), recipe, prepare, None, None).run()


def _start(namespace: argparse.Namespace, storage: RunStorage, note: Path | None) -> tuple[Recipe, Prepare]:
    """A new run, what ``--resume`` names, or, started again, the run that was lost."""
    check_save(getattr(namespace, "save", None))
    if getattr(namespace, "adapt", False):
        raise RanksError(
            _(
                "--adapt works in one process only: start the new run without torchrun, then go on "
                "with it under torchrun."
            )
        )
    if note is not None and note.is_file():
        namespace.resume = note.read_text(encoding="utf-8").strip()
    return start_of(namespace, storage.store)


def _id_of(run: str) -> str:
    """A file's name for what torchrun calls this training."""
    return hashlib.sha256(run.encode()).hexdigest()[:16]


class Silent(Narrator):
    """Tells nothing: rank 0 does."""

    def tell(self, event: Event) -> None:
        """Nothing."""


class RankTraining(Training):
    """One rank's session: it ends after the same minibatch as the others'."""

    def __init__(
        self,
        world: World,
        narrator: Narrator,
        recipe: Recipe,
        prepare: Prepare,
        save: Path | None,
        storage: RunStorage | None,
        note: Path | None = None,
    ) -> None:
        super().__init__(narrator, recipe, prepare, save, storage, each_minibatch=True)
        self._world, self._note = world, note
        if world.rank:
            self._listeners = []

    def _report(self, event: Event) -> None:
        if isinstance(event, Stepped):
            if self._world.must_end:
                self._code = 130
                self._session.send(Quit())
            return
        is_another = isinstance(event, RunSaved) and (self._kept is None or self._kept.name != event.name)
        if isinstance(event, RunSaved) and self._note is not None and is_another:
            self._note.parent.mkdir(parents=True, exist_ok=True)
            write_whole(self._note, f"{event.name}\n".encode())
        if isinstance(event, Failed):
            # torchrun ends the others as soon as one has ended; that is no news any more.
            signal.signal(signal.SIGTERM, signal.SIG_IGN)
            self._fail(event)
            return
        super()._report(event)

    def _fail(self, event: Failed) -> None:
        """One rank says why: usually the one that failed, or the first that missed a lost one, be that rank 0."""
        is_first = self._world.is_first_to_tell()
        if is_first and self._world.rank:
            say(event.sentence)
        if not is_first:
            self._listeners = []
        super()._report(event)

    def _interrupt(self) -> None:
        self._world.asks_to_end = True
