"""From a bounded curve to columns of block characters; pure functions, no widget."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

from rich.cells import cell_len

from lyricterm.core.events import Mark, Progress, Series
from lyricterm.core.i18n import _
from lyricterm.core.number_format import figure, setting_value
from lyricterm.core.settings import SETTINGS
from lyricterm.training.bounded_curve import mean

BLOCKS = " ▁▂▃▄▅▆▇█"


@dataclass(frozen=True)
class View:
    """What one curve panel shows."""

    titles: tuple[str, ...] = ()
    subtitles: tuple[str, ...] = ()
    """The same words at several lengths, longest first."""
    points: tuple[float, ...] = ()
    """Heights in plot space; infinity marks an overflow."""
    low: float = 0.0
    high: float = 1.0
    top: str = ""
    bottom: str = ""
    """What the upper and lower end of the scale mean."""
    marks: tuple[tuple[float, str], ...] = ()
    """Where along the curve (0 to 1) and what, oldest first."""


def resample(points: Sequence[float], width: int) -> list[float]:
    """``width`` columns: few points are stretched, many are averaged; an overflow survives averaging."""
    if not points or width <= 0:
        return []
    columns = []
    for column in range(width):
        start = column * len(points) // width
        end = max(start + 1, (column + 1) * len(points) // width)
        columns.append(mean(points[start:end]))
    return columns


def height_of(value: float, low: float, high: float, rows: int) -> int:
    """The height of a column in eighths of a row, 1 to 8·rows."""
    share = (value - low) / (high - low) if high > low else 0.0
    return 1 + round(min(max(share, 0.0), 1.0) * (8 * rows - 1))


def mark_label(mark: Mark) -> str:
    """A mark in a word or two: "consecutive", "clipping off", "theta 2"."""
    if isinstance(mark.new, str):
        return setting_value(mark.new)
    return f"{_(SETTINGS[mark.setting].label)} {setting_value(mark.new)}"


def place_labels(labels: Sequence[tuple[int, str]], width: int) -> list[tuple[int, str]]:
    """Where the labels of marks go on one row: the newest are kept, older ones give way to them.

    Args:
        labels: the column of each mark with its label, oldest first.
        width: of the row in cells.
    """
    placed: list[tuple[int, str]] = []
    free = width
    for column, label in reversed(labels):
        start = min(column, free - cell_len(label))
        if start < 0:
            break
        if start + cell_len(label) <= free and column < free:
            placed.append((start, label))
            free = start - 1
    return placed[::-1]


def fitting(texts: Sequence[str], width: int) -> str:
    """The first text that fits into ``width`` cells, else the last."""
    return next((text for text in texts if cell_len(text) <= width), texts[-1] if texts else "")


def loss_view(progress: Progress, vocabulary: int) -> View:
    """Mean nats per character of each minibatch, on its own range.

    Once the loss is back at or below twice what guessing gets, a spike may leave the scale.
    """
    series = progress.loss
    sensible = 2 * math.log(max(vocabulary, 2))
    high = min(series.high, sensible) if series.latest <= sensible else series.high
    return View(
        titles=(_("loss {latest}").format(latest=figure(series.latest)),),
        subtitles=_range(series),
        points=series.points,
        low=series.low,
        high=high,
        top=_end(high),
        bottom=_end(series.low),
        marks=_along_minibatches(progress),
    )


def perplexity_view(progress: Progress, vocabulary: int) -> View:
    """Perplexity of each epoch on a log scale from 1 (certainty) to the vocabulary size (guessing)."""
    series = progress.perplexity
    latest, baseline = figure(series.latest), f"{vocabulary:,}"
    total = max(1e-9, progress.epoch + progress.minibatch / max(1, progress.minibatches))
    return View(
        titles=(
            _("perplexity {latest} (1 best … {baseline} guessing)").format(latest=latest, baseline=baseline),
            _("perplexity {latest} (1 … {baseline})").format(latest=latest, baseline=baseline),
            _("perplexity {latest} / {baseline}").format(latest=latest, baseline=baseline),
            _("perplexity {latest}").format(latest=latest),
        ),
        subtitles=_range(series),
        points=tuple(_log(value) for value in series.points),
        low=0.0,
        high=math.log(max(vocabulary, 2)),
        top=baseline,
        bottom="1",
        marks=tuple((min(1.0, mark.epoch / total), mark_label(mark)) for mark in progress.marks),
    )


def norm_view(progress: Progress) -> View:
    """The gradient's norm before clipping, on a log scale."""
    series = progress.grad_norm
    latest, share = figure(series.latest), f"{100 * progress.clipped:.0f}"
    return View(
        titles=(
            _("gradient norm {latest} · clipped {share} %").format(latest=latest, share=share),
            _("gradient {latest} · {share} %").format(latest=latest, share=share),
            _("gradient {latest}").format(latest=latest),
        ),
        subtitles=_range(series),
        points=tuple(_log(value) for value in series.points),
        low=_log(series.low),
        high=_log(series.high),
        top=_end(series.high),
        bottom=_end(series.low),
        marks=_along_minibatches(progress),
    )


def _range(series: Series) -> tuple[str, ...]:
    if not math.isfinite(series.low):
        return ()
    low, high = figure(series.low), figure(series.high)
    return (
        _("best {best} · range {low} … {high}").format(best=low, low=low, high=high),
        _("best {low} … {high}").format(low=low, high=high),
        f"{low} … {high}",
    )


def _end(value: float) -> str:
    """An end of the scale; nothing while no value is finite."""
    return figure(value) if math.isfinite(value) else ""


def _along_minibatches(progress: Progress) -> tuple[tuple[float, str], ...]:
    total = max(1, len(progress.loss.points) * progress.loss.width)
    return tuple((min(1.0, mark.minibatch / total), mark_label(mark)) for mark in progress.marks)


def _log(value: float) -> float:
    if not math.isfinite(value):
        return math.inf
    return math.log(max(value, 1e-12))
