"""Anything pressed, clicked, pasted, resized and reported in any order: nothing breaks, and the screen is true."""

from __future__ import annotations

import logging
import time
from collections.abc import Iterator
from contextlib import AbstractAsyncContextManager
from dataclasses import replace
from itertools import count
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, Phase, seed, settings
from hypothesis import strategies as st
from hypothesis.stateful import rule, run_state_machine_as_test

from lyricterm.app import export_writer
from lyricterm.app.app import LyrictermApp
from lyricterm.app.trainer_thread import TrainerThread
from lyricterm.core.commands import Change, Restart
from lyricterm.core.errors import CorpusError, RunError
from lyricterm.core.events import Event, Failed, Started, StatusChanged
from lyricterm.core.log import logger
from lyricterm.core.run_status import RunStatus
from lyricterm.core.settings import SETTINGS, Recipe
from lyricterm.engine import device
from lyricterm.reports.export import write
from lyricterm.training.session import Session
from tests.app.desk import WIDE, Desk, progress, sampled, studio
from tests.app.real import small, training
from tests.app.reports import PROGRESS, REPORTS
from tests.app.storm import Storm, Tally, calm, doing, expected, machine, shown

pytestmark = pytest.mark.slow

ROOM = 16_000_000
"""Bytes that the machine seems to have free, so that no form asks the storm to train something large."""
REST = 0.005
"""Seconds."""
BOUNDS = {"pred_len": 100, "steps": 100, "batch": 64, "threads": 2}
"""Upper bounds of the recipe during a storm: what lies above them only takes longer."""

STEPS = 30
AMOUNTS = [pytest.param(1_000, 3), pytest.param(25_000, 40, marks=pytest.mark.long)]
"""Actions to be done at least, and how many examples are made between two counts of them."""


@pytest.fixture(autouse=True)
def no_network(monkeypatch: pytest.MonkeyPatch) -> None:
    """A data set that a storm wants cannot be had."""

    def fetch(name: str, report: object) -> Path:
        raise CorpusError("The server cannot be reached.")

    monkeypatch.setattr("lyricterm.app.screens.corpus.fetch", fetch)


class Listening(Storm):
    """Over a lab that only listens; everything that can be reported is, in any order."""

    told = RunStatus.TRAINING

    def open(self) -> AbstractAsyncContextManager[Desk]:
        return studio()

    def hear(self, *events: Event) -> None:
        self.run(self.desk.hear(*events))
        self.tally.actions += len(events)
        for event in events:
            match event:
                case Started():
                    self.told = RunStatus.PREPARING
                case Failed():
                    self.told = RunStatus.FAILED
                case StatusChanged():
                    self.told = event.status

    @rule(events=st.lists(REPORTS, min_size=1, max_size=3))
    def report(self, events: list[Event]) -> None:
        self.hear(*events)

    @rule(events=st.lists(PROGRESS, min_size=1, max_size=3))
    def report_progress(self, events: list[Event]) -> None:
        self.hear(*events)

    @rule(text=st.sampled_from(("分开", "x" * 500)), many=st.sampled_from((10, 100)))
    def report_many_samples(self, text: str, many: int) -> None:
        self.hear(*[sampled(number, "分", text) for number in range(many)])
        self.tally.actions -= many - 1

    async def compare(self) -> None:
        """The panel shows what is wanted, and once the trainer reports that it does all it was told, that."""
        desk = self.desk
        await calm(desk, WIDE)
        # Coming back from behind another screen, the studio is laid out a moment later.
        await desk.until(lambda: shown(desk) == expected(desk.app.studio.state.wanted))
        assert doing(desk, self.told)
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
        """Once all commands are carried out, the studio shows the recipe that trains, and what the trainer does."""
        desk = self.desk
        await calm(desk, WIDE)
        lab = desk.app.lab
        assert isinstance(lab, TrainerThread)
        session = lab._session
        assert isinstance(session, Session)
        await desk.until(lambda: session._inbox.is_empty and not desk.app.studio.state.asked)
        await desk.until(lambda: desk.app.studio.state.wanted == trained(session))
        await desk.until(lambda: shown(desk) == expected(desk.app.studio.state.wanted))
        await desk.until(lambda: doing(desk, session._run.status))
        assert session._run.status is not RunStatus.FAILED, desk.text()


def trained(session: Session) -> Recipe:
    """The recipe that trains, with what waits for the next epoch."""
    trainer = session._run.trainer
    assert trainer is not None
    return trainer.recipe.with_values(trainer.pending)


@pytest.fixture(autouse=True)
def nobody_leaves(monkeypatch: pytest.MonkeyPatch) -> None:
    """Many a key and click would end the storm before its time."""

    async def stay(app: LyrictermApp) -> None:
        app.bell()

    monkeypatch.setattr(LyrictermApp, "action_quit", stay)


@pytest.fixture(autouse=True)
def nothing_written_elsewhere(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """What is taken along goes to any path that happens to be typed."""

    def write_here(path: Path, content: bytes) -> None:
        if not path.absolute().is_relative_to(tmp_path):
            raise RunError("not here")
        write(path, content)

    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(export_writer, "write", write_here)


@pytest.fixture
def nothing_large(monkeypatch: pytest.MonkeyPatch) -> None:
    """What is typed into the settings at random could be a model too large for this machine."""
    monkeypatch.setattr(device, "free_bytes", lambda where: ROOM)
    for setting, high in BOUNDS.items():
        monkeypatch.setitem(SETTINGS, setting, replace(SETTINGS[setting], high=high))


@pytest.fixture
def unhurried(monkeypatch: pytest.MonkeyPatch) -> None:
    """The trainer rests after each minibatch, so that the storm gets most of the processor."""
    train = Session._train

    def train_and_rest(session: Session) -> None:
        train(session)
        time.sleep(REST)

    monkeypatch.setattr(Session, "_train", train_and_rest)


@pytest.fixture
def errors() -> Iterator[list[str]]:
    """What the trainer's thread writes into its log."""
    written: list[str] = []
    handler = logging.Handler()
    handler.emit = lambda record: written.append(record.getMessage() + str(record.exc_info))  # type: ignore[method-assign]
    logger().addHandler(handler)
    yield written
    logger().removeHandler(handler)


def blow(kind: type[Storm], least: int, examples: int, **more: Any) -> Tally:
    """Examples, until enough has been done; the same ones in each call."""
    tally = Tally()
    for number in count():
        if tally.actions >= least:
            break
        run_state_machine_as_test(
            seed(number)(machine(kind, tally, **more)),
            settings=settings(
                max_examples=examples,
                stateful_step_count=STEPS,
                database=None,
                deadline=None,
                print_blob=True,
                report_multiple_bugs=False,
                phases=(Phase.generate, Phase.shrink),
                suppress_health_check=list(HealthCheck),
            ),
        )
    assert tally.looks > tally.actions / 1_000
    return tally


@pytest.mark.parametrize(("least", "examples"), AMOUNTS)
def test_a_storm_over_a_lab_that_listens(least: int, examples: int) -> None:
    assert blow(Listening, least, examples).actions >= least


@pytest.mark.parametrize(("least", "examples"), AMOUNTS)
def test_a_storm_over_the_real_trainer(
    least: int, examples: int, tmp_path: Path, nothing_large: None, unhurried: None, errors: list[str]
) -> None:
    assert blow(Training, least, examples, recipe=small(tmp_path)).actions >= least
    assert not errors
