"""The picture of curves: well-formed, to scale, and what is off the scale is no line."""

from __future__ import annotations

import math
from dataclasses import replace
from itertools import pairwise
from xml.dom import minidom

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lyricterm.plotting import colours, svg
from lyricterm.plotting.chart import Chart
from lyricterm.plotting.series import Level, PlotMark, Point, Series, series_of

NUMBERS = st.floats(0, 1e300) | st.just(math.inf) | st.just(math.nan)
TOP = 22.0


def drawn(*series: Series, **more: object) -> minidom.Document:
    return minidom.parseString(svg.draw(Chart(series, "y", **more), "t"))  # type: ignore[arg-type]


def polylines(document: minidom.Document) -> list[list[Point]]:
    return [
        [(float(x), float(y)) for x, y in (pair.split(",") for pair in polyline.getAttribute("points").split())]
        for polyline in document.getElementsByTagName("polyline")
    ]


def paths(document: minidom.Document, kind: str) -> list[minidom.Element]:
    return [path for path in document.getElementsByTagName("path") if kind in path.getAttribute("class").split()]


def test_a_curve_is_drawn_from_the_upper_left_to_the_lower_right() -> None:
    (line,) = polylines(drawn(series_of([(0, 1000.0), (1, 100.0), (2, 10.0), (3, 1.0)])))
    assert [x for x, _y in line] == sorted(x for x, _y in line)
    steps = [after[1] - before[1] for before, after in pairwise(line)]
    # Equal factors are equal distances on a log scale.
    assert steps == pytest.approx([steps[0]] * 3, abs=0.2)
    assert steps[0] > 0


def test_an_overflow_is_a_cross_and_parts_the_curve() -> None:
    picture = drawn(series_of([(0, 9.0), (1, 8.0), (2, math.inf), (3, 7.0), (4, 6.0), (5, math.nan), (6, 5.0)]))
    assert len(polylines(picture)) == 2
    assert len(picture.getElementsByTagName("circle")) == 1
    assert len(paths(picture, "cross")) == 1
    assert "nan" not in picture.toxml()
    assert "inf" not in picture.toxml()


def test_a_dotted_curve_is_dashed_and_has_no_label_of_its_own() -> None:
    solid = series_of([(0, 9.0), (9, 2.0)], label="1")
    picture = drawn(solid, replace(solid, values=(8.0, 5.0), dotted=True))
    groups = [group.getAttribute("class").split() for group in picture.getElementsByTagName("g")]
    assert groups == [["curve0"], ["curve0", "dotted"]]
    assert len(picture.getElementsByTagName("tspan")) == 1


def test_crosses_at_one_place_stand_beside_each_other() -> None:
    curves = [series_of([(0, 9.0), (1, 8.0), (2, math.inf)], colour=i) for i in range(3)]
    places = [float(path.getAttribute("d").split()[0][1:]) for path in paths(drawn(*curves), "cross")]
    assert [after - before for before, after in pairwise(places)] == pytest.approx([12, 12])


def test_marks_and_levels_are_named() -> None:
    series = Series((0.0, 9.0), (9.0, 2.0), marks=(PlotMark(4.5, "clipping on → off"),))
    picture = drawn(series, levels=(Level(1, "1 best"),))
    (title,) = picture.getElementsByTagName("title")
    assert title.firstChild is not None
    assert title.firstChild.nodeValue == "clipping on → off"
    assert "1 best" in picture.toxml()
    picture = drawn(replace(series, marks=()), changes=(PlotMark(4.5, "ReLU"),))
    assert "<title>ReLU</title>" in picture.toxml()


def test_what_is_off_the_scale_is_an_arrow_and_no_line_along_the_edge() -> None:
    points = [(0, 1.0), (1, 100.0), (2, 1e30), (3, 1e31), (4, 100.0), (5, 10.0)]
    picture = drawn(series_of(points), levels=(Level(1e20, "far"),), ceiling=1000.0)
    assert "far" not in picture.toxml()
    lines = polylines(picture)
    assert len(lines) == 2
    # Each part reaches the edge once, on its way out or in.
    assert [[y for _x, y in line].count(TOP) for line in lines] == [1, 1]
    assert lines[0][-1][1] == lines[1][0][1] == TOP
    assert len(paths(picture, "beyond")) == 1


def test_a_curve_wholly_off_the_scale_still_shows_where() -> None:
    picture = drawn(series_of([(0, 5.0), (9, 4.0)]), series_of([(0, 1e9), (9, 1e8)], label="2"), ceiling=1000.0)
    assert len(polylines(picture)) == 1
    assert len(paths(picture, "beyond")) == 1
    assert "2" in [text.firstChild.nodeValue for text in picture.getElementsByTagName("tspan") if text.firstChild]


def test_a_linear_axis_begins_at_zero() -> None:
    assert ">0<" in drawn(series_of([(0, 5.0), (1, 10.0)]), log=False).toxml()


def test_labels_of_curves_that_end_alike_stand_apart() -> None:
    picture = drawn(*(series_of([(0, 9.0), (5, 2.0)], label=str(number), colour=number) for number in range(9)))
    texts = [tspan.parentNode for tspan in picture.getElementsByTagName("tspan")]
    heights = sorted(float(text.getAttribute("y")) for text in texts if isinstance(text, minidom.Element))
    assert len(heights) == 9
    assert all(below - above >= 12 for above, below in pairwise(heights))
    assert heights[0] >= TOP - 10
    assert heights[-1] <= 334


@given(st.lists(st.lists(NUMBERS, max_size=20), max_size=12), st.booleans(), NUMBERS)
def test_any_numbers_make_a_picture_that_a_browser_can_read(
    curves: list[list[float]], log: bool, ceiling: float
) -> None:
    series = [series_of([(float(i), value) for i, value in enumerate(values)], label="a") for values in curves]
    chart = Chart(tuple(series), log=log, ceiling=math.inf if math.isnan(ceiling) else ceiling)
    picture = svg.draw(chart, "t")
    if picture:
        assert "nan" not in picture
        assert "inf" not in picture
        for line in polylines(minidom.parseString(picture)):
            assert all(0 <= x <= 860 and TOP <= y <= 334 for x, y in line)


def test_every_colour_has_its_rule_on_light_and_on_dark() -> None:
    for number in range(colours.COUNT):
        assert svg.STYLE.count(f".curve{number} {{") == 2
