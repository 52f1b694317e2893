"""``train --save`` and ``train --resume``."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from dataclasses import fields
from pathlib import Path

import pytest

from lyricterm.core.settings import SETTINGS, Applies
from lyricterm.core.text_settings import TextSettings
from tests.cli.calls import LINE, Call

Caller = Callable[..., Call]

HOT_FLAGS: list[tuple[str, ...]] = [
    ("--sampling", "consecutive"),
    ("--activation", "relu"),
    ("--no-clip",),
    ("--clip", "1"),
    ("--no-detach",),
    ("--steps", "7"),
    ("--batch", "3"),
    ("--lr", "0.1"),
    ("--pred-period", "2"),
    ("--pred-len", "3"),
    ("--prefix", "我"),
    ("--threads", "2"),
    ("--clip-by", "value"),
    ("--optimizer", "adam"),
    ("--schedule", "cosine"),
    ("--weight-decay", "0.01"),
    ("--dropout", "0.3"),
    ("--keep", "best"),
    ("--temperature", "0.8"),
    ("--top-k", "5"),
    ("--top-p", "0.9"),
    ("--min-p", "0.1"),
    ("--repetition-penalty", "1.2"),
    ("--no-repeat", "3"),
    ("--beam", "2"),
    ("--n", "2"),
    ("--sample-seed", "3"),
    ("--patience", "9"),
]
COLD_FLAGS = [
    ("--max-chars", "50"),
    ("--cell", "gru"),
    ("--hidden", "9"),
    ("--layers", "2"),
    ("--embedding", "4"),
    ("--init", "uniform"),
    ("--seed", "1"),
]


def test_the_flags_above_are_all_there_are() -> None:
    hot = {setting.flag for setting in SETTINGS.values() if setting.applies is not Applies.NEW_RUN}
    assert {flag.replace("--no-detach", "--detach") for flag, *_ in HOT_FLAGS} | {"--epochs"} == hot
    cold = {setting.flag for setting in SETTINGS.values() if setting.applies is Applies.NEW_RUN}
    of_the_text = {SETTINGS[each.name].flag for each in fields(TextSettings)}
    assert {flag for flag, _ in COLD_FLAGS} | of_the_text | {"--device", "--engine", "--matmul"} == cold


def test_saving_is_told(call: Caller, tiny: list[str], tmp_path: Path) -> None:
    path = tmp_path / "model.safetensors"
    done = call("train", *tiny, "--save", path, "--json")
    assert done.code == 0
    assert done.sentence() == f"lyricterm: saved {path}"
    assert done.rows[-1] == {"event": "saved", "epoch": 2, "path": str(path)}
    assert [entry.name for entry in tmp_path.iterdir() if "safetensors" in entry.name] == [path.name]


def test_a_resumed_run_goes_on_bit_for_bit(call: Caller, tiny: list[str], saved: Path) -> None:
    straight = call("train", *tiny, "--epochs", 4, "--json").events("epoch")
    resumed = call("train", "--resume", saved, "--epochs", 4, "--json")
    assert resumed.code == 0
    assert [row["epoch"] for row in resumed.events("started")] == [2]
    figures = [(row["epoch"], row["loss"], row["grad_norm"]) for row in resumed.events("epoch")]
    assert figures == [(row["epoch"], row["loss"], row["grad_norm"]) for row in straight[2:]]


def test_a_resumed_run_may_save_over_itself(call: Caller, saved: Path) -> None:
    assert call("train", "--resume", saved, "--epochs", 3, "--save", saved).code == 0
    assert [row["epoch"] for row in call("train", "--resume", saved, "--json").events("started")] == [3]


def test_a_resumed_run_says_from_where_it_goes_on(call: Caller, tiny: list[str], saved: Path) -> None:
    assert "lyricterm: goes on from epoch 2" in call("train", "--resume", saved, "--epochs", 3).err.splitlines()
    assert "goes on from" not in call("train", *tiny).err


def test_a_run_that_has_all_its_epochs_says_so(call: Caller, saved: Path) -> None:
    done = call("train", "--resume", saved)
    assert done.code == 0
    assert "--epochs" in done.err.splitlines()[-1]
    assert "nan" not in done.err + done.out
    (finished,) = call("train", "--resume", saved, "--json").events("finished")
    assert finished["epoch"] == 2
    assert 1 < finished["perplexity"] < 100


@pytest.mark.parametrize("flags", HOT_FLAGS, ids=" ".join)
def test_hot_settings_may_change(call: Caller, saved: Path, flags: tuple[str, ...]) -> None:
    done = call("train", "--resume", saved, "--epochs", 3, *flags, "--json")
    assert (done.code, done.err) == (0, "")
    assert [row["epoch"] for row in done.events("epoch")] == [3]


def test_a_theta_turns_clipping_on_again(call: Caller, tiny: list[str], tmp_path: Path) -> None:
    path = tmp_path / "model.safetensors"
    assert call("train", *tiny, "--no-clip", "--save", path).code == 0
    (kept,) = call("train", "--resume", path, "--epochs", 3, "--json").events("started")
    (clipped,) = call("train", "--resume", path, "--epochs", 3, "--clip", 2, "--json").events("started")
    assert (kept["recipe"]["clipping"], kept["recipe"]["theta"]) == (False, 5)
    assert (clipped["recipe"]["clipping"], clipped["recipe"]["theta"]) == (True, 2)


@pytest.mark.parametrize("flags", COLD_FLAGS, ids=" ".join)
def test_cold_settings_may_not(call: Caller, saved: Path, flags: tuple[str, str]) -> None:
    done = call("train", "--resume", saved, "--epochs", 3, *flags, "--json")
    assert (done.code, done.out) == (2, "")
    assert flags[0] in done.sentence()


def test_cold_settings_may_be_repeated(call: Caller, saved: Path) -> None:
    assert call("train", "--resume", saved, "--epochs", 3, "--hidden", 8, "--cell", "rnn").code == 0


def test_the_engine_may_change(call: Caller, saved: Path) -> None:
    fast = call("train", "--resume", saved, "--epochs", 3, "--json").events("epoch")
    reference = call("train", "--resume", saved, "--epochs", 3, "--engine", "reference", "--json").events("epoch")
    assert [row["loss"] for row in reference] == pytest.approx([row["loss"] for row in fast], rel=1e-4)


def test_the_text_may_have_moved_but_not_changed(call: Caller, saved: Path, text: Path, tmp_path: Path) -> None:
    moved = tmp_path / "moved.txt"
    text.rename(moved)
    gone = call("train", "--resume", saved, "--epochs", 3)
    assert (gone.code, "tiny.txt" in gone.sentence()) == (1, True)
    assert call("train", "--resume", saved, "--epochs", 3, "--corpus", moved).code == 0
    moved.write_text(LINE * 8 + "。", encoding="utf-8")
    other = call("train", "--resume", saved, "--epochs", 3, "--corpus", moved)
    assert (other.code, "--corpus" in other.sentence()) == (1, True)


def test_a_relative_corpus_is_found_again_from_elsewhere(
    call: Caller, tiny: list[str], text: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(text.parent)
    assert call("train", *tiny, "--corpus", text.name, "--save", "model.safetensors").code == 0
    elsewhere = tmp_path / "elsewhere"
    elsewhere.mkdir()
    monkeypatch.chdir(elsewhere)
    assert call("train", "--resume", "../model.safetensors", "--epochs", 3).code == 0


def test_another_text_with_the_weights_of_a_checkpoint(call: Caller, tiny: list[str], tmp_path: Path) -> None:
    path, other = tmp_path / "model.safetensors", tmp_path / "other.txt"
    assert call("train", *tiny, "--save", path, "--json").code == 0
    other.write_text("想要一片海 " * 40, "utf-8")
    adapted = call("train", "--resume", path, "--corpus", other, "--adapt", "--epochs", "1", "--json")
    assert adapted.code == 0
    assert "whose weights are kept: 3; new ones, whose weights are drawn anew: 3" in adapted.err
    assert adapted.rows[0]["corpus"] == "other.txt"
    for given in (["--resume", path, "--adapt"], ["--corpus", other, "--adapt"]):
        refused = call("train", *given)
        assert refused.code == 2
        assert refused.sentence().startswith("lyricterm: --adapt needs the model and the other text")


def test_a_runs_folder_goes_on_in_its_place_and_that_of_another_machine_in_a_new_run(
    call: Caller, tiny: list[str], tmp_path: Path
) -> None:
    assert call("train", *tiny).code == 0
    folder = Path(call("runs", "path", "last").out.strip())
    elsewhere = shutil.copytree(folder, tmp_path / "box" / folder.name)
    before = {path: path.read_bytes() for path in elsewhere.iterdir()}
    assert call("train", "--resume", folder, "--epochs", 3).code == 0
    assert [row["epoch"] for row in call("runs", "--json").rows] == [3]
    assert call("train", "--resume", elsewhere, "--epochs", 4).code == 0
    assert sorted(row["epoch"] for row in call("runs", "--json").rows) == [3, 4]
    assert {path: path.read_bytes() for path in elsewhere.iterdir()} == before


def test_best_goes_with_runs_only(call: Caller, saved: Path) -> None:
    done = call("train", "--resume", saved, "--best")
    assert (done.code, done.out) == (2, "")
    assert "leave --best out" in done.sentence()
