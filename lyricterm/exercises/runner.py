"""Trains the runs of an exercise one after the other, then again with the next seed, in the thread that calls it.

The runs are kept on disk where there is a place for them. They belong to their exercise: a replay takes their place,
and they push out no run of a person's own.
"""

from __future__ import annotations

import math
import time
from collections.abc import Callable
from dataclasses import replace

from lyricterm.core.commands import Quit
from lyricterm.core.errors import LyrictermError
from lyricterm.core.events import Event
from lyricterm.core.run_status import ENDED, RunStatus
from lyricterm.core.settings import Recipe
from lyricterm.exercises.base import Exercise
from lyricterm.exercises.forecast import QUICK, Forecast, Outlook, measured
from lyricterm.exercises.measurements import Collector, RunResult
from lyricterm.storage.exercise_runs import make_room
from lyricterm.storage.run_names import MAX_NAME
from lyricterm.training.run_storage import RunStorage
from lyricterm.training.session import Session
from lyricterm.training.stopwatch import ROUNDS

SEEDS = 3
"""Seeds that every run is trained with, unless the person says how many: fewer say nothing about chance."""
MOST_SEEDS = 100
_SEED_RANGE = 2**63
_UNPRUNED = 2**62
"""Bytes: no checkpoint is removed while an exercise is played; the runs of exercises have bounds of their own."""
INTERVAL = 0.2
"""Seconds between two looks at how the runs stand."""

Watch = Callable[[tuple[RunResult, ...]], None]


class Runner:
    """Plays one exercise once."""

    def __init__(
        self,
        exercise: Exercise,
        recipe: Recipe,
        watch: Watch,
        epochs: int | None = None,
        seeds: int = SEEDS,
        storage: RunStorage | None = None,
    ) -> None:
        """Set up; nothing happens before ``run``.

        Args:
            exercise: what to play.
            recipe: the person's; the runs change some settings of it.
            watch: is called in the thread that runs with how all runs stand, a few times a second and at each end.
            epochs: of each run; the exercise's own if None.
            seeds: how often each run is trained: with the person's seed, and with those after it.
            storage: where the runs are kept; None keeps none.

        Raises:
            RecipeError: if a run cannot be.
        """
        base = exercise.base(recipe, epochs)
        planned = [(run, run.recipe(base)) for run in exercise.runs(base)]
        self._watch, self._exercise, self._storage = watch, exercise, storage
        self._results = [
            RunResult(run, wanted.with_values({"seed": (wanted.seed + seed) % _SEED_RANGE}))
            for seed in range(seeds)
            for run, wanted in planned
        ]
        self._session: Session | None = None
        self._stopped = False
        self._looked = 0.0
        self._forecast: Forecast | None = None
        self._begun = 0.0

    @property
    def results(self) -> tuple[RunResult, ...]:
        """How the runs stand."""
        return tuple(self._results)

    @property
    def outlook(self) -> Outlook:
        """How far it is, and how long it still takes."""
        if self._forecast is None:
            return Outlook()
        return self._forecast.outlook(self._results, time.monotonic() - self._begun)

    def stop(self) -> None:
        """End after the minibatch under way; safe from any thread and from a signal handler."""
        self._stopped = True
        session = self._session
        if session is not None:
            session.send(Quit())

    @property
    def stopped(self) -> bool:
        """It was told to end."""
        return self._stopped

    def run(self) -> tuple[RunResult, ...]:
        """Train until done or stopped; if the first run cannot train, the others are not tried."""
        self._watch(self.results)
        self._measure_times()
        self._begun = time.monotonic()
        for place in range(len(self._results)):
            if self._stopped:
                break
            self._train(place)
            if self._results[0].status is RunStatus.FAILED:
                break
        return self.results

    def _measure_times(self) -> None:
        times = self._exercise.times
        self._forecast = measured(self._results, ROUNDS if times else QUICK, lambda: self._stopped)
        if times:
            known = self._forecast.times
            self._results = [replace(result, turns=known[result.run].turns) for result in self._results]

    def _train(self, place: int) -> None:
        waiting = self._results[place]
        collector = Collector(waiting.run, waiting.recipe)

        def report(event: Event) -> None:
            collector.take(event)
            if time.monotonic() - self._looked >= INTERVAL:
                self._look(place, collector)

        exercise = self._exercise
        self._session = Session(
            waiting.recipe,
            report,
            stop_at_end=True,
            each_minibatch=exercise.each_minibatch,
            probes=exercise.probes,
            each_epoch=exercise.each_epoch,
            at_end=exercise.at_end,
            storage=self._kept_as(waiting),
        )
        if self._stopped:
            # Told so before there was a session to tell.
            self._session.send(Quit())
        self._session.run()
        self._session = None
        if self._storage is not None:
            make_room(self._storage.store)
        self._look(place, collector)

    def _kept_as(self, result: RunResult) -> RunStorage | None:
        """Where a run is kept, and under which name: clipping-tanh-unclipped-0."""
        if self._storage is None:
            return None
        words = f"{self._exercise.name} {result.run.name} {result.seed}".lower()
        name = words.replace(" ", "-")[:MAX_NAME]
        return replace(self._storage, budget=_UNPRUNED, exercise=self._exercise.name, name=name)

    def _look(self, place: int, collector: Collector) -> None:
        self._looked = time.monotonic()
        self._results[place] = replace(collector.result(), turns=self._results[place].turns)
        self._watch(self.results)


def estimate(exercise: Exercise, recipe: Recipe, is_stopped: Callable[[], bool]) -> float:
    """Seconds that the exercise takes with one seed, measured in a few; NaN if a run of it cannot train."""
    try:
        planned = Runner(exercise, recipe, lambda _results: None, seeds=1).results
    except LyrictermError:
        return math.nan
    return measured(planned, is_stopped=is_stopped).total(planned)


def over(results: tuple[RunResult, ...]) -> bool:
    """Whether every run has come to its own end."""
    return all(result.status in ENDED for result in results)


def whole_seeds(results: tuple[RunResult, ...]) -> tuple[RunResult, ...]:
    """The results of the seeds with which every run has come to its own end."""
    seeds = dict.fromkeys(result.seed for result in results)
    done = [seed for seed in seeds if over(tuple(result for result in results if result.seed == seed))]
    return tuple(result for result in results if result.seed in done)


def failure(results: tuple[RunResult, ...]) -> str:
    """The first sentence on why a run could not train; empty if all could."""
    return next((result.failure for result in results if result.failure), "")
