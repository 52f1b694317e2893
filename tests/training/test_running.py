"""A run from its start to its end, with pauses."""

from __future__ import annotations

import math
from dataclasses import replace
from itertools import pairwise
from pathlib import Path

import pytest

from lyricterm.core.commands import Change, Complete, Pause, Resume, StepOnce
from lyricterm.core.events import (
    Completed,
    EpochDone,
    Event,
    Failed,
    Finished,
    Generated,
    Progress,
    Refused,
    Started,
    StatusChanged,
    Stopped,
)
from lyricterm.core.run_data import Facts
from lyricterm.core.run_status import RunStatus
from lyricterm.core.settings import Recipe
from lyricterm.training.sample_schedule import for_watching
from lyricterm.training.session import Session
from tests.training.lab import LINE, MINIBATCHES, When, becomes, drive, losses, of, tiny, when


def test_the_facts_of_a_run(tmp_path: Path) -> None:
    recipe = tiny(tmp_path)
    events = drive(recipe, when(Started), paused=True)
    characters = len(set(LINE))
    parameters = characters * 8 + 8 * 8 + 8 + 8 * characters + characters
    (started,) = of(events, Started)
    facts = Facts("tiny.txt", len(LINE * 8), characters, "cpu", 1, parameters, frozenset(LINE))
    facts = replace(facts, beginnings=recipe.prefixes, usual_prefixes=("分开", "不分开"))
    assert replace(started.facts, matmul=()) == facts
    assert {route for _product, route in started.facts.matmul} <= {"mkl", "onednn"}
    assert (started.run, started.recipe, started.epoch) == (1, recipe, 0)


def test_from_start_to_finish(tmp_path: Path) -> None:
    events = drive(tiny(tmp_path), stop_at_end=True)
    statuses = [event.status for event in of(events, StatusChanged)]
    assert statuses == [RunStatus.PREPARING, RunStatus.TRAINING, RunStatus.FINISHED]
    assert [event.epoch for event in of(events, EpochDone)] == [1, 2, 3, 4]
    assert len(losses(events)) == 4 * MINIBATCHES
    assert [event.epoch for event in of(events, Finished)] == [4]
    assert isinstance(events[-1], Stopped)
    assert not of(events, Failed) + of(events, Refused)


def test_an_epochs_figures(tmp_path: Path) -> None:
    events = drive(tiny(tmp_path), stop_at_end=True)
    points, norms = losses(events), of(events, Progress)[-1].grad_norm.points
    for done in (event.metrics for event in of(events, EpochDone)):
        part = slice((done.epoch - 1) * MINIBATCHES, done.epoch * MINIBATCHES)
        assert done.loss == pytest.approx(math.fsum(points[part]) / MINIBATCHES)
        assert done.perplexity == pytest.approx(math.exp(done.loss))
        assert done.grad_norm == pytest.approx(math.fsum(norms[part]) / MINIBATCHES)
        assert done.clipped == sum(norm > 5 for norm in norms[part]) / MINIBATCHES
        characters = MINIBATCHES * 5 * 2
        assert done.chars_per_second == pytest.approx(characters / done.seconds)
    assert of(events, Finished)[0].perplexity == of(events, EpochDone)[-1].metrics.perplexity


def test_perplexity_is_that_of_the_latest_epoch(tmp_path: Path) -> None:
    events = drive(tiny(tmp_path), stop_at_end=True)
    done = [event.metrics.perplexity for event in of(events, EpochDone)]
    last = of(events, Progress)[-1].perplexity
    assert (last.points, last.latest, last.low) == (tuple(done), done[-1], min(done))


def test_before_the_first_epoch_is_done_perplexity_is_that_of_its_part(tmp_path: Path) -> None:
    events = drive(
        tiny(tmp_path),
        becomes(RunStatus.PAUSED).send(StepOnce()),
        becomes(RunStatus.PAUSED).send(StepOnce()),
        becomes(RunStatus.PAUSED),
        paused=True,
    )
    mean = math.fsum(losses(events)) / 2
    last = of(events, Progress)[-1].perplexity
    assert last.latest == pytest.approx(math.exp(mean))
    assert last.points == (last.latest,)


def test_paused_from_the_start(tmp_path: Path) -> None:
    events = drive(tiny(tmp_path), becomes(RunStatus.PAUSED), paused=True)
    assert RunStatus.TRAINING not in [event.status for event in of(events, StatusChanged)]
    assert losses(events) == ()
    assert math.isnan(of(events, Progress)[-1].perplexity.latest)


def test_no_minibatch_is_trained_while_paused(tmp_path: Path) -> None:
    # Each answer takes a turn of the loop.
    turns = [when(Completed, request=number).send(Complete(number + 1, "我", 1)) for number in range(5)]
    events = drive(
        tiny(tmp_path),
        when(EpochDone, epoch=2).send(Pause()),
        becomes(RunStatus.PAUSED).send(Complete(0, "我", 1)),
        *turns,
        when(Completed, request=5),
    )
    # The pause was asked for while the epoch's last minibatch was being reported.
    assert len(losses(events)) == 2 * MINIBATCHES
    assert {(event.epoch, event.minibatch) for event in of(events, Completed)} == {(2, 0)}
    assert of(events, Stopped) == [Stopped(1, 2, 0)]


def test_resume_goes_on_where_it_paused(tmp_path: Path) -> None:
    straight = drive(tiny(tmp_path), stop_at_end=True)
    halting = drive(
        tiny(tmp_path),
        when(EpochDone, epoch=1).send(Pause()),
        becomes(RunStatus.PAUSED).send(Resume()),
        when(EpochDone, epoch=3).send(Pause()),
        becomes(RunStatus.PAUSED).send(StepOnce()),
        becomes(RunStatus.PAUSED).send(Resume()),
        stop_at_end=True,
    )
    assert losses(halting) == losses(straight)


def test_one_step_is_one_minibatch(tmp_path: Path) -> None:
    steps = [becomes(RunStatus.PAUSED).send(StepOnce()) for _ in range(MINIBATCHES + 1)]
    events = drive(tiny(tmp_path), *steps, becomes(RunStatus.PAUSED), paused=True)
    counts = [len(event.loss.points) for event in of(events, Progress)]
    assert sorted(set(counts)) == list(range(MINIBATCHES + 2))
    assert of(events, Stopped) == [Stopped(1, 1, 1)]


def test_a_step_while_training_pauses_after_it(tmp_path: Path) -> None:
    events = drive(tiny(tmp_path), when(EpochDone, epoch=1).send(StepOnce()), becomes(RunStatus.PAUSED))
    assert len(losses(events)) == MINIBATCHES + 1


def test_the_last_step_finishes(tmp_path: Path) -> None:
    steps = [becomes(RunStatus.PAUSED).send(StepOnce()) for _ in range(MINIBATCHES)]
    events = drive(tiny(tmp_path, epochs=1), *steps, becomes(RunStatus.FINISHED), paused=True)
    assert [event.status for event in of(events, StatusChanged)][-1] is RunStatus.FINISHED


@pytest.mark.parametrize("command", [Resume(), StepOnce()])
def test_nothing_is_left_to_train_when_finished(tmp_path: Path, command: Resume | StepOnce) -> None:
    events = drive(tiny(tmp_path, epochs=1), when(Finished).send(command), when(Refused))
    assert "epochs" in of(events, Refused)[0].sentence
    assert len(losses(events)) == MINIBATCHES


def test_more_epochs_can_be_asked_for_when_finished(tmp_path: Path) -> None:
    straight = drive(tiny(tmp_path, epochs=3), stop_at_end=True)
    prolonged = drive(
        tiny(tmp_path, epochs=1),
        when(Finished).send(Change((("epochs", 3),)), Resume()),
        when(Finished),
    )
    assert losses(prolonged) == losses(straight)


def test_fewer_epochs_end_the_run_after_the_epoch_under_way(tmp_path: Path) -> None:
    events = drive(tiny(tmp_path, epochs=50), when(EpochDone, epoch=2).send(Change((("epochs", 1),))), when(Finished))
    assert [event.epoch for event in of(events, Finished)] == [3]


def test_samples_come_every_period(tmp_path: Path) -> None:
    recipe = tiny(tmp_path, epochs=7, pred_period=3, prefixes=("分开", "想要"), pred_len=7)
    events = drive(recipe, stop_at_end=True)
    samples = [event.sample for event in of(events, Generated)]
    assert [(sample.epoch, sample.prefix) for sample in samples] == [
        (3, "分开"), (3, "想要"), (6, "分开"), (6, "想要"),
    ]  # fmt: skip
    perplexities = {event.epoch: event.metrics.perplexity for event in of(events, EpochDone)}
    for sample in samples:
        assert len(sample.text) == 7
        assert set(sample.text) <= set(LINE)
        assert sample.perplexity == perplexities[sample.epoch]


@pytest.mark.parametrize(
    ("epochs", "period", "expected"),
    [
        (120, 50, [1, 2, 5, 10, 20, 50, 100, 120]),
        (16, 15, [1, 2, 5, 10, 15, 16]),
        (7, 3, [1, 2, 3, 6, 7]),
        (4, 1, [1, 2, 3, 4]),
        (3, 100, [1, 2, 3]),
    ],
)
def test_the_lab_writes_lyrics_early_then_every_period_and_at_the_end(
    tmp_path: Path, epochs: int, period: int, expected: list[int]
) -> None:
    recipe = tiny(tmp_path, epochs=epochs, pred_period=period, pred_len=2)
    events = drive(recipe, stop_at_end=True, schedule=for_watching)
    assert [event.sample.epoch for event in of(events, Generated)] == expected


def test_more_epochs_go_on_with_the_period(tmp_path: Path) -> None:
    more = when(Finished).send(Change((("epochs", 6),)), Resume())
    events = drive(tiny(tmp_path, epochs=3, pred_period=4), more, when(Finished), schedule=for_watching)
    assert [event.sample.epoch for event in of(events, Generated)] == [1, 2, 3, 4, 6]


def test_the_period_the_prefixes_and_the_length_change_live(tmp_path: Path) -> None:
    change = Change((("pred_period", 1), ("prefixes", ("我",)), ("pred_len", 3)))
    events = drive(
        tiny(tmp_path, epochs=6, pred_period=100),
        when(EpochDone, epoch=3).send(change),
        stop_at_end=True,
    )
    samples = [event.sample for event in of(events, Generated)]
    # Sent while epoch 3 is being reported, so that it is there for epoch 4.
    assert [(sample.epoch, sample.prefix, len(sample.text)) for sample in samples] == [
        (4, "我", 3), (5, "我", 3), (6, "我", 3),
    ]  # fmt: skip


class Clock:
    """Stands in for the time module: every look at it takes a millisecond."""

    def __init__(self) -> None:
        self.now = 0.0

    def perf_counter(self) -> float:
        """The time, a millisecond later than before."""
        self.now += 0.001
        return self.now


def test_progress_comes_a_few_times_a_second(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    clock = Clock()
    for module in ("session", "current_run"):
        monkeypatch.setattr(f"lyricterm.training.{module}.time", clock)
    told: list[float] = []

    def stamp(event: Event) -> None:
        if isinstance(event, Progress):
            told.append(clock.now)

    Session(tiny(tmp_path, epochs=50), stamp, stop_at_end=True).run()
    while_training = told[1:-1]
    assert clock.now > 1
    assert clock.now * 3 < len(while_training) < clock.now * 10
    assert min(later - earlier for earlier, later in pairwise(while_training)) >= 0.1


def test_progress_says_where_the_run_stands(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("lyricterm.training.current_run.REPORT_INTERVAL", 0.0)
    events = drive(tiny(tmp_path), stop_at_end=True)
    progress = of(events, Progress)
    places = [(event.epoch, event.minibatch) for event in progress]
    assert places == sorted(places)
    assert {(epoch, minibatch) for epoch in range(4) for minibatch in range(MINIBATCHES)} <= set(places)
    for event in progress:
        assert event.minibatches == MINIBATCHES
        assert len(event.loss.points) == event.epoch * MINIBATCHES + event.minibatch
    # None until an epoch is done: the first minibatches say little.
    assert {event.seconds_left for event in progress if event.epoch == 0} == {None}
    assert all(event.seconds_left is not None for event in progress if event.epoch > 0)
    assert progress[-1].seconds_left == 0


@pytest.mark.parametrize("minibatches_done", [MINIBATCHES, MINIBATCHES + 5])
def test_the_time_left_is_that_of_the_minibatches_left(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, minibatches_done: int
) -> None:
    monkeypatch.setattr("lyricterm.training.session.time", Clock())
    steps: list[When] = [becomes(RunStatus.PAUSED).send(StepOnce()) for _ in range(minibatches_done)]
    events = drive(tiny(tmp_path), *steps, becomes(RunStatus.PAUSED), paused=True)
    last = of(events, Progress)[-1]
    assert last.seconds_left == pytest.approx((4 * MINIBATCHES - minibatches_done) * 0.001)
    assert last.chars_per_second == pytest.approx(5 * 2 / 0.001)


def test_a_session_trains_what_it_is_told(tmp_path: Path) -> None:
    recipe: Recipe = tiny(tmp_path, epochs=1, cell="gru", engine="reference", sampling="consecutive")
    events = drive(recipe, stop_at_end=True)
    assert of(events, Started)[0].recipe == recipe
    assert [event.epoch for event in of(events, Finished)] == [1]
