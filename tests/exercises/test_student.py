"""Student's t against its density and published tables; Holm's levels and contrasts worked out by other ways."""

from __future__ import annotations

import math

import pytest
import torch

from lyricterm.exercises.group import SeedVerdict, compare, compare_paired, contrast, corrected
from lyricterm.exercises.student import critical, holm_levels, two_sided


def _by_density(t: float, freedom: int) -> float:
    """1 minus the integral of the density from −t to t, by Simpson's rule."""
    log_scale = math.lgamma((freedom + 1) / 2) - math.lgamma(freedom / 2) - 0.5 * math.log(freedom * math.pi)
    count = 4_000
    heights = [
        math.exp(log_scale - (freedom + 1) / 2 * math.log1p((t * i / count) ** 2 / freedom)) for i in range(count + 1)
    ]
    weighted = heights[0] + heights[-1] + 4 * math.fsum(heights[1:-1:2]) + 2 * math.fsum(heights[2:-1:2])
    return 1 - 2 * weighted * t / count / 3


@pytest.mark.parametrize("freedom", [1, 2, 3, 4, 5, 8, 9, 22, 31])
def test_chances_are_those_of_the_density(freedom: int) -> None:
    for t in (0.3, 1.0, 2.776, 9.5):
        assert two_sided(t, freedom) == pytest.approx(_by_density(t, freedom), abs=1e-9)
        assert two_sided(-t, freedom) == two_sided(t, freedom)
    assert two_sided(0.0, freedom) == 1


def test_critical_values_are_those_of_published_tables() -> None:
    found = [critical(0.05, freedom) for freedom in (1, 2, 4, 10, 30)] + [critical(0.01, 4), critical(0.001, 20)]
    assert found == pytest.approx([12.706, 4.303, 2.776, 2.228, 2.042, 4.604, 3.850], abs=6e-4)


def test_holm_holds_the_smallest_against_the_hardest_level_and_stops_at_the_first_that_is_above() -> None:
    levels = holm_levels({"a": 0.01, "b": 0.04, "c": 0.03, "d": 0.005})
    # 0.005 < 0.05/4, 0.01 < 0.05/3, 0.03 > 0.05/2: the rest are held against that as well.
    assert levels == pytest.approx({"d": 0.0125, "a": 0.05 / 3, "c": 0.025, "b": 0.025})
    assert holm_levels({}) == {}


def test_comparisons_of_which_a_verdict_picks_are_held_to_more() -> None:
    base, near, far = [100.0, 101, 99], [102.6, 103.6, 101.6], [150.0, 151, 149]
    alone = compare(near, base)
    assert alone.outcome is SeedVerdict.HIGHER
    assert 0.01 < alone.chance < 0.05
    told = corrected({"near": alone, "far": compare(far, base), "again": alone, "one": compare([1.0], [2.0]), "": None})
    assert [told[key] and told[key].outcome for key in ("far", "near", "one", "")] == [  # type: ignore[union-attr]
        SeedVerdict.HIGHER,
        SeedVerdict.ALIKE,
        SeedVerdict.ONE_SEED,
        None,
    ]
    assert told["near"] is not None
    assert told["near"].least > alone.least


def test_the_same_numbers_are_alike_and_without_spread_any_difference_counts() -> None:
    assert compare([5.0, 5.0], [5.0, 5.0]).chance == 1
    assert compare([5.0, 5.0], [6.0, 6.0]).chance == 0
    assert compare([5.0, 5.0], [6.0, 6.0]).outcome is SeedVerdict.LOWER


@pytest.mark.parametrize(
    ("first", "second", "t", "chance", "low", "high"),
    [
        ([50.0, 66, 41], [48, 61, 40.5], 2.2818649280745107, 0.1500067872150631, -0.0389282871, 0.1268435971),
        (
            *([0.25, 0.5, 0.75, 0.5], [0.2, 0.5, 0.6, 0.55]),
            *(1.089213906111358, 0.3557321107470426, -0.1686253412, 0.3441138026),
        ),
        (
            *([300.0, 340, 290, 310, 333], [280, 330, 285, 301, 320]),
            *(4.250786723800381, 0.013149817382910177, 0.0128692171, 0.0613392246),
        ),
    ],
)
def test_a_paired_comparison_is_that_of_scipy(
    first: list[float], second: list[float], t: float, chance: float, low: float, high: float
) -> None:
    # scipy 1.17.1: r = scipy.stats.ttest_rel(numpy.log(first), numpy.log(second)); r.statistic, r.pvalue,
    # r.confidence_interval(0.95).
    found = compare_paired(list(zip(first, second, strict=True)))
    difference = math.log(found.first / found.second)
    assert difference / found.error == pytest.approx(t)
    assert found.chance == pytest.approx(chance)
    assert difference - math.log(found.least) == pytest.approx(low, abs=1e-6)
    assert difference + math.log(found.least) == pytest.approx(high, abs=1e-6)
    assert found.outcome is (SeedVerdict.HIGHER if chance < 0.05 else SeedVerdict.ALIKE)
    # The spread between seeds would hide what each run shows.
    assert compare(first, second).outcome is SeedVerdict.ALIKE


def test_pairs_that_are_the_same_and_a_single_one() -> None:
    assert compare_paired([(5.0, 5.0), (7.0, 7.0)]).outcome is SeedVerdict.ALIKE
    assert compare_paired([(5.0, 5.0), (7.0, 7.0)]).same
    assert compare_paired([(10.0, 5.0), (14.0, 7.0)]).outcome is SeedVerdict.HIGHER
    assert compare_paired([(10.0, 5.0)]).outcome is SeedVerdict.ONE_SEED


def test_a_contrast_is_that_of_least_squares() -> None:
    groups = [[50.0, 51, 49.5], [60.0, 66, 59], [40.0, 41, 38, 40.5]]
    powers = [2, -1, -1]
    logs = torch.tensor([math.log(value) for values in groups for value in values], dtype=torch.float64)
    which = torch.tensor([i for i, values in enumerate(groups) for _value in values])
    design = torch.nn.functional.one_hot(which).double()
    weights = torch.tensor(powers, dtype=torch.float64)
    fitted = torch.linalg.lstsq(design, logs).solution
    variance = float(((logs - design @ fitted) ** 2).sum()) / (len(logs) - 3)
    error = math.sqrt(variance * float(weights @ torch.linalg.inv(design.T @ design) @ weights))
    found = contrast(list(zip(powers, groups, strict=True)))
    assert found.error == pytest.approx(error)
    assert found.freedom == len(logs) - 3
    assert math.log(found.first / found.second) == pytest.approx(float(weights @ fitted))
