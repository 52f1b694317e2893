"""Exercises really trained, in small, where the outcome is known; and what a runner promises."""

from __future__ import annotations

import math
from collections.abc import Iterator
from pathlib import Path

import pytest
import torch

from lyricterm.core.events import Stepped
from lyricterm.core.metrics import EpochMetrics
from lyricterm.core.run_status import RunStatus
from lyricterm.core.settings import Recipe
from lyricterm.corpus.text import Corpus
from lyricterm.engine.trainer import Trainer
from lyricterm.exercises.catalogue import EXERCISES
from lyricterm.exercises.measurements import MAX_EPOCHS, MAX_MINIBATCHES, Collector, RunResult, Thinned
from lyricterm.exercises.runner import Runner, whole_seeds
from lyricterm.reports.story import story_of
from lyricterm.storage.run_store import Store
from lyricterm.training.resume import reopen
from lyricterm.training.run_storage import RunStorage
from tests.exercises.results import WORDS, play, small, trained, waiting
from tests.storage.kept import kept

EXPLOSIVE = {"hidden": 64, "steps": 35, "batch": 1, "lr": 2.0}


@pytest.fixture(autouse=True)
def threads_as_before() -> Iterator[None]:
    before = torch.get_num_threads()
    yield
    torch.set_num_threads(before)


def test_unclipped_relu_diverges_where_an_unclipped_trainer_does(tmp_path: Path) -> None:
    results, verdict = play("clipping", small(tmp_path, **EXPLOSIVE), epochs=12)
    by_name = {result.run.name: result for result in results}
    relu = by_name["ReLU unclipped"]
    assert relu.status is RunStatus.DIVERGED
    assert relu.diverged is not None
    # The oracle: the same recipe stepped by hand.
    trainer = Trainer(relu.recipe, Corpus("small", WORDS, len(WORDS)))
    step = trainer.step()
    while not step.overflow:
        step = trainer.step()
    assert (relu.diverged.epoch, relu.diverged.minibatch) == (step.epoch, step.minibatch)
    told = f"overflowed in epoch {step.epoch}, minibatch {step.minibatch}."
    assert any(sentence.startswith("ReLU unclipped:") and sentence.endswith(told) for sentence in verdict.told)
    assert "ReLU unclipped" in str(verdict.findings["overflowed"])


def test_clipped_tanh_learns_and_all_arms_start_alike(tmp_path: Path) -> None:
    results, verdict = play("activation", small(tmp_path, hidden=32, lr=0.1), epochs=12)
    tanh = next(result for result in results if result.run.name == "tanh clipped")
    assert tanh.learnt
    assert tanh.perplexity < tanh.epochs[0].perplexity / 2
    assert "tanh clipped reached perplexity" in verdict.told[0]
    # From the same seed, clipping changes nothing before the first update.
    norms = [result.minibatches[0].grad_norm for result in results if result.recipe.activation == "tanh"]
    assert norms[0] == norms[1]
    assert all(result.seed == tanh.seed for result in results)


def test_without_detach_memory_grows_and_times_are_told(tmp_path: Path) -> None:
    recipe = small(tmp_path, hidden=128, batch=4, steps=3)
    results, verdict = play("detach", recipe, epochs=5)
    held = {result.recipe.detach: [step.held_bytes for step in result.minibatches] for result in results}
    first = held[True][0]
    assert set(held[True]) == {first}
    per_epoch = len(held[False]) // 5
    # One tape more with each minibatch.
    assert held[False] == [first * (i % per_epoch + 1) for i in range(5 * per_epoch)]
    # How the times compare depends on what else runs here; that they are told does not.
    assert all(step.seconds > 0 for result in results for step in result.minibatches)
    assert math.isfinite(float(str(verdict.findings["growth off"])))


def test_lyrics_after_every_epoch(tmp_path: Path) -> None:
    (result,), verdict = play("pred-period", small(tmp_path, hidden=32), epochs=9)
    assert [sample.epoch for sample in result.samples] == list(range(1, 10))
    assert [sample.perplexity for sample in result.samples] == [epoch.perplexity for epoch in result.epochs]
    assert {len(sample.text) for sample in result.samples} == {6}
    assert verdict.tables[1].rows[-1][0] == "9"


def test_a_grid_in_small(tmp_path: Path) -> None:
    results, verdict = play("hyperparameters", small(tmp_path, hidden=16), epochs=3)
    assert len(results) == 9
    assert [result.status for result in results] == [RunStatus.FINISHED] * 9
    assert verdict.findings["most"] in ("hidden", "steps", "batch", "lr")
    assert all(result.seconds > 0 and result.timed > 0 for result in results)


def test_each_run_is_trained_with_one_seed_after_the_other(tmp_path: Path) -> None:
    results, verdict = play("sampling", small(tmp_path, seed=7), epochs=2, seeds=3)
    assert [(result.run.name, result.seed) for result in results] == [
        (name, seed) for seed in (7, 8, 9) for name in ("random", "consecutive")
    ]
    assert len({result.perplexity for result in results}) == 6
    assert verdict.findings["seeds"] == 3
    assert all(result.scores is not None for result in results)
    # Each alone gives the same numbers.
    (alone, _other), _told = play("sampling", small(tmp_path, seed=8), epochs=2)
    assert alone.perplexity == results[2].perplexity


def test_sampling_scores_held_out_text_in_both_ways_after_each_epoch(tmp_path: Path) -> None:
    recipe = small(tmp_path, valid="0.3")
    Path(recipe.corpus).write_text(WORDS * 4, encoding="utf-8")
    results, verdict = play("sampling", recipe, epochs=2)
    for result in results:
        assert [each.epoch for each in result.from_zero] == [1, 2]
        # The finished model's, which is that of the last epoch.
        assert result.scores is not None
        assert result.from_zero[-1].perplexity == pytest.approx(result.scores.held_out_zero)
        assert result.from_zero[-1].perplexity != result.valid
    assert "On held-out text, read from zero states, each at its best epoch, this one seed gave" in verdict.conclusion


@pytest.mark.slow
def test_what_is_stopped_is_judged_by_the_seeds_that_are_done(tmp_path: Path) -> None:
    def watch(results: tuple[RunResult, ...]) -> None:
        if results[2].epochs:
            runner.stop()

    runner = Runner(EXERCISES["sampling"], small(tmp_path), watch, 400, 2)
    whole = whole_seeds(runner.run())
    assert [result.seed for result in whole] == [0, 0]
    assert whole_seeds(Runner(EXERCISES["sampling"], small(tmp_path), watch).results) == ()


def test_an_arm_that_cannot_be_is_told_and_the_rest_is_compared(tmp_path: Path) -> None:
    # 256 characters make one minibatch of 2 × 100, none of 4 × 100 or 2 × 200.
    results, verdict = play("hyperparameters", small(tmp_path, steps=100), epochs=2)
    failed = {result.run.name: result.failure for result in results if result.status is RunStatus.FAILED}
    assert set(failed) == {"time steps 200", "batch size 4"}
    assert all(failed.values())
    assert "one seed" in verdict.rests_on[0]


def test_a_first_arm_that_fails_is_the_end(tmp_path: Path) -> None:
    results = Runner(
        EXERCISES["sampling"], small(tmp_path, corpus="/nowhere.txt"), lambda _results: None, seeds=1
    ).run()
    assert [result.status for result in results] == [RunStatus.FAILED, RunStatus.WAITING]
    assert "There is no file /nowhere.txt" in results[0].failure


def test_it_can_be_stopped_between_minibatches(tmp_path: Path) -> None:
    seen: list[tuple[RunResult, ...]] = []

    def watch(results: tuple[RunResult, ...]) -> None:
        seen.append(results)
        if results[0].epochs:
            runner.stop()

    runner = Runner(EXERCISES["sampling"], small(tmp_path), watch, 1_000_000, 1)
    results = runner.run()
    assert [result.status for result in results] == [RunStatus.INTERRUPTED, RunStatus.WAITING]
    assert runner.stopped
    assert results[0].epochs
    assert len(seen) >= 2


def test_stopped_before_it_begins_it_trains_nothing(tmp_path: Path) -> None:
    runner = Runner(EXERCISES["sampling"], small(tmp_path), lambda _results: None, seeds=1)
    runner.stop()
    assert [result.status for result in runner.run()] == [RunStatus.WAITING, RunStatus.WAITING]


def test_runs_are_kept_where_that_is_wanted_and_can_be_gone_on_with(tmp_path: Path) -> None:
    store = Store(tmp_path / "runs")
    own = kept(store)
    recipe = small(tmp_path)
    results = Runner(EXERCISES["sampling"], recipe, lambda _results: None, 2, 2, RunStorage(store, budget=2**40)).run()
    runs = [info for info in store.runs() if info.exercise]
    assert {info.name: (info.exercise, info.status, info.epoch) for info in runs} == {
        f"sampling-{way}-{seed}": ("sampling", RunStatus.FINISHED, 2)
        for way in ("random", "consecutive")
        for seed in (0, 1)
    }
    found = store.find("sampling-consecutive-1")
    assert found.perplexity == results[3].perplexity
    assert [epoch.perplexity for epoch in story_of(found).curve.epochs] == [e.perplexity for e in results[3].epochs]
    going_on, prepare = reopen("sampling-consecutive-1", store, {"epochs": 3})
    assert prepare(going_on).trainer.epoch == 2
    assert store.find("last").id == own.id


def test_nothing_is_kept_on_disk(tmp_path: Path, clean_home: Path) -> None:
    play("sampling", small(tmp_path), epochs=1)
    assert not list((clean_home / "data").rglob("*.jsonl"))


@pytest.mark.parametrize(("epochs", "period", "used"), [(60, 50, 10), (100, 50, 50), (7, 50, 1), (12, 4, 4)])
def test_lyrics_are_written_after_the_last_epoch_too(epochs: int, period: int, used: int) -> None:
    base = EXERCISES["sampling"].base(Recipe(pred_period=period), epochs)
    assert (base.epochs, base.pred_period) == (epochs, used)


def test_arms_take_over_the_rest_of_the_recipe() -> None:
    for result in waiting("clipping", Recipe(hidden=77, theta=2.0, sampling="consecutive", seed=5)):
        recipe = result.recipe
        assert (recipe.hidden, recipe.theta, recipe.sampling, recipe.seed) == (77, 2.0, "consecutive", 5)


def test_a_grid_stays_within_bounds() -> None:
    names = [result.run.name for result in waiting("hyperparameters", Recipe(hidden=1, batch=65_536, steps=1))]
    assert "hidden units 0" not in names
    assert "hidden units 2" in names
    assert "batch size 131072" not in names


def test_of_many_epochs_some_are_kept_and_always_the_first_and_the_newest() -> None:
    (run,) = waiting("pred-period")
    rows = trained(run, *[100.0] * 1_000).epochs
    kept: Thinned[EpochMetrics] = Thinned(64)
    for row in rows:
        kept.add(row)
        found = [each.epoch for each in kept.rows()]
        assert len(found) <= 66
        assert (found[0], found[-1]) == (1, row.epoch)
        assert found == sorted(set(found))


def test_minibatches_that_are_kept_are_bounded() -> None:
    (run,) = waiting("pred-period")
    collector = Collector(run.run, run.recipe)
    for i in range(MAX_MINIBATCHES + 10):
        collector.take(Stepped(1, 1, i, 1.0, 1.0, False, 0.1, 8))
    assert len(collector.result().minibatches) == MAX_MINIBATCHES
    assert MAX_EPOCHS > 1_000
