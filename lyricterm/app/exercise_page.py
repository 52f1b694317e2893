"""What is told of an exercise while it is played and afterwards: lines of text for a width; no widget."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable

from rich.cells import cell_len
from rich.style import Style
from rich.text import Text

from lyricterm.app.exercise_thread import ExerciseProgress
from lyricterm.app.wrap import wrap
from lyricterm.core.i18n import _
from lyricterm.core.number_format import clock, figure
from lyricterm.core.run_status import ENDED, RunStatus
from lyricterm.core.sanitize import one_line, shown_lyric
from lyricterm.core.sentences import together
from lyricterm.exercises.base import BETWEEN, Exercise, Verdict
from lyricterm.exercises.columns import folded
from lyricterm.exercises.group import grouped
from lyricterm.exercises.measurements import RunResult
from lyricterm.exercises.runner import failure
from lyricterm.exercises.verdict_text import comparison, settings_in_words
from lyricterm.plotting.short_names import end_cut
from lyricterm.reports.table import Table

Look = Callable[[str], Style]
"""A style by its name: strong, quiet, alarm, prefix, bar, way, or label0, label1…"""

_NUMBER = 2
"""Cells of a run's number before its row."""
_BEGUN = (RunStatus.TRAINING, *ENDED)
_MIN_BAR = 8
_MAX_BAR = 40


def told(exercise: Exercise, progress: ExerciseProgress, width: int, look: Look) -> Text:
    """The verdict if there is one, the runs in figures, and what they share."""
    lines: list[Text] = []
    trouble = failure(progress.results)
    if trouble:
        lines += wrap(Text(trouble, look("alarm")), width)
    if progress.verdict is None:
        lines += wrap(Text(_(exercise.question), look("strong")), width)
    else:
        lines += wrap(Text(progress.verdict.conclusion, look("strong")), width)
    if len({result.seed for result in progress.results}) == 1:
        lines += wrap(Text(_("A quick look: one seed, so any difference may be chance."), look("quiet")), width)
    lines += [Text(), *_runs(progress.results, width, look)]
    if progress.verdict is not None:
        lines += _reasons(progress.verdict, width, look)
        # The first table is that of the runs.
        for table in progress.verdict.tables[1:]:
            lines += [Text(), *_table(table, width, look)]
    if progress.verdict is not None:
        for sentence in filter(None, progress.verdict.rests_on):
            lines += [Text(), *wrap(Text(sentence, look("quiet")), width)]
    lines += [Text(), *wrap(Text(settings_in_words(progress.results), look("quiet")), width)]
    for notice in {notice: None for result in progress.results for notice in result.notices}:
        lines += wrap(Text(one_line(notice), look("quiet")), width)
    return Text("\n").join(lines)


def _reasons(verdict: Verdict, width: int, look: Look) -> list[Text]:
    lines: list[Text] = []
    if verdict.equation:
        lines += [Text(), *wrap(Text(together(*verdict.why)), width)]
        for equation in verdict.equation.split(BETWEEN):
            lines += [Text("  ") + line for line in wrap(Text(equation, look("equation")), max(4, width - 2))]
    lines.append(Text())
    for sentence in verdict.told:
        lines += wrap(Text(sentence), width)
    return lines


def _runs(results: tuple[RunResult, ...], width: int, look: Look) -> list[Text]:
    lines: list[Text] = []
    for number, (titles, *rows) in enumerate(folded(comparison(results), width - _NUMBER)):
        if number:
            lines.append(Text(""))
        lines.append(Text(" " * _NUMBER + titles, look("quiet")))
        for place, (group, row) in enumerate(zip(grouped(results), rows, strict=True)):
            line = Text()
            line.append(f"{place + 1:<{_NUMBER}}", look(f"label{place}"))
            line.append(row, look("quiet") if group.results[0].status is RunStatus.WAITING else None)
            lines.append(line)
    return lines


def _table(table: Table, width: int, look: Look) -> list[Text]:
    lines = wrap(Text(table.title), width)
    for number, (titles, *rows) in enumerate(folded(table, width - _NUMBER)):
        if number:
            lines.append(Text(""))
        lines.append(Text(" " * _NUMBER + titles, look("quiet")))
        lines += [Text(" " * _NUMBER + row) for row in rows]
    return lines


def epochs_of(results: Iterable[RunResult]) -> tuple[int, ...]:
    """The epochs after which any run wrote lyrics."""
    return tuple(sorted({sample.epoch for result in results for sample in result.samples}))


def lyrics(results: tuple[RunResult, ...], epoch: int, width: int, look: Look) -> Text:
    """What each run wrote with the first seed after an epoch, or last before it, one below the other."""
    lines: list[Text] = []
    for place, group in enumerate(grouped(results)):
        lines += _lyrics_of(place, group.results[0], epoch, width, look)
    return Text("\n").join(lines)


def _lyrics_of(place: int, result: RunResult, epoch: int, width: int, look: Look) -> list[Text]:
    samples = result.at(epoch)
    heading = Text()
    heading.append(f"{place + 1:<{_NUMBER}}", look(f"label{place}"))
    if not samples:
        if result.status in (RunStatus.WAITING, RunStatus.TRAINING):
            return []
        heading.append(_("{run} wrote no lyrics.").format(run=result.run.label), look("quiet"))
        return [heading]
    told = _("{run} · epoch {epoch} · perplexity {perplexity}")
    words = {"epoch": f"{samples[0].epoch:,}", "perplexity": figure(samples[0].perplexity)}
    # The run's name gives way where there is no room for all: a number that is cut is another number.
    room = width - _NUMBER - cell_len(told.format(run="", **words))
    heading.append(told.format(run=end_cut(result.run.label, room), **words), look("quiet"))
    lines = [heading]
    for sample in samples:
        prefix, text = shown_lyric(sample.prefix, sample.text)
        line = Text().append(prefix, look("prefix")).append(text)
        lines += [Text(" " * _NUMBER) + part for part in wrap(line, max(4, width - _NUMBER))]
    return lines


def heading(exercise: Exercise, progress: ExerciseProgress, width: int, look: Look) -> Text:
    """One line: which exercise, what trains, and how far all of it is."""
    line = Text(f"{_(exercise.title)} · {_doing(progress)}", no_wrap=True)
    if progress.ended or not progress.outlook.share:
        return line
    outlook = progress.outlook
    tail = f" {int(100 * outlook.share)} %"
    left = "" if math.isnan(outlook.left) else "  " + _("{time} left").format(time=clock(outlook.left))
    room = width - line.cell_len - cell_len(tail + left) - 2
    if room < _MIN_BAR:
        room, left = room + cell_len(left), ""
    bar = min(_MAX_BAR, max(0, room))
    full = round(outlook.share * bar)
    line.append("  ")
    line.append("━" * full, look("bar"))
    line.append("━" * (bar - full), look("way"))
    return line.append(tail + left)


def _doing(progress: ExerciseProgress) -> str:
    if progress.ended:
        return _("done")
    statuses = [result.status for result in progress.results]
    if not any(status in _BEGUN for status in statuses):
        return _("measuring how fast the runs are")
    # Between two runs it is the next one.
    under_way = (RunStatus.TRAINING, RunStatus.WAITING)
    place = min((statuses.index(each) for each in under_way if each in statuses), default=len(statuses) - 1)
    result = progress.results[place]
    words = {"run": result.run.label, "number": place + 1, "count": len(statuses), "seed": result.seed}
    return _("training {run}, seed {seed} ({number} of {count})").format(**words)
