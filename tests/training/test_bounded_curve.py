"""A curve stays bounded and honest."""

from __future__ import annotations

import math
import sys

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lyricterm.core.run_data import CurveData
from lyricterm.training.bounded_curve import CAPACITY, BoundedCurve

FINITE = st.floats(-1e300, 1e300)


def _series(values: list[float]) -> CurveData:
    curve = BoundedCurve()
    for value in values:
        curve.add(value)
    return curve.series()


def _weights(series: CurveData, count: int) -> list[int]:
    """How many values each point stands for; the last may stand for fewer."""
    full, rest = divmod(count, series.width)
    return [series.width] * full + ([rest] if rest else [])


def test_an_empty_curve() -> None:
    series = BoundedCurve().series()
    assert (series.points, series.width) == ((), 1)
    assert (series.low, series.high) == (math.inf, -math.inf)
    assert math.isnan(series.latest)


def test_short_curves_are_kept_as_they_are() -> None:
    values = [float(value) for value in range(CAPACITY - 1)]
    assert _series(values) == CurveData(tuple(values), 1, 0.0, CAPACITY - 2.0, CAPACITY - 2.0)


@pytest.mark.parametrize("count", [1, 511, 512, 513, 1023, 1024, 1025, 5_000, 100_000])
def test_points_stay_bounded_and_stand_for_every_value(count: int) -> None:
    series = _series([1.0] * count)
    assert len(series.points) <= CAPACITY
    assert len(series.points) >= min(count, CAPACITY // 2)
    assert len(series.points) == len(_weights(series, count))


@given(st.lists(FINITE, min_size=1, max_size=60), st.integers(1, 50))
def test_the_mean_is_preserved(pattern: list[float], times: int) -> None:
    values = pattern * times
    series = _series(values)
    weights = _weights(series, len(values))
    mean = math.fsum(point / len(values) * weight for point, weight in zip(series.points, weights, strict=True))
    scale = max(abs(value) for value in pattern)
    assert mean == pytest.approx(math.fsum(value / len(values) for value in values), abs=1e-12 * scale + 1e-300)


@given(st.lists(FINITE, min_size=1, max_size=700))
def test_low_high_and_latest_are_those_of_the_values(values: list[float]) -> None:
    series = _series(values)
    assert (series.low, series.high, series.latest) == (min(values), max(values), values[-1])


@given(st.integers(0, 2_000), st.integers(0, 2_000), st.sampled_from([math.inf, math.nan]))
def test_an_overflow_never_vanishes(before: int, after: int, overflow: float) -> None:
    series = _series([1.0] * before + [overflow] + [1.0] * after)
    assert series.points.count(math.inf) == 1
    assert not any(math.isnan(point) for point in series.points)
    place = series.points.index(math.inf)
    assert place * series.width <= before < (place + 1) * series.width


def test_low_and_high_know_only_finite_values() -> None:
    series = _series([math.inf, 2.0, 3.0, math.nan])
    assert (series.low, series.high, series.latest) == (2.0, 3.0, math.inf)


def test_the_largest_numbers_can_be_averaged() -> None:
    largest = sys.float_info.max
    series = _series([largest] * (3 * CAPACITY + 3))
    assert set(series.points) == {largest}


def test_a_passing_value_is_shown_and_not_kept() -> None:
    curve = BoundedCurve()
    curve.add(1.0)
    curve.add(5.0)
    passing = curve.series(passing=9.0)
    assert (passing.points, passing.latest, passing.high) == ((1.0, 5.0, 9.0), 9.0, 5.0)
    assert curve.series().points == (1.0, 5.0)
    assert curve.series().latest == 5.0


def test_a_series_stays_as_it_was_handed_out() -> None:
    curve = BoundedCurve()
    curve.add(1.0)
    early = curve.series()
    curve.add(2.0)
    assert early.points == (1.0,)
