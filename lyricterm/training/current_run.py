"""The run that is trained now: how it begins, gives way to another, pauses, ends, and falls back from a full GPU."""

from __future__ import annotations

import contextlib
import math
import time
from collections.abc import Callable
from dataclasses import replace
from typing import TYPE_CHECKING

from lyricterm.core.errors import LyrictermError, OutOfMemoryError, RunError
from lyricterm.core.events import Diverged, Event, Finished, Noticed, Refused, SamplesRestored, Started, StatusChanged
from lyricterm.core.i18n import _, n_
from lyricterm.core.log import logger
from lyricterm.core.number_format import epoch_at
from lyricterm.core.run_status import ENDED, RunStatus
from lyricterm.core.settings import Recipe
from lyricterm.storage.run_store import RunInfo
from lyricterm.training.autosave import Autosave, recalled
from lyricterm.training.progress_report import facts, progress
from lyricterm.training.resume import WORTH_RESUMING, Prepare, PreparedRun, fresh, from_run
from lyricterm.training.run_metrics import RunMetrics
from lyricterm.training.run_storage import RunLocation
from lyricterm.training.text_reader import TextReading

if TYPE_CHECKING:
    from lyricterm.engine.trainer import Trainer

REPORT_INTERVAL = 0.25
"""Seconds between two reports of progress."""
PATIENCE = 30.0
"""Seconds that a slow disk is waited for."""


class CurrentRun:
    """One run at a time; what happens to it is reported, and saved where runs are kept."""

    def __init__(
        self, report: Callable[[Event], None], autosave: Autosave, *, paused: bool, trains_diverged: bool
    ) -> None:
        """Set up; there is no run before ``begin``.

        Args:
            report: is called with each event.
            autosave: writes the runs to disk.
            paused: the first run does not start training by itself.
            trains_diverged: a run that is opened where it diverged trains on at once.
        """
        self._report, self._autosave = report, autosave
        self._starts_paused, self._trains_diverged = paused, trains_diverged
        self.reading = TextReading(report)
        self._is_new = False
        """It was begun in this session."""
        self._reported = 0.0
        self._resumed_at = 0
        """The epoch from which patience counts, if there is no better one after it."""
        self.number = 0
        """Its number in this session; 0 before the first."""
        self.trainer: Trainer | None = None
        self.metrics = RunMetrics()
        self.status = RunStatus.PREPARING
        self.steps_to_go: int | None = None
        """Minibatches until the next pause; None if none is wanted."""

    @property
    def is_training(self) -> bool:
        """Minibatches are to be trained."""
        return self.status is RunStatus.TRAINING

    @property
    def has_ended(self) -> bool:
        """It has come to its own end."""
        return self.status in ENDED

    def begin(self, recipe: Recipe, prepare: Prepare) -> None:
        """Leave the run before, if there is one, and begin another.

        Raises:
            LyrictermError: if it cannot be; the run before has not been left then.
        """
        before = self.status
        self.become(RunStatus.PREPARING)
        prepared = self._on_any_device(recipe, prepare)
        self._autosave.leave(self.trainer, self.metrics, before, discard=self._is_worthless())
        self._take_up(prepared)

    def restart(self, recipe: Recipe) -> None:
        """Begin a new run in the place of this one."""
        self._replace(lambda: (recipe, fresh))

    def open(self, name: str) -> None:
        """Go on with a run on disk in the place of this one."""
        storage = self._autosave.storage
        if storage is not None:
            self._replace(lambda: from_run(self._another(storage.store.find(name)), {}))

    def _another(self, info: RunInfo) -> RunInfo:
        location = self._autosave.location
        if location is not None and location.folder.path == info.folder:
            raise RunError(_("The run {name} is the one that is open.").format(name=info.id))
        return info

    def _replace(self, choose: Callable[[], tuple[Recipe, Prepare]]) -> None:
        """Begin another run; if it cannot begin, this one goes on."""
        before = self.status
        try:
            self.begin(*choose())
        except LyrictermError as error:
            if self.trainer is None:
                raise
            self._report(Refused(self.number, str(error)))
            self.become(before)

    def _on_any_device(self, recipe: Recipe, prepare: Prepare) -> PreparedRun:
        try:
            return self.reading.watched(prepare, self.number)(recipe)
        except OutOfMemoryError:
            if recipe.device == "cpu" or prepare is not fresh or not cuda_is_there():
                raise
        self._report(Noticed(self.number, _("The GPU has no room for this run; it trains on the CPU.")))
        return prepare(replace(recipe, device="cpu"))

    def _is_worthless(self) -> bool:
        """A new run that is left in its first epoch, after a moment."""
        is_young = self._is_new and self.trainer is not None and self.trainer.epoch == 0
        return is_young and self.metrics.seconds < WORTH_RESUMING

    def _take_up(self, prepared: PreparedRun) -> None:
        trainer, location = prepared.trainer, prepared.location
        self.trainer, self.metrics = trainer, prepared.metrics
        self._is_new = location is None
        self.number += 1
        told = facts(trainer)
        self._autosave.begin(self.number, prepared, told.held_out)
        self._report(Started(self.number, trainer.recipe, told, trainer.epoch))
        for note in trainer.corpus.notes:
            self._report(Noticed(self.number, note))
        if location is not None:
            self._report(SamplesRestored(self.number, recalled(location, trainer.epoch)))
        # A memory that is too small for it is met again, and told, when the first minibatch is trained.
        with contextlib.suppress(OutOfMemoryError):
            trainer.warm_up()
        self.pass_on_notices()
        paused, self._starts_paused = self._starts_paused, False
        self.steps_to_go, self._resumed_at = None, self._patience_from(trainer)
        if prepared.diverged is None or self._trains_diverged:
            self.become(RunStatus.PAUSED if paused else RunStatus.TRAINING)
        else:
            self._stand_diverged(*prepared.diverged, trainer.recipe)
        self.tell_progress()
        if trainer.epoch >= trainer.recipe.epochs:
            self.finish()

    def _stand_diverged(self, epoch: int, minibatch: int, recipe: Recipe) -> None:
        """A run that is opened where it diverged is left to the person, as it was then."""
        what = "gradient" if math.isfinite(self.metrics.loss.series().latest) else "loss"
        diverged = Diverged(self.number, epoch, minibatch, what, recipe.theta if recipe.clipping else None)
        self._autosave.diverged(diverged, before=True)
        self.become(RunStatus.DIVERGED)
        self._report(diverged)

    def fall_back(self, error: OutOfMemoryError) -> None:
        """The GPU has no room left: go on from what was saved last, on the CPU.

        Raises:
            OutOfMemoryError: the one that was met, if the run is on the CPU already.
        """
        if self.trainer is None or not on_gpu(self.trainer):
            raise error
        recipe, location = self.trainer.recipe, self._autosave.location
        self._autosave.leave(None, self.metrics, self.status)
        # A folder that is still being written to is not opened.
        written = self._autosave.wait(PATIENCE)
        self.trainer = None
        prepared = self._saved_last(location if written else None) or fresh(replace(recipe, device="cpu"))
        sentence = _(
            "The GPU ran out of memory; the run continues on the CPU, from its last save (epoch {epoch}, "
            "minibatch {minibatch})."
        )
        trainer = prepared.trainer
        notice = sentence.format(epoch=epoch_at(trainer.epoch, trainer.minibatch), minibatch=trainer.minibatch)
        self._take_up(prepared)
        self._report(Noticed(self.number, notice))

    def _saved_last(self, location: RunLocation | None) -> PreparedRun | None:
        """The run in that folder, on the CPU; None if it could not be saved yet."""
        storage = self._autosave.storage
        if location is None or storage is None:
            return None
        try:
            saved, prepare = from_run(storage.store.find(location.folder.id), {"device": "cpu"})
            return prepare(saved)
        except LyrictermError as error:
            logger().warning("nothing to fall back to: %s", error)
            return None

    def pause(self) -> None:
        """Stop after the minibatch under way."""
        if self.is_training:
            self.become(RunStatus.PAUSED)

    def go_on(self, steps: int | None = None) -> None:
        """Train on, for so many minibatches or to the end; refused if there is nothing to train."""
        trainer = self.trainer
        if trainer is None:
            self._report(Refused(self.number, _("There is no run to go on with; change the settings and start one.")))
        elif trainer.epoch >= trainer.recipe.epochs:
            self._report(Refused(self.number, _("All epochs are done; raise the number of epochs, or restart.")))
        else:
            self.steps_to_go = steps
            if self.status is RunStatus.FINISHED:
                self._resumed_at = trainer.epoch
            self.become(RunStatus.TRAINING)

    def count_down(self, steps: int) -> None:
        """So many minibatches have been trained; pause if no more were wanted."""
        if self.steps_to_go is None:
            return
        self.steps_to_go = max(0, self.steps_to_go - steps)
        if self.steps_to_go == 0:
            self.pause()

    def _patience_from(self, trainer: Trainer) -> int:
        """A run that had waited long enough waits as long again, as whoever goes on with it wants."""
        waited = trainer.epoch - trainer.validation.best.epoch
        return trainer.epoch if 0 < trainer.recipe.patience <= waited else 0

    def is_out_of_patience(self) -> bool:
        """As many epochs as the person wants to wait have passed without a better one."""
        trainer = self.trainer
        if trainer is None or not trainer.recipe.patience:
            return False
        waited = trainer.epoch - max(trainer.validation.best.epoch, self._resumed_at)
        if waited < trainer.recipe.patience:
            return False
        sentence = n_(
            "No epoch was better than epoch {best} on {text} for {count} epoch, so the run is finished.",
            "No epoch was better than epoch {best} on {text} for {count} epochs, so the run is finished.",
            waited,
        )
        words = {"text": _judged_by(trainer), "best": f"{trainer.validation.best.epoch:,}", "count": f"{waited:,}"}
        self._report(Noticed(self.number, sentence.format(**words)))
        return True

    def _take_best(self, trainer: Trainer) -> None:
        if trainer.recipe.keep == "best" and trainer.validation.take_best():
            sentence = _("The weights are now those of epoch {epoch}, the best on {text}.")
            words = {"text": _judged_by(trainer), "epoch": f"{trainer.validation.best.epoch:,}"}
            self._report(Noticed(self.number, sentence.format(**words)))

    def finish(self) -> None:
        """All epochs are done, or no better one is to be expected."""
        if self.trainer is not None:
            self._take_best(self.trainer)
        self.become(RunStatus.FINISHED)
        if self.trainer is not None:
            reached = self.metrics.perplexity.series()
            best = reached.low if math.isfinite(reached.low) else math.nan
            self._report(Finished(self.number, self.trainer.epoch, reached.latest, self.metrics.seconds, best))

    def become(self, status: RunStatus) -> None:
        """Change the status, report it, and save the run as it stands."""
        self.status = status
        self._report(StatusChanged(self.number, status))
        if status is not RunStatus.TRAINING:
            self.tell_progress()
        if status is not RunStatus.PREPARING and self.trainer is not None:
            self._autosave.save(self.trainer, self.metrics, status)

    def pass_on_notices(self) -> None:
        """Report what the trainer has to say."""
        if self.trainer is not None:
            for sentence in self.trainer.notices:
                self._report(Noticed(self.number, sentence))
            self.trainer.notices.clear()

    def tell_progress(self, *, if_due: bool = False) -> None:
        """Report where the run stands; ``if_due``: only if the last report is some time ago."""
        now = time.perf_counter()
        if self.trainer is None or (if_due and now - self._reported < REPORT_INTERVAL):
            return
        self._reported = now
        self._report(progress(self.number, self.trainer, self.metrics))


def _judged_by(trainer: Trainer) -> str:
    """The text by which its best epoch is found."""
    return _("the training text (nothing is held out)") if trainer.validation.text is None else _("the held-out text")


def on_gpu(trainer: Trainer) -> bool:
    """Whether a run could still fall back to the CPU."""
    return trainer.device.type != "cpu"


def cuda_is_there() -> bool:
    """Whether "auto" means a GPU."""
    from lyricterm.engine.device import resolve

    return resolve("auto").type != "cpu"
