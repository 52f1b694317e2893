"""Student's t against its density and published tables; Holm's levels and contrasts worked out by other ways."""

from __future__ import annotations

import math

import pytest
import torch

from lyricterm.exercises.group import SeedVerdict, compare, contrast, corrected
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
