"""What ``bench`` measured, as tables and plots of text."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import TYPE_CHECKING

from rich import box
from rich.console import Console
from rich.table import Table
from rich.text import Text

from lyricterm.bench.workloads import COMPLETION
from lyricterm.core.i18n import _
from lyricterm.plotting import braille
from lyricterm.plotting.chart import Chart
from lyricterm.plotting.series import Series
from lyricterm.plotting.ticks import Span, Unit, linear_ticks, tick_labels

if TYPE_CHECKING:
    from lyricterm.bench.measure import Measurement
    from lyricterm.bench.scaling import ScalePoint

_WIDTH, _HEIGHT = 64, 12
"""Cells of a plot."""


def print_contenders(workload: str, rows: Sequence[Measurement]) -> None:
    """One workload: a contender a row."""
    table = _table(f"{workload} · {rows[0].device}", _("ms/answer") if workload == COMPLETION else _("ms/epoch"))
    for title in (_("chars/s"), _("× chapter"), _("× bound"), _("peak MB"), _("threads")):
        table.add_column(title, justify="right", no_wrap=True)
    for row in rows:
        table.add_row(
            row.name,
            f"{1e3 * row.median_seconds:.1f}",
            f"{row.chars_per_second:,.0f}",
            f"{row.ratio_to_chapter:.2f}",
            "" if row.ratio_to_bound is None else f"{row.ratio_to_bound:.2f}",
            "" if math.isnan(row.peak_mb) else f"{row.peak_mb:.0f}",
            str(row.threads),
        )
    console = Console()
    console.print(table)
    for row in rows:
        if row.matmul:
            told = ", ".join(f"{product} {route}" for product, route in row.matmul.items())
            console.print(Text(" " + _("{name}, matrix products: {products}").format(name=row.name, products=told)))
    console.print()


def print_growth(title: str, places: Sequence[ScalePoint]) -> None:
    """One axis: a value a row, and a plot with logarithmic axes, on which a power is a straight line."""
    table = _table(f"{title} · {places[0].device}", _("ms/epoch"))
    for heading in (_("chars/s"), _("grows like"), _("threads")):
        table.add_column(heading, justify="right", no_wrap=True)
    for place in places:
        table.add_row(
            f"{place.value:,}",
            f"{1e3 * place.epoch_seconds:.1f}",
            f"{place.chars_per_second:,.0f}",
            "" if math.isnan(place.growth) else f"n^{place.growth:.2f}",
            str(place.threads),
        )
    console = Console()
    console.print(table)
    for line in plot(title, places):
        console.print(Text(line, no_wrap=True))
    console.print()


def plot(title: str, places: Sequence[ScalePoint]) -> list[str]:
    """The milliseconds of an epoch against what is varied, as lines of text; none if there are too few places."""
    series = Series(
        tuple(math.log10(place.value) for place in places), tuple(1e3 * place.epoch_seconds for place in places)
    )
    chart = Chart((series,), title=_("ms/epoch"), unit=_powers_of_ten(title))
    frame = braille.frame_of(chart, _WIDTH, _HEIGHT)
    if frame is None or len(places) < 2:
        return []
    grid = braille.draw(chart, frame)
    return ["".join(text for text, _style in grid.runs(row)).rstrip() for row in range(grid.height)]


def _powers_of_ten(title: str) -> Unit:
    """An axis whose places are the logarithms of what is counted."""

    def ticks(span: Span, most: int) -> list[float]:
        steps = linear_ticks(span, most, 1.0)
        return steps if len(steps) > 1 else linear_ticks(span, min(most, 4))

    def labels(logarithms: Sequence[float]) -> list[str]:
        return tick_labels([float(f"{10**place:.2g}") for place in logarithms])

    return Unit(title, "{place}", 0.0, ticks, labels, lambda place: f"{10**place:,.0f}")


def _table(title: str, measured: str) -> Table:
    table = Table(title=title, title_justify="left", box=box.SIMPLE_HEAD, padding=(0, 0, 0, 1))
    table.add_column("", no_wrap=True, justify="left")
    table.add_column(measured, justify="right", no_wrap=True)
    return table
