"""``lyricterm train``: what it prints, as JSON and as the chapter does, and how it ends."""

from __future__ import annotations

import math
import re
from collections.abc import Callable
from pathlib import Path

import pytest

from lyricterm.core.settings import Recipe, recipe_from_dict
from lyricterm.storage.run_store import Store
from tests.cli.calls import EXPLOSIVE, LINE, Call

Caller = Callable[..., Call]


def test_the_lines_of_a_run(call: Caller, tiny: list[str]) -> None:
    done = call("train", *tiny, "--json")
    assert done.code == 0
    assert [row["event"] for row in done.rows] == ["started", "epoch", "sample", "epoch", "sample", "finished"]
    assert done.err == ""


def test_what_the_lines_hold(call: Caller, tiny: list[str]) -> None:
    done = call("train", *tiny, "--json")
    for row in done.events("epoch"):
        assert row.keys() == {
            "event", "epoch", "perplexity", "loss", "seconds", "chars_per_second", "grad_norm", "clipped",
            "valid_perplexity", "valid_loss",
        }  # fmt: skip
        assert row["perplexity"] == pytest.approx(math.exp(row["loss"]))
        assert 1 < row["perplexity"] < 2 * len(set(LINE))
        assert 0 <= row["clipped"] <= 1
        assert row["chars_per_second"] == pytest.approx(11 * 5 * 2 / row["seconds"])
    assert [row["epoch"] for row in done.events("epoch")] == [1, 2]
    for row in done.events("sample"):
        assert row.keys() == {"event", "epoch", "prefix", "text", "copied", "unknown", "number", "decoding"}
        assert (row["number"], row["decoding"]) == (0, {})
        assert row["prefix"] == "分开"
        assert len(row["text"]) == 6
    (finished,) = done.events("finished")
    assert finished.keys() == {"event", "epoch", "perplexity", "seconds"}
    assert finished["perplexity"] == done.events("epoch")[-1]["perplexity"]


def test_what_a_run_starts_with(call: Caller, tiny: list[str], text: Path) -> None:
    (started,) = call("train", *tiny, "--json").events("started")
    characters = len(set(LINE))
    recipe = recipe_from_dict(started.pop("recipe"))
    assert (recipe.corpus, recipe.hidden, recipe.prefixes) == (str(text), 8, ("分开",))
    products = started.pop("matmul")
    assert products.keys() == {"scores", "output gradient", "scores back", "step", "step back", "recurrent gradient"}
    assert set(products.values()) <= {"mkl", "onednn"}
    assert started == {
        "event": "started",
        "epoch": 0,
        "corpus": "tiny.txt",
        "characters": len(LINE * 8),
        "vocabulary": characters,
        "parameters": characters * 8 + 8 * 8 + 8 + 8 * characters + characters,
        "device": "cpu",
        "threads": 1,
        "held_out": None,
    }


def test_what_is_held_out_is_counted_and_said(call: Caller, tmp_path: Path) -> None:
    corpus, size = tmp_path / "longer.txt", len(LINE * 40)
    corpus.write_text(LINE * 40 + "ζξζ" + LINE * 40, encoding="utf-8")
    flags = ["--corpus", corpus, "--max-chars", size, "--epochs", 1, "--steps", 5, "--batch", 2, "--hidden", 4]
    (started,) = call("train", *flags, "--json").events("started")
    held_out = started["held_out"]
    assert (held_out["unknown"], held_out["unknown_kinds"]) == (3, 2)
    assert 1 < held_out["bigram"] < held_out["frequencies"] < started["vocabulary"]
    told = call("train", *flags).err
    assert f"held out: {held_out['characters']} characters, scored after each epoch; 3 more (2 different ones)" in told
    half = call("train", *flags, "--max-chars", 10_000, "--valid", 0.5)
    assert f"of {len(LINE * 80) // 2 + 2} characters, scored after each epoch" in half.err
    shown = call("runs", "show", "last").out
    assert f"of {len(LINE * 80) // 2 + 2} characters, scored after each epoch" in shown
    call("train", *flags)
    shown = call("runs", "show", "last").out
    assert "3 more (2 different ones) do not occur in the training text" in shown
    assert "held-out perplexity: " in shown
    listed = call("runs").out.splitlines()
    assert listed[0].split()[:6] == ["run", "state", "epoch", "perplexity", "held", "out"]


def test_the_defaults_are_the_recipes(call: Caller, text: Path) -> None:
    (started,) = call("train", "--corpus", text, "--epochs", 1, "--steps", 5, "--batch", 2, "--json").events("started")
    assert recipe_from_dict(started["recipe"]) == Recipe(corpus=str(text), epochs=1, steps=5, batch=2)


def test_the_same_call_prints_the_same_numbers(call: Caller, tiny: list[str]) -> None:
    def numbers(*flags: str) -> list[tuple[float, float]]:
        return [(row["loss"], row["grad_norm"]) for row in call("train", *tiny, *flags, "--json").events("epoch")]

    assert numbers() == numbers()
    assert numbers("--seed", "1") != numbers()


def test_infinity_is_a_string(call: Caller, tiny: list[str]) -> None:
    done = call("train", *tiny, "--lr", "1e6", "--no-clip", "--json")
    assert [row["perplexity"] for row in done.events("epoch")] == ["inf", "inf"]
    assert [row["perplexity"] for row in done.events("finished")] == ["inf"]


def test_a_diverged_run(call: Caller, tiny: list[str]) -> None:
    done = call("train", *tiny, *EXPLOSIVE, "--json")
    assert done.code == 3
    (diverged,) = done.events("diverged")
    assert diverged == {"event": "diverged", "epoch": 2, "minibatch": diverged["minibatch"], "what": diverged["what"]}
    assert diverged["what"] in ("loss", "gradient")
    assert done.rows[-1] == diverged
    sentence = done.sentence()
    assert f"epoch 2, minibatch {diverged['minibatch']}" in sentence
    assert "--clip" in sentence
    assert "--lr" in sentence


def test_a_run_that_diverged_although_it_was_clipped_is_not_told_to_clip_at_5(call: Caller, tiny: list[str]) -> None:
    wild = [flag for flag in EXPLOSIVE if flag != "--no-clip"]
    done = call("train", *tiny, *wild, "--clip", "1e6", "--json")
    assert done.code == 3
    assert "although the gradient is clipped at 1000000;" in done.sentence()
    assert "(--lr, now 2)" in done.sentence()
    assert "--clip 5" not in done.sentence()


def test_a_diverged_run_is_saved_with_its_last_finite_weights(call: Caller, tiny: list[str], tmp_path: Path) -> None:
    path = tmp_path / "model.safetensors"
    assert call("train", *tiny, *EXPLOSIVE, "--save", path).code == 3
    completed = call("complete", "想要", "--checkpoint", path, "--length", 9)
    assert (completed.code, len(completed.out.rstrip("\n"))) == (0, 2 + 9)


def test_the_chapters_lines(call: Caller, tiny: list[str]) -> None:
    done = call("train", *tiny, "--prefix", "我")
    assert done.code == 0
    lines = done.out.splitlines()
    assert [bool(re.fullmatch(r"epoch \d, perplexity \d+\.\d{6}", line)) for line in lines[::3]] == [True, True]
    assert [line[:5] for line in lines[1::3]] == [" - 分开"] * 2
    assert [line[:4] for line in lines[2::3]] == [" - 我"] * 2
    assert [len(line) for line in lines[1::3]] == [3 + 2 + 6] * 2


def test_the_facts_are_told_on_stderr(call: Caller, tiny: list[str]) -> None:
    started, held_out, finished, kept = call("train", *tiny).err.splitlines()
    assert held_out.startswith("lyricterm: nothing is held out: too little text follows; --valid 0.1")
    (info,) = Store().runs()
    assert kept == f"lyricterm: saved; complete with: lyricterm complete PREFIX --checkpoint {info.spoken}"
    assert "tiny.txt" in started
    assert "120 characters, 12 distinct" in started
    assert started.endswith("on cpu ×1")
    assert re.match(r"lyricterm: finished 2 epochs in \d+\.\d s, perplexity \d", finished)


def test_in_chinese(call: Caller, tiny: list[str]) -> None:
    done = call("train", *tiny, "--lang", "zh")
    assert done.out.startswith("周期 1，困惑度 ")
    assert "词典大小 12" in done.err


def test_samples_cannot_steer_the_terminal(call: Caller, tiny: list[str], text: Path) -> None:
    text.write_text("\x1b[31m\u202e " * 30, encoding="utf-8")
    done = call("train", *tiny, "--prefix", "\x1b[2J")
    assert done.code == 0
    assert all(line.isprintable() for line in (done.out + done.err).splitlines())


def test_without_a_terminal_the_lab_trains(call: Caller, tiny: list[str]) -> None:
    here, there = call(*tiny), call("train", *tiny)
    assert here.code == 0
    assert here.out == there.out
    notice, *facts = here.err.splitlines()
    assert "no terminal" in notice
    assert len(facts) == len(there.err.splitlines())


def test_flags_may_stand_before_the_command(call: Caller, tiny: list[str]) -> None:
    assert call(*tiny, "train", "--json").events("epoch")[-1]["epoch"] == 2


def test_a_prefix_is_treated_as_the_text_was_and_what_is_skipped_is_named_once(call: Caller, tmp_path: Path) -> None:
    text = tmp_path / "rain.txt"
    text.write_text("the rain came\ncaf\u00e9 한글\n" * 40, encoding="utf-8")
    prefixes = ["the\nrain", "the rain", "cafe\u0301\u1112\u1161\u11ab", "caf\u00e9한", "the☂"]
    flags = [word for prefix in prefixes for word in ("--prefix", prefix)]
    small = ["--corpus", text, "--hidden", 8, "--batch", 2, "--steps", 5, "--epochs", 2, "--pred-period", 1, *flags]
    done = call("train", *small, "--device", "cpu", "--json")
    assert done.code == 0
    rows = done.events("sample")[-5:]
    assert [row["prefix"] for row in rows] == prefixes
    assert rows[0]["text"] == rows[1]["text"] != rows[2]["text"] == rows[3]["text"]
    assert [row["unknown"] for row in rows] == [[], [], [], [], ["☂"]]
    told = call("train", *small, "--device", "cpu").err
    assert told.count("of the prefix the☂, not in the vocabulary, skipped: ☂") == 1
    assert told.count("skipped") == 1
