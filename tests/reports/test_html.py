"""The page of HTML: whole by itself, well-formed, and foreign text is only text in it."""

from __future__ import annotations

import math
import re
from html.parser import HTMLParser
from itertools import pairwise
from xml.dom import minidom

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lyricterm.core.i18n import translator
from lyricterm.reports.html import Level, Line, Section, beside, curve_svg, escape, lyric, page, paragraph, table

EVIL = '<script>alert("1")</script>&\'\x1b[2J\u202e'
VOID = {"meta", "br", "link"}


class Reader(HTMLParser):
    """Collects tags and text; complains of tags that do not match."""

    def __init__(self) -> None:
        super().__init__()
        self.open: list[str] = []
        self.tags: list[tuple[str, dict[str, str | None]]] = []
        self.text: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, dict(attrs)))
        if tag not in VOID:
            self.open.append(tag)

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, dict(attrs)))

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag

    def handle_data(self, data: str) -> None:
        self.text.append(data)


def read(text: str) -> Reader:
    reader = Reader()
    reader.feed(text)
    reader.close()
    assert reader.open == []
    return reader


def svg(*lines: Line, **more: object) -> minidom.Document:
    drawn = curve_svg(lines, title="t", x_title="x", y_title="y", **more)  # type: ignore[arg-type]
    found = re.search("<svg.*</svg>", drawn, re.DOTALL)
    assert found
    return minidom.parseString(found[0])


def test_a_page_needs_nothing_beside_it() -> None:
    text = page("runs", [Section("one", [paragraph("p"), table(["a"], [["1"]], right=[0])])])
    reader = read(text)
    assert text.startswith("<!DOCTYPE html>")
    assert not re.search(r"https?:|src=|href=|url\(|@import", text)
    assert "script" not in [tag for tag, _attributes in reader.tags]
    assert ("html", {"lang": "en"}) in reader.tags
    assert ("td", {"class": "number"}) in reader.tags


def test_the_page_names_its_language() -> None:
    translator.use("zh")
    assert '<html lang="zh">' in page("x", [])


def test_foreign_text_is_only_text() -> None:
    line = Line(EVIL, [(1, 2.0), (2, 3.0)], marks=[(1.5, EVIL)])
    diagram = curve_svg([line], title=EVIL, x_title=EVIL, y_title=EVIL, levels=[Level(2.5, EVIL)])
    parts = [paragraph(EVIL), table([EVIL], [[EVIL]]), lyric(EVIL, EVIL), beside([(EVIL, [paragraph(EVIL)])]), diagram]
    reader = read(page(EVIL, [Section(EVIL, parts)]))
    assert "script" not in [tag for tag, _attributes in reader.tags]
    assert not [name for _tag, attributes in reader.tags for name in attributes if name.startswith("on")]
    shown = "".join(reader.text)
    assert 'alert("1")' in shown
    assert "\x1b" not in shown
    assert "\u202e" not in shown


@given(st.text())
def test_what_is_escaped_holds_no_markup(text: str) -> None:
    told = escape(text)
    assert not set(told) & set("<>\"'\n\r")
    reader = read(f"<p>{told}</p>")
    assert len(reader.tags) == 1


def test_a_lyric_is_its_prefix_and_the_rest() -> None:
    assert lyric("分开", "我<") == "<p class=lyric><b>分开</b>我&lt;</p>\n"


def test_a_curve_is_drawn_from_the_upper_left_to_the_lower_right() -> None:
    drawn = svg(Line("a", [(0, 1000.0), (1, 100.0), (2, 10.0), (3, 1.0)]))
    (polyline,) = drawn.getElementsByTagName("polyline")
    places = [tuple(map(float, pair.split(","))) for pair in polyline.getAttribute("points").split()]
    assert [x for x, _y in places] == sorted(x for x, _y in places)
    steps = [after[1] - before[1] for before, after in pairwise(places)]
    # Equal factors are equal distances on a log scale.
    assert steps == pytest.approx([steps[0]] * 3, abs=0.2)
    assert steps[0] > 0


def test_an_overflow_is_a_cross_and_parts_the_curve() -> None:
    drawn = svg(Line("a", [(0, 9.0), (1, 8.0), (2, math.inf), (3, 7.0), (4, 6.0), (5, math.nan), (6, 5.0)]))
    assert len(drawn.getElementsByTagName("polyline")) == 2
    assert len(drawn.getElementsByTagName("circle")) == 1
    crosses = [path for path in drawn.getElementsByTagName("path") if path.getAttribute("class") == "cross"]
    assert len(crosses) == 1
    assert "nan" not in drawn.toxml()
    assert "inf" not in drawn.toxml()


def test_marks_and_levels_are_named() -> None:
    drawn = svg(Line("a", [(0, 9.0), (9, 2.0)], marks=[(4.5, "clipping on → off")]), levels=[Level(1, "1 best")])
    (title,) = drawn.getElementsByTagName("title")
    assert title.firstChild is not None
    assert title.firstChild.nodeValue == "clipping on → off"
    assert "1 best" in drawn.toxml()


def test_a_level_beyond_the_ceiling_is_left_out_and_values_there_are_drawn_at_the_edge() -> None:
    drawn = svg(Line("a", [(0, 1.0), (1, 1e30)]), levels=[Level(1e20, "far")], ceiling=1000.0)
    assert "far" not in drawn.toxml()
    (polyline,) = drawn.getElementsByTagName("polyline")
    assert polyline.getAttribute("points").split()[-1].split(",")[1] == "16.0"


@pytest.mark.parametrize("points", [[], [(0, math.nan)], [(0, math.inf)], [(0, 0.0)]])
def test_nothing_to_draw_is_said(points: list[tuple[float, float]]) -> None:
    told = curve_svg([Line("a", points)], title="t", x_title="x", y_title="y")
    assert told == paragraph("There is nothing to draw yet.")


def test_a_linear_axis_begins_at_zero() -> None:
    drawn = svg(Line("a", [(0, 5.0), (1, 10.0)]), log=False)
    assert ">0<" in drawn.toxml()
