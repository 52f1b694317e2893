"""The session: one thread and one inbox, in which a run is trained, a minibatch at a time.

Between two minibatches it obeys commands and answers questions; it reports what happens. It knows neither a screen
nor a command line: the app runs it in a thread, ``lyricterm train`` in the main thread; both talk to it through
``send`` and listen through the ``report`` they give. The engine, and with it torch, is imported inside the loop, so
a first frame never waits for it.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from lyricterm.core.commands import (
    Change,
    Command,
    Complete,
    Inspect,
    Open,
    Pause,
    Quit,
    Restart,
    Resume,
    StepOnce,
    StopReading,
)
from lyricterm.core.copied import copied_spans, share_of
from lyricterm.core.errors import LyrictermError, OutOfMemoryError, UsageError
from lyricterm.core.events import (
    Diverged,
    EpochDone,
    Failed,
    Generated,
    Listener,
    Noticed,
    Refused,
    ResumeOffered,
    Saved,
    SaveFailed,
    Stopped,
)
from lyricterm.core.i18n import _
from lyricterm.core.metrics import EpochMetrics
from lyricterm.core.run_data import Sample
from lyricterm.core.run_status import RunStatus
from lyricterm.core.settings import Recipe
from lyricterm.training.answers import Answers
from lyricterm.training.autosave import Autosave
from lyricterm.training.current_run import PATIENCE, CurrentRun
from lyricterm.training.examinations import Examination
from lyricterm.training.failures import sentence_of
from lyricterm.training.inbox import Inbox, Relayed
from lyricterm.training.progress_report import probed, stepped
from lyricterm.training.resume import Prepare, fresh, worth_resuming
from lyricterm.training.run_storage import RunStorage
from lyricterm.training.sample_schedule import SampleSchedule, every_period

if TYPE_CHECKING:
    from lyricterm.engine.trainer import Trainer
    from lyricterm.engine.trainer_state import Step


class Session:
    """Runs one experiment after another; one object, one thread."""

    def __init__(
        self,
        recipe: Recipe,
        report: Listener,
        *,
        paused: bool = False,
        prepare: Prepare = fresh,
        save: Path | None = None,
        stop_at_end: bool = False,
        storage: RunStorage | None = None,
        offer: bool = False,
        each_minibatch: bool = False,
        schedule: SampleSchedule = every_period,
        probes: int = 0,
        each_epoch: Sequence[Examination] = (),
        at_end: Sequence[Examination] = (),
    ) -> None:
        """Set up; nothing happens before ``run``.

        Args:
            recipe: of the first run.
            report: is called in the loop's thread with each event.
            paused: do not start training by itself.
            prepare: makes the first run (fresh, or from a checkpoint).
            save: a file that each checkpoint is written to; that of the last run when the loop ends, in any case.
            stop_at_end: end the loop when a run has finished, diverged or failed.
            storage: how runs are kept on disk; None keeps nothing.
            offer: report the last unfinished run that is on disk, before the first run begins.
            each_minibatch: report the figures of every minibatch.
            probes: report what the gradient is made of, before each of so many minibatches and the first of each epoch.
            each_epoch: what is found out about the model after each epoch, and reported.
            at_end: what is found out about the model of a finished run, and reported.
            schedule: after which epochs lyrics are written.
        """
        self._recipe, self._report, self._prepare = recipe, report, prepare
        self._save_path, self._stop_at_end = save, stop_at_end
        self._offers, self._each_minibatch, self._probes, self._schedule = offer, each_minibatch, probes, schedule
        self._each_epoch, self._at_end = each_epoch, at_end
        self._quitting = self._is_leaving = False
        self._inbox = Inbox()
        self._autosave = Autosave(storage, self._inbox.relay, save)
        self._run = CurrentRun(report, self._autosave, paused=paused, trains_diverged=stop_at_end)
        self._answers = Answers(self._run, report)

    def send(self, command: Command) -> None:
        """Hand over a command; safe from any thread and from a signal handler."""
        if isinstance(command, StopReading | Quit):
            # The loop itself is busy reading.
            self._run.reading.stop()
            self._is_leaving = self._is_leaving or isinstance(command, Quit)
        self._inbox.send(command)

    def run(self) -> None:
        """The loop; returns when told to quit (or at the end, if so asked)."""
        self._guard(self._offer)
        self._guard(lambda: self._run.begin(self._recipe, self._prepare))
        while not self._is_over():
            self._guard(self._turn)
        self._guard(self._end)
        trainer = self._run.trainer
        epoch, minibatch = (trainer.epoch, trainer.minibatch) if trainer else (0, 0)
        self._report(Stopped(self._run.number, epoch, minibatch))

    def _is_over(self) -> bool:
        return self._quitting or (self._stop_at_end and self._run.has_ended)

    def _turn(self) -> None:
        """Obey, answer, train."""
        for command in self._inbox.received(wait=not self._run.is_training):
            # Each on its own: a restart that fails must not swallow the Quit behind it.
            self._guard(self._obey, command)
        self._answers.give()
        if self._run.is_training and not self._quitting:
            self._train()

    def _train(self) -> None:
        """Train one minibatch (or a few, where the trainer likes to train several in a row), and report it."""
        run = self._run
        trainer, metrics = run.trainer, run.metrics
        assert trainer is not None
        minibatches, recipe = trainer.minibatches, trainer.recipe
        probes = metrics.minibatches < self._probes
        if probes or (self._probes and trainer.minibatch == 0):
            self._report(probed(run.number, trainer))
        begun = time.perf_counter()
        try:
            steps = trainer.advance(1 if probes else run.steps_to_go or trainer.burst)
        except OutOfMemoryError as error:
            run.fall_back(error)
            return
        seconds = (time.perf_counter() - begun) / len(steps)
        marks = []
        for step in steps:
            for mark in metrics.add(step, recipe.steps * recipe.batch, minibatches, seconds):
                self._autosave.mark(mark)
                marks.append(mark)
            if self._each_minibatch:
                self._report(stepped(run.number, step, trainer.held_bytes))
        if marks:
            # Before the lyrics of the epoch that has just ended: the log tells things in the order they happened.
            run.tell_progress()
        run.pass_on_notices()
        if steps[-1].overflow:
            self._diverge(steps[-1], recipe)
            return
        if steps[-1].finished:
            self._end_epoch(trainer, steps[-1].finished)
        run.count_down(len(steps))
        run.tell_progress(if_due=True)
        if run.is_training:
            self._autosave.tick(trainer, metrics)

    def _end_epoch(self, trainer: Trainer, metrics: EpochMetrics) -> None:
        self._autosave.epoch(metrics, trainer, self._run.metrics)
        self._report(EpochDone(self._run.number, metrics))
        for examine in self._each_epoch:
            self._report(examine(self._run.number, trainer))
        is_last = trainer.epoch >= trainer.recipe.epochs or self._run.is_out_of_patience()
        if self._schedule(metrics.epoch, trainer.recipe.pred_period, is_last):
            self._write_lyrics(trainer, metrics)
        if is_last:
            for examine in self._at_end:
                # Each may take a second or more; nobody waits for them who wants to leave.
                if not self._is_leaving:
                    self._report(examine(self._run.number, trainer))
            self._run.finish()

    def _write_lyrics(self, trainer: Trainer, metrics: EpochMetrics) -> None:
        recipe = trainer.recipe
        asked = (recipe.pred_len, recipe.decoding, recipe.sample_seed, recipe.sample_count)
        for prefix in trainer.prefixes:
            try:
                texts = trainer.generate(prefix, *asked)
            except Exception as error:
                sentence = _("No lyrics could be written ({kind}); the log in {path} has the details. The run goes on.")
                self._report(Noticed(self._run.number, sentence_of(error, sentence)))
                return
            for number, written in enumerate(texts):
                spans = copied_spans(written.text, trainer.corpus.text)
                copied = share_of(spans, len(written.text))
                told = (metrics.epoch, metrics.perplexity, prefix, written.text, copied, written.unknown)
                sample = Sample(*told, recipe.decoding, recipe.sample_seed + number, number, spans)
                self._autosave.sample(sample)
                self._report(Generated(self._run.number, sample))

    def _diverge(self, step: Step, recipe: Recipe) -> None:
        theta = recipe.theta if recipe.clipping else None
        diverged = Diverged(self._run.number, step.epoch, step.minibatch, step.overflow or "", theta)
        self._autosave.diverged(diverged)
        self._run.become(RunStatus.DIVERGED)
        self._report(diverged)

    def _obey(self, command: Command | Relayed) -> None:
        match command:
            case Relayed(event):
                self._report(event)
            case Quit():
                self._quitting = True
            case Complete() | Inspect():
                self._answers.ask(command)
            case Open(name):
                self._run.open(name)
            case Restart(recipe):
                self._run.restart(recipe)
            case Change():
                self._change(command)
            case Pause():
                self._run.pause()
            case StopReading():
                # Done already, see ``send``.
                pass
            case Resume() | StepOnce():
                self._run.go_on(1 if isinstance(command, StepOnce) else None)

    def _change(self, command: Change) -> None:
        try:
            if self._run.trainer is not None:
                self._run.trainer.change(dict(command.values))
        except LyrictermError as error:
            self._report(Refused(self._run.number, str(error)))
        self._run.tell_progress()

    def _guard(self, action: Callable[..., None], *arguments: Command | Relayed) -> None:
        """Nothing that goes wrong in a run may end the loop or reach the screen as a traceback."""
        try:
            action(*arguments)
        except Exception as error:
            sentence = _(
                "An internal error stopped the run ({kind}); the log in {path} has the details. Restart the "
                "run to go on."
            )
            told = sentence_of(error, sentence)
            self._run.become(RunStatus.FAILED)
            self._report(Failed(self._run.number, told, isinstance(error, UsageError)))

    def _offer(self) -> None:
        storage = self._autosave.storage
        if self._offers and storage is not None:
            info = next(filter(worth_resuming, storage.store.newest_first()), None)
            if info is not None:
                stands = (info.recipe, info.epoch_shown, info.perplexity, info.updated)
                self._report(ResumeOffered(0, info.id, *stands, info.spoken))

    def _end(self) -> None:
        """Save what is not saved yet."""
        self._autosave.leave(self._run.trainer, self._run.metrics, self._run.status)
        written = self._autosave.wait(PATIENCE)
        for relayed in self._inbox.received(wait=False):
            if isinstance(relayed, Relayed):
                self._report(relayed.event)
        if written:
            self._save()
        else:
            # Two threads must not write the same file.
            sentence = _("The disk has not answered for {seconds:.0f} seconds; what was saved before is kept.")
            self._report(SaveFailed(self._run.number, sentence.format(seconds=PATIENCE)))

    def _save(self) -> None:
        trainer = self._run.trainer
        if trainer is not None and self._save_path is not None:
            from lyricterm.engine import checkpoint, snapshot

            checkpoint.save(snapshot.capture(trainer, self._run.metrics.to_dict()), self._save_path)
            self._report(Saved(self._run.number, str(self._save_path), trainer.epoch))
