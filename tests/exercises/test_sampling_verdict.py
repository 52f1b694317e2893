"""What the comparison of the two ways of sampling concludes, whichever way the numbers fall."""

from __future__ import annotations

import math

import pytest

from lyricterm.exercises.base import Verdict
from lyricterm.exercises.measurements import RunResult
from tests.exercises.results import by_seed, from_zero, overflowed, scored, seeded, trained, validated, verdict, waiting

FACTORS = (1.0, 1.01, 0.99)
ZERO = "On held-out text, read from zero states, each at its best epoch, "
CARRIED = "On held-out text, read with the state carried on, each at its best epoch, "
RANDOM = "random sampling is better: perplexity 37.0 against 49.0."
CONSECUTIVE = "consecutive sampling is better: perplexity 37.0 against 49.0."
ALIKE = "the two cannot be told apart: random sampling 40.0, consecutive 40.5."


def judged(zero: tuple[float, float], carried: tuple[float, float]) -> Verdict:
    """Random and consecutive, whose held-out text is best at epoch 1 from zero states and at epoch 2 carried on."""
    groups: list[list[RunResult]] = [seeded(run, 700, 60, 50) for run in waiting("sampling")]
    for group, low, lowest in zip(groups, zero, carried, strict=True):
        group[:] = [
            from_zero(validated(run, 900, lowest * by, 901), low * by, 950, 950)
            for run, by in zip(group, FACTORS, strict=True)
        ]
    return verdict("sampling", by_seed(*groups))


@pytest.mark.parametrize(
    ("zero", "carried", "better", "sentences"),
    [
        ((49.0, 37.0), (49.0, 37.0), "consecutive", (CONSECUTIVE, CONSECUTIVE)),
        ((37.0, 49.0), (37.0, 49.0), "random", (RANDOM, RANDOM)),
        ((40.0, 40.5), (40.0, 40.5), "not to be told apart", (ALIKE, ALIKE)),
        ((37.0, 49.0), (40.0, 40.5), "depends on the way of reading", (RANDOM, ALIKE)),
        ((37.0, 49.0), (49.0, 37.0), "depends on the way of reading", (RANDOM, CONSECUTIVE)),
    ],
)
def test_sampling_is_judged_on_held_out_text_in_both_ways_of_reading(
    zero: tuple[float, float], carried: tuple[float, float], better: str, sentences: tuple[str, str]
) -> None:
    told = judged(zero, carried)
    assert told.conclusion == f"{ZERO}{sentences[0]} {CARRIED}{sentences[1]}"
    assert told.findings["better"] == better
    assert all("Holm's correction for 2 comparisons), a factor of" in each for each in told.rests_on[:-2])
    if zero != carried:
        assert told.rests_on[0].startswith("Read from zero states: Measured by")
        assert told.rests_on[1].startswith("Read with the state carried on: Measured by")
    assert told.rests_on[-1].endswith("every run went past its best epoch, the last of them at epoch 2.")
    assert "H_{t-1} W_hh" in told.equation
    table = told.tables[1]
    assert [row[3] for row in table.rows] == ["1", "1"]
    assert [row[4] for row in table.rows] == ["2", "2"]
    assert table.rows[0][2].startswith(f"{carried[0]:.1f} (")


def test_a_difference_that_two_tests_would_find_by_chance_is_not_told() -> None:
    # 2.6 % with seeds 1 % apart: t = 3.1, which one test alone would tell apart (2.78), but not two (3.50).
    told = judged((40.0, 40.0), (40.0, 41.04))
    assert told.findings["better"] == "not to be told apart"


def test_a_best_epoch_that_is_the_last_in_one_way_of_reading_is_said() -> None:
    groups = [seeded(run, 700, 60) for run in waiting("sampling")]
    runs = by_seed(*([from_zero(validated(run, 300, 310), 320, 310) for run in group] for group in groups))
    told = verdict("sampling", runs)
    assert told.rests_on[-1].endswith("with more epochs random, consecutive may get lower.")


def test_sampling_says_what_training_on_past_the_best_epoch_does() -> None:
    groups = [seeded(run, 800, 20, 12, 10, 9, 7, 5) for run in waiting("sampling")]
    for group, ended in zip(groups, (510, 606), strict=True):
        group[:] = [scored(validated(run, 400, 290, 450, 460, 470, 480, 500), 7, 7, ended, 480) for run in group]
    told = verdict("sampling", by_seed(*groups))
    assert told.conclusion.endswith(
        "Trained to the end, both get worse on held-out text, as they learn the training text by heart: with the "
        "state carried on random 500, consecutive 500; from zero states 510 and 606."
    )
    # From the zero state they may be worse at the best epoch as well: that is no sign of learning by heart.
    fresh = [[validated(run, 400, 300, 298, 297, 296, 295, 290) for run in group] for group in groups]
    assert "by heart" not in verdict("sampling", by_seed(*fresh)).conclusion


def test_sampling_says_that_each_is_better_in_its_own_way() -> None:
    first, second = waiting("sampling")
    random = [
        scored(validated(run, 300 * by), 2.35 * by, 6.05, 900, 900)
        for run, by in zip(seeded(first, 3), FACTORS, strict=True)
    ]
    carried = [
        scored(validated(run, 300 / by), 21.95 * by, 2.74, 900 * by, 900)
        for run, by in zip(seeded(second, 3), FACTORS, strict=True)
    ]
    told = verdict("sampling", by_seed(random, carried))
    # Only one way was measured, so only one is told.
    assert told.conclusion == f"{CARRIED}the two cannot be told apart: random sampling 300, consecutive 300."
    assert "read from zero states: random 2.35, consecutive 21.9" in told.why[1]
    assert told.why[1].endswith("In each way of reading, the model that was trained in it does better.")
    table = told.tables[2]
    assert table.columns[1:] == ("random", "consecutive")
    assert [row[0] for row in table.rows[:2]] == ["training text, zero states", "training text, carried"]
    assert table.rows[1][1:] == ("6.05", "2.74")


def test_sampling_with_one_seed_gives_no_verdict() -> None:
    runs = [scored(from_zero(validated(trained(run, 50), 60), 70), 40, 40, 60, 60) for run in waiting("sampling")]
    told = verdict("sampling", runs)
    assert f"{ZERO}this one seed gave 70.0 with random sampling, 70.0 with consecutive." in told.conclusion
    assert f"{CARRIED}this one seed gave 60.0 with random sampling, 60.0 with consecutive." in told.conclusion
    assert told.findings["better"] == "one seed"
    assert told.rests_on[0].startswith("This is one seed")
    assert not any(each.startswith("This is one seed") for each in told.rests_on[1:])


def test_sampling_without_held_out_text_says_so() -> None:
    nan = math.nan
    groups = [[scored(run, 40, 45, nan, nan) for run in seeded(each, 50)] for each in waiting("sampling")]
    told = verdict("sampling", by_seed(*groups))
    zero, carried = (
        f"On the training text (nothing is held out), read {way},"
        for way in ("from zero states", "with the state carried on")
    )
    assert told.conclusion == (
        f"{zero} the two cannot be told apart: random sampling 40.0, consecutive 40.0. "
        f"{carried} the two cannot be told apart: random sampling 45.0, consecutive 45.0."
    )
    assert [table.title for table in told.tables] == [
        "the runs",
        "perplexity of the finished models, by sampling, text and way of reading",
    ]


def test_sampling_is_not_compared_with_a_run_that_overflowed() -> None:
    first, second = waiting("sampling")
    told = verdict("sampling", [overflowed(first, 1, 7), trained(second, 700, 40)])
    assert told.conclusion == "The two cannot be compared, as not both of them learnt with every seed: consecutive did."
    assert told.told[0] == "random: the loss overflowed in epoch 1, minibatch 7."
    assert told.told[1] == "consecutive reached perplexity 40.0 on its training text in 2 epochs of 0.50 s each."
    assert told.findings["perplexity of random"] is None
    assert told.findings["perplexity of consecutive"] == pytest.approx(40)
