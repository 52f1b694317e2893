"""Runs that learnt with some seeds only: nothing is said of all seeds that is not true of each."""

from __future__ import annotations

from collections.abc import Sequence

import pytest

from lyricterm.core.i18n import translator
from lyricterm.core.sentences import together
from lyricterm.exercises.measurements import RunResult
from tests.exercises.results import by_seed, overflowed, seeded, verdict, waiting
from tests.exercises.test_verdicts import grid


def partly(runs: Sequence[RunResult], count: int = 1) -> list[RunResult]:
    """So many of the seeds overflow."""
    return [overflowed(run, 1, 7) if seed < count else run for seed, run in enumerate(runs)]


@pytest.mark.parametrize(
    ("tanh", "relu", "sentence"),
    [
        (0, 0, "Without clipping both learn, too."),
        (0, 3, "Without clipping tanh still learns and ReLU does not."),
        (3, 0, "Without clipping ReLU still learns and tanh does not."),
        (3, 3, "Without clipping neither learns."),
        (0, 1, "Without clipping 3 of 3 seeds learn with tanh and 2 with ReLU."),
    ],
)
def test_activation_without_clipping(tanh: int, relu: int, sentence: str) -> None:
    groups = [seeded(run, 50) for run in waiting("activation")]
    groups[1], groups[3] = partly(groups[1], tanh), partly(groups[3], relu)
    assert verdict("activation", by_seed(*groups)).conclusion.endswith(sentence)


@pytest.mark.parametrize(
    ("tanh", "relu", "begins"),
    [
        (3, 3, "Clipping decides: with it both activations learn, without it neither does."),
        (0, 3, "With clipping both activations learn; ReLU unclipped did not."),
        (0, 1, "With clipping both activations learn; without it ReLU unclipped did not learn with every seed."),
        (
            3,
            2,
            "With clipping both activations learn; without it tanh unclipped, ReLU unclipped did not learn with every",
        ),
    ],
)
def test_clipping_with_seeds_that_differ(tanh: int, relu: int, begins: str) -> None:
    groups = [seeded(run, 50) for run in waiting("clipping")]
    groups[1], groups[3] = partly(groups[1], tanh), partly(groups[3], relu)
    assert verdict("clipping", by_seed(*groups)).conclusion.startswith(begins)


def test_what_is_left_out_of_a_ranking_is_said() -> None:
    groups = [seeded(run, value) for run, value in zip(waiting("cells"), (50, 40, 30), strict=True)]
    groups[2] = partly(groups[2])
    told = verdict("cells", by_seed(*groups))
    assert told.conclusion.endswith(
        "is 40.0 (39.6–40.4), with GRU; then come RNN 50.0 (49.5–50.5). Not compared, as they did not learn with every "
        "seed: LSTM."
    )
    assert told.findings["lowest"] == "GRU"


def test_a_grid_whose_unchanged_run_was_lost_is_not_compared_with_it() -> None:
    runs = grid(100, 60, *[100] * 7)
    lost = [overflowed(run, 1, 7) if run.run.name == "as it is" and run.seed == 0 else run for run in runs]
    told = verdict("hyperparameters", lost)
    assert told.conclusion == ("The unchanged run did not learn with every seed, so no other can be compared with it.")
    assert told.findings["most"] is None


def test_sentences_stand_together_as_the_language_wants() -> None:
    assert together("One.", "", "Two.") == "One. Two."
    assert together("", "") == ""
    translator.use("zh")
    assert together("一。", "二。") == "一。二。"
