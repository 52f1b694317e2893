"""How long an exercise takes: each of its runs is measured on this machine before any is trained."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass

from lyricterm.core.run_status import ENDED
from lyricterm.exercises.base import Results
from lyricterm.exercises.measurements import RunResult
from lyricterm.exercises.run import ExerciseRun
from lyricterm.training.stopwatch import EpochTime, epoch_times

QUICK = 4
"""Minibatches of each run that are measured where only the whole is asked for."""
_TRUSTED = 3.0
"""Seconds of training after which the pace so far counts."""


@dataclass(frozen=True)
class Outlook:
    """How far an exercise is."""

    share: float = 0.0
    """Of its time, from 0 to 1."""
    left: float = math.nan
    """Seconds; NaN while nothing is measured."""


@dataclass(frozen=True)
class Forecast:
    """What was measured of each run."""

    times: Mapping[ExerciseRun, EpochTime]

    def total(self, results: Results) -> float:
        """Seconds of all runs if none ends early; NaN if a time is not known."""
        return math.fsum(map(self._whole, results))

    def outlook(self, results: Results, elapsed: float) -> Outlook:
        """How far these runs are after so many seconds of training, at the pace so far."""
        done = math.fsum(self._whole(result) * _done(result) for result in results)
        left = math.fsum(self._whole(result) * _left(result, results) for result in results)
        if math.isnan(left):
            # Runs that cannot train take no time, so only their number counts.
            return Outlook(sum(map(_counted, results)) / max(1, len(results)))
        left *= elapsed / done if min(elapsed, done) > _TRUSTED else 1.0
        return Outlook(elapsed / (elapsed + left) if elapsed + left > 0 else 0.0, left)

    def _whole(self, result: RunResult) -> float:
        return self.times[result.run].run(result.recipe)


def measured(results: Results, rounds: int = QUICK, is_stopped: Callable[[], bool] = lambda: False) -> Forecast:
    """Train each of the runs for a moment, in turns; takes seconds."""
    # The first seed's recipe, as the last of equal keys wins.
    recipes = {result.run: result.recipe for result in reversed(results)}
    times = epoch_times(list(recipes.values()), is_stopped, rounds)
    return Forecast(dict(zip(recipes, times, strict=True)))


def _done(result: RunResult) -> float:
    return min(1.0, result.done / result.recipe.epochs)


def _left(result: RunResult, results: Results) -> float:
    """The share of a run that is still to be trained: as far as it got with another seed."""
    if result.status in ENDED:
        return 0.0
    ended = [_done(each) for each in results if each.run == result.run and each.status in ENDED]
    return max(0.0, max(ended, default=1.0) - _done(result))


def _counted(result: RunResult) -> float:
    return 1.0 if result.status in ENDED else _done(result)
