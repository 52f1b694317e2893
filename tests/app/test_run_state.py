"""What the studio knows after each event: pure transitions."""

from __future__ import annotations

import math
from dataclasses import replace

import pytest

from lyricterm.app.run_state import (
    MAX_ENTRIES,
    Flipped,
    Overflowed,
    RunBegan,
    RunState,
    apply,
    remember,
)
from lyricterm.core.events import Diverged, EpochDone, Event, Failed, Finished, Refused, Saved, Stopped
from lyricterm.core.metrics import EpochMetrics
from lyricterm.core.run_data import Sample
from lyricterm.core.run_status import RunStatus
from lyricterm.core.settings import Recipe
from tests.app.desk import FACTS, TRAINING, became, completed, mark, progress, sampled, series, started


def after(*events: Event, state: RunState | None = None) -> RunState:
    """The state after some events."""
    state = state or RunState(Recipe())
    for event in events:
        state = apply(state, event)
    return state


def test_before_the_first_event() -> None:
    state = RunState(Recipe(seed=4))
    assert state.status is RunStatus.PREPARING
    assert state.wanted == state.trains == Recipe(seed=4)
    assert math.isnan(state.perplexity)
    assert not state.astray


def test_a_run_that_starts_brings_its_recipe_and_facts() -> None:
    state = after(started(Recipe(hidden=8)))
    assert state.facts == FACTS
    assert state.recipe == Recipe(hidden=8)
    assert state.entries == (RunBegan(Recipe(hidden=8)),)


def test_a_new_run_forgets_everything_of_the_old_one_but_the_log() -> None:
    old = after(*TRAINING, sampled(50, "分", "开"), completed("分", "开"), Diverged(1, 88, 6, "loss"))
    old = replace(old, asked={"lr": 1.0})
    new = apply(old, started(run=2))
    assert new == RunState(Recipe(), run=2, facts=FACTS, entries=(*old.entries, RunBegan(Recipe())))


def test_the_old_state_is_left_as_it_was() -> None:
    old = after(*TRAINING)
    before = replace(old)
    after(sampled(50, "分", "开"), progress(epoch=90), Failed(1, "!"), state=old)
    assert old == before


@pytest.mark.parametrize("status", list(RunStatus))
def test_what_the_trainer_does(status: RunStatus) -> None:
    assert after(became(status)).status is status


def test_samples_are_logged() -> None:
    state = after(sampled(50, "分", "开", perplexity=7.0))
    assert state.entries == (Sample(50, 7.0, "分", "开"),)


def test_divergence_stays_until_training_goes_on() -> None:
    diverged = Diverged(1, 88, 6, "loss")
    state = after(*TRAINING, became(RunStatus.DIVERGED), progress(), diverged)
    assert state.diverged == diverged
    assert state.entries[-1] == Overflowed(diverged)
    assert apply(state, became(RunStatus.PAUSED)).diverged == diverged
    assert apply(state, became(RunStatus.TRAINING)).diverged is None


def test_failure_stays_until_training_goes_on() -> None:
    state = after(became(RunStatus.FAILED), Failed(0, "No such file."))
    assert (state.status, state.failure) == (RunStatus.FAILED, "No such file.")
    assert apply(state, became(RunStatus.PREPARING)).failure == "No such file."
    assert after(became(RunStatus.PREPARING), started(), state=state).failure == ""
    assert apply(state, became(RunStatus.TRAINING)).failure == ""


def test_the_newest_answer_is_kept() -> None:
    first, second = completed("分", "开"), completed("不", "分开", request=2)
    assert after(first, second).completion == second


@pytest.mark.parametrize(
    "event",
    [
        EpochDone(1, EpochMetrics(1, 5.0, 1.6, 1.0, 100.0, 2.0, 0.5)),
        Finished(1, 200, 2.0, 60.0),
        Stopped(1, 3, 4),
        Saved(1, "model.safetensors", 3),
    ],
)
def test_what_the_screen_does_not_show_changes_nothing(event: Event) -> None:
    state = after(*TRAINING)
    assert apply(state, event) == state


class TestAskedFor:
    """Changes on their way to the trainer."""

    def test_what_was_asked_for_is_wanted_and_not_yet_trained(self) -> None:
        state = replace(after(*TRAINING), asked={"lr": 0.5})
        assert state.wanted == Recipe(lr=0.5)
        assert state.trains == Recipe()

    def test_progress_that_does_not_know_of_it_leaves_it_asked_for(self) -> None:
        state = apply(replace(after(*TRAINING), asked={"lr": 0.5}), progress(epoch=88))
        assert state.asked == {"lr": 0.5}

    def test_it_is_settled_when_it_trains(self) -> None:
        state = apply(replace(after(*TRAINING), asked={"lr": 0.5}), progress(recipe=Recipe(lr=0.5)))
        assert state.asked == {}
        assert state.wanted == state.trains == Recipe(lr=0.5)

    def test_it_is_settled_when_it_waits_for_the_next_epoch(self) -> None:
        asked = replace(after(*TRAINING), asked={"sampling": "consecutive"})
        state = apply(asked, progress(pending=(("sampling", "consecutive"),)))
        assert state.asked == {}
        assert state.wanted == Recipe(sampling="consecutive")
        assert state.trains == Recipe()

    def test_what_waits_can_be_taken_back(self) -> None:
        state = after(*TRAINING, progress(pending=(("sampling", "consecutive"),)))
        state = replace(state, asked={"sampling": "random"})
        assert state.wanted == Recipe()
        assert apply(state, progress(pending=(("sampling", "consecutive"),))).asked == {"sampling": "random"}
        assert apply(state, progress()).asked == {}

    @pytest.mark.parametrize("event", [Refused(1, "No."), Failed(1, "No.")])
    def test_it_is_forgotten_when_it_cannot_be(self, event: Event) -> None:
        state = apply(replace(after(*TRAINING), asked={"lr": 0.5}), event)
        assert state.asked == {}
        assert state.wanted == Recipe()


class TestMarks:
    """Flips are logged when they take effect, each once."""

    FIRST = mark("lr", 0.2, 0.5, minibatch=3)
    SECOND = mark("clipping", True, False, minibatch=3)
    THIRD = mark("lr", 0.5, 0.2, minibatch=9)

    def test_each_once_in_order(self) -> None:
        state = after(
            *TRAINING,
            progress(marks=(self.FIRST,)),
            progress(marks=(self.FIRST, self.SECOND)),
            progress(marks=(self.FIRST, self.SECOND)),
            progress(marks=(self.FIRST, self.SECOND, self.THIRD)),
        )
        assert state.entries[1:] == (Flipped(self.FIRST), Flipped(self.SECOND), Flipped(self.THIRD))

    def test_several_at_once(self) -> None:
        state = after(*TRAINING, progress(marks=(self.FIRST, self.SECOND, self.THIRD)))
        assert state.entries[1:] == (Flipped(self.FIRST), Flipped(self.SECOND), Flipped(self.THIRD))

    def test_marks_that_the_trainer_has_forgotten(self) -> None:
        state = after(*TRAINING, progress(marks=(self.FIRST, self.SECOND)), progress(marks=(self.SECOND, self.THIRD)))
        assert state.entries[1:] == (Flipped(self.FIRST), Flipped(self.SECOND), Flipped(self.THIRD))

    def test_those_of_a_new_run(self) -> None:
        state = after(*TRAINING, progress(marks=(self.THIRD,)), started(run=2), progress(run=2, marks=(self.FIRST,)))
        assert [entry for entry in state.entries if isinstance(entry, Flipped)] == [
            Flipped(self.THIRD),
            Flipped(self.FIRST),
        ]


@pytest.mark.parametrize(
    ("perplexity", "epoch", "astray"),
    [(1_448.0, 1, True), (math.inf, 5, True), (1_447.0, 5, False), (1_448.0, 0, False), (math.nan, 5, False)],
)
def test_worse_than_guessing(perplexity: float, epoch: int, astray: bool) -> None:
    state = after(started(), progress(epoch=epoch, perplexity=series(perplexity)))
    assert state.astray is astray


def test_a_diverged_run_is_not_astray_as_well() -> None:
    state = after(started(), progress(perplexity=series(math.inf)), Diverged(1, 2, 1, "loss"))
    assert not state.astray


def test_the_log_is_bounded_and_counts_what_it_dropped() -> None:
    state = RunState(Recipe(), entries=tuple(Sample(epoch, 1.0, "", "") for epoch in range(MAX_ENTRIES)))
    state = remember(remember(state, Sample(-1, 1.0, "", "")), Sample(-2, 1.0, "", ""))
    assert len(state.entries) == MAX_ENTRIES
    assert state.forgotten == 2
    assert state.entries[0] == Sample(2, 1.0, "", "")
    assert state.entries[-1] == Sample(-2, 1.0, "", "")
    assert apply(state, started()).forgotten == 3
