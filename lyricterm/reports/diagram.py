"""Curves on a page: the picture and a legend under it."""

from __future__ import annotations

from markupsafe import Markup

from lyricterm.core.i18n import _
from lyricterm.core.sanitize import one_line
from lyricterm.plotting import svg
from lyricterm.plotting.chart import Chart
from lyricterm.plotting.series import Series


def diagram(chart: Chart, title: str) -> Markup:
    """The curves with axes, levels and a legend; a sentence where there is nothing to draw.

    Args:
        chart: what to draw.
        title: what the diagram shows.
    """
    picture = svg.draw(chart, title)
    if not picture:
        return Markup("<p>{}</p>\n").format(_("There is nothing to draw yet."))
    legend = Markup("").join(_legend(series) for series in chart.series if series.name or series.label)
    figure = Markup("<figure>\n{}<figcaption>{}<br/>{}</figcaption>\n</figure>\n")
    return figure.format(Markup(picture), one_line(title), legend)


def _legend(series: Series) -> Markup:
    words = " ".join(part for part in (series.label, series.name) if part)
    line = Markup('<span class="key"><span class="{}"></span>{}</span> ')
    return line.format(svg.colour_class(series), one_line(words))
