"""The runs with the same settings and different seeds, and what can be said of two such groups."""

from __future__ import annotations

import math
import statistics
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from enum import Enum

from lyricterm.core.mean import geometric_mean
from lyricterm.core.number_format import spread
from lyricterm.core.settings import Recipe
from lyricterm.exercises.measurements import RunResult
from lyricterm.exercises.run import ExerciseRun

Measure = Callable[[RunResult], float]
"""A perplexity, or another positive number, of one run."""

_STUDENT = (12.71, 4.30, 3.18, 2.78, 2.57, 2.45, 2.36, 2.31, 2.26, 2.23)
"""Student's t, two-sided 95 %, for 1, 2, … degrees of freedom; with more it is taken as for the last."""


class SeedVerdict(Enum):
    """How a group compares with another."""

    LOWER = "lower"
    HIGHER = "higher"
    ALIKE = "not to be told apart"
    """The difference is within what seeds make of it."""
    ONE_SEED = "one seed"
    """With one seed the spread is not known."""


@dataclass(frozen=True)
class Comparison:
    """Two groups, compared by the logarithms of a measure."""

    outcome: SeedVerdict
    """Of the first."""
    first: float
    """The geometric mean of each group."""
    second: float
    least: float
    """The ratio of two means from which they are told apart, by the spread between seeds; NaN with one seed."""


@dataclass(frozen=True)
class RunGroup:
    """One choice of settings, trained with one seed after the other."""

    results: tuple[RunResult, ...]

    @property
    def run(self) -> ExerciseRun:
        """What its runs have in common."""
        return self.results[0].run

    @property
    def recipe(self) -> Recipe:
        """Of its first seed."""
        return self.results[0].recipe

    @property
    def learnt(self) -> bool:
        """All of them came to their end, better than guessing."""
        return all(result.learnt for result in self.results)

    @property
    def lost(self) -> bool:
        """None of them did."""
        return not any(result.learnt for result in self.results)

    def values(self, measure: Measure) -> list[float]:
        """Of the runs where it is known."""
        return [value for value in map(measure, self.results) if not math.isnan(value)]

    def mean(self, measure: Measure) -> float:
        """The geometric mean over the seeds; NaN if nothing is known."""
        return geometric_mean(self.values(measure))

    def told(self, measure: Measure) -> str:
        """The mean and the range of the seeds: "73.7 (71.9–75.1)"."""
        return spread(self.values(measure))


def grouped(results: Sequence[RunResult]) -> tuple[RunGroup, ...]:
    """The runs by their settings, in the order in which these come first."""
    found: dict[ExerciseRun, list[RunResult]] = {}
    for result in results:
        found.setdefault(result.run, []).append(result)
    return tuple(RunGroup(tuple(each)) for each in found.values())


def pick_group(groups: Sequence[RunGroup], **settings: object) -> RunGroup:
    """The group that has these values.

    Raises:
        StopIteration: if there is none.
    """
    return next(
        group for group in groups if all(getattr(group.recipe, name) == value for name, value in settings.items())
    )


def compare(first: Sequence[float], second: Sequence[float]) -> Comparison:
    """Whether two groups of positive numbers differ by more than seeds do.

    Student's t test on the logarithms, with the spread of both groups together (two-sided, 95 %).

    Raises:
        StatisticsError: if one of them is empty.
    """
    logs = [[math.log(value) for value in values] for values in (first, second)]
    means = [statistics.fmean(values) for values in logs]
    ratio, freedom = means[0] - means[1], len(first) + len(second) - 2
    if min(len(first), len(second)) < 2:
        return Comparison(SeedVerdict.ONE_SEED, math.exp(means[0]), math.exp(means[1]), math.nan)
    squares = sum(math.fsum((value - mean) ** 2 for value in values) for values, mean in zip(logs, means, strict=True))
    error = math.sqrt(squares / freedom * (1 / len(first) + 1 / len(second)))
    least = _STUDENT[min(freedom, len(_STUDENT)) - 1] * error
    outcome = SeedVerdict.ALIKE
    if abs(ratio) > least:
        outcome = SeedVerdict.LOWER if ratio < 0 else SeedVerdict.HIGHER
    return Comparison(outcome, math.exp(means[0]), math.exp(means[1]), math.exp(least))


def compare_groups(first: RunGroup, second: RunGroup, measure: Measure) -> Comparison | None:
    """As ``compare``; None if a run of them did not learn, or nothing is known."""
    return _compared(first, second, first.values(measure), second.values(measure))


def compare_measures(group: RunGroup, first: Measure, second: Measure) -> Comparison | None:
    """As ``compare_groups``, for two measures of the same runs."""
    return _compared(group, group, group.values(first), group.values(second))


def _compared(first: RunGroup, second: RunGroup, values: Sequence[float], others: Sequence[float]) -> Comparison | None:
    if not (first.learnt and second.learnt and values and others) or math.inf in (*values, *others):
        return None
    return compare(values, others)
