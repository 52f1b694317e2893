"""The prompt's questions: answered between minibatches, the newest only, by the model as it is."""

from __future__ import annotations

import math
from pathlib import Path

import pytest

from lyricterm.core.commands import Complete, Restart, StepOnce
from lyricterm.core.decoding import Decoding
from lyricterm.core.events import Completed, EpochDone, Event, Failed, Finished, Progress, Started
from lyricterm.core.run_status import RunStatus
from tests.training.lab import LINE, becomes, drive, losses, of, tiny, when


def _answers(events: list[Event]) -> list[int]:
    return [event.request for event in of(events, Completed)]


def test_an_answer(tmp_path: Path) -> None:
    events = drive(
        tiny(tmp_path),
        when(EpochDone, epoch=2).send(Complete(5, "想X要XY", 9)),
        when(Completed),
    )
    answer = of(events, Completed)[0]
    assert (answer.run, answer.request, answer.typed, answer.unknown) == (1, 5, "想X要XY", ("X", "Y"))
    assert len(answer.text) == len(answer.probabilities) == 9
    assert set(answer.text) <= set(LINE)
    assert all(0 < probability <= 1 for probability in answer.probabilities)
    # Asked while the epoch's last minibatch was being reported.
    assert (answer.epoch, answer.minibatch) == (2, 0)
    assert answer.perplexity == of(events, EpochDone)[1].metrics.perplexity


@pytest.mark.parametrize("status", [RunStatus.PAUSED, RunStatus.TRAINING, RunStatus.FINISHED])
def test_in_every_activity(tmp_path: Path, status: RunStatus) -> None:
    events = drive(
        tiny(tmp_path, epochs=1),
        becomes(status).send(Complete(1, "我", 3)),
        when(Completed, request=1),
        paused=status is RunStatus.PAUSED,
    )
    assert _answers(events) == [1]


def test_of_the_questions_that_wait_the_newest_wins(tmp_path: Path) -> None:
    # All of them are sent while the loop is busy.
    questions = [Complete(number, "我", number) for number in range(1, 50)]
    events = drive(
        tiny(tmp_path),
        when(EpochDone, epoch=1).send(*questions),
        when(Completed).send(Complete(50, "", 2)),
        when(Completed),
    )
    assert _answers(events) == [49, 50]
    assert [len(event.text) for event in of(events, Completed)] == [49, 2]


def test_answers_change_as_the_model_learns_and_cost_it_nothing(tmp_path: Path) -> None:
    straight = drive(tiny(tmp_path), stop_at_end=True)
    asked = drive(
        tiny(tmp_path),
        when(Started).send(Complete(1, "想", 6)),
        when(EpochDone, epoch=4).send(Complete(2, "想", 6)),
        when(Completed, request=2),
    )
    early, late = of(asked, Completed)
    assert early.probabilities != late.probabilities
    assert late.epoch == 4
    assert losses(asked) == losses(straight)


def test_before_the_first_epoch_the_answers_perplexity_is_what_progress_says(tmp_path: Path) -> None:
    events = drive(
        tiny(tmp_path),
        becomes(RunStatus.PAUSED).send(Complete(1, "我", 1)),
        when(Completed, request=1).send(StepOnce()),
        becomes(RunStatus.PAUSED).send(Complete(2, "我", 1)),
        when(Completed, request=2),
        paused=True,
    )
    untrained, trained = of(events, Completed)
    assert math.isnan(untrained.perplexity)
    assert trained.perplexity == of(events, Progress)[-1].perplexity.latest


def test_a_question_from_before_the_first_run_is_answered_by_it(tmp_path: Path) -> None:
    good = tiny(tmp_path, epochs=1)
    events = drive(
        tiny(tmp_path, corpus=str(tmp_path / "missing.txt")),
        when(Failed).send(Complete(1, "我", 3), Restart(good)),
        when(Completed, request=1),
        when(Finished),
    )
    assert [(event.run, event.request) for event in of(events, Completed)] == [(1, 1)]


@pytest.mark.parametrize("typed", ["", "XYZ", "\x1b[2J", "\ud800", "我" * 300], ids=lambda typed: ascii(typed)[:12])
def test_anything_may_be_typed(tmp_path: Path, typed: str) -> None:
    events = drive(
        tiny(tmp_path),
        becomes(RunStatus.PAUSED).send(Complete(1, typed, 4)),
        when(Completed, request=1),
        paused=True,
    )
    answer = of(events, Completed)[0]
    assert answer.typed == typed
    assert len(answer.text) == 4
    assert set(answer.unknown) == set(typed) - set(LINE)


def test_several_candidates_are_drawn_with_seeds_one_after_the_other(tmp_path: Path) -> None:
    options = Decoding(temperature=1.5)
    events = drive(
        tiny(tmp_path),
        becomes(RunStatus.PAUSED).send(Complete(1, "想", 20, options, seed=4, count=3)),
        when(Completed, request=1).send(Complete(2, "想", 20, options, seed=5)),
        when(Completed, request=2).send(Complete(3, "想", 20, count=3)),
        when(Completed, request=3),
        paused=True,
    )
    drawn, again, greedy = of(events, Completed)
    texts = [drawn.text, *(other.text for other in drawn.others)]
    assert len(set(texts)) == 3
    assert again.text == texts[1]
    assert all(len(other.text) == len(other.probabilities) == 20 for other in drawn.others)
    assert greedy.others == ()
