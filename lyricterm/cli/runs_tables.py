"""Kept runs in words and tables: aligned by cells, within the width of a terminal."""

from __future__ import annotations

import math
import time
from collections.abc import Iterable, Sequence

from rich.filesize import decimal

from lyricterm.cli.columns import ListColumn, print_columns
from lyricterm.cli.output import lyric
from lyricterm.cli.sample_lines import heading
from lyricterm.core.i18n import _, listed
from lyricterm.core.metrics import EpochMetrics, cells, columns
from lyricterm.core.number_format import clock, epoch_of_change, figure, setting_value
from lyricterm.core.run_data import Mark, Sample
from lyricterm.core.run_status import RunStatus
from lyricterm.core.sanitize import one_line
from lyricterm.core.settings import SETTINGS, Recipe, differences
from lyricterm.reports.describe import MAX_WORD, variant
from lyricterm.reports.held_out import held_out_counts
from lyricterm.reports.seed_groups import SeedGroup
from lyricterm.storage.run_log import Curve, latest
from lyricterm.storage.run_store import RunInfo

_LAST_EPOCHS = 10


def when(moment: float, now: float) -> str:
    """A time of the same day as 11:33, of the same year as 11-23, else as 2026-11."""
    at, today = time.localtime(moment), time.localtime(now)
    if at[:3] == today[:3]:
        return time.strftime("%H:%M", at)
    return time.strftime("%m-%d" if at.tm_year == today.tm_year else "%Y-%m", at)


def print_list(runs: Iterable[RunInfo]) -> None:
    """All runs: a table on a terminal, aligned columns elsewhere."""
    now = time.time()
    runs = list(runs)
    held_out = any(not math.isnan(info.valid_perplexity) for info in runs)
    rows = [_row(info, now, held_out) for info in runs]
    columns = (
        ListColumn(_("run")),
        ListColumn(_("state")),
        ListColumn(_("epoch"), right=True, goes=4),
        ListColumn(_("perplexity"), right=True),
        *([ListColumn(_("held out"), right=True, goes=3)] if held_out else []),
        ListColumn(_("settings"), folded=True),
        ListColumn(_("size"), right=True, goes=1),
        ListColumn(_("when"), goes=2),
    )
    print_columns(columns, rows)


def print_groups(groups: Iterable[SeedGroup]) -> None:
    """One line for the runs that differ only in their seed: the mean and the range of those that came furthest."""
    rows = [
        (str(len(group.runs)), f"{group.epoch:,}", group.perplexity, group.best, group.variant, _named(group))
        for group in groups
    ]
    columns = (
        ListColumn(_("seeds"), right=True),
        ListColumn(_("epoch"), right=True, goes=1),
        ListColumn(_("perplexity"), right=True),
        ListColumn(_("best"), right=True, goes=2),
        ListColumn(_("settings"), folded=True),
        ListColumn(_("newest"), goes=3),
    )
    print_columns(columns, rows)


def _named(group: SeedGroup) -> str:
    return group.runs[0].spoken


def print_run(info: RunInfo, curve: Curve, samples: Iterable[Sample]) -> None:
    """All about one run: facts, the last epochs, changes, the last lyrics, and how to go on."""
    for title, text in _facts(info):
        print(_("{title}: {text}").format(title=title, text=text))
    if curve.epochs:
        print()
        _print_epochs(curve.epochs[-_LAST_EPOCHS:])
    if curve.marks:
        print()
        for mark in curve.marks[-_LAST_EPOCHS:]:
            print(_mark(mark))
    shown = latest(samples)
    if shown:
        print()
        print(heading(shown[0], f"{shown[0].epoch:,}", figure(shown[0].perplexity)))
        for sample in shown:
            print(f" - {lyric(sample.prefix + sample.text)}")
    print()
    print(_advice(info))


def _row(info: RunInfo, now: float, held_out: bool) -> tuple[str, ...]:
    return (
        f"{info.id}*" if info.pinned else info.id,
        f"{info.status.label} ●" if info.running else info.status.label,
        f"{info.epoch_shown}/{info.recipe.epochs}",
        figure(info.perplexity),
        *([figure(info.valid_perplexity)] if held_out else []),
        f"{info.spoken} · {variant(info)}",
        decimal(info.size),
        when(info.updated, now),
    )


def _facts(info: RunInfo) -> list[tuple[str, str]]:
    place = _("{state}, epoch {epoch} of {epochs}").format(
        state=info.status.label, epoch=f"{info.epoch_shown:,}", epochs=f"{info.recipe.epochs:,}"
    )
    if info.diverged is not None and info.status is RunStatus.DIVERGED:
        where = _("{place}; it overflowed in epoch {epoch}, minibatch {minibatch}")
        place = where.format(place=place, epoch=f"{info.diverged[0]:,}", minibatch=f"{info.diverged[1]:,}")
    reached = _("{latest}, at best {best}").format(latest=figure(info.perplexity), best=figure(info.best))
    corpus = _("{name}, {characters} characters, {vocabulary} distinct").format(
        name=one_line(info.corpus), characters=f"{info.characters:,}", vocabulary=f"{info.vocabulary:,}"
    )
    trained = _("{time} on {device}").format(time=clock(info.seconds), device=one_line(info.device))
    return [
        (_("run"), _("{id} (pinned)").format(id=info.id) if info.pinned else info.id),
        (_("name"), info.spoken),
        (_("state"), place),
        *([(_("in use by"), info.trained_by or "?")] if info.running else []),
        (_("perplexity"), reached),
        *_held_out(info),
        (_("corpus"), corpus),
        (_("trained"), trained),
        (_("begun"), _date(info.created)),
        (_("last written"), _date(info.updated)),
        (_("in short"), variant(info)),
        *([(_("sweep"), one_line(info.sweep))] if info.sweep else []),
        *([(_("exercise"), info.exercise)] if info.exercise else []),
        (_("settings"), _settings(info.recipe)),
        (_("size"), decimal(info.size)),
        (_("folder"), one_line(str(info.folder))),
    ]


def _held_out(info: RunInfo) -> list[tuple[str, str]]:
    """The perplexity there, what it is to be measured by, and how much text that is."""
    best, known = info.best_held_out, info.held_out
    if best is None:
        return []
    latest = _("{latest}, at best {best} in epoch {epoch}")
    words = {"latest": figure(info.valid_perplexity), "best": figure(best.held_out), "epoch": f"{best.epoch:,}"}
    rows = [(_("held-out perplexity"), latest.format(**words))]
    if known is not None:
        others = _("{guessing} guessing, {frequencies} character frequencies, {bigram} bigram").format(
            guessing=f"{info.vocabulary:,}", frequencies=figure(known.frequencies), bigram=figure(known.bigram)
        )
        rows.append((_("baselines on that text"), others))
        rows.append((_("held-out text"), held_out_counts(known)))
    return rows


def _settings(recipe: Recipe) -> str:
    changed = differences(Recipe(), recipe)
    if not changed:
        return _("the defaults")
    return listed(one_line(f"{_(SETTINGS[name].label)} {setting_value(value)}") for name, value in changed.items())


def _date(moment: float) -> str:
    return time.strftime("%Y-%m-%d %H:%M:%S", time.localtime(moment))


def _print_epochs(epochs: Sequence[EpochMetrics]) -> None:
    shown = columns(epochs)
    titles = (_("epoch"), *(each.title for each in shown.values()))
    rows = [(f"{epoch.epoch:,}", *cells(epoch, shown)) for epoch in epochs]
    print_columns([ListColumn(title, right=True, goes=len(titles) - i) for i, title in enumerate(titles)], rows)


def _mark(mark: Mark) -> str:
    setting = _(SETTINGS[mark.setting].label) if mark.setting in SETTINGS else mark.setting
    sentence = _("in epoch {epoch}: {setting} {old} → {new}")
    return sentence.format(
        epoch=f"{epoch_of_change(mark.epoch):,}",
        setting=_word(setting),
        old=_word(setting_value(mark.old)),
        new=_word(setting_value(mark.new)),
    )


def _word(text: str) -> str:
    return one_line(text)[:MAX_WORD]


def _advice(info: RunInfo) -> str:
    if info.running:
        return _("The run is being trained now.")
    if info.checkpoint is None:
        return _("The run's checkpoint is gone, so nothing can go on from it; the run's numbers and lyrics are kept.")
    if info.status is RunStatus.FINISHED:
        sentence = _("Train more epochs with lyricterm train --resume {id} --epochs {epochs}")
        return sentence.format(id=info.id, epochs=2 * info.recipe.epochs)
    return _("Go on with lyricterm train --resume {id}").format(id=info.id)
