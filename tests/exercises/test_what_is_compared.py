"""Which text a verdict is about, that its figures stand in the tables, and that no two of its sentences disagree."""

from __future__ import annotations

import math
from dataclasses import replace

import pytest

from lyricterm.core.run_data import HeldOutFacts
from lyricterm.exercises.columns import aligned
from lyricterm.exercises.group import compare
from lyricterm.exercises.measurements import RunResult
from lyricterm.exercises.verdict_text import comparison, how_sure, pace
from tests.exercises.results import (
    by_seed,
    overflowed,
    probe,
    probed,
    seeded,
    stepped,
    trained,
    validated,
    verdict,
    waiting,
)
from tests.exercises.test_verdicts import GRID

RANKED = ["cells", "depth", "optimisers", "hyperparameters"]
NARROW = 74
"""Cells that a table has on a screen of 80."""


def on_both_texts(name: str) -> list[RunResult]:
    """Runs of which the last is the lowest on held-out text and the highest on the training text."""
    groups = []
    runs = waiting(name)
    for place, run in enumerate(runs):
        held = 200.0 if place == len(runs) - 1 else 300.0
        group = seeded(run, 900, 50 + 10 * place)
        groups.append([validated(each, 400, held * by) for each, by in zip(group, (1, 1.01, 0.99), strict=True)])
    return by_seed(*groups)


@pytest.mark.parametrize("name", RANKED)
def test_the_text_that_judges_is_named_and_its_figures_stand_in_the_first_table(name: str) -> None:
    results = on_both_texts(name)
    told = verdict(name, results)
    assert told.conclusion.startswith("On held-out text")
    assert told.findings["judged on"] == "held-out text"
    assert "200" in told.conclusion
    table = told.tables[0]
    assert table.columns[:3] == ("run", "training perplexity", "held out, best")
    assert table.rows[-1][2] == "200 (198–202)"
    title, *_rows, last = aligned(comparison(results), NARROW)
    assert "held out, best" in title
    assert "200 (198–202)" in last
    plain = verdict(name, by_seed(*(seeded(run, 900, 50 + place) for place, run in enumerate(waiting(name)))))
    assert plain.conclusion.startswith("On the training text (nothing is held out)")
    assert plain.tables[0].columns == ("run", "perplexity", "state", "best")
    assert plain.findings["judged on"] == "training text"


def test_the_grid_tells_which_perplexity_is_in_its_own_table() -> None:
    told = verdict("hyperparameters", on_both_texts("hyperparameters"))
    assert told.tables[1].columns[:3] == ("run", "held out, best", "against unchanged")
    assert told.tables[1].rows[-1][1:3] == ("200 (198–202)", "better")
    assert "On held-out text the lowest best perplexity is 200 (198–202), with learning rate 0.4." in told.told
    assert [row[0] for row in told.tables[1].rows][1:] == GRID[1:]


def test_held_out_text_judges_only_where_each_run_was_scored_on_it() -> None:
    results = on_both_texts("cells")
    unscored = replace(results[0], epochs=tuple(replace(e, valid_perplexity=float("inf")) for e in results[0].epochs))
    told = verdict("cells", [unscored, *results[1:]])
    assert told.findings["judged on"] == "training text"
    assert "with RNN" in told.conclusion


def test_nothing_is_said_of_a_missing_held_out_text_where_no_run_learnt() -> None:
    known = HeldOutFacts(1_900, 0, 0, 301, 204, 10_000)
    told = verdict("cells", [replace(overflowed(run, 1, 2), held_out=known) for run in waiting("cells")])
    assert not any("Nothing is held out" in sentence for sentence in told.rests_on)


def test_a_deeper_model_that_is_better_is_named_though_another_is_lower() -> None:
    one, two, three, four = (seeded(run, 50) for run in waiting("depth"))
    # The mean of two layers is lower, but its seeds are too far apart to say so; three layers are clearly better.
    two = [trained(run, value) for run, value in zip(two, (30, 60, 40), strict=True)]
    three = seeded(three[0], 45)
    told = verdict("depth", by_seed(one, two, three, seeded(four[0], 70)))
    assert told.why[1] == "Measured: better than one layer here, by more than seeds differ: 3 layers."
    assert told.findings["better than one layer"] is True
    # Two layers are clearly worse, four are higher still, but may be as good by chance.
    four = [trained(run, value) for run, value in zip(four, (40, 120, 60), strict=True)]
    told = verdict("depth", by_seed(one, seeded(two[0], 55), seeded(three[0], 60), four))
    assert told.why[1].startswith("Measured: no deeper model is better than one layer here by more than seeds differ")
    assert told.findings["better than one layer"] is False
    worse = verdict("depth", by_seed(one, *(seeded(each[0], 70) for each in (two, three, four))))
    assert worse.why[1] == "Measured: no deeper model is as good as one layer here, by more than seeds differ."


def detached(*factors: float, count: int = 9) -> list[RunResult]:
    """Without detach the times of each seed grow by another factor."""
    on, off = (seeded(run, 100) for run in waiting("detach"))
    held = [1e6 * i for i in range(1, count + 1)]
    times = [[0.01 * factor ** (i / (count - 1)) for i in range(count)] for factor in factors]
    return by_seed(
        [stepped(run, [0.01] * count, [1e6] * count) for run in on],
        [stepped(run, each, held) for run, each in zip(off, times, strict=True)],
    )


def test_the_growth_of_times_is_told_with_its_spread() -> None:
    told = verdict("detach", detached(8, 9, 10))
    assert told.findings["grew"] is True
    # From the second of nine to the eighth: f^(6/8); (8·9·10)^(1/3) = 8.963.
    assert told.findings["growth off"] == pytest.approx(8.963 ** (6 / 8), rel=1e-3)
    assert "took 5.18 (4.76–5.62) times as long as the first third, with detach 1.00 times." in told.conclusion
    assert "t test on the logarithms of the growths, 95 %" in told.rests_on[1]
    assert told.rests_on[2] == (
        "Between the two perplexities there is no difference: their means over the seeds are the same."
    )
    scattered = verdict("detach", detached(0.5, 4, 60))
    assert scattered.findings["grew"] is False
    assert scattered.conclusion.startswith("No clear growth")


def test_what_a_comparison_rests_on_is_said_in_plain_words_also_without_spread() -> None:
    assert how_sure(compare([2.0, 4.0, 8.0], [2.0, 4.0, 8.0])) == (
        "Between the two runs there is no difference: their means over the seeds are the same."
    )
    assert how_sure(compare([3.0, 3.0], [2.0, 2.0]), "RNN and GRU") == (
        "Every seed gives the same, so any difference tells RNN and GRU apart; they differ by a factor of 1.500."
    )
    # Logarithms 0.0001 apart in each group: 4.303 · 0.0001 / 2 · √2 = 0.000304.
    base = [2.0, 2.0 * math.exp(0.0001)]
    assert how_sure(compare(base, [value * math.exp(0.0002) for value in base])) == (
        "Measured by the spread between seeds (t test on log perplexities, 95 %), a factor of 1.00030 or more tells "
        "the two runs apart; their means differ by a factor of 1.00020."
    )


def test_memory_that_does_not_grow_is_not_said_to() -> None:
    told = verdict("detach", detached(1, 1, 1, count=2))
    assert told.conclusion.startswith("There were too few minibatches")
    assert told.why[1] == ""


def test_a_time_and_its_range_have_one_unit() -> None:
    assert pace(0.026, 0.017, 0.19) == "26 ms (17–190)"
    assert pace(0.31, 0.035, 0.63) == "0.31 s (0.035–0.63)"
    assert pace(0.004, 0.004, 0.004) == "4 ms"


def test_almost_all_of_a_gradient_is_not_all_of_it() -> None:
    groups = [seeded(run, 300, 50) for run in waiting("optimisers")]
    made_of = replace(probe(1, 1.0, 0.2), norms=(0.0, 0.0, 0.0, 0.06, 0.998))
    groups[0][0] = probed(groups[0][0], made_of)
    assert "99.6 % of the squared gradient norm comes from b_y" in verdict("optimisers", by_seed(*groups)).why[0]
