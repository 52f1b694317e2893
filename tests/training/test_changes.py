"""Changing the running model: when it takes effect, what it leaves on the curves, and what is refused."""

from __future__ import annotations

import math
from dataclasses import replace
from pathlib import Path

import pytest

from lyricterm.core.commands import Change, StepOnce
from lyricterm.core.events import Diverged, EpochDone, Event, Finished, Generated, Progress, Refused
from lyricterm.core.run_data import Mark
from lyricterm.core.run_status import RunStatus
from lyricterm.core.settings import SETTINGS, Applies, Recipe, Value
from lyricterm.engine.trainer import Trainer
from lyricterm.engine.trainer_state import Step
from lyricterm.training import current_run
from tests.other_values import other_value
from tests.training.lab import MINIBATCHES, becomes, drive, explosive, losses, of, tiny, when

OTHER: dict[str, Value] = {"theta": 1.0, "steps": 7, "batch": 3, "lr": 0.1}
"""Where not any value trains the tiny run."""


def _other(name: str, recipe: Recipe) -> Value:
    return OTHER.get(name, other_value(name, getattr(recipe, name)))


def _settings(heat: Applies) -> list[str]:
    return [name for name, setting in SETTINGS.items() if setting.applies is heat]


def _latest(events: list[Event]) -> Progress:
    return of(events, Progress)[-1]


@pytest.mark.parametrize("setting", _settings(Applies.NEXT_MINIBATCH))
def test_a_change_at_the_next_minibatch(tmp_path: Path, setting: str) -> None:
    recipe = tiny(tmp_path)
    events = drive(
        recipe,
        becomes(RunStatus.PAUSED).send(StepOnce()),
        becomes(RunStatus.PAUSED).send(StepOnce()),
        becomes(RunStatus.PAUSED).send(Change(((setting, _other(setting, recipe)),)), StepOnce()),
        becomes(RunStatus.PAUSED),
        paused=True,
    )
    last = _latest(events)
    assert last.recipe == recipe.with_values({setting: _other(setting, recipe)})
    assert last.pending == ()
    assert last.marks == (Mark(2 / MINIBATCHES, 2, setting, getattr(recipe, setting), _other(setting, recipe)),)


@pytest.mark.parametrize("setting", _settings(Applies.NEXT_EPOCH))
def test_a_change_at_the_next_epoch(tmp_path: Path, setting: str) -> None:
    recipe = tiny(tmp_path)
    steps = [becomes(RunStatus.PAUSED).send(StepOnce()) for _ in range(MINIBATCHES)]
    events = drive(
        recipe,
        steps[0],
        becomes(RunStatus.PAUSED).send(Change(((setting, _other(setting, recipe)),)), StepOnce()),
        *steps[2:],
        steps[0],
        becomes(RunStatus.PAUSED),
        paused=True,
    )
    waiting = [event for event in of(events, Progress) if event.pending]
    assert {event.pending for event in waiting} == {((setting, _other(setting, recipe)),)}
    assert {event.recipe for event in waiting} == {recipe}
    assert {event.epoch for event in waiting} == {0}
    last = _latest(events)
    assert (last.epoch, last.minibatch) == (1, 1)
    assert last.recipe == recipe.with_values({setting: _other(setting, recipe)})
    assert last.pending == ()
    assert last.marks == (Mark(1.0, MINIBATCHES, setting, getattr(recipe, setting), _other(setting, recipe)),)


def test_a_change_between_epochs_waits_for_nothing(tmp_path: Path) -> None:
    events = drive(
        tiny(tmp_path),
        becomes(RunStatus.PAUSED).send(Change((("batch", 3),)), StepOnce()),
        becomes(RunStatus.PAUSED),
        paused=True,
    )
    assert _latest(events).minibatches == (120 - 1) // 5 // 3
    assert [mark.epoch for mark in _latest(events).marks] == [0.0]


@pytest.mark.parametrize("setting", _settings(Applies.AT_ONCE))
def test_a_wish_of_the_watcher_leaves_no_mark(tmp_path: Path, setting: str) -> None:
    recipe = tiny(tmp_path)
    wish = _other(setting, recipe)
    events = drive(
        recipe,
        becomes(RunStatus.PAUSED).send(Change(((setting, wish),)), StepOnce()),
        becomes(RunStatus.PAUSED),
        paused=True,
    )
    assert getattr(_latest(events).recipe, setting) == wish
    assert _latest(events).marks == ()


@pytest.mark.parametrize("setting", _settings(Applies.NEW_RUN))
def test_what_needs_a_new_run_is_refused_and_the_run_goes_on(tmp_path: Path, setting: str) -> None:
    recipe = tiny(tmp_path)
    change = Change(((setting, _other(setting, recipe)), ("lr", 0.1)))
    events = drive(recipe, when(EpochDone, epoch=1).send(change), stop_at_end=True)
    assert SETTINGS[setting].label in of(events, Refused)[0].sentence
    assert _latest(events).recipe == recipe
    assert [event.epoch for event in of(events, EpochDone)] == [1, 2, 3, 4]


@pytest.mark.parametrize(
    ("values", "word"),
    [
        ((("lr", -1.0),), "learning rate"),
        ((("steps", 2.5),), "time steps"),
        ((("nothing", 1),), "nothing"),
        ((("batch", 500),), "2,501"),
    ],
)
def test_wrong_values_are_refused_and_the_run_goes_on(
    tmp_path: Path, values: tuple[tuple[str, Value], ...], word: str
) -> None:
    recipe = tiny(tmp_path)
    events = drive(recipe, when(EpochDone, epoch=1).send(Change(values)), stop_at_end=True)
    assert [word in event.sentence for event in of(events, Refused)] == [True]
    assert _latest(events).recipe == recipe
    assert [event.epoch for event in of(events, EpochDone)] == [1, 2, 3, 4]


def test_a_change_changes_the_numbers_from_then_on(tmp_path: Path) -> None:
    straight = losses(drive(tiny(tmp_path), stop_at_end=True))
    changed = losses(
        drive(
            tiny(tmp_path),
            when(EpochDone, epoch=2).send(Change((("lr", 0.1),))),
            stop_at_end=True,
        )
    )
    same = 2 * MINIBATCHES + 1
    assert changed[:same] == straight[:same]
    assert all(now != before for now, before in zip(changed[same:], straight[same:], strict=True))


def test_several_changes_leave_a_mark_each(tmp_path: Path) -> None:
    events = drive(
        tiny(tmp_path),
        becomes(RunStatus.PAUSED).send(Change((("lr", 0.1), ("clipping", False))), Change((("lr", 0.2),)), StepOnce()),
        becomes(RunStatus.PAUSED),
        paused=True,
    )
    changes = [(mark.setting, mark.old, mark.new) for mark in _latest(events).marks]
    assert sorted(changes) == [("clipping", True, False), ("lr", 0.1, 0.2), ("lr", 0.2, 0.1)]


def test_the_change_that_made_it_overflow_is_marked(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    train = Trainer.advance

    def advance(self: Trainer, most: int) -> list[Step]:
        return [replace(step, overflow="loss", loss=math.inf) if step.applied else step for step in train(self, most)]

    monkeypatch.setattr(Trainer, "advance", advance)
    events = drive(tiny(tmp_path), when(EpochDone, epoch=1).send(Change((("clipping", False),))), when(Diverged))
    # Sent while the epoch's last minibatch is being reported: the next one overflows.
    assert _latest(events).marks == (Mark(1.0, MINIBATCHES, "clipping", True, False),)
    assert losses(events)[-1] == math.inf


def test_a_change_after_an_overflow_is_marked_where_the_curves_are(tmp_path: Path) -> None:
    events = drive(
        explosive(tmp_path),
        when(Diverged).send(Change((("lr", 0.001),)), StepOnce()),
        becomes(RunStatus.TRAINING),
        when(Progress),
    )
    overflown = losses(events).index(math.inf)
    assert [mark.minibatch for mark in _latest(events).marks] == [overflown + 1]


def test_marks_stay_bounded(tmp_path: Path) -> None:
    changes = [Change((("lr", 0.1 + i / 1e6),)) for i in range(500)]
    events = drive(
        tiny(tmp_path),
        becomes(RunStatus.PAUSED).send(*changes, StepOnce()),
        becomes(RunStatus.PAUSED),
        paused=True,
    )
    marks = _latest(events).marks
    assert len(marks) == 200
    assert marks[-1].new == changes[-1].values[0][1]


def test_a_change_is_told_before_the_lyrics_of_its_epoch(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """However short the epochs are, and however seldom it is told where the run stands."""
    monkeypatch.setattr(current_run, "REPORT_INTERVAL", math.inf)
    recipe = tiny(tmp_path, epochs=3, pred_period=1)
    events = drive(recipe, when(EpochDone, epoch=1).send(Change((("clipping", False),))), when(Finished))
    told = next(i for i, event in enumerate(events) if isinstance(event, Progress) and event.marks)
    lyrics = next(i for i, event in enumerate(events) if isinstance(event, Generated) and event.sample.epoch == 2)
    assert told < lyrics
