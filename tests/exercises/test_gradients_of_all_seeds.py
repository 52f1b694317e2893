"""What is said of gradients is said of all seeds: means with their ranges, and how many seeds show it."""

from __future__ import annotations

import math
from dataclasses import replace

import pytest

from lyricterm.core.mean import geometric_mean
from lyricterm.core.number_format import count_range, percent_spread
from lyricterm.core.run_data import GradientProbe
from lyricterm.exercises.gradient_growth import growth_told
from lyricterm.exercises.group import RunGroup
from lyricterm.exercises.measurements import RunResult
from tests.exercises.results import by_seed, overflowed, probe, probed, seeded, verdict, waiting

CALM, GROWN = probe(1, 100, 0.15), probe(2, 3_000, 0.12)


def lost(*probes: tuple[GradientProbe, ...]) -> list[RunResult]:
    """The unclipped tanh run with as many seeds, which overflowed."""
    run = waiting("clipping")[1]
    return [
        probed(overflowed(replace(run, recipe=replace(run.recipe, seed=seed)), 1, 7), *each)
        for seed, each in enumerate(probes)
    ]


def told(*probes: tuple[GradientProbe, ...]) -> str:
    return growth_told(RunGroup(tuple(lost(*probes))))


def test_growth_although_the_gradient_shrinks_through_time() -> None:
    assert told((CALM, GROWN), (CALM, CALM, probe(3, 2_000, 0.24))) == (
        "tanh unclipped: at minibatch 2–3 the norm is 24.5 (20.0–30.0) times that of the one before, although the "
        "gradient still shrinks through time (× 0.17 (0.12–0.24) per step)."
    )


def test_growth_through_time_and_seeds_that_differ_in_it() -> None:
    through_time = probe(2, 3_000, 2.0)
    assert told((CALM, through_time), (CALM, through_time)).endswith(
        "times that of the one before, and the gradient grows through time (× 2.00 per step)."
    )
    # It grows already, so there is nothing to say of "only at".
    assert "Only" not in told((CALM, through_time, probe(3, 1e9, 7.0)))
    assert told((CALM, through_time), (CALM, GROWN)) == (
        "tanh unclipped: at minibatch 2 the norm is 30.0 times that of the one before; through time the gradient "
        "shrinks with some seeds and grows with others (× 0.49 (0.12–2.00) per step)."
    )
    # With one time step there is no way back through time.
    assert told((CALM, probe(2, 3_000, math.nan))) == (
        "tanh unclipped: at minibatch 2 the norm is 30.0 times that of the one before."
    )


def test_growth_through_time_that_comes_later_is_told_with_the_seeds_that_show_it() -> None:
    later = (probe(3, 90, math.nan), probe(4, 1e30, 7.95, radius=770))
    assert told((CALM, GROWN, *later), (CALM, GROWN, *later)).endswith(
        "Only at minibatch 4 does the gradient also grow through time (× 7.95 per step; spectral radius of W_hh: 770)."
    )
    assert told((CALM, GROWN, *later), (CALM, GROWN), (CALM, GROWN)).endswith(
        "With 1 of 3 seeds the gradient later grows through time as well, at minibatch 4 (× 7.95 per step; spectral "
        "radius of W_hh: 770)."
    )
    # With gates there is no one W_hh.
    gated = (probe(3, 90, 1.1, radius=math.nan),)
    assert told((CALM, GROWN, *gated)).endswith("does the gradient also grow through time (× 1.10 per step).")


def test_growth_with_some_seeds_only_and_with_none() -> None:
    assert told((CALM, GROWN), (CALM, CALM)).startswith("tanh unclipped (1 of 2 seeds): at minibatch 2 the norm is")
    assert told((CALM, CALM), (CALM, CALM)) == ""
    assert told((), ()) == ""


def test_the_first_step_is_that_of_all_seeds() -> None:
    groups = [seeded(run, 300) for run in waiting("clipping")]
    norms = (100.0, 110.0, 121.0)
    groups[1] = lost(*((probe(1, norm, factor),) for norm, factor in zip(norms, (0.1, 0.2, 0.4), strict=True)))
    first = verdict("clipping", by_seed(*groups)).why[0]
    assert first == (
        "Before the first step of tanh unclipped the gradient's norm is 110 (100–121); 98 % of its square comes from "
        "b_y. Unclipped, the step is learning rate × norm = 22.0 (20.0–24.2) long. On the way back through time the "
        "gradient is multiplied by 0.20 (0.10–0.40) per step, and the spectral radius of W_hh is 0.17."
    )
    # With gates there is no one W_hh, and with one time step no way back.
    for factor, end in ((0.2, "multiplied by 0.20 per step."), (math.nan, "= 20.0 long.")):
        groups[1] = lost(*([(probe(1, 100, factor, radius=math.nan),)] * 3))
        assert verdict("clipping", by_seed(*groups)).why[0].endswith(end)


def test_the_share_of_a_parameter_is_that_of_all_seeds() -> None:
    groups = [seeded(run, 50) for run in waiting("optimisers")]
    sides = (0.9, 0.95, 0.99)
    groups[0] = [
        probed(run, GradientProbe(1, 1, (0.0, math.sqrt(1 - s), 0.0, 0.0, math.sqrt(s)), 0.2, 0.2, 0.5, 0))
        for run, s in zip(groups[0], sides, strict=True)
    ]
    assert (
        "with each seed: 95 % (90–99 %) of the squared gradient norm comes from b_y, the least from W_xh."
        in (verdict("optimisers", by_seed(*groups)).why[0])
    )


def test_units_are_those_of_all_seeds() -> None:
    groups = [seeded(run, 50) for run in waiting("activation")]
    groups[0] = [probed(run, probe(1, 9, 0.9)) for run in groups[0]]
    groups[2] = [
        probed(run, probe(1, 9, 1.1 + 0.1 * run.seed, on=0.3 + 0.1 * run.seed, never_on=run.seed)) for run in groups[2]
    ]
    why = verdict("activation", by_seed(*groups)).why[1]
    assert "with ReLU 40 % (30–50 %) of the entries of H are on, and 0–2 of 256 units are never on" in why
    assert "Per time step back, the gradient is multiplied by: tanh × 0.90, ReLU × 1.20 (1.10–1.30)." in why
    assert why.endswith("no epoch had more than 2 such units.")


@pytest.mark.parametrize(
    ("told", "words"),
    [
        (percent_spread([0.38, 0.45, 0.40]), "41 % (38–45 %)"),
        (percent_spread([0.5, math.nan]), "50 %"),
        (percent_spread([0.996]), "99.6 %"),
        (percent_spread([0.994, 0.996, 1.0]), "100 % (99–100 %)"),
        (percent_spread([0.99, 0.996]), "99.3 % (99.0–99.6 %)"),
        (percent_spread([]), "–"),
        (count_range([9, None, 1_200]), "9–1,200"),
        (count_range([4, 4]), "4"),
        (count_range([None]), "–"),
    ],
)
def test_ranges_of_seeds(told: str, words: str) -> None:
    assert told == words


def test_a_mean_of_which_one_is_zero() -> None:
    assert geometric_mean([0.0, 4.0]) == 0
    assert geometric_mean([0.0, math.inf]) == math.inf
