"""Stepping numbers along 1, 2, 5, 10."""

from __future__ import annotations

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lyricterm.app.value_ladder import nudge, rungs
from lyricterm.core.settings import Recipe, Value


@pytest.mark.parametrize(
    ("setting", "value", "below", "above"),
    [
        ("lr", 0.2, 0.1, 0.5),
        ("lr", 0.1, 0.05, 0.2),
        ("lr", 0.3, 0.2, 0.5),
        ("lr", 1e6, 5e5, None),
        ("lr", 1e-9, None, 2e-9),
        ("lr", 1e-12, None, 1e-9),
        ("theta", 5.0, 2.0, 10.0),
        ("theta", 1e9, 5e8, None),
        ("pred_period", 50, 20, 100),
        ("pred_period", 3, 2, 5),
        ("pred_period", 1, None, 2),
        ("pred_period", 10_000_000, 5_000_000, None),
    ],
)
def test_the_next_rungs(setting: str, value: float, below: Value | None, above: Value | None) -> None:
    assert (nudge(setting, value, -1), nudge(setting, value, 1)) == (below, above)


def test_whole_numbers_stay_whole() -> None:
    assert isinstance(nudge("pred_period", 50, 1), int)
    assert isinstance(nudge("lr", 1.0, 1), float)


def test_the_rungs_are_one_two_and_five_of_each_power_of_ten() -> None:
    ladder = rungs()
    assert ladder == sorted(set(ladder))
    assert all(any(math.isclose(rung / 10**k, m) for k in range(-9, 10) for m in (1, 2, 5)) for rung in ladder)
    assert len(ladder) == 57


@given(st.floats(min_value=1e-9, max_value=1e6), st.sampled_from(["lr", "theta"]))
def test_a_nudge_goes_one_rung_in_its_direction_and_is_allowed(value: float, setting: str) -> None:
    above, below = nudge(setting, value, 1), nudge(setting, value, -1)
    if above is not None:
        assert isinstance(above, float)
        assert value < above <= 5.01 * value
        assert Recipe().with_values({setting: above})
    if below is not None:
        assert isinstance(below, float)
        assert 0.199 * value <= below < value
        assert Recipe().with_values({setting: below})


@given(st.sampled_from([rung for rung in rungs() if 1e-9 < rung < 1e6]))
def test_up_and_down_is_where_it_was(rung: float) -> None:
    up, down = nudge("lr", rung, 1), nudge("lr", rung, -1)
    assert isinstance(up, float)
    assert isinstance(down, float)
    assert nudge("lr", up, -1) == nudge("lr", down, 1) == rung
