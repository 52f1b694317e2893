"""An exercise on one self-contained page: verdict, curves, tables, lyrics."""

from __future__ import annotations

import math
import os
import stat
import tempfile
import time
from collections.abc import Sequence
from pathlib import Path

from lyricterm import __version__
from lyricterm.core.errors import ReportError
from lyricterm.core.events import Generated
from lyricterm.core.i18n import _
from lyricterm.core.number_format import figure as figure_in_words
from lyricterm.core.sanitize import brief, one_line
from lyricterm.exercises.base import Exercise, Figure, Results, Table, Verdict
from lyricterm.exercises.measurements import ArmResult
from lyricterm.exercises.verdict_text import settings_in_words
from lyricterm.plotting.ticks import tick_label
from lyricterm.reports import html
from lyricterm.reports.html import Html, Level, Section, beside, bullets, curve_svg, folded, lyric, paragraph, table
from lyricterm.storage.atomic_write import write_whole


def check_writable(path: Path) -> None:
    """Find out before training whether a page can be written there.

    Raises:
        ReportError: if not.
    """
    try:
        if path.exists() and not stat.S_ISREG(path.stat().st_mode):
            sentence = _("{path} is not a file that a report could be written to; give the path of an .html file.")
            raise ReportError(sentence.format(path=brief(str(path))))
        handle, probe = tempfile.mkstemp(prefix=".report.", dir=path.parent)
        os.close(handle)
        os.unlink(probe)
    except (OSError, ValueError) as error:
        raise ReportError(_unwritten(path, error)) from error


def write(page: str, path: Path) -> None:
    """Write a page; the file at ``path`` is always a whole one.

    Raises:
        ReportError: if it cannot be written; what was there before is still there.
    """
    try:
        write_whole(path, page.encode("utf-8", "replace"))
    except (OSError, ValueError) as error:
        raise ReportError(_unwritten(path, error)) from error


def page(exercise: Exercise, results: Results, verdict: Verdict) -> str:
    """The whole page, in the language in use."""
    told = [
        paragraph(_(exercise.question), "quiet"),
        paragraph(verdict.conclusion, "strong"),
        *(paragraph(sentence) for sentence in verdict.why),
        paragraph(verdict.equation, "equation"),
        bullets(verdict.told),
    ]
    measured = [
        paragraph(settings_in_words(results), "quiet"),
        paragraph(f"lyricterm {__version__} · {time.strftime('%Y-%m-%d %H:%M')}", "quiet"),
    ]
    sections = [
        Section(_("verdict"), told),
        Section(_("curves"), [_figure(figure, results) for figure in exercise.figures(results)]),
        Section(_("figures"), [_table(table) for table in verdict.tables]),
        Section(_("lyrics at the end"), [beside((result.arm.label, _samples(result)) for result in results)]),
        Section(_("how it was measured"), measured),
    ]
    return html.page(f"lyricterm · {_(exercise.title)}", sections)


def _figure(figure: Figure, results: Results) -> Html:
    return curve_svg(
        [html.Line(results[line.arm].arm.label, line.points, colour=line.arm) for line in figure.lines],
        title=figure.title,
        x_title=figure.x,
        y_title=figure.title,
        log=figure.log,
        levels=[Level(value, name) for value, name in figure.levels],
        ceiling=math.inf if math.isnan(figure.top) else figure.top,
        show=tick_label,
    )


def _table(shown: Table) -> Html:
    numbers = [place for place in range(len(shown.columns)) if place not in shown.words]
    return table(shown.columns, shown.rows, numbers, shown.title)


def _samples(result: ArmResult) -> list[Html]:
    if not result.samples:
        return [paragraph(_("It wrote none."), "quiet")]
    epochs = sorted({sample.epoch for sample in result.samples})
    parts = _dated(result.at(epochs[-1]))
    if len(epochs) > 1:
        parts.append(folded(_("all that it wrote"), [part for epoch in epochs for part in _dated(result.at(epoch))]))
    return parts


def _dated(rows: Sequence[Generated]) -> list[Html]:
    title = _("epoch {epoch} · perplexity {perplexity}")
    title = title.format(epoch=f"{rows[0].epoch:,}", perplexity=figure_in_words(rows[0].perplexity))
    return [paragraph(title, "quiet"), *(lyric(sample.prefix, sample.text) for sample in rows)]


def _unwritten(path: Path, error: Exception) -> str:
    reason = error.strerror if isinstance(error, OSError) and error.strerror else str(error)
    sentence = _("The report cannot be written to {path}: {reason}.")
    return sentence.format(path=brief(str(path)), reason=one_line(reason))
