"""A trainer that likes to train several minibatches in a row, as one on a GPU does."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from lyricterm.core.commands import Change, Pause, StepOnce
from lyricterm.core.events import Diverged, EpochDone, Noticed, Progress, Stopped
from lyricterm.core.run_status import RunStatus
from lyricterm.core.settings import Recipe
from lyricterm.corpus.load import load
from lyricterm.engine.protocols import Engine, MinibatchOutcome
from lyricterm.engine.sampling import Minibatches
from lyricterm.engine.train_minibatch import train_minibatches
from lyricterm.engine.trainer import Trainer
from lyricterm.training.resume import Prepare, PreparedRun
from tests.training.lab import MINIBATCHES, becomes, drive, explosive, losses, of, tiny, when


class Bursts:
    """Several minibatches in a row, each trained as a single one is."""

    def __init__(self, engine: Engine, longest: int) -> None:
        self._engine, self.longest = engine, longest

    def choose_routes(self, recipe: Recipe) -> None:
        """They are the engine's own."""

    def prepare(self, recipe: Recipe) -> None:
        """There is nothing to prepare."""

    def run(self, plan: Minibatches, start: int, count: int, recipe: Recipe) -> list[MinibatchOutcome]:
        """Train them."""
        return train_minibatches(self._engine, plan, start, count, recipe)


def _in_bursts(of_minibatches: int, notice: str = "") -> Prepare:
    def make_burst(engine: Engine, tell: Callable[[str], None]) -> Bursts:
        if notice:
            tell(notice)
        return Bursts(engine, of_minibatches)

    def prepare(recipe: Recipe) -> PreparedRun:
        return PreparedRun(Trainer(recipe, load(recipe), make_burst=make_burst))

    return prepare


@pytest.mark.parametrize("burst", [2, 4, MINIBATCHES, 1_000])
def test_the_numbers_are_the_same(tmp_path: Path, burst: int) -> None:
    one_by_one = drive(tiny(tmp_path), stop_at_end=True)
    in_bursts = drive(tiny(tmp_path), prepare=_in_bursts(burst), stop_at_end=True)
    assert losses(in_bursts) == losses(one_by_one)
    wanted, found = (
        [(done.metrics.epoch, done.metrics.perplexity, done.metrics.grad_norm) for done in of(events, EpochDone)]
        for events in (one_by_one, in_bursts)
    )
    assert found == wanted


def test_one_step_is_still_one_minibatch(tmp_path: Path) -> None:
    steps = [becomes(RunStatus.PAUSED).send(StepOnce()) for _ in range(3)]
    events = drive(tiny(tmp_path), *steps, becomes(RunStatus.PAUSED), prepare=_in_bursts(4), paused=True)
    assert of(events, Stopped) == [Stopped(1, 0, 3)]


def test_a_pause_comes_after_the_burst(tmp_path: Path) -> None:
    recipe = tiny(tmp_path)
    events = drive(
        recipe, when(EpochDone, epoch=1).send(Pause()), becomes(RunStatus.PAUSED), prepare=_in_bursts(MINIBATCHES)
    )
    assert of(events, Stopped) == [Stopped(1, 1, 0)]


def test_a_change_is_marked_where_the_burst_began(tmp_path: Path) -> None:
    events = drive(
        tiny(tmp_path),
        when(EpochDone, epoch=1).send(Change((("lr", 0.1),))),
        prepare=_in_bursts(4),
        stop_at_end=True,
    )
    assert [(mark.epoch, mark.minibatch) for mark in of(events, Progress)[-1].marks] == [(1.0, MINIBATCHES)]


def test_an_overflow_in_mid_burst_is_found_at_the_same_place(tmp_path: Path) -> None:
    recipe = explosive(tmp_path)
    one_by_one = of(drive(recipe, when(Diverged)), Diverged)
    assert of(drive(recipe, when(Diverged), prepare=_in_bursts(1_000)), Diverged) == one_by_one


def test_what_the_trainer_notices_is_passed_on_once(tmp_path: Path) -> None:
    events = drive(tiny(tmp_path), prepare=_in_bursts(4, "It is slow."), stop_at_end=True)
    assert of(events, Noticed) == [Noticed(1, "It is slow.")]
