"""One page of HTML on several runs: what was tried, the curves, the samples, the settings."""

from __future__ import annotations

import time
from collections.abc import Sequence
from dataclasses import dataclass

from markupsafe import Markup

from lyricterm.core.i18n import _
from lyricterm.core.memorised import SEVERAL, is_by_heart
from lyricterm.core.metrics import SUMMARIES, cells, columns, summed_up
from lyricterm.core.number_format import NOTHING, clock, epoch_of_change, figure, setting_value
from lyricterm.core.sanitize import one_line
from lyricterm.core.settings import SETTINGS, Value, differences
from lyricterm.plotting.series import Series
from lyricterm.reports.describe import contrast, diverged_words, incomparable, mark_words, variant
from lyricterm.reports.diagram import diagram
from lyricterm.reports.held_out import by_heart_words, held_out_words
from lyricterm.reports.perplexity_chart import levels_of, perplexity_chart, series_of_trace
from lyricterm.reports.render import Dated, by_epoch, render
from lyricterm.reports.story import Story
from lyricterm.reports.table import Table
from lyricterm.storage.run_cache import Trace, trace_of
from lyricterm.storage.run_log import latest

_MOST_SAMPLES = 2_000
"""Samples of one run that a page shows."""
_MOST_MARKS = 100
"""Changes of one run that a page lists, the newest."""


@dataclass(frozen=True)
class KeptLyrics:
    """What one run wrote."""

    title: str
    dated: list[Dated]


def html_page(stories: Sequence[Story], samples: bool) -> str:
    """The report; with ``samples`` it shows all of them instead of the last."""
    count = len(stories)
    now = time.strftime("%Y-%m-%d %H:%M", time.localtime())
    return render(
        "runs.html",
        _("lyricterm: {count} runs").format(count=count) if count != 1 else _("lyricterm: one run"),
        warning=incomparable([story.info for story in stories]),
        overview=_overview(stories),
        remarks=[words for story in stories for words in _held_out(story)],
        written=_("Written {when}.").format(when=now),
        diagrams=[_diagram(stories, in_seconds) for in_seconds in (False, *_by_time(stories))],
        samples=[KeptLyrics(story.title, _lyrics(story, samples)) for story in stories],
        changes=_changes(stories),
        settings=_settings(stories),
    )


def _overview(stories: Sequence[Story]) -> Table:
    summaries = [summed_up(story.curve.epochs) for story in stories]
    shown = columns(summaries, SUMMARIES)
    traces = [trace_of(story.curve) for story in stories]
    titles = (
        *(_("run"), _("settings"), _("corpus"), _("state"), _("epoch"), _("perplexity"), _("best"), _("trained")),
        *(each.title for each in shown.values()),
        *([_("best held out")] if any(each.best for each in traces) else []),
        _("diverged"),
    )
    words = contrast([story.info for story in stories])
    rows = [
        _facts(story, told, (*cells(summary, shown), *best))
        for story, told, summary, best in zip(stories, words, summaries, _bests(traces), strict=True)
    ]
    return Table("", titles, rows, range(4))


def _bests(traces: Sequence[Trace]) -> list[tuple[str, ...]]:
    """A cell for each run, if there is one to show anything."""
    told = [
        _("{best} in epoch {epoch}").format(best=figure(each.best.held_out), epoch=f"{each.best.epoch:,}")
        if each.best
        else NOTHING
        for each in traces
    ]
    return [(words,) for words in told] if any(each.best for each in traces) else [()] * len(traces)


def _facts(story: Story, told: str, figures: tuple[str, ...]) -> tuple[str, ...]:
    info = story.info
    return (
        story.title,
        told or variant(info),
        _("{name}, {vocabulary} distinct").format(name=one_line(info.corpus), vocabulary=f"{info.vocabulary:,}"),
        info.status.label,
        f"{info.epoch_shown:,}/{info.recipe.epochs:,}",
        figure(info.perplexity),
        figure(info.best),
        clock(info.seconds),
        *figures,
        diverged_words(info),
    )


def _held_out(story: Story) -> tuple[str, ...]:
    """What is held out of the run's text, and whether the run has only memorised since its best epoch."""
    info = story.info
    words = [f"{story.title} · {told}" for told in held_out_words(info.held_out)]
    best, rows = trace_of(story.curve).best, story.curve.epochs[-SEVERAL:]
    rising = [row.valid_perplexity for row in rows]
    if best is not None and rows and is_by_heart(best, rows[-1].epoch, rising, rows[-1].perplexity):
        told = by_heart_words(best, rows[-1].epoch, rising[-1], rows[-1].perplexity)
        words.append(f"{story.title} · {told}")
    return tuple(words)


def _diagram(stories: Sequence[Story], in_seconds: bool) -> Markup:
    series = [curve for number, story in enumerate(stories) for curve in _series(number, story, in_seconds)]
    title = _("perplexity over the seconds of training") if in_seconds else _("perplexity over the epochs")
    return diagram(perplexity_chart(series, levels_of(story.info for story in stories), in_seconds), title)


def _series(number: int, story: Story, in_seconds: bool) -> tuple[Series, ...]:
    trace = trace_of(story.curve)
    return series_of_trace(trace, in_seconds, name=story.title, label=str(number + 1), colour=number)


def _by_time(stories: Sequence[Story]) -> list[bool]:
    """True, if there is a run whose times are known."""
    return [True] if any(trace_of(story.curve).timed and story.curve.epochs for story in stories) else []


def _lyrics(story: Story, every: bool) -> list[Dated]:
    return by_epoch(story.samples[-_MOST_SAMPLES:] if every else latest(story.samples))


def _changes(stories: Sequence[Story]) -> Table:
    rows = [
        (story.title, f"{epoch_of_change(mark.epoch):,}", mark_words(mark))
        for story in stories
        for mark in story.curve.marks[-_MOST_MARKS:]
    ]
    return Table("", (_("run"), _("epoch"), _("change")), rows, (0, 2))


def _settings(stories: Sequence[Story]) -> Table:
    first = stories[0].info.recipe
    differing = {name for story in stories for name in differences(first, story.info.recipe)}
    names = [name for name in SETTINGS if name in differing] + [name for name in SETTINGS if name not in differing]
    rows = [(_(SETTINGS[name].label), *(setting_value(_used(name, each)) for each in stories)) for name in names]
    titles = (_("setting"), *(story.title for story in stories))
    return Table("", titles, rows, range(len(titles)))


def _used(name: str, story: Story) -> Value:
    value: Value = story.prefixes if name == "prefixes" else getattr(story.info.recipe, name)
    return value
