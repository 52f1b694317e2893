"""Beginning again: the same numbers, other numbers, and runs that cannot begin."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from lyricterm.core.commands import Restart, Resume, StepOnce
from lyricterm.core.events import EpochDone, Event, Failed, Finished, Progress, Refused, Started, StatusChanged, Stopped
from lyricterm.core.run_status import RunStatus
from tests.training.lab import MINIBATCHES, becomes, drive, losses, of, since, tiny, when


def _of_run(events: list[Event], run: int) -> tuple[float, ...]:
    return losses([event for event in events if isinstance(event, Progress) and event.run == run])


@pytest.mark.parametrize("sampling", ["random", "consecutive"])
@pytest.mark.parametrize("engine", ["bptt", "reference"])
def test_the_same_seed_gives_the_same_losses_bit_for_bit(tmp_path: Path, sampling: str, engine: str) -> None:
    recipe = tiny(tmp_path, sampling=sampling, engine=engine)
    events = drive(recipe, when(Finished, run=1).send(Restart(recipe)), when(Finished, run=2))
    first, second = _of_run(events, 1), _of_run(events, 2)
    assert len(first) == 4 * MINIBATCHES
    assert first == second


def test_another_seed_gives_other_losses(tmp_path: Path) -> None:
    recipe = tiny(tmp_path)
    other = replace(recipe, seed=1)
    events = drive(recipe, when(Finished, run=1).send(Restart(other)), when(Finished, run=2))
    assert all(one != two for one, two in zip(_of_run(events, 1), _of_run(events, 2), strict=True))


def test_a_restart_in_mid_run_begins_from_nothing(tmp_path: Path) -> None:
    recipe = tiny(tmp_path)
    events = drive(recipe, when(EpochDone, run=1, epoch=2).send(Restart(recipe)), when(Finished, run=2))
    after = since(events, when(Started, run=2))
    assert {getattr(event, "run", 2) for event in after} == {2}
    assert [event.epoch for event in of(after, EpochDone)] == [1, 2, 3, 4]
    assert _of_run(events, 2)[: 2 * MINIBATCHES] == _of_run(events, 1)[: 2 * MINIBATCHES]


def test_a_restart_trains_at_once_even_if_the_session_began_paused(tmp_path: Path) -> None:
    recipe = tiny(tmp_path)
    events = drive(recipe, becomes(RunStatus.PAUSED).send(Restart(recipe)), when(Finished), paused=True)
    assert [event.run for event in of(events, Finished)] == [2]


def test_a_restart_after_a_single_step_does_not_stop_after_one(tmp_path: Path) -> None:
    recipe = tiny(tmp_path)
    events = drive(
        recipe,
        becomes(RunStatus.PAUSED).send(StepOnce()),
        becomes(RunStatus.PAUSED).send(Restart(recipe)),
        when(Finished, run=2),
        paused=True,
    )
    assert len(_of_run(events, 2)) == 4 * MINIBATCHES


def test_a_restart_that_cannot_begin_is_refused_and_the_old_run_goes_on(tmp_path: Path) -> None:
    recipe = tiny(tmp_path)
    straight = drive(recipe, stop_at_end=True)
    bad = replace(recipe, corpus=str(tmp_path / "nothing.txt"))
    events = drive(recipe, when(EpochDone, epoch=2).send(Restart(bad)), when(Finished))
    assert ["nothing.txt" in event.sentence for event in of(events, Refused)] == [True]
    assert [event.run for event in of(events, Started)] == [1]
    assert losses(events) == losses(straight)


@pytest.mark.parametrize("status", [RunStatus.PAUSED, RunStatus.FINISHED])
def test_a_refused_restart_leaves_the_activity_as_it_was(tmp_path: Path, status: RunStatus) -> None:
    recipe = tiny(tmp_path, epochs=1)
    bad = replace(recipe, batch=1_000)
    paused = status is RunStatus.PAUSED
    events = drive(recipe, becomes(status).send(Restart(bad)), when(Refused), becomes(status), paused=paused)
    assert of(events, StatusChanged)[-1].status is status


def test_a_first_run_that_cannot_begin_and_then_one_that_can(tmp_path: Path) -> None:
    good = tiny(tmp_path, epochs=1)
    bad = replace(good, corpus=str(tmp_path / "missing.txt"))
    events = drive(
        bad,
        when(Failed).send(Resume()),
        when(Refused).send(Restart(bad)),
        when(Failed).send(Restart(good)),
        when(Finished),
    )
    assert ["There is no file" in event.sentence for event in of(events, Failed)] == [True, True]
    assert [event.run for event in of(events, Started)] == [1]
    assert [event.epoch for event in of(events, EpochDone)] == [1]


def test_a_first_run_that_cannot_begin_ends_a_session_that_stops_at_the_end(tmp_path: Path) -> None:
    events = drive(tiny(tmp_path, corpus=str(tmp_path / "missing.txt")), stop_at_end=True)
    assert len(of(events, Failed)) == 1
    assert events[-1] == Stopped(0, 0, 0)


def test_the_newest_restart_wins(tmp_path: Path) -> None:
    recipe = tiny(tmp_path, epochs=1)
    restarts = [Restart(replace(recipe, seed=seed)) for seed in (1, 2, 3)]
    events = drive(recipe, when(Finished, run=1).send(*restarts), when(Finished, run=4))
    assert [event.recipe.seed for event in of(events, Started)] == [0, 1, 2, 3]
