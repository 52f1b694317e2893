"""How long an exercise takes: told before it begins, from what was measured; and what is left while it is played."""

from __future__ import annotations

import math
from dataclasses import replace
from pathlib import Path

from lyricterm.core.run_status import RunStatus
from lyricterm.exercises.catalogue import EXERCISES
from lyricterm.exercises.forecast import Forecast, measured
from lyricterm.exercises.runner import estimate
from lyricterm.training.stopwatch import EpochTime, epoch_times
from tests.exercises.results import overflowed, small, trained, waiting


def forecast(name: str = "sampling") -> Forecast:
    """Each epoch takes two seconds."""
    return Forecast({result.run: EpochTime(1.5, 0.5, 0.0) for result in waiting(name)})


def test_the_whole_is_the_sum_of_the_runs() -> None:
    runs = waiting("sampling", seeds=3)
    # Two runs of 60 epochs with three seeds.
    assert forecast().total(runs) == 2.0 * 60 * 2 * 3


def test_lyrics_count_as_often_as_they_are_written() -> None:
    (run,) = waiting("pred-period")
    assert run.recipe.pred_period == 1
    assert EpochTime(1.0, 0.0, 0.25).run(run.recipe) == 125.0
    assert EpochTime(1.0, 0.0, 0.25).run(run.recipe.with_values({"pred_period": 50})) == 100.5


def test_what_is_left_follows_the_pace_so_far() -> None:
    first, second = waiting("sampling")
    begun = forecast().outlook((first, second), 0.0)
    assert (begun.share, begun.left) == (0.0, 240.0)
    # Half of the first run took twice as long as was measured.
    under_way = replace(first, status=RunStatus.TRAINING, done=30.0)
    outlook = forecast().outlook((under_way, second), 120.0)
    assert outlook.left == 360.0
    assert outlook.share == 0.25
    done = forecast().outlook((trained(first, *[9.0] * 60), trained(second, *[9.0] * 60)), 500.0)
    assert (done.share, done.left) == (1.0, 0.0)


def test_a_run_that_overflowed_is_expected_to_do_so_with_the_next_seed() -> None:
    runs = waiting("clipping", seeds=2)
    lost = replace(overflowed(runs[1], 2, 1), done=2.0)
    left = forecast("clipping").outlook((runs[0], lost, *runs[2:]), 0.0).left
    # Ten runs of twenty epochs, and two epochs of the one that overflows again.
    assert left == 2.0 * (20 * 10 + 2)


def test_runs_that_cannot_train_have_no_time(tmp_path: Path) -> None:
    recipe = small(tmp_path, corpus="/nowhere.txt")
    assert math.isnan(estimate(EXERCISES["sampling"], recipe, lambda: False))
    runs = waiting("sampling", recipe)
    outlook = measured(runs).outlook((replace(runs[0], status=RunStatus.FAILED), runs[1]), 1.0)
    assert math.isnan(outlook.left)
    assert outlook.share == 0.5


def test_a_measurement_that_is_stopped_is_worth_nothing(tmp_path: Path) -> None:
    (told,) = epoch_times([small(tmp_path)], lambda: True)
    assert math.isnan(told.training)


def test_what_is_measured_is_this_machine(tmp_path: Path) -> None:
    (told,) = epoch_times([small(tmp_path)], rounds=2)
    assert told.training > 0
    assert told.lyrics > 0
    assert told.scoring >= 0
