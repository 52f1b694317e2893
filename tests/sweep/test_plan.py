"""Which runs a sweep has."""

from __future__ import annotations

from itertools import product

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lyricterm.core.errors import LyrictermError
from lyricterm.core.settings import Recipe
from lyricterm.sweep.params import parse_params
from lyricterm.sweep.plan import plan

BASE = Recipe(seed=7)


def test_a_grid_has_every_combination_with_every_seed_and_the_first_seed_first() -> None:
    runs = plan(BASE, parse_params(["hidden=64,256", "cell=rnn,gru,lstm"]), samples=4, seeds=2)
    combinations = list(product((64, 256), ("rnn", "gru", "lstm")))
    assert [(run.recipe.hidden, run.recipe.cell, run.seed) for run in runs] == [
        (hidden, cell, seed) for seed in (7, 8) for hidden, cell in combinations
    ]
    assert dict(runs[0].values) == {"hidden": 64, "cell": "rnn"}


def test_a_range_stands_for_numbers_drawn_from_each_of_its_parts() -> None:
    runs = plan(BASE, parse_params(["lr=0.1,0.2..0.6"]), samples=4, seeds=1)
    drawn = sorted(run.recipe.lr for run in runs)
    assert drawn[0] == 0.1
    assert [int((lr - 0.2) / 0.1) for lr in drawn[1:]] == [0, 1, 2, 3]


def test_several_ranges_are_drawn_together() -> None:
    runs = plan(BASE, parse_params(["lr=log:0.01..1", "theta=1..10", "cell=rnn,gru"]), samples=5, seeds=1)
    assert len(runs) == 10
    assert len({run.recipe.theta for run in runs}) == 10


@given(st.integers(0, 2**63 - 1), st.integers(1, 6), st.integers(1, 3))
def test_the_same_sweep_has_the_same_runs_each_of_them_once(seed: int, samples: int, seeds: int) -> None:
    params = parse_params(["hidden=4..6", "lr=log:0.01..1,0.5"])
    first, again = (plan(Recipe(seed=seed), params, samples, seeds) for _ in range(2))
    assert first == again
    assert len({(run.values, run.seed) for run in first}) == len(first)
    assert len({run.seed for run in first}) == seeds


def test_too_many_runs_are_refused_with_their_number() -> None:
    many = ",".join(map(str, range(1, 102)))
    with pytest.raises(LyrictermError, match="30,603 runs"):
        plan(BASE, parse_params([f"hidden={many}", f"steps={many}"]), samples=1, seeds=3)
