"""What the compare screen shows: rows of runs, which are chosen, and the running one as it stands now; no widget."""

from __future__ import annotations

import math
import time
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from lyricterm.app.run_state import RunState
from lyricterm.core.events import Progress
from lyricterm.core.i18n import _
from lyricterm.core.metrics import NOTHING_MEASURED, SUMMARIES, EpochMetrics, cells
from lyricterm.core.number_format import NOTHING, figure
from lyricterm.core.run_data import Sample
from lyricterm.core.run_status import RunStatus
from lyricterm.core.sanitize import brief, one_line
from lyricterm.plotting.series import Series
from lyricterm.reports.describe import contrast, diverged_words
from lyricterm.reports.perplexity_chart import series_of_trace
from lyricterm.reports.story import Story, story_of
from lyricterm.storage.run_cache import Broken, Entry, Trace
from lyricterm.storage.run_info import RunInfo
from lyricterm.storage.run_log import Curve
from lyricterm.storage.shared_runs import open_store

NOW = "·now"
"""In place of an id: the run of this session while it is not on disk. No folder is called so."""
LETTERS = "abcdefgh"
"""How chosen runs are called on the curves; each has a colour of its own."""
_PRESET = 4
"""Runs that are chosen when the screen opens."""


@dataclass(frozen=True)
class RunRow:
    """One line of the table."""

    id: str
    entry: Entry | None
    """None for a folder that cannot be read."""
    cells: tuple[str, ...] = ()
    """In the order of ``COLUMNS``; of a broken folder its name and why."""
    live: bool = False
    """It is the run of the studio."""
    others: tuple[Entry, ...] = ()
    """The runs that differ from ``entry`` only in their seed, where one line stands for all of them."""

    @property
    def infos(self) -> tuple[RunInfo, ...]:
        """All runs that the line stands for."""
        return () if self.entry is None else tuple(entry.info for entry in (self.entry, *self.others))

    @property
    def info(self) -> RunInfo | None:
        """The run, if it can be read."""
        return self.entry.info if self.entry else None


def rows_of(entries: Iterable[Entry | Broken], state: RunState) -> tuple[RunRow, ...]:
    """The table: the run of the studio first, then those on disk, then what cannot be read."""
    entries = list(entries)
    known = {entry.info.id: entry for entry in entries if isinstance(entry, Entry)}
    own = live_entry(state, known.get(state.kept))
    if own is not None:
        known = {own.info.id: own} | {run: entry for run, entry in known.items() if run != own.info.id}
    shown = list(known.values())
    words = contrast([entry.info for entry in shown])
    rows = [
        RunRow(entry.info.id, entry, cells_of(entry, told or _("like the others")), entry is own)
        for entry, told in zip(shown, words, strict=True)
    ]
    broken = (entry for entry in entries if isinstance(entry, Broken))
    return (*rows, *(RunRow(each.id, None, (one_line(each.id), one_line(each.sentence))) for each in broken))


def without_exercises(entries: Sequence[Entry | Broken], state: RunState) -> list[Entry | Broken]:
    """A person's own runs, with that of the studio, whatever it belongs to."""
    return [
        each for each in entries if isinstance(each, Broken) or not each.info.exercise or each.info.id == state.kept
    ]


def with_live(rows: Sequence[RunRow], state: RunState) -> tuple[RunRow, ...]:
    """The rows with the run of the studio as it stands now; its words stay."""
    return tuple(_lively(row, state) if row.live and row.entry else row for row in rows)


def _lively(row: RunRow, state: RunState) -> RunRow:
    entry = live_entry(state, row.entry)
    if entry is None or row.id not in (NOW, state.kept):
        return row
    return replace(row, entry=replace(entry, info=replace(entry.info, id=row.id)), cells=cells_of(entry, row.cells[1]))


def cells_of(entry: Entry, words: str) -> tuple[str, ...]:
    """A run's line."""
    info = entry.info
    name = _("this run") if info.id == NOW and not info.name else info.spoken
    return (
        f"{one_line(name)} ◆" if info.pinned else one_line(name),
        words,
        info.status.label,
        f"{info.epoch_shown:,}/{info.recipe.epochs:,}",
        figure(info.perplexity),
        figure(info.best),
        *cells(entry.recent, SUMMARIES),
        diverged_words(info) or NOTHING,
        brief(entry.sample) or NOTHING,
    )


def live_entry(state: RunState, kept: Entry | None) -> Entry | None:
    """The run of the studio as it stands, with what only the disk knows; None before there is one."""
    facts, progress = state.facts, state.progress
    if facts is None or progress is None:
        return None
    info = RunInfo(
        id=state.kept or NOW,
        folder=kept.info.folder if kept else Path(),
        recipe=progress.recipe,
        corpus=facts.corpus,
        characters=facts.characters,
        vocabulary=facts.vocabulary,
        fingerprint=kept.info.fingerprint if kept else "",
        device=facts.device,
        created=kept.info.created if kept else time.time(),
        updated=time.time(),
        status=RunStatus.TRAINING if state.status is RunStatus.PREPARING else state.status,
        epoch=progress.epoch,
        minibatch=progress.minibatch,
        perplexity=progress.perplexity.latest,
        best=progress.perplexity.low if math.isfinite(progress.perplexity.low) else math.nan,
        seconds=kept.info.seconds if kept else 0.0,
        diverged=(state.diverged.epoch, state.diverged.minibatch) if state.diverged else None,
        held_out=facts.held_out,
        valid_perplexity=progress.held_out.latest,
        best_held_out=progress.best_held_out,
        pinned=kept.info.pinned if kept else False,
        name=kept.info.name if kept else "",
        running=True,
        checkpoint=kept.info.checkpoint if kept else None,
    )
    known = kept.recent if kept else NOTHING_MEASURED
    recent = replace(known, epoch=progress.epoch, valid_perplexity=progress.held_out.latest)
    if progress.chars_per_second > 0:
        recent = replace(recent, seconds=_epoch_seconds(progress), chars_per_second=progress.chars_per_second)
    return Entry(info, recent, state.last_sample)


def _epoch_seconds(progress: Progress) -> float:
    characters = progress.minibatches * progress.recipe.batch * progress.recipe.steps
    return characters / progress.chars_per_second if progress.chars_per_second > 0 else math.nan


def samples_of(state: RunState) -> list[Sample]:
    """The lyrics of the studio's run, as the disk would have them."""
    return list(state.samples)


def live_trace(state: RunState, kept: Trace | None) -> Trace:
    """The curve of the studio's run: as it is on disk, to where it stands now; without a disk, as the studio has it."""
    progress = state.progress
    if progress is None:
        return kept or Trace()
    trace = kept if kept and kept.epochs else _told(progress)
    crosses = trace.crosses
    if state.diverged is not None and float(state.diverged.epoch - 1) not in crosses:
        crosses = (*crosses, float(state.diverged.epoch - 1))
    trace = replace(trace, crosses=crosses, marks=progress.marks or trace.marks)
    return _prolonged(trace, progress)


def _told(progress: Progress) -> Trace:
    """From the studio's bounded curve, whose points may stand for several epochs; nobody knows their seconds."""
    series = progress.perplexity
    count = len(series.points) if progress.epoch else 0
    epochs = tuple(min(float((i + 1) * series.width), float(progress.epoch)) for i in range(count))
    held_out = progress.held_out
    same = held_out.points[:count] if held_out.width == series.width else ()
    padded = (math.nan,) * (count - len(same)) + same if same else ()
    return Trace(
        epochs,
        tuple(0.0 for _epoch in epochs),
        series.points[:count],
        timed=False,
        held_out=padded,
        best=progress.best_held_out,
    )


def _prolonged(trace: Trace, progress: Progress) -> Trace:
    """With the epoch that was done last, if the disk does not have it yet."""
    last = trace.epochs[-1] if trace.epochs else 0.0
    if progress.epoch <= last or not trace.epochs:
        return trace
    lasted = _epoch_seconds(progress)
    passed = trace.seconds[-1] + (lasted if math.isfinite(lasted) else 0.0) * (progress.epoch - last)
    return replace(
        trace,
        epochs=(*trace.epochs, float(progress.epoch)),
        seconds=(*trace.seconds, passed),
        values=(*trace.values, progress.perplexity.latest),
        held_out=(*trace.held_out, progress.held_out.latest) if trace.held_out else (),
        best=progress.best_held_out or trace.best,
    )


def story_now(info: RunInfo, state: RunState) -> Story:
    """The studio's run while it is not on disk, as far as the studio knows it."""
    return Story(replace(info, id="this-run"), live_curve(state), samples_of(state))


def own_story(state: RunState) -> Callable[[], list[Story]]:
    """Reads all that is exported of the studio's run, in a thread; nothing before there is one."""

    def read() -> list[Story]:
        entry = live_entry(state, None)
        if entry is None:
            return []
        return [story_of(open_store().find(state.kept)) if state.kept else story_now(entry.info, state)]

    return read


def stories_of_row(row: RunRow, state: RunState) -> list[Story]:
    """All that is exported of a row; called in a thread.

    Raises:
        RunError: if it cannot be read.
    """
    return [story_now(info, state) if info.id == NOW else story_of(info) for info in row.infos]


def live_curve(state: RunState) -> Curve:
    """The studio's run as it is exported when it is not on disk: the perplexities, as far as they are known apart."""
    progress = state.progress
    if progress is None:
        return Curve()
    told = _told(progress)
    pairs = zip(told.epochs, told.values, strict=True)
    held_out = told.held_out or (math.nan,) * len(told.epochs)
    epochs = tuple(
        EpochMetrics(int(epoch), perplexity=value, valid_perplexity=scored)
        for (epoch, value), scored in zip(pairs, held_out, strict=True)
    )
    diverged = ((state.diverged.epoch, state.diverged.minibatch),) if state.diverged else ()
    return Curve(epochs, progress.marks, diverged)


@dataclass(frozen=True)
class DrawnRuns:
    """Which runs are drawn, each in the slot of a letter."""

    slots: tuple[str, ...] = ("",) * len(LETTERS)
    """The id in each slot; empty where it is free."""

    @property
    def ids(self) -> tuple[str, ...]:
        """The chosen runs in the order of their letters."""
        return tuple(run for run in self.slots if run)

    @property
    def full(self) -> bool:
        """No letter is left."""
        return "" not in self.slots

    def slot(self, run: str) -> int:
        """The slot of a run; -1 if it is not chosen."""
        return self.slots.index(run) if run and run in self.slots else -1

    def toggled(self, run: str) -> DrawnRuns:
        """With a run, or without it; the same if no letter is left."""
        slot = self.slot(run)
        if slot >= 0:
            return self._with(slot, "")
        return self if self.full else self._with(self.slots.index(""), run)

    def renamed(self, old: str, new: str) -> DrawnRuns:
        """A run that has got its id."""
        slot = self.slot(old)
        return self._with(slot, new) if slot >= 0 and self.slot(new) < 0 else self

    def among(self, runs: Iterable[str]) -> DrawnRuns:
        """Without those that are gone."""
        there = set(runs)
        return DrawnRuns(tuple(run if run in there else "" for run in self.slots))

    def _with(self, slot: int, run: str) -> DrawnRuns:
        return DrawnRuns((*self.slots[:slot], run, *self.slots[slot + 1 :]))


def preset(rows: Sequence[RunRow]) -> DrawnRuns:
    """What is drawn at first: the newest runs that have a curve, of the text of the first."""
    choice, first = DrawnRuns(), None
    for row in rows:
        info = row.info
        if info is None or not (info.epoch or row.live):
            continue
        first = first or info
        alike = info.vocabulary == first.vocabulary and info.fingerprint in (first.fingerprint, "")
        if (alike or not first.fingerprint) and len(choice.ids) < _PRESET:
            choice = choice.toggled(row.id)
    return choice


def series_of(
    rows: Sequence[RunRow], choice: DrawnRuns, traces: Mapping[str, Trace], state: RunState, in_seconds: bool
) -> tuple[Series, ...]:
    """The chosen runs' curves, each with the words in which it differs from the others."""
    chosen = [row for run in choice.ids for row in rows if row.id == run and row.info is not None]
    # Of runs that differ in their seed alone, the first has the letter and the words; all have the colour.
    words = [row.cells[1] for row in chosen]
    if not any(row.others for row in chosen):
        words = contrast([row.info for row in chosen if row.info is not None])
    return tuple(
        series
        for row, told in zip(chosen, words, strict=True)
        for place, info in enumerate(row.infos)
        for series in series_of_trace(
            traces.get(info.id, Trace()) if place else _trace_of(row, traces, state),
            in_seconds,
            name="" if place else _caption(row, told, words.count(told) == 1),
            label="" if place else LETTERS[choice.slot(row.id)],
            colour=choice.slot(row.id),
        )
    )


def _trace_of(row: RunRow, traces: Mapping[str, Trace], state: RunState) -> Trace:
    if row.live and row.id in (NOW, state.kept):
        return live_trace(state, traces.get(row.id))
    return traces.get(row.id, Trace())


def _caption(row: RunRow, told: str, alone: bool) -> str:
    """A run's name and words; its id where these could be another's."""
    name = row.info.name if row.info else ""
    return one_line(" · ".join(part for part in (name or ("" if alone else row.cells[0]), told) if part))
