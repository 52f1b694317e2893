"""``lyricterm runs export`` and ``runs name``: files that other programs read back."""

from __future__ import annotations

import csv
import io
import json
import math
import os
import re
import subprocess
import sys
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any
from unicodedata import category

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lyricterm.core.run_data import HeldOutFacts, Sample
from lyricterm.core.run_status import RunStatus
from lyricterm.core.settings import Recipe
from lyricterm.reports.export import CURVE_COLUMNS, SAMPLE_COLUMNS, csv_lines, exported, free_name
from lyricterm.reports.story import story_of
from lyricterm.storage.atomic_write import append_lines
from lyricterm.storage.run_store import RunInfo, Store
from tests.cli.calls import Call, strict
from tests.storage.kept import folder_of, kept

Caller = Callable[..., Call]


@pytest.fixture
def store() -> Store:
    return Store()


def figures(epoch: int, **changes: Any) -> dict[str, Any]:
    told = {"perplexity": 100.0 / epoch, "loss": 0.1 + epoch / 3, "seconds": 0.25, "chars_per_second": 8e4}
    return {"epoch": epoch} | told | {"grad_norm": 7.5, "clipped": 0.5} | changes


def filled(store: Store, number: int = 0, **changes: Any) -> RunInfo:
    info = kept(store, number, **changes)
    folder = folder_of(info)
    append_lines(folder.curve_file, [figures(1), figures(2), figures(3, perplexity=math.inf, clipped=math.nan)])
    append_lines(
        folder.samples_file,
        [
            {"epoch": 2, "perplexity": 50.0, "prefix": "分开", "text": '我,"说"\n说'},
            {"epoch": 3, "perplexity": math.inf, "prefix": "=1+1", "text": "\ud800<b>"},
        ],
    )
    return info


def test_curves_as_csv_are_read_back(call: Caller, store: Store, tmp_path: Path) -> None:
    first, second = filled(store, 0), filled(store, 1)
    store.rename(second, "-second".lstrip("-"))
    path = tmp_path / "curves.csv"
    done = call("runs", "export", first.id, "second", "--to", path)
    assert (done.code, done.out) == (0, "")
    assert done.sentence() == f"lyricterm: 2 runs are in {path}"
    with path.open(newline="", encoding="utf-8") as file:
        rows = list(csv.DictReader(file))
    assert tuple(rows[0]) == CURVE_COLUMNS
    assert [(row["run"], row["name"], row["epoch"]) for row in rows] == [
        *((first.id, "", str(epoch)) for epoch in (1, 2, 3)),
        *((second.id, "second", str(epoch)) for epoch in (1, 2, 3)),
    ]
    assert [float(row["loss"]) for row in rows[:3]] == [0.1 + epoch / 3 for epoch in (1, 2, 3)]
    assert (rows[2]["perplexity"], rows[2]["clipped"]) == ("inf", "")


def test_curves_as_json_lines_are_read_back(call: Caller, store: Store, tmp_path: Path) -> None:
    info = filled(store)
    path = tmp_path / "curves.jsonl"
    assert call("runs", "export", "last", "--to", path).code == 0
    rows = [strict(line) for line in path.read_text(encoding="utf-8").splitlines()]
    assert rows[1] == {"run": info.id, "name": ""} | figures(2) | {"valid_perplexity": None, "valid_loss": None}
    assert (rows[2]["perplexity"], rows[2]["clipped"]) == ("inf", None)


def test_samples_are_read_back(call: Caller, store: Store, tmp_path: Path) -> None:
    info = filled(store)
    lines, table = tmp_path / "samples.jsonl", tmp_path / "samples.csv"
    assert call("runs", "export", info.id, "--samples", "--to", lines).code == 0
    assert call("runs", "export", info.id, "--samples", "--to", table).code == 0
    rows = [json.loads(line) for line in lines.read_bytes().decode("utf-8").split("\n")[:-1]]
    assert [(row["prefix"], row["text"]) for row in rows] == [("分开", '我,"说"\n说'), ("=1+1", "\ud800<b>")]
    with table.open(newline="", encoding="utf-8") as file:
        cells = list(csv.DictReader(file))
    assert tuple(cells[0]) == SAMPLE_COLUMNS
    assert (cells[0]["prefix"], cells[0]["text"]) == ("分开", '我,"说"\n说')
    # A spreadsheet must not compute it.
    assert cells[1]["prefix"] == "'=1+1"


STEERING = set("\u061c\u200e\u200f\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069")


def steers(character: str) -> bool:
    """Controls but the newline and the tab, separators of lines, and what turns the direction of the text."""
    return character in STEERING or (category(character) in ("Cc", "Zl", "Zp") and character not in "\n\t")


@given(st.lists(st.tuples(st.text(st.characters(codec="utf-8", exclude_characters="\0")), st.floats())))
def test_any_text_goes_through_csv(pairs: list[tuple[str, float]]) -> None:
    text = csv_lines(("text", "number"), [{"text": text, "number": number} for text, number in pairs])
    rows = list(csv.reader(io.StringIO(text, newline="")))
    assert rows[0] == ["text", "number"]
    for (given_text, number), (cell, shown) in zip(pairs, rows[1:], strict=True):
        data = "".join("\ufffd" if steers(character) else character for character in given_text)
        assert cell.removeprefix("'" if data[:1] in tuple("=+-@\t") else "") == data
        assert not cell.startswith(("=", "+", "-", "@"))
        assert (shown == "" and math.isnan(number)) or float(shown) == number


def test_the_report_shows_all_and_runs_nothing(call: Caller, store: Store, tmp_path: Path) -> None:
    wild = Recipe(clipping=False, activation="relu")
    first = filled(store, 0)
    second = filled(store, 1, recipe=wild, status=RunStatus.DIVERGED, diverged=(4, 7), vocabulary=26, corpus="<b>x</b>")
    mark = {"epoch": 1.5, "minibatch": 2, "axis": "clipping", "old": True, "new": False}
    append_lines(folder_of(second).curve_file, [{"mark": mark}, {"diverged": [4, 7, "loss"]}])
    path = tmp_path / "report.HTML"
    assert call("runs", "export", first.id, second.id, "--to", path).code == 0
    text = path.read_text(encoding="utf-8")
    assert text.count("<svg") == 2
    assert "not comparable" in text
    assert "<td>4:7</td>" in text.replace(' class="number"', "")
    assert "clipping on → off" in text
    assert "&lt;b&gt;x&lt;/b&gt;" in text
    assert "<b>x</b>" not in text
    assert "1,312 guessing" in text
    assert not re.search(r"<script|https?:", text)
    # Only what differs is named.
    assert "<td>tanh clip 5 demo-zh</td>" in text
    assert "<td>ReLU no clip &lt;b&gt;x&lt;/b&gt;</td>" in text


def test_the_report_shows_the_held_out_text(call: Caller, store: Store, tmp_path: Path) -> None:
    info = kept(store, held_out=HeldOutFacts(4_000, 12, 7, 301.0, 204.0))
    scores = enumerate([379.0, 250.0, 300.0, 350.0, 400.0, 450.0, 561.0], 1)
    append_lines(folder_of(info).curve_file, [figures(epoch, valid_perplexity=score) for epoch, score in scores])
    path = tmp_path / "report.html"
    assert call("runs", "export", info.id, "--to", path).code == 0
    page = path.read_text(encoding="utf-8")
    assert "<th>best held out</th>" in re.sub(r'<th class="number">', "<th>", page)
    assert "250 in epoch 2" in page
    for words in ("1,312 guessing", "301 frequencies", "204 bigram", "12 more (7 different ones)", "since epoch 2 the"):
        assert words in page
    assert 'class="curve0 dotted"' in page


def test_the_last_samples_or_all_of_them(call: Caller, store: Store, tmp_path: Path) -> None:
    filled(store)
    last, every = tmp_path / "last.html", tmp_path / "all.html"
    assert call("runs", "export", "last", "--to", last).code == 0
    assert call("runs", "export", "last", "--samples", "--to", every).code == 0
    assert "epoch 2 · perplexity" not in last.read_text(encoding="utf-8")
    assert "epoch 2 · perplexity" in every.read_text(encoding="utf-8")


@pytest.mark.parametrize("ending", ["csv", "jsonl", "html"])
def test_a_run_without_a_curve_is_exported(call: Caller, store: Store, tmp_path: Path, ending: str) -> None:
    kept(store)
    path = tmp_path / f"empty.{ending}"
    assert call("runs", "export", "last", "--to", path).code == 0
    assert path.exists()


@pytest.mark.parametrize(
    ("name", "sentence"),
    [
        ("x.txt", "must end in one of .csv, .jsonl, .html, which says what to write"),
        ("x", "must end in one of"),
        ("nowhere/x.csv", "cannot be written: No such file or directory"),
        ("folder.csv", "cannot be written: Is a directory"),
        ("~nobody-at-all/x.csv", "names a home folder of an unknown user"),
    ],
)
def test_bad_paths_are_said_and_leave_nothing(
    call: Caller, store: Store, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, name: str, sentence: str
) -> None:
    filled(store)
    (tmp_path / "work" / "folder.csv").mkdir(parents=True)
    monkeypatch.chdir(tmp_path / "work")
    done = call("runs", "export", "last", "--to", name)
    assert done.code == (2 if "must end in" in sentence else 1)
    assert sentence in done.sentence()
    assert [path.name for path in Path.cwd().iterdir()] == ["folder.csv"]


def test_a_file_that_cannot_be_replaced_stays(
    call: Caller, store: Store, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    filled(store)
    path = tmp_path / "x.csv"
    path.write_text("before")

    def full(*_arguments: object) -> int:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "write", full)
    done = call("runs", "export", "last", "--to", path)
    monkeypatch.undo()
    assert done.code == 1
    assert "No space left on device" in done.sentence()
    assert path.read_text() == "before"
    assert not list(tmp_path.glob(".*"))


def test_a_run_that_is_not_there_writes_nothing(call: Caller, store: Store, tmp_path: Path) -> None:
    filled(store)
    done = call("runs", "export", "last", "nobody", "--to", tmp_path / "x.csv")
    assert done.code == 2
    assert "There is no run nobody" in done.sentence()
    assert not (tmp_path / "x.csv").exists()


def test_exporting_waits_for_neither_torch_nor_textual(store: Store, tmp_path: Path) -> None:
    filled(store)
    for ending in ("csv", "html"):
        code = "import sys; from lyricterm.cli import main; "
        code += f"main(['runs', 'export', 'last', '--to', '{tmp_path}/x.{ending}']); "
        code += "sys.exit(bool({'torch', 'textual', 'numpy'} & set(sys.modules)))"
        assert subprocess.run([sys.executable, "-c", code], check=False, capture_output=True).returncode == 0


def test_a_name_is_given_shown_and_taken_away(call: Caller, store: Store) -> None:
    info = kept(store)
    assert call("runs", "name", info.id, "the best").sentence() == f"lyricterm: {info.id} is called the best"
    assert "the best · random tanh clip 5" in call("runs").out
    assert call("runs", "--json").rows[0]["name"] == "the best"
    assert "name: the best" in call("runs", "show", "the best").out
    assert call("runs", "path", "the best").out.strip() == str(info.folder)
    assert call("runs", "name", "the best").sentence() == f"lyricterm: {info.id} has no name"
    refused = call("runs", "name", info.id, "x" * 61)
    assert (refused.code, refused.sentence()) == (2, "lyricterm: A run's name has at most 60 characters.")


def test_a_free_name_is_not_there(tmp_path: Path) -> None:
    assert free_name(tmp_path, "a", ".csv") == tmp_path / "a.csv"
    (tmp_path / "a.csv").touch()
    (tmp_path / "a-2.csv").touch()
    assert free_name(tmp_path, "a", ".csv") == tmp_path / "a-3.csv"


def test_a_page_of_many_runs_is_made(store: Store) -> None:
    stories = [story_of(filled(store, number)) for number in range(10)]
    text = exported(stories, ".html", False).decode()
    assert text.count("<polyline") == 20
    assert "lyricterm: 10 runs" in text


def test_samples_of_foreign_hands_do_not_break_the_page(store: Store) -> None:
    story = story_of(filled(store))
    odd = [Sample(1, 2.0, "\ud800", "\x1b[2J</p><script>")]
    text = exported([type(story)(story.info, story.curve, odd)], ".html", True).decode()
    assert "<script" not in text
    assert "\x1b" not in text


def test_joiners_and_skin_tones_leave_as_they_are(store: Store) -> None:
    story = story_of(filled(store))
    lyric = "👨\u200d👩\u200d👧 می\u200cخواهم ❤\ufe0f 👍🏽"
    samples = [Sample(1, 2.0, lyric, lyric + "\u202e\x9b")]
    for ending in (".html", ".csv", ".jsonl"):
        raw = exported([type(story)(story.info, story.curve, samples)], ending, True).decode()
        text = "".join(strict(line)["prefix"] for line in raw.splitlines()) if ending == ".jsonl" else raw
        assert lyric in text
        assert not {"\u202e", "\x9b"} & set(raw)


def test_a_page_shows_the_prefixes_that_were_used_in_place_of_the_default_ones(store: Store) -> None:
    usual, asked = story_of(filled(store)), story_of(filled(store, 1, recipe=Recipe(prefixes=("x",))))
    assert (usual.prefixes, asked.prefixes) == (("=1+1",), ("x",))
    assert replace(usual, samples=[]).prefixes == Recipe().prefixes
    text = exported([usual], ".html", True).decode()
    assert re.search(r"prefixes</t[hd]>\s*<td[^>]*>=1\+1<", text)
