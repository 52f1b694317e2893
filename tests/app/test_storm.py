"""Anything pressed, clicked, pasted, resized and reported in any order: nothing breaks, and the screen is true."""

from __future__ import annotations

import logging
from collections.abc import Iterator
from contextlib import AbstractAsyncContextManager
from dataclasses import replace
from pathlib import Path
from typing import Any, cast

import pytest
from hypothesis import HealthCheck, Phase, settings
from hypothesis import strategies as st
from hypothesis.stateful import rule, run_state_machine_as_test

from lyricterm.app.app import LyrictermApp
from lyricterm.app.lab import Lab
from lyricterm.engine import device
from lyricterm.events import Activity, ActivityChanged, Change, Event, Failed, Restart, Started
from lyricterm.log import logger
from lyricterm.recipe import AXES, Recipe
from tests.app.desk import Desk, FakeLab, mark, progress, sampled, studio
from tests.app.real import LYRICS, small, training
from tests.app.reports import PROGRESS, REPORTS
from tests.app.storm import Storm, Tally, calm, doing, expected, machine, shown

ROOM = 16_000_000
"""Bytes that the machine seems to have free, so that no form asks the storm to train something large."""
BOUNDS = {"pred_len": 100, "steps": 100, "batch": 64, "threads": 2, "max_chars": 1_000}
"""Upper bounds of the recipe during a storm: what lies above them only takes longer."""


class Listening(Storm):
    """Over a lab that only listens; everything that can be reported is, in any order."""

    told = Activity.TRAINING

    def open(self) -> AbstractAsyncContextManager[Desk]:
        return studio()

    def hear(self, *events: Event) -> None:
        self.run(self.desk.hear(*events))
        self.tally.actions += len(events)
        for event in events:
            match event:
                case Started():
                    self.told = Activity.PREPARING
                case Failed():
                    self.told = Activity.FAILED
                case ActivityChanged():
                    self.told = event.activity

    @rule(events=st.lists(REPORTS, min_size=1, max_size=3))
    def report(self, events: list[Event]) -> None:
        self.hear(*events)

    @rule(events=st.lists(PROGRESS, min_size=1, max_size=3))
    def report_progress(self, events: list[Event]) -> None:
        self.hear(*events)

    @rule(text=st.sampled_from(("分开", "x" * 500)), count=st.sampled_from((10, 100)))
    def report_many_samples(self, text: str, count: int) -> None:
        self.hear(*[sampled(number, "分", text) for number in range(count)])
        self.tally.actions -= count - 1

    async def compare(self) -> None:
        """The panel shows what is wanted, and once the trainer reports that it does all it was told, that."""
        desk = self.desk
        await calm(desk)
        assert doing(desk, self.told)
        assert shown(desk) == expected(desk.app.studio.state.wanted)
        recipe = Recipe()
        for command in self.desk.sent:
            match command:
                case Change(values):
                    recipe = recipe.with_values(dict(values))
                case Restart():
                    recipe = command.recipe
        await desk.hear(progress(recipe=recipe))
        assert not desk.app.studio.state.asked
        assert shown(desk) == expected(recipe)


class Training(Storm):
    """Over the real trainer's thread."""

    recipe: Recipe

    def open(self) -> AbstractAsyncContextManager[Desk]:
        return training(self.recipe)

    async def compare(self) -> None:
        desk = self.desk
        await calm(desk)
        lab, state = desk.app.lab, desk.app.studio.state
        assert isinstance(lab, Lab)
        session = lab._session
        trainer = session._trainer
        assert trainer is not None

        def is_true() -> bool:
            state = desk.app.studio.state
            trainer = session._trainer
            assert trainer is not None
            recipe = trainer.recipe.with_values(trainer.pending)
            return session._inbox.empty() and not state.asked and state.wanted == recipe

        await desk.until(is_true)
        trainer = session._trainer
        await desk.until(lambda: shown(desk) == expected(trainer.recipe.with_values(trainer.pending)))
        await desk.until(lambda: doing(desk, session._activity))
        assert session._activity is not Activity.FAILED, state.failure


@pytest.fixture(autouse=True)
def nobody_leaves(monkeypatch: pytest.MonkeyPatch) -> None:
    """Many a key and click would end the storm before its time."""

    async def stay(app: LyrictermApp) -> None:
        app.bell()

    monkeypatch.setattr(LyrictermApp, "action_quit", stay)


@pytest.fixture
def nothing_large(monkeypatch: pytest.MonkeyPatch) -> None:
    """What is typed into the settings at random could be a model too large for this machine."""
    monkeypatch.setattr(device, "free_bytes", lambda where: ROOM)
    for axis, high in BOUNDS.items():
        monkeypatch.setitem(AXES, axis, replace(AXES[axis], high=high))


@pytest.fixture
def errors() -> Iterator[list[str]]:
    """What the trainer's thread writes into its log."""
    written: list[str] = []
    handler = logging.Handler()
    handler.emit = lambda record: written.append(record.getMessage() + str(record.exc_info))  # type: ignore[method-assign]
    logger().addHandler(handler)
    yield written
    logger().removeHandler(handler)


def blow(kind: type[Storm], examples: int, steps: int, **more: Any) -> Tally:
    """Some examples; the same in each call."""
    tally = Tally()
    run_state_machine_as_test(
        cast(type[Storm], machine(kind, tally, **more)),
        settings=settings(
            max_examples=examples,
            stateful_step_count=steps,
            derandomize=True,
            database=None,
            deadline=None,
            print_blob=True,
            report_multiple_bugs=False,
            phases=(Phase.generate, *((Phase.shrink,) if not __import__('os').environ.get('NOSHRINK') else ())),
            suppress_health_check=list(HealthCheck),
        ),
    )
    return tally


SIZES = [(8, 40, 1_000), pytest.param(150, 40, 25_000, marks=pytest.mark.long)]


@pytest.mark.parametrize(("examples", "steps", "least"), SIZES)
def test_a_storm_over_a_lab_that_listens(examples: int, steps: int, least: int) -> None:
    tally = blow(Listening, examples, steps)
    print(tally)
    assert tally.actions >= least


@pytest.mark.parametrize(("examples", "steps", "least"), SIZES)
def test_a_storm_over_the_real_trainer(
    examples: int, steps: int, least: int, tmp_path: Path, nothing_large: None, errors: list[str]
) -> None:
    other = tmp_path / "other \x1b[2J.txt"
    other.write_text("\x1b[2J\u202e[b]" + LYRICS, encoding="utf-8")
    tally = blow(Training, examples, steps, recipe=small(tmp_path, max_chars=1_000))
    print(tally)
    assert tally.actions >= least
    assert not errors
