"""Curves and samples of runs as files that other programs read: CSV, JSON lines, or one page of HTML.

In all of them infinity is "inf"; what is not known is empty, or null in JSON.
"""

from __future__ import annotations

import csv
import io
import math
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path
from typing import Any

from lyricterm.core.errors import RunError, UsageError
from lyricterm.core.i18n import _
from lyricterm.core.metrics import METRICS
from lyricterm.core.sanitize import brief, harmless
from lyricterm.core.strict_json import readable
from lyricterm.reports.runs_page import html_page
from lyricterm.reports.story import Story
from lyricterm.storage.atomic_write import write_whole

CURVE_COLUMNS = ("run", "name", "epoch", *(each.name for each in METRICS.values()))
SAMPLE_COLUMNS = ("run", "name", "epoch", "perplexity", "prefix", "text", "decoding")
_FORMULA = ("=", "+", "-", "@", "\t", "\r")
"""How a cell begins that a spreadsheet would compute."""

FORMATS = (".csv", ".jsonl", ".html")
"""What files can be written, by their endings."""


def format_of(path: Path) -> str:
    """The ending that says what to write.

    Raises:
        UsageError: if it says nothing.
    """
    ending = path.suffix.lower()
    if ending not in FORMATS:
        sentence = _("{path} must end in one of {endings}, which says what to write.")
        raise UsageError(sentence.format(path=brief(str(path)), endings=", ".join(FORMATS)))
    return ending


def exported(stories: Sequence[Story], ending: str, samples: bool) -> bytes:
    """The content of the file.

    Args:
        stories: of the runs, in the order in which they come in it.
        ending: one of ``FORMATS``.
        samples: the samples instead of the curves; in a page, all of them instead of the last.
    """
    if ending == ".html":
        return html_page(stories, samples).encode("utf-8", "replace")
    rows = sample_rows(stories) if samples else curve_rows(stories)
    return table(SAMPLE_COLUMNS if samples else CURVE_COLUMNS, rows, ending)


def table(columns: Sequence[str], rows: Iterable[dict[str, Any]], ending: str) -> bytes:
    """Rows that have these columns, as ``.csv`` or ``.jsonl``."""
    if ending == ".csv":
        return csv_lines(columns, rows).encode("utf-8", "replace")
    return "".join(f"{readable(row)}\n" for row in rows).encode()


def write(path: Path, content: bytes) -> None:
    """Put a file there, whole or not at all.

    Raises:
        RunError: if that cannot be done; a file that was there before still is.
    """
    try:
        write_whole(path, content)
    except (OSError, ValueError) as error:
        sentence = _("{path} cannot be written: {reason}.")
        reason = getattr(error, "strerror", None) or error
        raise RunError(sentence.format(path=brief(str(path)), reason=reason)) from error


def free_name(folder: Path, stem: str, ending: str) -> Path:
    """A file that is not there yet: ``stem.csv``, else ``stem-2.csv`` and so on."""
    path, number = folder / f"{stem}{ending}", 1
    while path.exists():
        number += 1
        path = folder / f"{stem}-{number}{ending}"
    return path


def curve_rows(stories: Iterable[Story]) -> Iterator[dict[str, Any]]:
    """A row for each epoch of each run."""
    for story in stories:
        for epoch in story.curve.epochs:
            yield {"run": story.info.id, "name": story.info.name} | epoch.to_dict()


def sample_rows(stories: Iterable[Story]) -> Iterator[dict[str, Any]]:
    """A row for each sample of each run."""
    for story in stories:
        for row in story.samples:
            yield {"run": story.info.id, "name": story.info.name} | row.to_dict()


def csv_lines(columns: Sequence[str], rows: Iterable[dict[str, Any]]) -> str:
    """Rows under the names of their columns."""
    out = io.StringIO(newline="")
    writer = csv.writer(out)
    writer.writerow(columns)
    writer.writerows([_cell(row[name]) for name in columns] for row in rows)
    return out.getvalue()


def _cell(value: Any) -> str:
    if isinstance(value, float):
        return "" if math.isnan(value) else repr(value)
    if isinstance(value, dict):
        return " ".join(f"{name}={part}" for name, part in value.items())
    if not isinstance(value, str):
        return str(value)
    # A text that begins like a formula would be computed by a spreadsheet; the apostrophe keeps it a text.
    value = harmless(value)
    return f"'{value}" if value.startswith(_FORMULA) else value
