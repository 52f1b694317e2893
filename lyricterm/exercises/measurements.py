"""What a run has shown: epochs, minibatches, lyrics and how it ended; bounded however long it ran."""

from __future__ import annotations

import math
import statistics
from dataclasses import dataclass
from typing import Generic, TypeVar

from lyricterm.core.events import (
    Diverged,
    EpochDone,
    Event,
    Examined,
    Failed,
    Finished,
    Generated,
    Noticed,
    Probed,
    Progress,
    SaveFailed,
    Started,
    Stepped,
    Stopped,
)
from lyricterm.core.metrics import METRICS, EpochMetrics
from lyricterm.core.run_data import DecodingTrial, FromZero, GradientProbe, HeldOutFacts, Sample, Scores
from lyricterm.core.run_status import ENDED, RunStatus
from lyricterm.core.settings import Recipe
from lyricterm.exercises.run import ExerciseRun

MAX_EPOCHS = 2_048
"""Epochs whose figures are kept; of more, every second, every fourth…"""
MAX_MINIBATCHES = 2_000
"""Minibatches, from the first on, whose figures are kept."""
_MAX_NOTICES = 8


@dataclass(frozen=True)
class RunResult:
    """One run, measured."""

    run: ExerciseRun
    recipe: Recipe
    status: RunStatus = RunStatus.WAITING
    vocabulary: int = 0
    """Distinct characters; 0 while it is not known."""
    corpus: str = ""
    device: str = ""
    done: float = 0.0
    """Epochs done, with the part of the one under way."""
    epochs: tuple[EpochMetrics, ...] = ()
    minibatches: tuple[Stepped, ...] = ()
    samples: tuple[Sample, ...] = ()
    diverged: Diverged | None = None
    failure: str = ""
    notices: tuple[str, ...] = ()
    held_out: HeldOutFacts | None = None
    probes: tuple[GradientProbe, ...] = ()
    """Before each of the first minibatches, and before the first of each epoch."""
    scores: Scores | None = None
    """Of the finished model."""
    from_zero: tuple[FromZero, ...] = ()
    """On held-out text, after each epoch."""
    trials: tuple[DecodingTrial, ...] = ()
    """What the finished model wrote with several ways of decoding."""
    parameters: int = 0
    """0 while it is not known."""
    turns: tuple[float, ...] = ()
    """Seconds of an epoch by each of some minibatches, trained with the runs taking turns; empty where none were."""

    @property
    def seed(self) -> int:
        """Of its weights and its shuffling."""
        return self.recipe.seed

    @property
    def perplexity(self) -> float:
        """Of the last epoch; NaN if there is none."""
        return self.epochs[-1].perplexity if self.epochs else math.nan

    @property
    def best(self) -> float:
        """The lowest of any epoch; NaN if there is none."""
        return METRICS["perplexity"].best(epoch.perplexity for epoch in self.epochs)

    @property
    def area(self) -> float:
        """The geometric mean of all epochs' perplexities: how low the whole curve lies."""
        known = [epoch.perplexity for epoch in self.epochs]
        if not known or math.inf in known:
            return math.inf if known else math.nan
        return math.exp(statistics.fmean(map(math.log, known)))

    @property
    def best_epoch(self) -> EpochMetrics | None:
        """The one with the lowest perplexity on held-out text; None where nothing is held out."""
        known = [epoch for epoch in self.epochs if math.isfinite(epoch.valid_perplexity)]
        return min(known, key=lambda epoch: epoch.valid_perplexity, default=None)

    @property
    def valid(self) -> float:
        """The perplexity on held-out text after the last epoch; NaN where nothing is held out."""
        return self.epochs[-1].valid_perplexity if self.epochs else math.nan

    @property
    def best_valid(self) -> float:
        """The lowest perplexity on held-out text; NaN where nothing is held out."""
        return self.best_epoch.valid_perplexity if self.best_epoch else math.nan

    @property
    def best_from_zero(self) -> FromZero | None:
        """That of the epoch with the lowest perplexity; None where nothing is held out."""
        known = [each for each in self.from_zero if math.isfinite(each.perplexity)]
        return min(known, key=lambda each: each.perplexity, default=None)

    @property
    def seconds(self) -> float:
        """Per epoch: the median; NaN if there is none."""
        return statistics.median(epoch.seconds for epoch in self.epochs) if self.epochs else math.nan

    @property
    def timed(self) -> float:
        """Seconds of an epoch, measured with the runs taking turns: the median; NaN where that was not done."""
        return statistics.median(self.turns) if self.turns else math.nan

    @property
    def learnt(self) -> bool:
        """It came to its end, better than guessing."""
        return self.status is RunStatus.FINISHED and self.perplexity < self.vocabulary

    def at(self, epoch: int) -> tuple[Sample, ...]:
        """The lyrics written last up to an epoch."""
        newest = max((sample.epoch for sample in self.samples if sample.epoch <= epoch), default=0)
        return tuple(sample for sample in self.samples if sample.epoch == newest)


OfEpoch = TypeVar("OfEpoch", EpochMetrics, Sample, FromZero)


class Thinned(Generic[OfEpoch]):
    """Rows by epoch; once there are too many, every second epoch is dropped, never the newest."""

    def __init__(self, most: int) -> None:
        self._most = most
        self._stride = 1
        self._kept: list[OfEpoch] = []
        self._newest: list[OfEpoch] = []

    def add(self, row: OfEpoch) -> None:
        """Append a row; its epoch is not before the newest's."""
        if self._newest and self._newest[0].epoch != row.epoch:
            self._settle()
        self._newest.append(row)

    def rows(self) -> tuple[OfEpoch, ...]:
        """What is kept, oldest first."""
        return tuple(self._kept + self._newest)

    def _settle(self) -> None:
        # The first epoch stays: what an untrained model does is half of what there is to see.
        if (self._newest[0].epoch - 1) % self._stride == 0:
            self._kept += self._newest
        self._newest = []
        if len(self._kept) > self._most:
            self._stride *= 2
            self._kept = [row for row in self._kept if (row.epoch - 1) % self._stride == 0]


class Collector:
    """Takes in the events of one run's session."""

    def __init__(self, run: ExerciseRun, recipe: Recipe) -> None:
        self._run, self._recipe = run, recipe
        self._status = RunStatus.WAITING
        self._begin()

    def _begin(self) -> None:
        self._vocabulary, self._corpus, self._device = 0, "", ""
        self._done = 0.0
        self._epochs: Thinned[EpochMetrics] = Thinned(MAX_EPOCHS)
        self._samples: Thinned[Sample] = Thinned(MAX_EPOCHS * max(1, len(self._recipe.prefixes)))
        self._minibatches: list[Stepped] = []
        self._diverged: Diverged | None = None
        self._failure = ""
        self._notices: list[str] = []
        self._held_out: HeldOutFacts | None = None
        self._parameters = 0
        self._probes: list[GradientProbe] = []
        self._scores: Scores | None = None
        self._from_zero: Thinned[FromZero] = Thinned(MAX_EPOCHS)
        self._trials: tuple[DecodingTrial, ...] = ()

    def take(self, event: Event) -> None:
        """Take in one event."""
        match event:
            case Progress():
                self._done = event.epoch + event.minibatch / max(1, event.minibatches)
            case Stepped():
                if len(self._minibatches) < MAX_MINIBATCHES:
                    self._minibatches.append(event)
            case EpochDone():
                self._done = event.epoch
                self._epochs.add(event.metrics)
            case Generated():
                self._samples.add(event.sample)
            case Probed():
                if len(self._probes) < MAX_MINIBATCHES:
                    self._probes.append(event.probe)
            case Examined():
                self._take_found(event.found)
            case Noticed() | SaveFailed():
                self._notices = [*self._notices, event.sentence][-_MAX_NOTICES:]
            case _:
                self._take_turn(event)

    def _take_found(self, found: Scores | FromZero | tuple[DecodingTrial, ...]) -> None:
        if isinstance(found, Scores):
            self._scores = found
        elif isinstance(found, FromZero):
            self._from_zero.add(found)
        else:
            self._trials += found

    def _take_turn(self, event: Event) -> None:
        match event:
            case Started():
                # A second start: the GPU had no room left and the run began anew on the CPU.
                self._begin()
                self._status = RunStatus.TRAINING
                self._vocabulary = event.facts.vocabulary
                self._corpus, self._device = event.facts.corpus, event.facts.device
                self._held_out, self._parameters = event.facts.held_out, event.facts.parameters
            case Finished():
                self._status = RunStatus.FINISHED
            case Diverged():
                self._status, self._diverged = RunStatus.DIVERGED, event
            case Failed():
                self._status, self._failure = RunStatus.FAILED, event.sentence
            case Stopped() if self._status not in ENDED:
                self._status = RunStatus.INTERRUPTED

    def result(self) -> RunResult:
        """What it has shown so far."""
        return RunResult(
            run=self._run,
            recipe=self._recipe,
            status=self._status,
            vocabulary=self._vocabulary,
            corpus=self._corpus,
            device=self._device,
            done=self._done,
            epochs=self._epochs.rows(),
            minibatches=tuple(self._minibatches),
            samples=self._samples.rows(),
            diverged=self._diverged,
            failure=self._failure,
            notices=tuple(self._notices),
            held_out=self._held_out,
            probes=tuple(self._probes),
            scores=self._scores,
            from_zero=self._from_zero.rows(),
            trials=self._trials,
            parameters=self._parameters,
        )
