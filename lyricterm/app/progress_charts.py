"""What the studio's three panels show of a run's progress."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, field
from statistics import median_low

from lyricterm.core.events import Progress
from lyricterm.core.i18n import _
from lyricterm.core.number_format import figure, setting_value
from lyricterm.core.run_data import CurveData, HeldOutFacts, Mark
from lyricterm.core.settings import SETTINGS
from lyricterm.plotting.chart import Chart
from lyricterm.plotting.legend import DOTS
from lyricterm.plotting.series import Level, PlotMark, Series
from lyricterm.plotting.ticks import EPOCHS, MINIBATCHES, Unit
from lyricterm.reports.perplexity_chart import CEILING, guessing, model_levels

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
    told: tuple[str, ...] = ()
    """What is said below, longest first; nothing: what the curve tells by itself."""
    bar_titles: tuple[str, ...] = ()
    """Titles where two curves are drawn as bars, if they have others."""


def loss_view(progress: Progress, vocabulary: int) -> PanelView:
    """Mean nats per character of each minibatch; what is twice as bad as guessing is off the scale, if it is rare."""
    data = progress.loss
    ceiling = max(2 * math.log(max(vocabulary, 2)), 2 * _middle(data.points))
    titles = (_("loss {latest}").format(latest=figure(data.latest)), figure(data.latest))
    return PanelView(titles, _along_minibatches(progress, data, log=False, ceiling=ceiling), data)


def perplexity_view(progress: Progress, vocabulary: int, held_out: HeldOutFacts | None = None) -> PanelView:
    """Perplexity of each epoch on a log scale from 1 (certainty) to the vocabulary size (guessing)."""
    data = progress.perplexity
    if progress.held_out.points:
        return _with_held_out(progress, vocabulary, held_out)
    latest, baseline = figure(data.latest), f"{vocabulary:,}"
    titles = (
        _("perplexity {latest} (1 best … {baseline} guessing)").format(latest=latest, baseline=baseline),
        _("perplexity {latest} (1 … {baseline})").format(latest=latest, baseline=baseline),
        _("perplexity {latest} / {baseline}").format(latest=latest, baseline=baseline),
        _("perplexity {latest}").format(latest=latest),
        latest,
    )
    highest, done = float(max(vocabulary, 2)), _done(progress)
    chart = Chart(
        (_of_epochs(progress, done),),
        unit=EPOCHS,
        levels=(Level(1.0, "1"), Level(highest, baseline)),
        changes=_changes(progress, EPOCHS),
        left=0.0,
        right=done,
        ceiling=highest,
    )
    return PanelView(titles, chart, data, named=True)


def _with_held_out(progress: Progress, vocabulary: int, known: HeldOutFacts | None) -> PanelView:
    """Two lines, and what they are to be measured by; beyond ten times guessing they are off the scale."""
    data, best, done = progress.held_out, progress.best_held_out, _done(progress)
    dotted = Series(
        places=_places(data, float(progress.epoch)),
        values=data.points,
        colour=1,
        dotted=True,
        name=_("held-out text"),
        marks=(PlotMark(float(best.epoch), "", below=True),) if best else (),  # its words stand in the border
    )
    highest = max(vocabulary, 2)
    chart = Chart(
        (_of_epochs(progress, done), dotted),
        unit=EPOCHS,
        levels=(Level(1.0, _("1 best")), guessing(highest), *model_levels(known)),
        changes=_changes(progress, EPOCHS),
        left=0.0,
        right=done,
        ceiling=CEILING * highest,
    )
    latest, told = figure(progress.perplexity.latest), _held_out_words(progress)
    titles, bar_titles = (_titles(latest, figure(data.latest), sign) for sign in (DOTS, ""))
    return PanelView(titles, chart, data, named=True, told=told, bar_titles=bar_titles)


def _titles(latest: str, held_out: str, sign: str) -> tuple[str, ...]:
    """Longest first; ``sign`` tells the held-out curve from the other, where it has one."""
    words = {"latest": latest, "held_out": f"{sign} {held_out}".lstrip(), "dots": sign}
    named = {"latest": latest, "held_out": held_out, "dots": f"{sign} ".lstrip()}
    return (
        _("perplexity: training text {latest} · {dots}held out {held_out}").format(**named),
        _("perplexity {latest} · {dots}held out {held_out}").format(**named),
        _("perplexity {latest} · {held_out}").format(**words),
        f"{latest} · {words['held_out']}",
        latest,
    )


def _held_out_words(progress: Progress) -> tuple[str, ...]:
    """Which epoch was best on held-out text, and whether the model has only memorised since; longest first."""
    best = progress.best_held_out
    if best is None:
        return ("",)
    words = {"best": figure(best.held_out), "epoch": f"{best.epoch:,}"}
    if progress.by_heart:
        texts = (
            _("memorising since epoch {epoch} · held out at best {best}"),
            _("memorising since epoch {epoch}"),
            _("memorising"),
        )
    else:
        texts = (_("held out at best {best}, epoch {epoch}"), _("best {best}, epoch {epoch}"), "")
    return tuple(text.format(**words) for text in texts)


def _done(progress: Progress) -> float:
    return max(1e-9, progress.epoch + progress.minibatch / max(1, progress.minibatches))


def _of_epochs(progress: Progress, done: float) -> Series:
    data = progress.perplexity
    return Series(places=_places(data, done), values=data.points, name=_("training text"))


def norm_view(progress: Progress) -> PanelView:
    """The gradient's norm before clipping, on a log scale."""
    data = progress.grad_norm
    latest = figure(data.latest)
    titles: tuple[str, ...] = (_("gradient {latest}").format(latest=latest), latest)
    if math.isfinite(progress.clipped):
        share = f"{100 * progress.clipped:.0f}"
        titles = (
            _("gradient norm {latest} · clipped {share} %").format(latest=latest, share=share),
            _("norm {latest} · clip {share} %").format(latest=latest, share=share),
            *titles,
        )
    ceiling = _FAR * _middle([point for point in data.points if point > 0])
    return PanelView(titles, _along_minibatches(progress, data, log=True, ceiling=ceiling or math.inf), data)


def captions(view: PanelView, scaled: bool) -> tuple[str, ...]:
    """What is said below a panel, longest first: nothing that its title or its scale says.

    Args:
        view: of the panel.
        scaled: whether a scale is drawn.
    """
    if view.told:
        return view.told
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
    series = Series(places=_places(data, done), values=data.points)
    return Chart(
        (series,),
        unit=MINIBATCHES,
        log=log,
        changes=_changes(progress, MINIBATCHES),
        left=0.0,
        right=done,
        ceiling=ceiling,
    )


def _changes(progress: Progress, unit: Unit) -> tuple[PlotMark, ...]:
    """Flips, where they were made."""
    return tuple(
        PlotMark(mark.epoch if unit is EPOCHS else float(mark.minibatch), mark_label(mark)) for mark in progress.marks
    )


def _places(data: CurveData, done: float) -> tuple[float, ...]:
    """The end of what each point stands for."""
    return tuple(min(float((i + 1) * data.width), done) for i in range(len(data.points)))


def _middle(values: Sequence[float]) -> float:
    finite = [value for value in values if math.isfinite(value)]
    return median_low(finite) if finite else 0.0
