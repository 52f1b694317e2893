"""The pages of HTML: whole by themselves, well-formed, and foreign text is only text in them."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import replace

import pytest
from jinja2 import UndefinedError
from markupsafe import Markup

from lyricterm.core.i18n import translator
from lyricterm.core.run_data import Sample
from lyricterm.exercises.base import Verdict
from lyricterm.reports.render import by_epoch, render
from lyricterm.reports.table import Table
from tests.reports.pages import EVIL, read, shows_only_text

TABLE = Table(EVIL, [EVIL, "n"], [[EVIL, "1"]])


def runs_page(samples: Sequence[Sample] = (), title: str = "runs") -> str:
    written = [{"title": title, "dated": by_epoch(samples)}]
    empty = replace(TABLE, rows=[])
    told = {
        "warning": title,
        "remarks": [title],
        "overview": TABLE,
        "written": title,
        "diagrams": [Markup("<svg></svg>")],
    }
    return render("runs.html", title, **told, samples=written, changes=empty, settings=TABLE)


def test_a_page_needs_nothing_beside_it() -> None:
    text = runs_page()
    reader = read(text)
    assert text.startswith("<!DOCTYPE html>")
    assert not re.search(r"https?:|src=|href=|url\(|@import", text)
    assert "script" not in [tag for tag, _attributes in reader.tags]
    assert ("html", {"lang": "en"}) in reader.tags
    assert ("td", {"class": "number"}) in reader.tags
    assert "<svg></svg>" in text


def test_the_page_speaks_the_language_in_use() -> None:
    translator.use("zh")
    text = runs_page()
    assert '<html lang="zh">' in text
    assert "困惑度" in text


def test_foreign_text_is_only_text() -> None:
    shows_only_text(runs_page([Sample(1, 2.0, EVIL, EVIL)], title=EVIL))


def test_foreign_text_is_only_text_in_an_exercise_too() -> None:
    verdict = Verdict(EVIL, (EVIL,), (EVIL, EVIL), EVIL, (TABLE,))
    dated = by_epoch([Sample(1, 2.0, EVIL, EVIL), Sample(2, 2.0, EVIL, EVIL)])
    runs = [{"title": EVIL, "last": dated[-1], "dated": dated}]
    told = {"question": EVIL, "settings": EVIL, "written": EVIL, "diagrams": []}
    shows_only_text(render("exercise.html", EVIL, verdict=verdict, runs=runs, **told))


def test_a_lyric_is_its_prefix_and_the_rest() -> None:
    assert '<p class="lyric"><b>分开</b>我&lt;</p>' in runs_page([Sample(1, 2.0, "分开", "我<")])
    assert '<p class="lyric"><b>分开</b>␣␣</p>' in runs_page([Sample(1, 2.0, "分开", "  ")])
    assert "❤\ufe0f" in runs_page([Sample(1, 2.0, "❤\ufe0f", "a")])


def test_what_is_copied_is_underlined_and_its_share_stands_behind() -> None:
    page = runs_page([Sample(1, 2.0, "分开", "<我在", 0.5, copied_at=((0, 1), (2, 3)))])
    assert '<b>分开</b><u>&lt;</u>我<u>在</u> <span class="quiet">50 % copied (underlined)</span></p>' in page
    # An earlier version kept the share alone.
    assert '我 <span class="quiet">100 % copied</span></p>' in runs_page([Sample(1, 2.0, "分开", "我", 1.0)])


def test_samples_stand_under_their_epoch() -> None:
    first, second, third = (Sample(epoch, 8.0, prefix, "x") for epoch, prefix in ((1, "a"), (2, "a"), (2, "b")))
    groups = by_epoch([first, second, third])
    assert [list(group.samples) for group in groups] == [[first], [second, third]]
    assert groups[1].title == "epoch 2 · perplexity 8.00"


def test_a_name_that_a_page_lacks_is_an_error() -> None:
    with pytest.raises(UndefinedError):
        render("runs.html", "title")
