"""``lyricterm bench``: every contender computes the same, and the rows say what is promised."""

from __future__ import annotations

import json
import math

import pytest

from lyricterm.bench import contenders, measure, memory, workloads
from lyricterm.bench.contenders import CONTENDERS
from lyricterm.bench.measure import BenchError
from lyricterm.bench.workloads import Workload
from lyricterm.cli import main
from lyricterm.core.settings import Recipe

TINY = Workload("default", Recipe(hidden=8, batch=4, steps=6, max_chars=3_000, device="cpu"), 2)


@pytest.fixture(autouse=True)
def tiny(monkeypatch: pytest.MonkeyPatch) -> None:
    """A workload that takes no time, and no child processes."""
    monkeypatch.setitem(workloads.TRAINING, "default", TINY)
    monkeypatch.setattr(memory, "peak_mb", lambda *_: 12.5)


@pytest.mark.parametrize("name", [name for name in CONTENDERS if name != "floor"])
def test_contenders_start_from_the_same_loss(name: str) -> None:
    rows = TINY.recipe.batch * TINY.recipe.steps
    chapter = CONTENDERS["chapter"](TINY, "cpu").train(2)
    assert CONTENDERS[name](TINY, "cpu").train(2) == pytest.approx(chapter, rel=1e-5)
    assert chapter == pytest.approx(rows * math.log(len(contenders.trainer_for(TINY, "cpu").vocabulary)), rel=0.01)


def test_rows_as_promised(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["bench", "--json", "--workload", "default", "--rounds", "2", "--device", "cpu"]) == 0
    rows = [json.loads(line) for line in capsys.readouterr().out.splitlines()]
    assert [row["name"] for row in rows] == list(CONTENDERS)
    for row in rows:
        assert row["workload"] == "default"
        assert row["device"] == "cpu"
        assert row["threads"] >= 1
        assert row["peak_mb"] == 12.5
        assert row["median_seconds"] > 0
        characters = row["chars_per_second"] * row["median_seconds"]
        assert characters == pytest.approx((2_999 // 6 // 4) * 4 * 6)
        assert row["ratio_to_chapter"] == pytest.approx(rows[0]["median_seconds"] / row["median_seconds"])
        assert row["ratio_to_floor"] == pytest.approx(row["median_seconds"] / rows[-1]["median_seconds"])


def test_completion_rows_and_table(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["bench", "--workload", "completion", "--rounds", "1", "--device", "cpu"]) == 0
    told = capsys.readouterr()
    assert "chapter" in told.out
    assert "lyricterm" in told.out
    assert "…" not in told.out
    assert "measuring completion" in told.err


def test_a_contender_that_computes_something_else_is_not_measured(monkeypatch: pytest.MonkeyPatch) -> None:
    def other(workload: Workload, device: str) -> contenders.OwnTrainer:
        recipe = workload.recipe.with_values({"seed": 99, "hidden": 5})
        return contenders.OwnTrainer(Workload("other", recipe.with_values({"batch": 3}), 1), device, "bptt")

    monkeypatch.setitem(contenders.CONTENDERS, "lyricterm", other)
    with pytest.raises(BenchError, match="lyricterm computes the loss"):
        list(measure.bench("default", "cpu", 1))


@pytest.mark.parametrize("rounds", ["0", "-3", "100000"])
def test_rounds_out_of_bounds(rounds: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["bench", "--rounds", rounds]) == 1
    assert "--rounds" in capsys.readouterr().err
