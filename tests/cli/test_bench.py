"""``lyricterm bench``: every contender computes the same, and the rows say what is promised."""

from __future__ import annotations

import json
import math
from dataclasses import replace

import pytest
import torch

from lyricterm.bench import measure, memory, scaling, workloads
from lyricterm.bench.bound import Bound, CountedProducts
from lyricterm.bench.contenders import OwnTrainer, contenders_of, trainer_for
from lyricterm.bench.library import LibraryModule
from lyricterm.bench.measure import BenchError
from lyricterm.bench.scaling import Axis, ScalePoint
from lyricterm.bench.workloads import Workload, made_up_text
from lyricterm.cli import main
from lyricterm.cli.bench_tables import plot
from lyricterm.core.settings import Recipe
from lyricterm.engine.bptt import BpttEngine

TINY = Workload("default", Recipe(hidden=8, batch=4, steps=6, max_chars=3_000, device="cpu"), 2)


@pytest.fixture(autouse=True)
def tiny(monkeypatch: pytest.MonkeyPatch) -> None:
    """A workload that takes no time, and no child processes."""
    monkeypatch.setitem(workloads.TRAINING, "default", TINY)
    monkeypatch.setattr(memory, "peak_mb", lambda *_: 12.5)


@pytest.mark.parametrize("cell", ["rnn", "gru", "lstm"])
def test_contenders_start_from_the_same_loss(cell: str) -> None:
    workload = replace(TINY, recipe=TINY.recipe.with_values({"cell": cell}))
    contenders = {name: make(workload, "cpu") for name, make in contenders_of(workload).items()}
    assert list(contenders) == ["chapter", f"nn-{cell}-one-hot", f"nn-{cell}-embedding", "lyricterm", "bound"]
    assert math.isnan(contenders.pop("bound").train(2))
    losses = {name: contender.train(2) for name, contender in contenders.items()}
    chapter = losses["chapter"]
    assert losses == {name: pytest.approx(chapter, rel=1e-5) for name in losses}
    rows = TINY.recipe.batch * TINY.recipe.steps
    assert chapter == pytest.approx(rows * math.log(len(trainer_for(TINY, "cpu").vocabulary)), rel=0.01)


@pytest.mark.parametrize(("cell", "tolerance"), [("rnn", 1e-6), ("lstm", 1e-6)])
def test_torchs_module_is_our_model(cell: str, tolerance: float) -> None:
    """Large weights, so that an exchanged gate shows."""
    recipe = TINY.recipe.with_values({"cell": cell, "max_chars": 500})
    trainer = trainer_for(replace(TINY, recipe=recipe), "cpu")
    for weight in trainer.model.weights:
        weight.normal_(0, 0.5, generator=torch.Generator().manual_seed(weight.dim()))
    trainer.model.weights.b_h.zero_()
    trainer.model.weights.b_y.zero_()
    theirs = LibraryModule(trainer, embedding=False).train(1)
    ours = trainer.step().loss * recipe.batch * recipe.steps
    assert theirs == pytest.approx(ours, rel=tolerance)


def test_the_bound_multiplies_what_the_engine_multiplies() -> None:
    trainer = trainer_for(TINY, "cpu")
    counted = CountedProducts()
    BpttEngine(trainer.model, "rnn", counted).prepare(TINY.recipe.batch, TINY.recipe.steps)
    batch, steps, hidden = TINY.recipe.batch, TINY.recipe.steps, TINY.recipe.hidden
    rows, vocabulary = batch * steps, len(trainer.vocabulary)
    wide = -(-vocabulary // 16) * 16
    found = {(*product.a[0], product.b[0][1]): count for product, count in counted.counts.items()}
    assert (
        found
        == {
            (rows, hidden + 1, wide): 1,
            (hidden + 1, rows, wide): 1,
            (rows, wide, hidden): 1,
            (batch, hidden, hidden): steps,
            (hidden, rows, hidden): 1,
        }
        or sum(counted.counts.values()) == 2 * steps + 4
    )
    bound = Bound(trainer)
    bound.use_threads(1)
    assert sum(int(count) for count in bound.matmul.values()) == len(counted.counts)


def test_rows_as_promised(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["bench", "--json", "--workload", "default", "--rounds", "2", "--device", "cpu"]) == 0
    rows = [json.loads(line) for line in capsys.readouterr().out.splitlines()]
    assert [row["name"] for row in rows] == list(contenders_of(TINY))
    for row in rows:
        assert row["workload"] == "default"
        assert row["device"] == "cpu"
        assert row["threads"] >= 1
        assert row["peak_mb"] == 12.5
        assert row["median_seconds"] > 0
        characters = row["chars_per_second"] * row["median_seconds"]
        assert characters == pytest.approx((2_999 // 6 // 4) * 4 * 6)
        assert row["ratio_to_chapter"] == pytest.approx(rows[0]["median_seconds"] / row["median_seconds"])
        assert row["ratio_to_bound"] == pytest.approx(row["median_seconds"] / rows[-1]["median_seconds"])


def test_completion_rows_and_table(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["bench", "--workload", "completion", "--rounds", "1", "--device", "cpu"]) == 0
    told = capsys.readouterr()
    assert "chapter" in told.out
    assert "lyricterm" in told.out
    assert "…" not in told.out
    assert "measuring completion" in told.err


def test_a_contender_that_computes_something_else_is_not_measured(monkeypatch: pytest.MonkeyPatch) -> None:
    def other(workload: Workload, device: str) -> OwnTrainer:
        recipe = workload.recipe.with_values({"seed": 99, "hidden": 5})
        return OwnTrainer(Workload("other", recipe.with_values({"batch": 3}), 1), device, "bptt")

    monkeypatch.setattr(measure, "contenders_of", lambda workload: contenders_of(workload) | {"lyricterm": other})
    with pytest.raises(BenchError, match="lyricterm computes the loss"):
        list(measure.bench("default", "cpu", 1))


@pytest.mark.parametrize("rounds", ["0", "-3", "100000"])
def test_rounds_out_of_bounds(rounds: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["bench", "--rounds", rounds]) == 2
    assert "--rounds" in capsys.readouterr().err


def test_a_moments_noise_does_not_choose_the_number_of_threads() -> None:
    taken = {1: iter([9.0, 0.4, 0.4, 0.4]), 2: iter([9.0, 8.0, 0.2, 8.0])}
    assert measure.fastest_count((1, 2), lambda threads: next(taken[threads])) == 2
    assert [next(left, None) for left in taken.values()] == [None, None]
    long = {1: iter([9.0, 8.0]), 2: iter([9.0, 5.0])}
    assert measure.fastest_count((1, 2), lambda threads: next(long[threads])) == 2
    assert measure.fastest_count((4,), lambda threads: 1.0) == 4


def test_who_watches_is_told_who_is_measured() -> None:
    told: list[tuple[str, int, int]] = []
    measure.bench("default", "cpu", 2, lambda *what: told.append(what))
    assert [done for _what, done, _of in told] == list(range(5 * (2 + 2)))
    assert {of for _what, _done, of in told} == {20}
    assert told[0][0] == "chapter, number of threads"
    assert told[8][0] == "lyricterm, round 1 of 2"
    assert told[-1][0] == "bound, memory"


def test_a_made_up_text_has_every_character_and_is_the_same_each_time() -> None:
    text = made_up_text(10_000, 60_000)
    assert len(text) == 60_000
    assert len(set(text)) == 10_000
    assert text == made_up_text(10_000, 60_000)


def small_text(characters: int) -> Workload:
    recipe = TINY.recipe.with_values({"max_chars": characters})
    return Workload("text", recipe, workloads.minibatches_of(recipe), 50)


def test_scaling_measures_each_value(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    axis = Axis("characters of text", lambda: (200, 400, 800), small_text)
    monkeypatch.setattr(scaling, "AXES", {"text": axis})
    assert main(["bench", "--scaling", "--json", "--rounds", "2", "--device", "cpu"]) == 0
    rows = [json.loads(line) for line in capsys.readouterr().out.splitlines()]
    assert [row["value"] for row in rows] == [200, 400, 800]
    assert [row["growth"] is None for row in rows] == [True, False, False]
    for row in rows:
        characters = row["epoch_seconds"] * row["chars_per_second"]
        assert characters == pytest.approx((row["value"] - 1) // 6 // 4 * 24)
    assert main(["bench", "--scaling", "--rounds", "1", "--device", "cpu"]) == 0
    assert "characters of text" in capsys.readouterr().out
    told: list[str] = []
    scaling.scale("text", "cpu", 1, lambda doing, _done, _of: told.append(doing))
    assert (told[0], told[-1]) == ("200, number of threads", "800, round 1 of 1"), "the bar names the axis itself"


def test_growth_is_the_power() -> None:
    lanes = [scaling._Lane(size, small_text(200 * size), None, 1, [size**2.0]) for size in (1, 2, 4)]  # type: ignore[arg-type]
    places = list(scaling._places("text", lanes, "cpu"))
    assert [place.growth for place in places[1:]] == pytest.approx([2, 2])


def test_a_power_is_drawn_as_a_straight_line() -> None:
    lines = plot("hidden units", [ScalePoint("hidden", 10**n, 10.0**-n, 1.0, 1.0, 1, "cpu") for n in range(4)])
    assert len(lines) > 5
    assert "1,000" in "".join(lines)
    assert plot("hidden units", [ScalePoint("hidden", 1, 1.0, 1.0, math.nan, 1, "cpu")]) == []


def test_workload_and_scaling_exclude_each_other(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as ended:
        main(["bench", "--scaling", "--workload", "default"])
    assert ended.value.code == 2
    assert "--scaling" in capsys.readouterr().err
