"""``lyricterm complete``."""

from __future__ import annotations

import io
import math
import shutil
from collections.abc import Callable
from pathlib import Path

import pytest

from lyricterm.cli.complete import _print_as_it_comes, underlined
from tests.cli.calls import LINE, Call, strict

Caller = Callable[..., Call]


@pytest.mark.parametrize("length", [0, 1, 50, 333])
@pytest.mark.parametrize("prefix", ["想要", "", "想XY"])
def test_exactly_that_many_characters_after_the_prefix(call: Caller, saved: Path, prefix: str, length: int) -> None:
    done = call("complete", prefix, "--checkpoint", saved, "--length", length)
    assert done.code == 0
    (line,) = done.out.splitlines()
    assert line.startswith(prefix)
    assert len(line) == len(prefix) + length
    assert set(line[len(prefix) :]) <= set(LINE)


def test_fifty_by_default(call: Caller, saved: Path) -> None:
    assert len(call("complete", "想要", "--checkpoint", saved).out) == 2 + 50 + 1


def test_unknown_characters_are_named_and_skipped(call: Caller, saved: Path) -> None:
    known = call("complete", "想要", "--checkpoint", saved)
    mixed = call("complete", "想X要\x1bX", "--checkpoint", saved)
    assert known.err == ""
    assert mixed.sentence().endswith(": X U+001B")
    assert mixed.out.removeprefix("想X要\N{REPLACEMENT CHARACTER}X") == known.out.removeprefix("想要")


def test_a_greedy_completion_is_that_of_training(call: Caller, tiny: list[str], saved: Path) -> None:
    samples = call("train", *tiny, "--json").events("sample")
    assert call("complete", "分开", "--checkpoint", saved, "--length", 6).out == f"分开{samples[-1]['text']}\n"


def test_json(call: Caller, saved: Path) -> None:
    done = call("complete", "想XX", "--checkpoint", saved, "--length", 7, "--json")
    (line,) = done.out.splitlines()
    row = strict(line)
    assert row.keys() == {"prefix", "text", "unknown", "probabilities", "copied", "epoch"}
    assert (row["prefix"], row["unknown"], row["epoch"]) == ("想XX", ["X"], 2)
    assert len(row["text"]) == len(row["probabilities"]) == 7
    assert all(0 < probability <= 1 for probability in row["probabilities"])
    assert call("complete", "想XX", "--checkpoint", saved, "--length", 7).out == f"想XX{row['text']}\n"


def test_what_is_copied_from_the_training_text_is_said(call: Caller, saved: Path, text: Path) -> None:
    learnt = text.read_text(encoding="utf-8").replace("\n", " ")
    (row,) = call("complete", LINE, "--checkpoint", saved, "--length", 30, "--json").rows
    written = row["text"]
    places = {at + i for at in range(23) if written[at : at + 8] in learnt for i in range(8)}
    assert row["copied"] == pytest.approx(len(places) / 30)
    # Of a model whose text is not there any more, nobody knows.
    text.unlink()
    (row,) = call("complete", LINE, "--checkpoint", saved, "--length", 30, "--json").rows
    assert row["copied"] is None


def test_on_a_terminal_the_copied_parts_are_underlined() -> None:
    assert underlined("分开abcdef", 2, ((0, 1), (3, 6))) == "分开\x1b[4ma\x1b[24mbc\x1b[4mdef\x1b[24m"
    assert underlined("分开abc", 2, ()) == "分开abc"


def test_bytes_that_are_no_text_are_printed_as_a_question_mark(call: Caller, saved: Path) -> None:
    # A terminal that is not UTF-8 hands such an argument over.
    for flags in ([], ["--json"]):
        done = call("complete", "想\udcff", "--checkpoint", saved, *flags)
        assert done.code == 0
        done.out.encode()


@pytest.mark.parametrize(
    "flags",
    [("--temperature", "2"), ("--top-k", "5", "--temperature", "9"), ("--top-p", "0.95"), ("--temperature", "1e3")],
    ids=" ".join,
)
def test_drawing_is_reproducible(call: Caller, saved: Path, flags: tuple[str, ...]) -> None:
    def draw(seed: int) -> str:
        return call("complete", "想", "--checkpoint", saved, "--length", 60, *flags, "--seed", seed).out

    assert draw(0) == draw(0)
    assert len({draw(seed) for seed in range(4)}) > 1


@pytest.mark.parametrize("flags", [("--top-k", "1"), ("--top-p", "1e-9"), ("--temperature", "1e-6")], ids=" ".join)
def test_drawing_from_one_candidate_is_greedy(call: Caller, saved: Path, flags: tuple[str, ...]) -> None:
    greedy = call("complete", "想", "--checkpoint", saved, "--length", 60)
    assert call("complete", "想", "--checkpoint", saved, "--length", 60, *flags).out == greedy.out


@pytest.mark.parametrize(
    ("flag", "value"),
    [
        ("--length", "-1"),
        ("--length", "9" * 400),
        ("--temperature", "-1"),
        ("--temperature", "nan"),
        ("--temperature", "inf"),
        ("--top-k", "0"),
        ("--top-p", "0"),
        ("--top-p", "1.5"),
        ("--top-p", "nan"),
        ("--min-p", "0"),
        ("--repetition-penalty", "0.9"),
        ("--no-repeat", "1"),
        ("--beam", "65"),
        ("--n", "0"),
        ("--seed", "-1"),
    ],
    ids=lambda part: part[:12],
)
def test_out_of_bounds(call: Caller, saved: Path, flag: str, value: str) -> None:
    done = call("complete", "想", "--checkpoint", saved, flag, value)
    assert (done.code, done.out) == (2, "")
    assert flag in done.sentence()


def test_a_prefix_without_end(call: Caller, saved: Path) -> None:
    done = call("complete", "我" * 1_001, "--checkpoint", saved)
    assert (done.code, "1,001" in done.sentence()) == (2, True)


@pytest.mark.parametrize(
    "arguments", [("想", "--checkpoint", "x", "--length", "y"), ("想", "--beam", "wide"), ("想", "--no-such-flag")]
)
def test_usage(call: Caller, arguments: tuple[str, ...]) -> None:
    assert call("complete", *arguments).code == 2


def test_temperature_zero_is_greedy_and_a_seed_alone_draws(call: Caller, saved: Path) -> None:
    def write(*flags: object) -> str:
        return call("complete", "想", "--checkpoint", saved, "--length", 60, *flags).out

    assert write("--temperature", "0") == write("--temperature", "0", "--seed", 3) == write()
    assert write("--seed", 3) == write("--seed", 3, "--temperature", 1) != write()


def test_several_completions_of_several_prefixes(call: Caller, saved: Path) -> None:
    done = call("complete", "想", "分开", "--checkpoint", saved, "--length", 30, "--n", 3, "--json")
    assert [row["prefix"] for row in done.rows] == ["想"] * 3 + ["分开"] * 3
    assert len({row["text"] for row in done.rows[:3]}) == 3
    second = call("complete", "分开", "--checkpoint", saved, "--length", 30, "--seed", 1, "--json")
    assert second.rows[0]["text"] == done.rows[4]["text"]


def test_prefixes_come_from_stdin(call: Caller, saved: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("sys.stdin", io.StringIO("想\n分开\n"))
    lines = call("complete", "--checkpoint", saved, "--length", 5).out.splitlines()
    assert [line[: len(prefix)] for line, prefix in zip(lines, ("想", "分开"), strict=True)] == ["想", "分开"]
    assert [len(line) for line in lines] == [6, 7]


def test_beam_search_writes_the_best_first(call: Caller, saved: Path) -> None:
    rows = call("complete", "想", "--checkpoint", saved, "--length", 12, "--beam", 4, "--n", 4, "--json").rows
    sure = [math.fsum(map(math.log, row["probabilities"])) for row in rows]
    assert sure == sorted(sure, reverse=True)
    assert len({row["text"] for row in rows}) == 4
    mixed = call("complete", "想", "--checkpoint", saved, "--beam", 4, "--top-k", 3)
    assert (mixed.code, "--beam" in mixed.sentence()) == (2, True)


def test_fewer_texts_than_are_wanted_are_said(call: Caller, saved: Path) -> None:
    narrow = call("complete", "想", "--checkpoint", saved, "--beam", 2, "--n", 5)
    assert narrow.sentence() == (
        "lyricterm: A beam of width 2 finds at most 2 completions: lower --n, or give a wider --beam."
    )
    likeliest = call("complete", "想", "--checkpoint", saved, "--temperature", 0, "--n", 3)
    assert (
        likeliest.sentence() == "lyricterm: Temperature 0 writes one completion only: leave --n or --temperature out."
    )
    seed = call("complete", "想", "--checkpoint", saved, "--seed", -1)
    assert seed.sentence().endswith("a whole number from 0 to 9,223,372,036,854,775,807, not -1.")
    assert {narrow.code, likeliest.code, seed.code} == {2}


def test_a_stream_is_the_same_line_character_by_character(
    call: Caller, saved: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for flags in ([], ["--temperature", 0.8, "--seed", 3, "--no-repeat", 3]):
        whole = call("complete", "想é", "分开", "--checkpoint", saved, "--length", 20, *flags)
        streamed = call("complete", "想é", "分开", "--checkpoint", saved, "--length", 20, *flags, "--stream")
        assert (streamed.code, streamed.out, streamed.err) == (0, whole.out, whole.err)
    wrong = call("complete", "想", "--checkpoint", saved, "--stream", "--json")
    assert (wrong.code, "--stream" in wrong.sentence()) == (2, True)
    # As it comes: what has been printed is out before the next character is written.
    printed: list[str] = []
    monkeypatch.setattr("builtins.print", lambda *words, **_named: printed.append("".join(map(str, words))))
    _print_as_it_comes("想", (f"{len(printed)}" for _ in range(3)))
    assert printed == ["想", "1", "2", "3", ""]


def test_a_kept_run_is_named_or_the_newest_is_taken(call: Caller, tiny: list[str]) -> None:
    assert "There is no run yet" in call("complete", "想").sentence()
    assert call("train", *tiny).code == 0
    wanted = call("complete", "想", "--checkpoint", "last").out
    assert len(wanted) == 1 + 50 + 1
    assert call("complete", "想").out == wanted
    unknown = call("complete", "想", "--checkpoint", "nosuch")
    assert (unknown.code, "There is no run nosuch" in unknown.sentence()) == (2, True)
    for command in (["train", *tiny], ["corpus", "demo-zh"]):
        unknown = call(*command, "--encoding", "foo")
        assert (unknown.code, "There is no encoding foo" in unknown.sentence()) == (2, True)


def test_a_file_has_one_set_of_weights(call: Caller, saved: Path) -> None:
    done = call("complete", "我", "--checkpoint", saved, "--best")
    assert (done.code, done.out) == (2, "")
    assert "leave --best out" in done.sentence()


def test_a_runs_folder_is_taken_for_the_run(call: Caller, tiny: list[str], tmp_path: Path) -> None:
    assert call("train", *tiny).code == 0
    folder = Path(call("runs", "path", "last").out.strip())
    wanted = call("complete", "想").out
    elsewhere = shutil.copytree(folder, tmp_path / "box" / folder.name)
    for source in (folder, f"{folder}/", elsewhere):
        assert call("complete", "想", "--checkpoint", source).out == wanted
        assert call("complete", "想", "--checkpoint", source, "--best").out == wanted
    assert call("write", "--checkpoint", folder, "--lines", 2).code in (0, 1)
    assert "is a folder, not a checkpoint file" in call("complete", "想", "--checkpoint", tmp_path).sentence()


def test_a_run_called_like_a_path_or_a_folder_is_found(
    call: Caller, tiny: list[str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "rain").mkdir()
    assert call("train", *tiny).code == 0
    for name in ("songs/2", "v1.2", "rain"):
        assert call("runs", "name", "last", name).code == 0
        assert call("complete", "想", "--checkpoint", name).code == 0
        assert call("train", "--resume", name, "--epochs", 2).code == 0
