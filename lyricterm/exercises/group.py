"""The runs with the same settings and different seeds, and what can be said of two such groups."""

from __future__ import annotations

import math
import statistics
from collections.abc import Callable, Hashable, Mapping, Sequence
from dataclasses import dataclass, replace
from enum import Enum
from typing import TypeVar

from lyricterm.core.mean import geometric_mean
from lyricterm.core.number_format import spread
from lyricterm.core.perplexity import perplexity
from lyricterm.core.settings import Recipe
from lyricterm.exercises.measurements import RunResult
from lyricterm.exercises.run import ExerciseRun
from lyricterm.exercises.student import LEVEL, critical, holm_levels, two_sided

Measure = Callable[[RunResult], float]
"""A perplexity, or another positive number, of one run."""

Key = TypeVar("Key", bound=Hashable)


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
    error: float = math.nan
    """The standard error of the logarithm of the ratio."""
    freedom: int = 0
    """Degrees of freedom of the error."""

    @property
    def same(self) -> bool:
        """There is no difference at all."""
        return math.isclose(self.first, self.second, rel_tol=1e-9)

    @property
    def ratio(self) -> float:
        """How many times the lower mean the higher one is."""
        return max(self.first / self.second, self.second / self.first)

    @property
    def chance(self) -> float:
        """Of a difference at least as large where there is none, by Student's t; NaN with one seed."""
        if self.outcome is SeedVerdict.ONE_SEED:
            return math.nan
        difference = math.log(self.first) - math.log(self.second)
        if not self.error:
            return 0.0 if difference else 1.0
        return two_sided(difference / self.error, self.freedom)

    def at(self, level: float) -> Comparison:
        """Held against another level than 0.05."""
        if self.outcome is SeedVerdict.ONE_SEED:
            return self
        least = critical(level, self.freedom) * self.error
        outcome = SeedVerdict.ALIKE
        if abs(math.log(self.first) - math.log(self.second)) > least:
            outcome = SeedVerdict.LOWER if self.first < self.second else SeedVerdict.HIGHER
        return replace(self, outcome=outcome, least=perplexity(least))


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
    return contrast([(1, first), (-1, second)])


def contrast(terms: Sequence[tuple[int, Sequence[float]]]) -> Comparison:
    """Whether a product of powers of groups' means differs from 1 by more than seeds do.

    Student's t test of a linear contrast of the logarithms' means, with the spread of all groups together.

    Args:
        terms: the power of each group's mean, and its positive numbers; the positive powers make ``first`` of the
            comparison, the negative ones ``second``.

    Raises:
        StatisticsError: if a group is empty.
    """
    logs = [(power, [math.log(value) for value in values]) for power, values in terms]
    means = [(power, statistics.fmean(values)) for power, values in logs]
    first = math.fsum(power * mean for power, mean in means if power > 0)
    second = math.fsum(-power * mean for power, mean in means if power < 0)
    found = Comparison(SeedVerdict.ONE_SEED, perplexity(first), perplexity(second), math.nan)
    if min(len(values) for _power, values in logs) < 2:
        return found
    freedom = sum(len(values) - 1 for _power, values in logs)
    squares = math.fsum(
        (value - mean) ** 2 for (_, values), (_, mean) in zip(logs, means, strict=True) for value in values
    )
    error = math.sqrt(squares / freedom * math.fsum(power**2 / len(values) for power, values in logs))
    return replace(found, outcome=SeedVerdict.ALIKE, error=error, freedom=freedom).at(LEVEL)


def compare_paired(pairs: Sequence[tuple[float, float]]) -> Comparison:
    """Whether two positive numbers of each run differ by more than their ratio does from seed to seed.

    Student's paired t test on the logarithms (two-sided, 95 %).

    Args:
        pairs: both numbers of each run, of at least one.
    """
    logs = [(math.log(first), math.log(second)) for first, second in pairs]
    first, second = (statistics.fmean(column) for column in zip(*logs, strict=True))
    found = Comparison(SeedVerdict.ONE_SEED, perplexity(first), perplexity(second), math.nan)
    if len(logs) < 2:
        return found
    error = statistics.stdev(a - b for a, b in logs) / math.sqrt(len(logs))
    return replace(found, outcome=SeedVerdict.ALIKE, error=error, freedom=len(logs) - 1).at(LEVEL)


def corrected(compared: Mapping[Key, Comparison | None]) -> dict[Key, Comparison | None]:
    """Several comparisons of which a verdict picks: held against levels that count all of them (Holm)."""
    levels = holm_levels({key: each.chance for key, each in compared.items() if each and not math.isnan(each.chance)})
    return {key: each.at(levels[key]) if each and key in levels else each for key, each in compared.items()}


def compare_groups(first: RunGroup, second: RunGroup, measure: Measure) -> Comparison | None:
    """As ``compare``; None if a run of them did not learn, or nothing is known."""
    values, others = first.values(measure), second.values(measure)
    if not (first.learnt and second.learnt and values and others) or math.inf in (*values, *others):
        return None
    return compare(values, others)


def compare_measures(group: RunGroup, first: Measure, second: Measure) -> Comparison | None:
    """As ``compare_paired``, for two measures of the same runs; None if one did not learn, or nothing is known."""
    pairs = [(first(result), second(result)) for result in group.results]
    known = [pair for pair in pairs if not any(map(math.isnan, pair))]
    if not (group.learnt and known) or any(math.inf in pair for pair in known):
        return None
    return compare_paired(known)
