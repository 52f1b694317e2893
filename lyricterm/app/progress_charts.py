"""What the studio's three panels show of a run's progress."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, field
from statistics import median_low

from lyricterm.core.events import Progress
from lyricterm.core.i18n import _
from lyricterm.core.number_format import figure, setting_value
from lyricterm.core.run_data import CurveData, Mark
from lyricterm.core.settings import SETTINGS
from lyricterm.plotting.chart import Chart
from lyricterm.plotting.series import Level, PlotMark, Series
from lyricterm.plotting.ticks import EPOCHS, MINIBATCHES, Unit

_FAR = 1_000.0
"""Times the median: norms beyond are off the scale, as outliers are."""


@dataclass(frozen=True)
class PanelView:
    """One panel."""

    titles: tuple[str, ...] = ()
    """The same words at several lengths, longest first."""
    chart: Chart = field(default_factory=Chart)
    data: CurveData = field(default_factory=CurveData)
    """What the chart was made of."""
    named: bool = False
    """Both ends of its scale mean something, and the title names them."""


def loss_view(progress: Progress, vocabulary: int) -> PanelView:
    """Mean nats per character of each minibatch; what is twice as bad as guessing is off the scale, if it is rare."""
    data = progress.loss
    ceiling = max(2 * math.log(max(vocabulary, 2)), 2 * _middle(data.points))
    titles = (_("loss {latest}").format(latest=figure(data.latest)), figure(data.latest))
    return PanelView(titles, _along_minibatches(progress, data, log=False, ceiling=ceiling), data)


def perplexity_view(progress: Progress, vocabulary: int) -> PanelView:
    """Perplexity of each epoch on a log scale from 1 (certainty) to the vocabulary size (guessing)."""
    data = progress.perplexity
    latest, baseline = figure(data.latest), f"{vocabulary:,}"
    titles = (
        _("perplexity {latest} (1 best … {baseline} guessing)").format(latest=latest, baseline=baseline),
        _("perplexity {latest} (1 … {baseline})").format(latest=latest, baseline=baseline),
        _("perplexity {latest} / {baseline}").format(latest=latest, baseline=baseline),
        _("perplexity {latest}").format(latest=latest),
        latest,
    )
    guessing = float(max(vocabulary, 2))
    done = max(1e-9, progress.epoch + progress.minibatch / max(1, progress.minibatches))
    series = Series(
        places=_places(data, done),
        values=data.points,
        marks=tuple(PlotMark(mark.epoch, mark_label(mark)) for mark in progress.marks),
    )
    levels = (Level(1.0, "1"), Level(guessing, baseline))
    return PanelView(titles, _chart(series, EPOCHS, done, log=True, ceiling=guessing, levels=levels), data, named=True)


def norm_view(progress: Progress) -> PanelView:
    """The gradient's norm before clipping, on a log scale."""
    data = progress.grad_norm
    latest, share = figure(data.latest), f"{100 * progress.clipped:.0f}"
    titles = (
        _("gradient norm {latest} · clipped {share} %").format(latest=latest, share=share),
        _("gradient {latest} · {share} %").format(latest=latest, share=share),
        _("gradient {latest}").format(latest=latest),
        latest,
    )
    ceiling = _FAR * _middle([point for point in data.points if point > 0])
    return PanelView(titles, _along_minibatches(progress, data, log=True, ceiling=ceiling or math.inf), data)


def captions(view: PanelView, scaled: bool) -> tuple[str, ...]:
    """What is said below a panel, longest first: nothing that its title or its scale says.

    Args:
        view: of the panel.
        scaled: whether a scale is drawn.
    """
    low, high = view.data.low, view.data.high
    if not math.isfinite(low):
        return ()
    best = _("best {best}").format(best=figure(low))
    highest = _("highest {value}").format(value=figure(high))
    outlier = high > view.chart.ceiling
    if view.named:
        return (f"{best} · {highest}", best, "") if outlier else (best, "")
    if not scaled:
        return (f"{figure(low)} … {figure(high)}", "")
    return (highest, "") if outlier else ()


def mark_label(mark: Mark) -> str:
    """A mark in a word or two: "consecutive", "clipping off", "theta 2"."""
    if isinstance(mark.new, str):
        return setting_value(mark.new)
    return f"{_(SETTINGS[mark.setting].label)} {setting_value(mark.new)}"


def _along_minibatches(progress: Progress, data: CurveData, *, log: bool, ceiling: float) -> Chart:
    done = float(max(1, len(data.points) * data.width))
    marks = tuple(PlotMark(float(mark.minibatch), mark_label(mark)) for mark in progress.marks)
    series = Series(places=_places(data, done), values=data.points, marks=marks)
    return _chart(series, MINIBATCHES, done, log=log, ceiling=ceiling)


def _chart(
    series: Series, unit: Unit, right: float, *, log: bool, ceiling: float, levels: tuple[Level, ...] = ()
) -> Chart:
    return Chart((series,), unit=unit, log=log, levels=levels, left=0.0, right=right, ceiling=ceiling)


def _places(data: CurveData, done: float) -> tuple[float, ...]:
    """The end of what each point stands for."""
    return tuple(min(float((i + 1) * data.width), done) for i in range(len(data.points)))


def _middle(values: Sequence[float]) -> float:
    finite = [value for value in values if math.isfinite(value)]
    return median_low(finite) if finite else 0.0
