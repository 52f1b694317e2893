"""An exercise on one self-contained page: verdict, curves, tables, lyrics."""

from __future__ import annotations

import os
import stat
import tempfile
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from lyricterm import __version__
from lyricterm.core.errors import ReportError, UsageError
from lyricterm.core.i18n import _
from lyricterm.core.sanitize import brief, one_line
from lyricterm.exercises.base import Exercise, Results, Verdict
from lyricterm.exercises.group import grouped
from lyricterm.exercises.measurements import RunResult
from lyricterm.exercises.verdict_text import settings_in_words
from lyricterm.reports.diagram import diagram
from lyricterm.reports.export import FORMATS
from lyricterm.reports.render import Dated, by_epoch, render
from lyricterm.storage.atomic_write import write_whole


def check_writable(path: Path) -> None:
    """Find out before training whether a page can be written there.

    Raises:
        ReportError: if not.
        UsageError: if the path's ending does not say what to write.
    """
    try:
        if path.exists() and not stat.S_ISREG(path.stat().st_mode):
            sentence = _("{path} is not a file that a report could be written to; give the path of an .html file.")
            raise ReportError(sentence.format(path=brief(str(path))))
        if path.suffix.lower() not in FORMATS:
            sentence = _("{path} must end in one of {endings}, which says what to write.")
            raise UsageError(sentence.format(path=brief(str(path)), endings=", ".join(FORMATS)))
        handle, probe = tempfile.mkstemp(prefix=".report.", dir=path.parent)
        os.close(handle)
        os.unlink(probe)
    except (OSError, ValueError) as error:
        raise ReportError(_unwritten(path, error)) from error


def write(content: bytes, path: Path) -> None:
    """Write a report; the file at ``path`` is always a whole one.

    Raises:
        ReportError: if it cannot be written; what was there before is still there.
    """
    try:
        write_whole(path, content)
    except (OSError, ValueError) as error:
        raise ReportError(_unwritten(path, error)) from error


@dataclass(frozen=True)
class RunLyrics:
    """What one run wrote."""

    title: str
    last: Dated | None
    dated: Sequence[Dated]


def page(exercise: Exercise, results: Results, verdict: Verdict) -> str:
    """The whole page, in the language in use."""
    return render(
        "exercise.html",
        f"lyricterm · {_(exercise.title)}",
        question=_(exercise.question),
        verdict=verdict,
        diagrams=[diagram(chart, chart.title) for chart in exercise.charts(results)],
        runs=[_written(group.results[0]) for group in grouped(results)],
        settings=settings_in_words(results),
        written=f"lyricterm {__version__} · {time.strftime('%Y-%m-%d %H:%M')}",
    )


def _written(result: RunResult) -> RunLyrics:
    dated = by_epoch(result.samples)
    return RunLyrics(result.run.label, dated[-1] if dated else None, dated)


def _unwritten(path: Path, error: Exception) -> str:
    reason = error.strerror if isinstance(error, OSError) and error.strerror else str(error)
    sentence = _("The report cannot be written to {path}: {reason}.")
    return sentence.format(path=brief(str(path)), reason=one_line(reason))
