"""Diagrams: well-formed, with every value in its place, and foreign text is only text in them."""

from __future__ import annotations

import math
import re
from itertools import pairwise
from xml.dom import minidom

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lyricterm.reports.html import Level, Line, curve_svg, escape
from tests.reports.pages import EVIL, read, shows_only_text


def svg(*lines: Line, **more: object) -> minidom.Document:
    drawn = curve_svg(lines, title="t", x_title="x", y_title="y", **more)  # type: ignore[arg-type]
    found = re.search("<svg.*</svg>", drawn, re.DOTALL)
    assert found
    return minidom.parseString(found[0])


@given(st.text())
def test_what_is_escaped_holds_no_markup(text: str) -> None:
    told = escape(text)
    assert not set(told) & set("<>\"'\n\r")
    reader = read(f"<p>{told}</p>")
    assert len(reader.tags) == 1


def test_foreign_text_is_only_text() -> None:
    line = Line(EVIL, [(1, 2.0), (2, 3.0)], marks=[(1.5, EVIL)])
    shows_only_text(curve_svg([line], title=EVIL, x_title=EVIL, y_title=EVIL, levels=[Level(2.5, EVIL)]))


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
    assert told == "<p>There is nothing to draw yet.</p>\n"


def test_a_linear_axis_begins_at_zero() -> None:
    drawn = svg(Line("a", [(0, 5.0), (1, 10.0)]), log=False)
    assert ">0<" in drawn.toxml()
