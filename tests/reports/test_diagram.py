"""Diagrams on a page: the picture with its legend; foreign text is only text in them."""

from __future__ import annotations

import math

import pytest

from lyricterm.plotting.chart import Chart
from lyricterm.plotting.series import Level, PlotMark, Series
from lyricterm.reports.diagram import diagram
from tests.reports.pages import EVIL, read, shows_only_text


def test_foreign_text_is_only_text() -> None:
    series = Series((1.0, 2.0), (2.0, 3.0), EVIL, EVIL, marks=(PlotMark(1.5, EVIL),))
    shows_only_text(diagram(Chart((series,), EVIL, levels=(Level(2.5, EVIL),)), EVIL))


def test_a_diagram_has_a_legend_in_the_colours_of_its_curves() -> None:
    chart = Chart((Series((1.0,), (2.0,), "tanh", "1", colour=3), Series((1.0,), (2.0,), "ReLU", "2", colour=5)))
    reader = read(diagram(chart, "perplexity"))
    keys = [attributes["class"] for tag, attributes in reader.tags if tag == "span" and attributes["class"] != "key"]
    assert keys == ["curve3", "curve5"]
    assert "1 tanh" in reader.text
    assert "2 ReLU" in reader.text


@pytest.mark.parametrize("value", [math.nan, math.inf, 0.0])
def test_nothing_to_draw_is_said(value: float) -> None:
    drawn = diagram(Chart((Series((0.0,), (value,)),)), "t")
    assert drawn == "<p>There is nothing to draw yet.</p>\n"
    assert diagram(Chart(), "t") == drawn
