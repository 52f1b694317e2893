"""What two groups of seeds are said to be is what Student's test says, worked out by hand."""

from __future__ import annotations

import math
import statistics

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lyricterm.core.mean import geometric_mean
from lyricterm.exercises.group import SeedVerdict, compare, compare_groups, grouped
from tests.exercises.results import by_seed, overflowed, seeded, trained, waiting

PERPLEXITIES = st.lists(st.floats(1, 1e6), min_size=2, max_size=8)


def test_better_worse_and_not_to_be_told_apart() -> None:
    low, high = [50.0, 51.0, 49.0], [60.0, 61.0, 59.0]
    assert compare(low, high).outcome is SeedVerdict.LOWER
    assert compare(high, low).outcome is SeedVerdict.HIGHER
    assert compare(low, [50.5, 51.5, 49.5]).outcome is SeedVerdict.ALIKE
    assert compare(low, [60.0]).outcome is SeedVerdict.ONE_SEED
    assert math.isnan(compare([1.0], [2.0]).least)


def test_the_least_ratio_is_that_of_students_test() -> None:
    first, second = [50.0, 51.0, 49.0], [60.0, 66.0, 59.0]
    logs = [[math.log(value) for value in values] for values in (first, second)]
    pooled = statistics.fmean(statistics.variance(values) for values in logs)
    # Four degrees of freedom: t = 2.776.
    assert math.log(compare(first, second).least) == pytest.approx(2.776 * math.sqrt(pooled * 2 / 3), rel=1e-3)


@given(PERPLEXITIES, PERPLEXITIES)
def test_it_is_the_same_seen_from_the_other_side(first: list[float], second: list[float]) -> None:
    mirrored = {SeedVerdict.LOWER: SeedVerdict.HIGHER, SeedVerdict.HIGHER: SeedVerdict.LOWER}
    there, back = compare(first, second), compare(second, first)
    assert mirrored.get(there.outcome, there.outcome) is back.outcome
    assert there.least == pytest.approx(back.least)


@given(PERPLEXITIES)
def test_a_group_is_not_told_apart_from_itself(values: list[float]) -> None:
    assert compare(values, values).outcome is SeedVerdict.ALIKE


def test_runs_are_grouped_by_their_settings() -> None:
    first, second = waiting("sampling")
    groups = grouped(by_seed(seeded(first, 50), seeded(second, 60)))
    assert [group.run.name for group in groups] == ["random", "consecutive"]
    assert [result.seed for result in groups[0].results] == [0, 1, 2]
    assert groups[0].told(lambda result: result.perplexity) == "50.0 (49.5–50.5)"
    assert groups[0].mean(lambda result: result.perplexity) == pytest.approx(50)


def test_groups_that_did_not_learn_are_not_compared() -> None:
    first, second = waiting("sampling")
    (lost, fine) = grouped([overflowed(first, 1, 1), trained(second, 50)])
    assert compare_groups(lost, fine, lambda result: result.perplexity) is None
    assert compare_groups(fine, fine, lambda result: math.nan) is None
    assert math.isnan(geometric_mean([]))
    assert geometric_mean([1.0, math.inf]) == math.inf
