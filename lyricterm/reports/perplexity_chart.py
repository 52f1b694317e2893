"""Runs' perplexities as curves over each other, for the comparison and for a page."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING

from lyricterm.core.i18n import _
from lyricterm.core.memorised import BestHeldOut
from lyricterm.core.number_format import figure
from lyricterm.core.run_data import HeldOutFacts
from lyricterm.plotting.chart import Chart
from lyricterm.plotting.series import Level, PlotMark, Series
from lyricterm.plotting.ticks import EPOCHS, SECONDS
from lyricterm.reports.describe import mark_words

if TYPE_CHECKING:
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
    """The values that matter on a scale of perplexity: 1, what guessing gets, and simple models on held-out text."""
    infos = list(infos)
    sizes = sorted({info.vocabulary for info in infos if info.vocabulary > 1})
    models = {level for info in infos for level in model_levels(info.held_out)}
    # The models of different texts would only confuse.
    models = models if len(models) <= 2 else set()
    return [Level(1.0, _("1 best")), *map(guessing, sizes[:4]), *sorted(models, key=lambda level: -level.value)]


def guessing(vocabulary: int) -> Level:
    """What guessing gets."""
    return Level(float(vocabulary), _("{size} guessing").format(size=f"{vocabulary:,}"))


def model_levels(held_out: HeldOutFacts | None) -> tuple[Level, ...]:
    """What models that need no network reach on held-out text; nothing where none is held out."""
    if held_out is None:
        return ()
    return (
        Level(held_out.frequencies, _("{size} frequencies").format(size=figure(held_out.frequencies))),
        Level(held_out.bigram, _("{size} bigram").format(size=figure(held_out.bigram))),
    )


def best_mark(best: BestHeldOut | None, place: Callable[[float], float]) -> tuple[PlotMark, ...]:
    """The best epoch of the held-out curve; ``place`` says where an epoch stands."""
    if best is None:
        return ()
    words = _("best {best}, epoch {epoch}").format(best=figure(best.held_out), epoch=f"{best.epoch:,}")
    return (PlotMark(place(best.epoch), words, below=True),)


def series_of_trace(trace: Trace, in_seconds: bool, *, name: str, label: str, colour: int) -> tuple[Series, ...]:
    """A run's curve, and that of its held-out text if there is one.

    Over seconds, a curve whose times are not known has no places.
    """
    if in_seconds and not trace.timed:
        return (Series(name=name, label=label, colour=colour),)
    trained = Series(
        places=trace.places(in_seconds),
        values=trace.values,
        name=name,
        label=label,
        colour=colour,
        marks=tuple(PlotMark(trace.place_of(mark.epoch, in_seconds), mark_words(mark)) for mark in trace.marks),
        crosses=tuple(trace.place_of(epoch, in_seconds) for epoch in trace.crosses),
        epochs=trace.epochs if in_seconds else (),
    )
    if not trace.held_out:
        return (trained,)
    marks = best_mark(trace.best, lambda epoch: trace.place_of(epoch, in_seconds))
    best = marks[0].words if marks else ""
    return trained, replace(
        trained,
        values=trace.held_out,
        name=_("held out: {best}").format(best=best),
        dotted=True,
        marks=marks,
        crosses=(),
    )
