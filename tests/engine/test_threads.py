"""Choosing the number of threads: against a simulated machine; and that the losses do not depend on it."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import pytest
import torch

from lyricterm.core.settings import Recipe, Value
from lyricterm.corpus.load import load
from lyricterm.engine.threads import Tuner, sensible_counts
from lyricterm.engine.trainer import Trainer

IDLE = {1: 0.016, 2: 0.010}
BUSY = {1: 0.016, 2: 0.033}


def train(tuner: Tuner, machine: Callable[[int], dict[int, float]], minibatches: int) -> tuple[list[int], float]:
    """The thread counts used and the seconds taken on a machine whose speed may change with time."""
    used, seconds = [], 0.0
    for number in range(minibatches):
        used.append(tuner.threads)
        took = machine(number)[tuner.threads]
        seconds += took
        tuner.observe(took)
    return used, seconds


@pytest.mark.parametrize(("machine", "best"), [(IDLE, 2), (BUSY, 1)])
def test_it_settles_on_the_faster_count(machine: dict[int, float], best: int) -> None:
    used, seconds = train(Tuner((1, 2)), lambda _: machine, 1_000)
    assert set(used[:20]) == {1, 2}
    assert used[20:].count(best) > 0.98 * len(used[20:])
    assert 1_000 * machine[best] / seconds > 0.9


def test_a_count_that_is_far_too_slow_is_not_tried_for_long() -> None:
    used, _seconds = train(Tuner((1, 2)), lambda _: {1: 0.016, 2: 2.5}, 50)
    assert used == [2, 2] + [1] * 48


def test_it_looks_again_when_the_machine_gets_busy_and_idle_again() -> None:
    used, _seconds = train(Tuner((1, 2)), lambda number: BUSY if 500 <= number < 1_500 else IDLE, 3_000)
    assert used[499] == 2
    assert used[1_499] == 1
    assert used[2_999] == 2


def test_it_does_not_look_again_for_noise() -> None:
    tuner = Tuner((1, 2))
    used, _seconds = train(tuner, lambda number: {1: 0.016, 2: 0.010 * (1 + 0.2 * (number % 3 - 1))}, 5_000)
    assert used.count(2) > 0.98 * len(used)


def test_one_core_leaves_no_choice() -> None:
    used, _seconds = train(Tuner((1,)), lambda _: {1: 0.02}, 50)
    assert set(used) == {1}


def test_sensible_counts_rise_from_one_to_all_cores() -> None:
    counts = sensible_counts()
    assert counts[0] == 1
    assert list(counts) == sorted(set(counts))


@pytest.fixture
def threads_restored() -> Iterator[None]:
    before = torch.get_num_threads()
    yield
    torch.set_num_threads(before)


@pytest.mark.usefixtures("threads_restored")
@pytest.mark.parametrize(
    "values",
    [{}, {"hidden": 64}, {"sampling": "consecutive", "detach": False}, {"cell": "lstm", "hidden": 96}],
    ids=["default", "small", "no detach", "lstm"],
)
def test_the_losses_do_not_depend_on_the_threads(values: dict[str, Value]) -> None:
    text = load(Recipe())

    def losses(threads: str) -> list[float]:
        trainer = Trainer(Recipe(device="cpu", threads=threads).with_values(values), text)
        return [trainer.step().loss for _ in range(5)]

    assert losses("1") == losses("2") == losses("4") == losses("auto")
