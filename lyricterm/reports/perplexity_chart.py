"""Runs' perplexities as curves over each other, for the comparison and for a page."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from lyricterm.core.i18n import _
from lyricterm.plotting.chart import Chart
from lyricterm.plotting.series import Level, PlotMark, Series
from lyricterm.plotting.ticks import EPOCHS, SECONDS
from lyricterm.reports.describe import mark_words
from lyricterm.storage.run_cache import Trace
from lyricterm.storage.run_info import RunInfo

CEILING = 10.0
"""Times the largest level: worse perplexities are off the scale."""
_LEAST = 2.0
"""The largest level there is at least."""


def perplexity_chart(series: Sequence[Series], levels: Sequence[Level], in_seconds: bool) -> Chart:
    """Curves on a log scale from the best to what guessing gets, over the epochs or the seconds of training."""
    highest = max([_LEAST, *(level.value for level in levels)])
    return Chart(
        series=tuple(series),
        title=_("perplexity"),
        unit=SECONDS if in_seconds else EPOCHS,
        levels=tuple(levels),
        left=0.0,
        ceiling=CEILING * highest,
    )


def levels_of(infos: Iterable[RunInfo]) -> list[Level]:
    """The values that matter on a scale of perplexity: 1, and what guessing gets."""
    sizes = sorted({info.vocabulary for info in infos if info.vocabulary > 1})
    guesses = [Level(float(size), _("{size} guessing").format(size=f"{size:,}")) for size in sizes[:4]]
    return [Level(1.0, _("1 best")), *guesses]


def series_of_trace(trace: Trace, in_seconds: bool, *, name: str, label: str, colour: int) -> Series:
    """A run's curve; over seconds, one whose times are not known has no places."""
    if in_seconds and not trace.timed:
        return Series(name=name, label=label, colour=colour)
    return Series(
        places=trace.places(in_seconds),
        values=trace.values,
        name=name,
        label=label,
        colour=colour,
        marks=tuple(PlotMark(trace.place_of(mark.epoch, in_seconds), mark_words(mark)) for mark in trace.marks),
        crosses=tuple(trace.place_of(epoch, in_seconds) for epoch in trace.crosses),
        epochs=trace.epochs if in_seconds else (),
    )
