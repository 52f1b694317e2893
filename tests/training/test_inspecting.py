"""Looking inside: answered between minibatches in every status, the newest only, at no cost to the run."""

from __future__ import annotations

from pathlib import Path

import pytest

from lyricterm.core.commands import Inspect, Restart, StepOnce
from lyricterm.core.events import Diverged, EpochDone, Failed, Finished, Inspected, StatusChanged
from lyricterm.core.inspection import (
    AskCheck,
    AskHidden,
    AskNext,
    AskOptimizerStep,
    AskRow,
    AskSampling,
    AskThroughTime,
    AskVocabulary,
    CheckShown,
    HiddenShown,
    NextShown,
    NotShown,
    OptimizerStepShown,
    Question,
    RowShown,
    SamplingShown,
    ThroughTimeShown,
    VocabularyShown,
)
from lyricterm.core.run_status import RunStatus
from tests.training.lab import LINE, becomes, drive, explosive, losses, of, tiny, when

QUESTIONS: dict[type, Question] = {
    SamplingShown: AskSampling(None, 0, 0, 5, 50),
    VocabularyShown: AskVocabulary(),
    RowShown: AskRow(1, 8),
    ThroughTimeShown: AskThroughTime(),
    HiddenShown: AskHidden("想", 5, None, 4),
    NextShown: AskNext("想", 5),
    CheckShown: AskCheck(1),
    OptimizerStepShown: AskOptimizerStep(),
}


@pytest.mark.parametrize("status", [RunStatus.PAUSED, RunStatus.TRAINING, RunStatus.FINISHED])
@pytest.mark.parametrize("kind", QUESTIONS)
def test_every_view_in_every_activity(tmp_path: Path, kind: type, status: RunStatus) -> None:
    events = drive(
        tiny(tmp_path, epochs=1),
        becomes(status).send(Inspect(7, QUESTIONS[kind])),
        when(Inspected),
        paused=status is RunStatus.PAUSED,
    )
    (told,) = of(events, Inspected)
    assert (told.run, told.request) == (1, 7)
    assert isinstance(told.answer, kind)


def test_the_losses_are_the_same_bit_for_bit(tmp_path: Path) -> None:
    recipe = tiny(tmp_path, sampling="consecutive", cell="lstm")
    straight = drive(recipe, stop_at_end=True)
    plan = []
    for epoch in (1, 2, 3):
        for number, question in enumerate(QUESTIONS.values()):
            asks = Inspect(100 * epoch + number, question)
            plan.append((when(EpochDone, epoch=epoch) if not number else when(Inspected)).send(asks))
    looked = drive(recipe, *plan, when(Finished))
    assert len(of(looked, Inspected)) == 3 * len(QUESTIONS)
    assert losses(looked) == losses(straight)


def test_of_the_questions_that_wait_the_newest_wins(tmp_path: Path) -> None:
    events = drive(
        tiny(tmp_path),
        when(EpochDone, epoch=1).send(*(Inspect(number, AskRow(number, 1)) for number in range(1, 30))),
        when(Inspected),
    )
    assert [told.request for told in of(events, Inspected)] == [29]


def test_the_answer_changes_with_the_model(tmp_path: Path) -> None:
    events = drive(
        tiny(tmp_path),
        becomes(RunStatus.PAUSED).send(Inspect(1, AskThroughTime()), StepOnce()),
        becomes(RunStatus.PAUSED).send(Inspect(2, AskThroughTime())),
        when(Inspected, request=2),
        paused=True,
    )
    first, second = (told.answer for told in of(events, Inspected))
    assert isinstance(first, ThroughTimeShown)
    assert isinstance(second, ThroughTimeShown)
    assert (first.minibatch, second.minibatch) == (0, 1)
    assert first.last != second.last


def test_after_a_divergence(tmp_path: Path) -> None:
    recipe = explosive(tmp_path)
    plan = [becomes(RunStatus.DIVERGED)]
    for number, question in enumerate(QUESTIONS.values()):
        plan[-1] = plan[-1].send(Inspect(number, question))
        plan.append(when(Inspected, request=number))
    events = drive(recipe, *plan)
    assert of(events, Diverged)
    assert [type(told.answer) for told in of(events, Inspected)] == list(QUESTIONS)


def test_without_a_run_it_says_so_and_then_goes_on(tmp_path: Path) -> None:
    events = drive(
        tiny(tmp_path, corpus=str(tmp_path / "missing.txt")),
        when(Failed).send(Inspect(1, AskVocabulary())),
        when(Inspected).send(Restart(tiny(tmp_path))),
        becomes(RunStatus.TRAINING).send(Inspect(2, AskVocabulary())),
        when(Inspected),
    )
    nothing, something = of(events, Inspected)
    assert isinstance(nothing.answer, NotShown)
    assert nothing.answer.sentence == "There is no run to look into; change the settings and start one."
    assert isinstance(something.answer, VocabularyShown)
    assert set(something.answer.characters) == set(LINE)


def test_what_goes_wrong_while_looking_does_not_end_the_run(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    import lyricterm.engine.inspector

    def broken(*_arguments: object) -> None:
        raise ZeroDivisionError

    monkeypatch.setattr(lyricterm.engine.inspector, "look", broken)
    events = drive(tiny(tmp_path), when(EpochDone, epoch=1).send(Inspect(1, AskCheck(1))), when(Finished))
    (told,) = of(events, Inspected)
    assert isinstance(told.answer, NotShown)
    assert "ZeroDivisionError" in told.answer.sentence
    assert not [event for event in of(events, StatusChanged) if event.status is RunStatus.FAILED]
