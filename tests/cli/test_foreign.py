"""Foreign texts, names and arguments on the command line: shown safely, and exact in JSON."""

from __future__ import annotations

import io
import json
import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from unicodedata import category

import pytest

from lyricterm.core.sanitize import lyric_line, outgoing
from lyricterm.core.strict_json import readable
from tests.cli.calls import Call, strict

Caller = Callable[..., Call]

HOSTILE = {
    "clear the screen": "\x1b[2J\x1b]0;title\x07",
    "eight-bit": "\x9b31m\x9d0;title\x9c\x85",
    "bidirectional": "\u202eevil\u202c\u2066\u2069\u200f",
    "invisible": "\u200b\u200d\ufeff\u00ad\u3164\u2800\U000e0041\ufe0f",
    "line ends": "a\u2028b\u2029c\x0bd\x0ce",
    "bytes of no character": "\udcff\udc80",
    "marks": "\u0301\u0301 \u0301" + "e\u0301" * 3,
    "markup": "[red]x[/red] [link=http://x]y[/link] [@click=app.quit]z[/]",
    "emoji": "👩\u200d👧🇨🇳👍🏽❤\ufe0f1\ufe0f\u20e3",
}
TRAINED = {kind: text for kind, text in HOSTILE.items() if kind != "bytes of no character"}
SETTINGS = [
    "--unicode=raw",
    "--hidden=4",
    "--steps=5",
    "--batch=2",
    "--epochs=1",
    "--pred-period=1",
    "--pred-len=30",
    "--threads=1",
]


def is_safe(printed: str) -> None:
    for line in printed.split("\n"):
        assert line == lyric_line(line)


def steers_nothing(printed: str) -> None:
    """Data may hold joiners and selectors, but no control and nothing that turns a line round."""
    for line in printed.split("\n"):
        assert line == outgoing(line)
        assert not {category(char) for char in line} & {"Cc", "Cs", "Zl", "Zp"}
        assert not set(line) & set("\u200e\u200f\u061c\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069")


@pytest.fixture(params=TRAINED)
def foreign(request: pytest.FixtureRequest, tmp_path: Path) -> Path:
    """A text of one kind, long enough to train on, in a file of a hostile name."""
    path = tmp_path / "a\x1b[31m\u202e\u3164.txt"
    path.write_text(TRAINED[request.param] * 30, encoding="utf-8")
    return path


def test_corpus(call: Caller, foreign: Path) -> None:
    text = foreign.read_bytes().decode().replace("\n", " ").replace("\r", " ")
    shown = call("corpus", foreign)
    assert shown.code == 0
    steers_nothing(shown.out)
    done = call("corpus", foreign, "--unicode", "raw", "--json")
    is_safe(done.out)
    row = strict(done.out)
    assert (row["first"], row["chars"], row["total"]) == (text[:40], text[:20], len(text))


def test_a_corpus_in_a_pipe_keeps_its_emoji(call: Caller, tmp_path: Path) -> None:
    family = "👨‍👩‍👧 👍🏽 ❤️ \N{REGIONAL INDICATOR SYMBOL LETTER C}\N{REGIONAL INDICATOR SYMBOL LETTER N}"
    path = tmp_path / "family.txt"
    path.write_text(f"{family} 葛󠄀\n" * 30, encoding="utf-8")
    printed = call("corpus", path, "--unicode", "raw", "--newlines", "keep").out
    assert f"characters: {family} 葛󠄀↵" in printed
    assert "\u034f" not in printed


def test_training_and_completing(call: Caller, foreign: Path, tmp_path: Path) -> None:
    text = foreign.read_bytes().decode()
    saved = tmp_path / "\x1b[32m\u2066.safetensors"
    prefixes = ["--prefix", text[:3], "--prefix", "\x1b]0;x\x07[b]\u0301"]
    shown = call("train", "--corpus", foreign, *SETTINGS, *prefixes, "--save", saved)
    assert shown.code == 0
    is_safe(shown.err)
    steers_nothing(shown.out)
    done = call("train", "--corpus", foreign, *SETTINGS, *prefixes, "--json")
    is_safe(done.out + done.err)
    first, second = done.events("sample")
    assert (first["prefix"], second["prefix"]) == (text[:3], "\x1b]0;x\x07[b]\u0301")
    assert set(first["text"]) <= set(text)
    printed = [line for line in shown.out.splitlines() if line.startswith(" - ")]
    assert printed == [f" - {outgoing(row['prefix'] + row['text'])}" for row in (first, second)]
    completed = call("complete", text[:3], "--checkpoint", saved, "--length", 30)
    is_safe(completed.err)
    steers_nothing(completed.out)
    row = strict(call("complete", text[:3], "--checkpoint", saved, "--length", 30, "--json").out)
    assert completed.out == outgoing(row["prefix"] + row["text"]) + "\n"
    assert set(row["text"]) <= set(text)


@pytest.mark.parametrize("kind", HOSTILE)
@pytest.mark.parametrize(
    "arguments",
    [
        ("--{0}",),
        ("{0}",),
        ("--hidden", "{0}"),
        ("--cell={0}",),
        ("--lang", "{0}"),
        ("train", "--corpus", "{0}"),
        ("train", "--resume", "{0}"),
        ("train", "--threads", "{0}"),
        ("train", "--{0}=1"),
        ("train", "a", "{0}"),
        ("corpus", "{0}"),
        ("corpus", "--max-chars", "{0}"),
        ("complete", "a", "--checkpoint", "{0}"),
        ("complete", "a", "--checkpoint", "x", "--length", "{0}"),
        ("complete", "a", "--checkpoint", "x", "--temperature", "{0}"),
        ("bench", "--workload", "{0}"),
    ],
    ids=" ".join,
)
def test_complaints_about_arguments(call: Caller, arguments: tuple[str, ...], kind: str) -> None:
    done = call(*(argument.format(HOSTILE[kind]) for argument in arguments))
    assert done.code in (1, 2)
    assert done.out == ""
    is_safe(done.err)
    (sentence,) = [line for line in done.err.splitlines() if line.startswith("lyricterm")]
    assert "Traceback" not in done.err
    assert sentence.isprintable()


@pytest.mark.parametrize(
    ("typed", "named"), [(" ", "␣"), ("\u3000", "U+3000"), ("\u200b", "U+200B"), ("\u0301", "◌\u0301")]
)
def test_unknown_characters_that_cannot_be_seen_are_named(call: Caller, tmp_path: Path, typed: str, named: str) -> None:
    path = tmp_path / "a.txt"
    path.write_text("分开不" * 40, encoding="utf-8")
    saved = tmp_path / "a.safetensors"
    assert call("train", "--corpus", path, *SETTINGS, "--save", saved).code == 0
    done = call("complete", f"分{typed}开", "--checkpoint", saved)
    assert done.sentence() == f"lyricterm: not in the vocabulary, skipped: {named}"


def test_what_an_encoding_lacks_is_said_once(tmp_path: Path) -> None:
    path = tmp_path / "a.txt"
    path.write_text("分开 é" * 40, encoding="utf-8")
    for encoding, sentences in (("ascii", 1), ("utf-8", 0), ("gb18030", 0)):
        done = subprocess.run(
            [sys.executable, "-m", "lyricterm", "corpus", str(path)],
            env=os.environ | {"PYTHONIOENCODING": encoding},
            capture_output=True,
            check=True,
        )
        assert done.stderr.decode().count("cannot be written in ascii and became ?") == sentences
        assert (b"?" in done.stdout) == bool(sentences)


class TestJson:
    @pytest.mark.parametrize("encoding", ["utf-8", "UTF8", "ascii", "latin-1", "gbk"])
    @pytest.mark.parametrize("kind", HOSTILE)
    def test_strings_come_back_exactly(self, kind: str, encoding: str) -> None:
        row = {"text": HOSTILE[kind], "half": "\ud800", "plain": "分开 é", "number": float("inf")}
        line = readable(row, encoding)
        assert json.loads(line.encode("utf-8")) == row | {"number": "inf"}
        assert line.isprintable()
        assert line.isascii() or encoding.lower() in ("utf-8", "utf8")
        is_safe(line)

    def test_what_can_be_read_is_left_to_be_read(self) -> None:
        assert readable({"a": "分开 🎵"}, "utf-8") == '{"a": "分开 🎵"}'

    def test_stdout_of_another_encoding_gets_utf8_all_the_same(
        self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        from lyricterm.cli import main

        path = tmp_path / "a.txt"
        path.write_text("분개 🎵 分开", encoding="utf-8")
        written = io.BytesIO()
        with monkeypatch.context() as patch:
            patch.setattr(sys, "stdout", io.TextIOWrapper(written, encoding="gbk", write_through=True))
            assert main(["corpus", str(path), "--json"]) == 0
            assert strict(written.getvalue().decode("utf-8"))["first"] == "분개 🎵 分开"
