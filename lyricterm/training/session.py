"""The training loop: takes commands between minibatches and reports what happens.

It knows neither a screen nor a command line. The app runs it in a thread, ``lyricterm train`` in the
main thread; both talk to it through ``send`` and listen through the ``report`` they give. The engine, and
with it torch, is imported inside the loop, so a first frame never waits for it.
"""

from __future__ import annotations

import math
import time
from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path
from queue import Empty, SimpleQueue
from typing import TYPE_CHECKING

from lyricterm.core.errors import LyrictermError, OutOfMemoryError, RunError
from lyricterm.core.events import (
    Change,
    Command,
    Complete,
    Completed,
    Diverged,
    EpochDone,
    Event,
    Facts,
    Failed,
    Finished,
    Generated,
    Inspect,
    Inspected,
    Noticed,
    Open,
    Pause,
    Progress,
    Quit,
    Refused,
    Restart,
    Resume,
    ResumeOffered,
    SamplesRestored,
    Saved,
    Series,
    Started,
    StatusChanged,
    StepOnce,
    Stepped,
    Stopped,
)
from lyricterm.core.i18n import _
from lyricterm.core.log import logger
from lyricterm.core.paths import log_file
from lyricterm.core.run_status import RunStatus
from lyricterm.core.settings import Recipe
from lyricterm.storage.run_store import RunInfo
from lyricterm.training.autosave import Autosave, recalled
from lyricterm.training.resume import Prepare, Prepared, fresh, from_run
from lyricterm.training.run_metrics import RunMetrics
from lyricterm.training.run_writer import Keeping, Place

if TYPE_CHECKING:
    from lyricterm.core.inspection import Answer, Question
    from lyricterm.engine.trainer import Trainer
    from lyricterm.engine.trainer_state import EpochFigures, Step

REPORT_INTERVAL = 0.25
"""Seconds between two reports of progress."""
_WORTH = 30.0
"""Seconds of training after which a run is worth to be gone on with, even in its first epoch."""
_PATIENCE = 30.0
"""Seconds that the end waits for a slow disk."""

Report = Callable[[Event], None]


@dataclass(frozen=True)
class Heard:
    """What another thread wants to be reported in this one."""

    event: Event


class Session:
    """Runs one experiment after another; one object, one thread."""

    def __init__(
        self,
        recipe: Recipe,
        report: Report,
        *,
        paused: bool = False,
        prepare: Prepare = fresh,
        save: Path | None = None,
        stop_at_end: bool = False,
        keeping: Keeping | None = None,
        offer: bool = False,
        each_minibatch: bool = False,
    ) -> None:
        """Set up; nothing happens before ``run``.

        Args:
            recipe: of the first run.
            report: is called in the loop's thread with each event.
            paused: do not start training by itself.
            prepare: makes the first run (fresh, or from a checkpoint).
            save: a file that each checkpoint is written to; that of the last run when the loop ends, in any case.
            stop_at_end: end the loop when a run has finished, diverged or failed.
            keeping: how runs are kept on disk; None keeps nothing.
            offer: report the last unfinished run that is on disk, before the first run begins.
            each_minibatch: report the figures of every minibatch.
        """
        self._recipe, self._report = recipe, report
        self._start_paused = paused
        self._prepare = prepare
        self._save_path = save
        self._stop_at_end = stop_at_end
        self._keeping, self._offer = keeping, offer
        self._each_minibatch = each_minibatch
        self._inbox: SimpleQueue[Command | Heard] = SimpleQueue()
        self._archive = Autosave(keeping, lambda event: self._inbox.put(Heard(event)), save)
        self._request: Complete | None = None
        self._inspection: Inspect | None = None
        self._trainer: Trainer | None = None
        self._record = RunMetrics()
        self._run = 0
        self._status = RunStatus.PREPARING
        self._steps_to_go: int | None = None
        self._young = False
        self._quitting = False
        self._reported = 0.0

    def send(self, command: Command) -> None:
        """Hand over a command; safe from any thread and from a signal handler."""
        self._inbox.put(command)

    def run(self) -> None:
        """The loop; returns when told to quit (or at the end, if so asked)."""
        self._guard(self._look_for_unfinished)
        self._guard(lambda: self._begin(self._recipe, self._prepare))
        while not self._quitting:
            self._guard(self._turn)
        self._guard(self._end)
        epoch, minibatch = (self._trainer.epoch, self._trainer.minibatch) if self._trainer else (0, 0)
        self._report(Stopped(self._run, epoch, minibatch))

    def _guard(self, action: Callable[..., None], *arguments: Command | Heard) -> None:
        """Nothing that goes wrong in a run may end the loop or reach the screen as a traceback."""
        try:
            action(*arguments)
        except LyrictermError as error:
            self._fail(str(error))
        except Exception as error:
            logger().exception("in the training loop")
            sentence = _("An internal error stopped the run ({kind}); {path} says more. Restart it to go on.")
            self._fail(sentence.format(kind=type(error).__name__, path=log_file()))

    def _look_for_unfinished(self) -> None:
        if self._offer and self._keeping is not None:
            info = next(filter(_worth_offering, self._keeping.store.runs()), None)
            if info is not None:
                self._report(ResumeOffered(self._run, info.id, info.recipe, info.epoch, info.perplexity, info.updated))

    def _end(self) -> None:
        self._archive.leave(self._trainer, self._record, self._status)
        # Two threads must not write the same file.
        self._archive.wait(_PATIENCE)
        self._tell_what_was_heard()
        self._save()

    def _tell_what_was_heard(self) -> None:
        try:
            while True:
                heard = self._inbox.get_nowait()
                if isinstance(heard, Heard):
                    self._report(heard.event)
        except Empty:
            return

    def _fail(self, sentence: str) -> None:
        self._become(RunStatus.FAILED)
        self._report(Failed(self._run, sentence))
        self._quitting = self._quitting or self._stop_at_end

    def _turn(self) -> None:
        for command in self._received():
            # Each on its own: a restart that fails must not swallow the Quit behind it.
            self._guard(self._obey, command)
        self._answer()
        self._look_inside()
        if self._status is RunStatus.TRAINING and not self._quitting:
            self._train()

    def _received(self) -> list[Command | Heard]:
        """All that waits in the inbox; blocks for the first while there is nothing to train."""
        commands: list[Command | Heard] = []
        try:
            if self._status is not RunStatus.TRAINING:
                commands.append(self._inbox.get())
            while True:
                commands.append(self._inbox.get_nowait())
        except Empty:
            return commands

    def _obey(self, command: Command | Heard) -> None:
        match command:
            case Heard(event):
                self._report(event)
            case Quit():
                self._quitting = True
            case Open(name):
                self._open(name)
            case Complete():
                self._request = command
            case Inspect():
                self._inspection = command
            case Restart(recipe):
                self._restart(recipe)
            case Change(values):
                self._try(lambda trainer: trainer.change(dict(values)))
                self._tell_progress()
            case Pause() | Resume() | StepOnce():
                self._pace(command)

    def _pace(self, command: Pause | Resume | StepOnce) -> None:
        if isinstance(command, Pause):
            if self._status is RunStatus.TRAINING:
                self._become(RunStatus.PAUSED)
        else:
            self._resume(1 if isinstance(command, StepOnce) else None)

    def _try(self, action: Callable[[Trainer], None]) -> None:
        try:
            if self._trainer is not None:
                action(self._trainer)
        except LyrictermError as error:
            self._report(Refused(self._run, str(error)))

    def _resume(self, steps: int | None) -> None:
        trainer = self._trainer
        if trainer is None:
            self._report(Refused(self._run, _("There is no run to go on with; change the settings and start one.")))
        elif trainer.epoch >= trainer.recipe.epochs:
            self._report(Refused(self._run, _("All epochs are done; raise the number of epochs, or restart.")))
        else:
            self._steps_to_go = steps
            self._become(RunStatus.TRAINING)

    def _restart(self, recipe: Recipe) -> None:
        self._replace(lambda: (recipe, fresh))

    def _open(self, name: str) -> None:
        keeping = self._keeping
        if keeping is not None:
            self._replace(lambda: from_run(self._another(keeping.store.find(name)), {}))

    def _another(self, info: RunInfo) -> RunInfo:
        place = self._archive.place
        if place is not None and place.folder.path == info.folder:
            raise RunError(_("The run {name} is the one that is open.").format(name=info.id))
        return info

    def _replace(self, choose: Callable[[], tuple[Recipe, Prepare]]) -> None:
        """Begin another run; if it cannot begin, the run there is goes on."""
        before = self._status
        try:
            self._begin(*choose())
        except LyrictermError as error:
            if self._trainer is None:
                raise
            self._report(Refused(self._run, str(error)))
            self._become(before)

    def _begin(self, recipe: Recipe, prepare: Prepare) -> None:
        before = self._status
        self._become(RunStatus.PREPARING)
        prepared = self._on_any_device(recipe, prepare)
        self._archive.leave(self._trainer, self._record, before, discard=self._worthless())
        self._take_up(prepared)

    def _on_any_device(self, recipe: Recipe, prepare: Prepare) -> Prepared:
        try:
            return prepare(recipe)
        except OutOfMemoryError:
            if recipe.device == "cpu" or prepare is not fresh or not cuda_is_there():
                raise
        self._report(Noticed(self._run, _("The GPU has no room for this run; it trains on the CPU.")))
        return prepare(replace(recipe, device="cpu"))

    def _worthless(self) -> bool:
        """A new run that was left in its first epoch, after a moment."""
        young = self._young and self._trainer is not None and self._trainer.epoch == 0
        return young and self._record.seconds < _WORTH

    def _take_up(self, prepared: Prepared) -> None:
        trainer = prepared.trainer
        self._trainer, self._record = trainer, prepared.record
        self._young = prepared.place is None
        self._run += 1
        self._archive.begin(self._run, prepared.place, trainer.epoch)
        self._report(Started(self._run, trainer.recipe, facts(trainer), trainer.epoch))
        if prepared.place is not None:
            self._report(SamplesRestored(self._run, recalled(self._run, prepared.place, trainer.epoch)))
        self._pass_on_notices(trainer)
        paused, self._start_paused = self._start_paused, False
        self._steps_to_go = None
        if prepared.diverged is None or self._stop_at_end:
            self._become(RunStatus.PAUSED if paused else RunStatus.TRAINING)
        else:
            self._stand_diverged(*prepared.diverged)
        self._tell_progress()
        if trainer.epoch >= trainer.recipe.epochs:
            self._finish(trainer)

    def _keep(self) -> None:
        if self._trainer is not None:
            self._archive.save(self._trainer, self._record, self._status)

    def _fall_back(self, trainer: Trainer) -> None:
        """The GPU has no room left: go on from what was saved last, on the CPU."""
        place = self._archive.place
        self._archive.leave(None, self._record, self._status)
        self._archive.wait(_PATIENCE)
        self._trainer = None
        prepared = self._saved_last(place) or fresh(replace(trainer.recipe, device="cpu"))
        sentence = _(
            "The GPU ran out of memory; the run goes on on the CPU, from its last save (epoch {epoch}, minibatch "
            "{minibatch})."
        )
        stands = prepared.trainer
        self._take_up(prepared)
        self._report(Noticed(self._run, sentence.format(epoch=stands.epoch, minibatch=stands.minibatch)))

    def _saved_last(self, place: Place | None) -> Prepared | None:
        """The run in that folder, on the CPU; None if it could not be saved yet."""
        if place is None or self._keeping is None:
            return None
        try:
            saved, prepare = from_run(self._keeping.store.find(place.folder.id), {"device": "cpu"})
            return prepare(saved)
        except LyrictermError as error:
            logger().warning("nothing to fall back to: %s", error)
            return None

    def _train(self) -> None:
        trainer = self._trainer
        assert trainer is not None
        minibatches, recipe = trainer.minibatches, trainer.recipe
        begun = time.perf_counter()
        try:
            steps = trainer.advance(self._steps_to_go or trainer.burst)
        except OutOfMemoryError:
            if not on_gpu(trainer):
                raise
            self._fall_back(trainer)
            return
        seconds = (time.perf_counter() - begun) / len(steps)
        for step in steps:
            for mark in self._record.add(step, recipe.steps * recipe.batch, minibatches, seconds):
                self._archive.mark(mark)
            if self._each_minibatch:
                self._report(stepped(self._run, step, seconds, trainer.held_bytes))
        self._pass_on_notices(trainer)
        if steps[-1].overflow:
            self._diverge(steps[-1])
            return
        if steps[-1].finished:
            self._end_epoch(trainer, steps[-1].finished)
        self._count_down(len(steps))
        if time.perf_counter() - self._reported >= REPORT_INTERVAL:
            self._tell_progress()
        if self._status is RunStatus.TRAINING:
            self._archive.tick(trainer, self._record)

    def _count_down(self, steps: int) -> None:
        if self._steps_to_go is None:
            return
        self._steps_to_go = max(0, self._steps_to_go - steps)
        if self._steps_to_go == 0 and self._status is RunStatus.TRAINING:
            self._become(RunStatus.PAUSED)

    def _pass_on_notices(self, trainer: Trainer) -> None:
        for sentence in trainer.notices:
            self._report(Noticed(self._run, sentence))
        trainer.notices.clear()

    def _end_epoch(self, trainer: Trainer, figures: EpochFigures) -> None:
        done = EpochDone(
            self._run,
            figures.epoch,
            figures.perplexity,
            figures.loss,
            figures.seconds,
            figures.chars_per_second,
            figures.grad_norm,
            figures.clipped,
        )
        self._archive.epoch(done)
        self._report(done)
        if figures.epoch % trainer.recipe.pred_period == 0:
            self._sample(trainer, figures)
        if trainer.epoch >= trainer.recipe.epochs:
            self._finish(trainer)

    def _sample(self, trainer: Trainer, figures: EpochFigures) -> None:
        for prefix in trainer.recipe.prefixes:
            written = trainer.complete(prefix, trainer.recipe.pred_len)
            sampled = Generated(self._run, figures.epoch, figures.perplexity, prefix, written.text)
            self._archive.sample(sampled)
            self._report(sampled)

    def _diverge(self, step: Step) -> None:
        diverged = Diverged(self._run, step.epoch, step.minibatch, step.overflow or "")
        self._archive.diverged(diverged)
        self._become(RunStatus.DIVERGED)
        self._report(diverged)
        self._quitting = self._quitting or self._stop_at_end

    def _stand_diverged(self, epoch: int, minibatch: int) -> None:
        """A run that is opened where it diverged is left to the person, as it was then."""
        what = "gradient" if math.isfinite(self._record.loss.series().latest) else "loss"
        diverged = Diverged(self._run, epoch, minibatch, what)
        self._archive.diverged(diverged, before=True)
        self._become(RunStatus.DIVERGED)
        self._report(diverged)

    def _finish(self, trainer: Trainer) -> None:
        self._become(RunStatus.FINISHED)
        latest = self._record.perplexity.series().latest
        self._report(Finished(self._run, trainer.epoch, latest, self._record.seconds))
        self._quitting = self._quitting or self._stop_at_end

    def _answer(self) -> None:
        """Complete the newest request with the model as it is now."""
        request, trainer = self._request, self._trainer
        if request is None or trainer is None:
            return
        self._request = None
        written = trainer.complete(request.typed, request.length)
        self._report(
            Completed(
                self._run,
                request.request,
                request.typed,
                written.unknown,
                written.text,
                written.probabilities,
                trainer.epoch,
                trainer.minibatch,
                perplexity_so_far(trainer, self._record).latest,
            )
        )

    def _look_inside(self) -> None:
        """Answer the newest inspection with the model as it is now; what goes wrong there does not touch the run."""
        request, self._inspection = self._inspection, None
        if request is not None:
            self._report(Inspected(self._run, request.request, self._seen(request.question)))

    def _seen(self, question: Question) -> Answer:
        from lyricterm.core.inspection import NotShown

        if self._trainer is None:
            return NotShown(_("There is no run to look into; change the settings and start one."))
        from lyricterm.engine.inspector import look

        try:
            return look(self._trainer, question)
        except LyrictermError as error:
            return NotShown(str(error))
        except Exception as error:
            logger().exception("while looking inside the model")
            sentence = _("This could not be looked at ({kind}); {path} says more. The run goes on.")
            return NotShown(sentence.format(kind=type(error).__name__, path=log_file()))

    def _save(self) -> None:
        trainer = self._trainer
        if trainer is not None and self._save_path is not None:
            from lyricterm.engine import checkpoint, snapshot

            checkpoint.save(snapshot.capture(trainer, self._record.as_plain()), self._save_path)
            self._report(Saved(self._run, str(self._save_path), trainer.epoch))

    def _become(self, status: RunStatus) -> None:
        self._status = status
        self._report(StatusChanged(self._run, status))
        if status is not RunStatus.TRAINING:
            self._tell_progress()
        if status is not RunStatus.PREPARING:
            self._keep()

    def _tell_progress(self) -> None:
        if self._trainer is None:
            return
        self._reported = time.perf_counter()
        self._report(progress(self._run, self._trainer, self._record))


def _worth_offering(info: RunInfo) -> bool:
    return info.unfinished and info.status is not RunStatus.DIVERGED and (info.epoch > 0 or info.seconds > _WORTH)


def on_gpu(trainer: Trainer) -> bool:
    """Whether a run could still fall back to the CPU."""
    return trainer.device.type != "cpu"


def cuda_is_there() -> bool:
    """Whether "auto" means a GPU."""
    from lyricterm.engine.device import resolve

    return resolve("auto").type != "cpu"


def stepped(run: int, step: Step, seconds: float, held_bytes: float) -> Stepped:
    """The figures of one minibatch."""
    return Stepped(run, step.epoch, step.minibatch, step.loss, step.grad_norm, step.clipped, seconds, held_bytes)


def facts(trainer: Trainer) -> Facts:
    """What stays the same during a run."""
    from lyricterm.engine.device import describe

    return Facts(
        corpus=trainer.corpus.name,
        characters=len(trainer.corpus.text),
        vocabulary=len(trainer.vocabulary),
        device=describe(trainer.device),
        threads=trainer.threads,
        parameters=len(trainer.model.parameters),
        characters_known=frozenset(trainer.vocabulary.characters),
    )


def perplexity_so_far(trainer: Trainer, record: RunMetrics) -> Series:
    """The perplexity of each epoch; before one is done, that of its part so far."""
    from lyricterm.engine.perplexity import perplexity

    series = record.perplexity.series()
    if series.points or not trainer.minibatch:
        return series
    return record.perplexity.series(perplexity(trainer.sums.mean_loss))


def progress(run: int, trainer: Trainer, record: RunMetrics) -> Progress:
    """Where a run stands."""
    recipe = trainer.recipe
    left = (recipe.epochs - trainer.epoch) * trainer.minibatches - trainer.minibatch
    return Progress(
        run=run,
        recipe=recipe,
        pending=tuple(trainer.pending.items()),
        epoch=trainer.epoch,
        minibatch=trainer.minibatch,
        minibatches=trainer.minibatches,
        loss=record.loss.series(),
        perplexity=perplexity_so_far(trainer, record),
        grad_norm=record.grad_norm.series(),
        clipped=record.clipped,
        chars_per_second=record.chars_per_second,
        seconds_left=max(0, left) * record.seconds_per_minibatch if record.minibatches else None,
        marks=tuple(record.marks),
        threads=trainer.threads,
    )
