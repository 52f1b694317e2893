"""A run that overflows is told, stops, keeps its last finite weights, and can go on."""

from __future__ import annotations

import math
from pathlib import Path

import pytest

from lyricterm.core.commands import Change, Complete, Restart, Resume
from lyricterm.core.events import Completed, Diverged, EpochDone, Event, Finished, Progress, StatusChanged, Stopped
from lyricterm.core.run_status import RunStatus
from tests.training.lab import becomes, drive, explosive, losses, of, since, tiny, when


def _diverged(events: list[Event]) -> Diverged:
    return of(events, Diverged)[0]


@pytest.mark.parametrize("sampling", ["random", "consecutive"])
@pytest.mark.parametrize("seed", [0, 1, 2])
def test_where_and_what_overflowed(tmp_path: Path, sampling: str, seed: int) -> None:
    events = drive(explosive(tmp_path, seed=seed, sampling=sampling), when(Diverged))
    points = losses(events)
    assert not any(math.isinf(point) for point in points[:-1])
    minibatches = of(events, Progress)[-1].minibatches
    epoch, minibatch = divmod(len(points) - 1, minibatches)
    assert (_diverged(events).epoch, _diverged(events).minibatch) == (epoch + 1, minibatch + 1)
    assert _diverged(events).what == ("loss" if math.isinf(points[-1]) else "gradient")


def test_the_activity_says_so_and_nothing_is_trained_any_more(tmp_path: Path) -> None:
    wishes = [Change((("pred_len", length),)) for length in range(1, 9)]
    events = drive(explosive(tmp_path), when(Diverged).send(*wishes))
    assert of(events, StatusChanged)[-1].status is RunStatus.DIVERGED
    assert len({event.loss.points for event in of(since(events, when(Diverged)), Progress)}) == 1
    assert not of(events, Finished)


def test_a_session_that_stops_at_the_end_stops(tmp_path: Path) -> None:
    events = drive(explosive(tmp_path), stop_at_end=True)
    diverged = _diverged(events)
    assert events[-1] == Stopped(1, diverged.epoch - 1, diverged.minibatch - 1)


def test_no_point_is_nan(tmp_path: Path) -> None:
    for progress in of(drive(explosive(tmp_path), when(Diverged)), Progress):
        for series in (progress.loss, progress.grad_norm, progress.perplexity):
            assert not any(math.isnan(point) for point in series.points)


def test_prefixes_are_still_completed(tmp_path: Path) -> None:
    events = drive(explosive(tmp_path), when(Diverged).send(Complete(7, "想要", 12)), when(Completed, request=7))
    answer = of(events, Completed)[0]
    assert len(answer.text) == len(answer.probabilities) == 12
    assert all(math.isfinite(probability) for probability in answer.probabilities)


def test_with_clipping_it_goes_on(tmp_path: Path) -> None:
    recipe = explosive(tmp_path, epochs=6)
    events = drive(
        recipe,
        when(Diverged).send(Change((("clipping", True), ("lr", 0.01))), Resume()),
        when(Finished),
    )
    assert len(of(events, Diverged)) == 1
    assert [event.epoch for event in of(events, EpochDone)] == [1, 2, 3, 4, 5, 6]
    assert math.isfinite(losses(events)[-1])


def test_a_restart_after_it(tmp_path: Path) -> None:
    events = drive(
        explosive(tmp_path),
        when(Diverged).send(Restart(tiny(tmp_path))),
        becomes(RunStatus.FINISHED),
    )
    assert [event.run for event in of(events, Finished)] == [2]
