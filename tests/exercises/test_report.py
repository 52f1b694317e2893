"""The page: everything in it, nothing from elsewhere, foreign text as text."""

from __future__ import annotations

import os
import re
from dataclasses import replace
from html.parser import HTMLParser
from pathlib import Path

import pytest

from lyricterm.core.errors import ReportError
from lyricterm.exercises.catalogue import EXERCISES
from lyricterm.exercises.report import check_writable, page, write
from tests.exercises.results import overflowed, play, small, trained, verdict, waiting, wrote

EVIL = "</dd><script>alert(1)</script>&\"' \u202e\x1b[31m"
VOID = {"meta", "circle", "path", "polyline"}


class Reader(HTMLParser):
    """Collects tags, attributes and text, and checks that tags are closed in order."""

    def __init__(self) -> None:
        super().__init__()
        self.tags: list[str] = []
        self.attributes: list[tuple[str, str | None]] = []
        self.text: list[str] = []
        self._open: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append(tag)
        self.attributes += attrs
        if tag != "meta":
            self._open.append(tag)

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append(tag)
        self.attributes += attrs

    def handle_endtag(self, tag: str) -> None:
        assert self._open.pop() == tag

    def handle_data(self, data: str) -> None:
        self.text.append(data)


def read(html: str) -> Reader:
    reader = Reader()
    reader.feed(html)
    reader.close()
    return reader


def report(**changes: object) -> str:
    runs = waiting("clipping")
    results = [
        wrote(replace(trained(runs[0], 500, 157), corpus=EVIL), (1, 500, "的的"), (2, 157, EVIL)),
        overflowed(runs[1], 1, 7),
        trained(runs[2], 600, 249),
        replace(overflowed(runs[3], 2, 3), notices=(EVIL,)),
    ]
    return page(EXERCISES["clipping"], results, verdict("clipping", results))


def test_foreign_text_is_text() -> None:
    html = report()
    found = read(html)
    assert "script" not in found.tags
    assert "alert(1)" in "".join(found.text)
    assert "\u202e" not in html
    assert "\x1b" not in html


def test_it_stands_alone_and_runs_nothing() -> None:
    found = read(report())
    assert not {"script", "link", "img", "iframe", "object", "image", "use"} & set(found.tags)
    names = {name for name, _value in found.attributes}
    assert not {name for name in names if name.startswith("on")} & names
    assert not {"src", "href", "xlink:href", "srcset", "style"} & names
    assert not re.search(r"url\(|@import|https?:", report())


def test_it_holds_the_verdict_the_curves_the_tables_and_the_lyrics() -> None:
    html = report()
    found = read(html)
    text = " ".join(found.text)
    assert "Clipping decides: with it both activations learn, without it neither does." in text
    assert "g = min(θ / ‖∂L/∂w‖, 1) ∂L/∂w" in text
    assert found.tags.count("svg") == 2
    assert found.tags.count("table") == 1
    assert "tanh unclipped: the loss overflowed in epoch 1, minibatch 7." in text
    assert "prefers-color-scheme: dark" in html
    assert "的的" in text
    assert "No lyrics." in text


def test_curves_are_where_their_numbers_are() -> None:
    first, second = waiting("sampling")
    results = [trained(first, 1000, 100, 10), trained(second, 1000, 1000, 1000)]
    html = page(EXERCISES["sampling"], results, verdict("sampling", results))
    lines = re.findall(r'<polyline points="([^"]+)"', html)
    places = [[tuple(map(float, place.split(","))) for place in line.split()] for line in lines]
    (a, b, c), flat = places
    # A log axis: the same factor is the same distance.
    assert b[1] - a[1] == pytest.approx(c[1] - b[1], abs=0.2)
    assert b[1] - a[1] > 20
    assert len({y for _x, y in flat}) == 1
    assert flat[0][1] == a[1]


def test_a_real_page_is_written_whole(tmp_path: Path) -> None:
    results, told = play("sampling", small(tmp_path), epochs=2)
    path = tmp_path / "报告.html"
    path.write_text("old", encoding="utf-8")
    write(page(EXERCISES["sampling"], results, told).encode(), path)
    html = path.read_text(encoding="utf-8")
    assert html.startswith("<!DOCTYPE html>")
    assert html.rstrip().endswith("</html>")
    assert "春天" in " ".join(read(html).text)
    assert [entry.name for entry in tmp_path.iterdir() if ".part" in entry.name] == []


@pytest.mark.parametrize("where", ["missing/x.html", "", "file.txt/x.html"])
def test_a_path_that_cannot_be_written_is_told(tmp_path: Path, where: str) -> None:
    (tmp_path / "file.txt").write_text("x")
    path = tmp_path / where
    with pytest.raises(ReportError, match="report"):
        check_writable(path)
    with pytest.raises(ReportError, match="The report cannot be written to"):
        write(b"page", path)


@pytest.mark.skipif(os.geteuid() == 0, reason="root may write everywhere")
def test_a_folder_that_is_read_only_is_told(tmp_path: Path) -> None:
    tmp_path.chmod(0o500)
    with pytest.raises(ReportError, match="cannot be written"):
        check_writable(tmp_path / "x.html")
    tmp_path.chmod(0o700)
