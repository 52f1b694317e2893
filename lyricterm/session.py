"""The training loop: takes commands between minibatches and reports what happens.

It knows neither a screen nor a command line. The app runs it in a thread, ``lyricterm train`` in the
main thread; both talk to it through ``send`` and listen through the ``report`` they give. The engine, and
with it torch, is imported inside the loop, so a first frame never waits for it.
"""

from __future__ import annotations

import time
from collections import deque
from collections.abc import Callable
from pathlib import Path
from queue import Empty, SimpleQueue
from typing import TYPE_CHECKING

from lyricterm.curve import Curve
from lyricterm.errors import LyrictermError
from lyricterm.events import (
    Activity,
    ActivityChanged,
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
    Mark,
    Noticed,
    Pause,
    Progress,
    Quit,
    Refused,
    Restart,
    Resume,
    Sampled,
    Saved,
    Series,
    Started,
    StepOnce,
    Stopped,
)
from lyricterm.i18n import _
from lyricterm.log import logger
from lyricterm.recipe import Recipe

if TYPE_CHECKING:
    from lyricterm.engine.trainer import EpochFigures, Step, Trainer

REPORT_INTERVAL = 0.2
"""Seconds between two reports of progress."""
_SPEED_WINDOW = 64
_MAX_MARKS = 200

Report = Callable[[Event], None]
Prepare = Callable[[Recipe], "Trainer"]


def fresh(recipe: Recipe) -> Trainer:
    """A trainer for a new run."""
    from lyricterm.engine import corpus
    from lyricterm.engine.trainer import Trainer

    return Trainer(recipe, corpus.load(recipe.corpus, recipe.max_chars))


class Record:
    """What a run has shown so far: its curves, marks and speed."""

    def __init__(self) -> None:
        self.loss, self.perplexity, self.grad_norm = Curve(), Curve(), Curve()
        self.marks: deque[Mark] = deque(maxlen=_MAX_MARKS)
        self.minibatches = 0
        self.seconds = 0.0
        self._pace: deque[tuple[int, float]] = deque(maxlen=_SPEED_WINDOW)
        self._clipped: deque[bool] = deque(maxlen=1)

    def add(self, step: Step, characters: int, minibatches: int, seconds: float) -> None:
        """Take in one minibatch; of one that overflowed, only what the curves show."""
        done = step.epoch - 1 + (step.minibatch - 1) / max(1, minibatches)
        for change in step.applied:
            self.marks.append(Mark(done, self.minibatches, change.axis, change.old, change.new))
        self.minibatches += 1
        self.loss.add(step.loss)
        self.grad_norm.add(step.grad_norm)
        if step.overflow:
            return
        self.seconds += seconds
        self._pace.append((characters, seconds))
        if self._clipped.maxlen != minibatches:
            self._clipped = deque(self._clipped, maxlen=max(1, minibatches))
        self._clipped.append(step.clipped)
        if step.finished:
            self.perplexity.add(step.finished.perplexity)

    @property
    def chars_per_second(self) -> float:
        """Over the latest minibatches."""
        seconds = sum(seconds for _, seconds in self._pace)
        return sum(characters for characters, _ in self._pace) / seconds if seconds else 0.0

    @property
    def seconds_per_minibatch(self) -> float:
        """Over the latest minibatches."""
        return sum(seconds for _, seconds in self._pace) / len(self._pace) if self._pace else 0.0

    @property
    def clipped(self) -> float:
        """Fraction of the minibatches clipped, over about one epoch."""
        return sum(self._clipped) / len(self._clipped) if self._clipped else 0.0


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
    ) -> None:
        """Set up; nothing happens before ``run``.

        Args:
            recipe: of the first run.
            report: is called in the loop's thread with each event.
            paused: do not start training by itself.
            prepare: makes the first run's trainer (fresh, or from a checkpoint).
            save: where to write a checkpoint when the loop ends.
            stop_at_end: end the loop when a run has finished, diverged or failed.
        """
        self._recipe, self._report = recipe, report
        self._start_paused = paused
        self._prepare = prepare
        self._save_path = save
        self._stop_at_end = stop_at_end
        self._inbox: SimpleQueue[Command] = SimpleQueue()
        self._request: Complete | None = None
        self._trainer: Trainer | None = None
        self._record = Record()
        self._run = 0
        self._activity = Activity.PREPARING
        self._steps_to_go: int | None = None
        self._quitting = False
        self._reported = 0.0

    def send(self, command: Command) -> None:
        """Hand over a command; safe from any thread and from a signal handler."""
        self._inbox.put(command)

    def run(self) -> None:
        """The loop; returns when told to quit (or at the end, if so asked)."""
        self._guard(lambda: self._begin(self._recipe, self._prepare))
        while not self._quitting:
            self._guard(self._turn)
        self._guard(self._save)
        epoch, minibatch = (self._trainer.epoch, self._trainer.minibatch) if self._trainer else (0, 0)
        self._report(Stopped(self._run, epoch, minibatch))

    def _guard(self, action: Callable[..., None], *arguments: Command) -> None:
        """Nothing that goes wrong in a run may end the loop or reach the screen as a traceback."""
        try:
            action(*arguments)
        except LyrictermError as error:
            self._fail(str(error))
        except Exception as error:
            logger().exception("in the training loop")
            sentence = _("An internal error stopped the run ({kind}); the log file says more. Restart it to go on.")
            self._fail(sentence.format(kind=type(error).__name__))

    def _fail(self, sentence: str) -> None:
        self._become(Activity.FAILED)
        self._report(Failed(self._run, sentence))
        self._quitting = self._quitting or self._stop_at_end

    def _turn(self) -> None:
        for command in self._received():
            # Each on its own: a restart that fails must not swallow the Quit behind it.
            self._guard(self._obey, command)
        self._answer()
        if self._activity is Activity.TRAINING and not self._quitting:
            self._train()

    def _received(self) -> list[Command]:
        """All commands that wait; blocks for the first while there is nothing to train."""
        commands: list[Command] = []
        try:
            if self._activity is not Activity.TRAINING:
                commands.append(self._inbox.get())
            while True:
                commands.append(self._inbox.get_nowait())
        except Empty:
            return commands

    def _obey(self, command: Command) -> None:
        match command:
            case Quit():
                self._quitting = True
            case Complete():
                self._request = command
            case Restart(recipe):
                self._restart(recipe)
            case Change(values):
                self._try(lambda trainer: trainer.change(dict(values)))
                self._tell_progress()
            case Pause():
                if self._activity is Activity.TRAINING:
                    self._become(Activity.PAUSED)
            case Resume():
                self._resume(None)
            case StepOnce():
                self._resume(1)

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
            self._become(Activity.TRAINING)

    def _restart(self, recipe: Recipe) -> None:
        """Begin a new run; if it cannot begin, the run there is goes on."""
        if self._trainer is None:
            self._begin(recipe, fresh)
            return
        before = self._activity
        try:
            self._begin(recipe, fresh)
        except LyrictermError as error:
            self._report(Refused(self._run, str(error)))
            self._become(before)

    def _begin(self, recipe: Recipe, prepare: Prepare) -> None:
        self._become(Activity.PREPARING)
        trainer = prepare(recipe)
        self._trainer, self._record = trainer, Record()
        self._run += 1
        self._report(Started(self._run, trainer.recipe, facts(trainer), trainer.epoch))
        paused, self._start_paused = self._start_paused, False
        self._steps_to_go = None
        self._become(Activity.PAUSED if paused else Activity.TRAINING)
        self._tell_progress()
        if trainer.epoch >= trainer.recipe.epochs:
            self._finish(trainer)

    def _train(self) -> None:
        trainer = self._trainer
        assert trainer is not None
        minibatches, recipe = trainer.minibatches, trainer.recipe
        begun = time.perf_counter()
        steps = trainer.advance(self._steps_to_go or trainer.burst)
        seconds = (time.perf_counter() - begun) / len(steps)
        for step in steps:
            self._record.add(step, recipe.steps * recipe.batch, minibatches, seconds)
        self._pass_on_notices(trainer)
        if steps[-1].overflow:
            self._diverge(steps[-1])
            return
        if steps[-1].finished:
            self._end_epoch(trainer, steps[-1].finished)
        self._count_down(len(steps))
        if time.perf_counter() - self._reported >= REPORT_INTERVAL:
            self._tell_progress()

    def _count_down(self, steps: int) -> None:
        if self._steps_to_go is None:
            return
        self._steps_to_go = max(0, self._steps_to_go - steps)
        if self._steps_to_go == 0 and self._activity is Activity.TRAINING:
            self._become(Activity.PAUSED)

    def _pass_on_notices(self, trainer: Trainer) -> None:
        for sentence in trainer.notices:
            self._report(Noticed(self._run, sentence))
        trainer.notices.clear()

    def _end_epoch(self, trainer: Trainer, figures: EpochFigures) -> None:
        self._report(
            EpochDone(
                self._run,
                figures.epoch,
                figures.perplexity,
                figures.loss,
                figures.seconds,
                figures.chars_per_second,
                figures.grad_norm,
                figures.clipped,
            )
        )
        if figures.epoch % trainer.recipe.pred_period == 0:
            self._sample(trainer, figures)
        if trainer.epoch >= trainer.recipe.epochs:
            self._finish(trainer)

    def _sample(self, trainer: Trainer, figures: EpochFigures) -> None:
        for prefix in trainer.recipe.prefixes:
            written = trainer.complete(prefix, trainer.recipe.pred_len)
            self._report(Sampled(self._run, figures.epoch, figures.perplexity, prefix, written.text))

    def _diverge(self, step: Step) -> None:
        self._become(Activity.DIVERGED)
        self._report(Diverged(self._run, step.epoch, step.minibatch, step.overflow or ""))
        self._quitting = self._quitting or self._stop_at_end

    def _finish(self, trainer: Trainer) -> None:
        self._become(Activity.FINISHED)
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

    def _save(self) -> None:
        trainer = self._trainer
        if trainer is not None and self._save_path is not None:
            from lyricterm.engine import checkpoint

            checkpoint.save(checkpoint.capture(trainer), self._save_path)
            self._report(Saved(self._run, str(self._save_path), trainer.epoch))

    def _become(self, activity: Activity) -> None:
        self._activity = activity
        self._report(ActivityChanged(self._run, activity))
        if activity is not Activity.TRAINING:
            self._tell_progress()

    def _tell_progress(self) -> None:
        if self._trainer is None:
            return
        self._reported = time.perf_counter()
        self._report(progress(self._run, self._trainer, self._record))


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


def perplexity_so_far(trainer: Trainer, record: Record) -> Series:
    """The perplexity of each epoch; before one is done, that of its part so far."""
    from lyricterm.engine.perplexity import perplexity

    series = record.perplexity.series()
    if series.points or not trainer.minibatch:
        return series
    return record.perplexity.series(perplexity(trainer.sums.mean_loss))


def progress(run: int, trainer: Trainer, record: Record) -> Progress:
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
