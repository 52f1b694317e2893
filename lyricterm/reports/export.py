"""Curves and samples of runs as files that other programs read: CSV, JSON lines, or one page of HTML.

In all of them infinity is "inf"; what is not known is empty, or null in JSON.
"""

from __future__ import annotations

import csv
import io
import json
import math
import time
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from lyricterm.core.errors import RunError
from lyricterm.core.events import Mark
from lyricterm.core.i18n import _
from lyricterm.core.number_format import clock, figure, setting_value
from lyricterm.core.sanitize import brief, one_line
from lyricterm.core.settings import SETTINGS, differences
from lyricterm.plotting.ticks import tick_label
from lyricterm.reports.describe import contrast, variant
from lyricterm.reports.html import Html, Level, Line, Section, beside, curve_svg, lyric, page, paragraph, table
from lyricterm.storage.atomic_write import strict, write_whole
from lyricterm.storage.run_cache import Trace, trace_of
from lyricterm.storage.run_info import RunInfo
from lyricterm.storage.run_log import FIGURES, Curve, SampleRow, latest, read_curve, read_samples
from lyricterm.storage.run_store import RunFolder

CURVE_COLUMNS = ("run", "name", "epoch", *FIGURES)
SAMPLE_COLUMNS = ("run", "name", "epoch", "perplexity", "prefix", "text")
_FORMULA = ("=", "+", "-", "@", "\t", "\r")
"""How a cell begins that a spreadsheet would compute."""
_MOST_SAMPLES = 2_000
"""Samples of one run that a page shows."""


@dataclass(frozen=True)
class Story:
    """All that is exported of one run."""

    info: RunInfo
    curve: Curve
    samples: Sequence[SampleRow]

    @property
    def title(self) -> str:
        """Its name, or its id."""
        return self.info.name or self.info.id


def story_of(info: RunInfo) -> Story:
    """A kept run with its curve and its samples.

    Raises:
        RunError: if they cannot be read.
    """
    folder = RunFolder(info.folder)
    try:
        return Story(info, read_curve(folder.curve_file), read_samples(folder.samples_file))
    except OSError as error:
        sentence = _("The run {id} cannot be read: {reason}.")
        raise RunError(sentence.format(id=info.id, reason=error.strerror or error)) from error


FORMATS = (".csv", ".jsonl", ".html")
"""What files can be written, by their endings."""


def format_of(path: Path) -> str:
    """The ending that says what to write.

    Raises:
        RunError: if it says nothing.
    """
    ending = path.suffix.lower()
    if ending not in FORMATS:
        sentence = _("{path} must end in one of {endings}, which says what to write.")
        raise RunError(sentence.format(path=brief(str(path)), endings=", ".join(FORMATS)))
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
    rows = list(sample_rows(stories) if samples else curve_rows(stories))
    if ending == ".csv":
        return csv_lines(SAMPLE_COLUMNS if samples else CURVE_COLUMNS, rows).encode("utf-8", "replace")
    lines = "".join(f"{json.dumps(strict(row), ensure_ascii=False, allow_nan=False)}\n" for row in rows)
    # Half a character, which UTF-8 has no bytes for, becomes the escape that JSON has for it.
    return lines.encode("utf-8", "backslashreplace")


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
        for row in story.curve.epochs:
            yield {"run": story.info.id, "name": story.info.name} | vars(row)


def sample_rows(stories: Iterable[Story]) -> Iterator[dict[str, Any]]:
    """A row for each sample of each run."""
    for story in stories:
        for row in story.samples:
            yield {"run": story.info.id, "name": story.info.name} | vars(row)


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
    if not isinstance(value, str):
        return str(value)
    # A text that begins like a formula would be computed by a spreadsheet; the apostrophe keeps it a text.
    return f"'{value}" if value.startswith(_FORMULA) else value


def html_page(stories: Sequence[Story], samples: bool) -> str:
    """The report: what was tried, the curves, the samples, the settings."""
    title = _("lyricterm: {count} runs").format(count=len(stories)) if len(stories) != 1 else _("lyricterm: one run")
    now = time.strftime("%Y-%m-%d %H:%M", time.localtime())
    sections = [
        Section(
            _("the runs"), (*_warning(stories), _overview(stories), paragraph(_("Written {when}.").format(when=now)))
        ),
        Section(_("perplexity"), (_diagram(stories, False), *_by_time(stories))),
        Section(_("samples"), (_samples(stories, samples),)),
        Section(_("changes while they learnt"), (_changes(stories),)),
        Section(_("settings"), (_settings(stories),)),
    ]
    return page(title, sections)


def incomparable(infos: Sequence[RunInfo]) -> str:
    """A sentence, if these runs' perplexities cannot be compared; else empty."""
    if len({(info.fingerprint, info.vocabulary) for info in infos}) < 2:
        return ""
    sizes = sorted({info.vocabulary for info in infos})
    if len(sizes) == 1:
        return _("These runs learnt different texts: their perplexities are not comparable.")
    shown = ", ".join(f"{size:,}" for size in sizes[:4]) + (" …" if len(sizes) > 4 else "")
    sentence = _("These runs learnt texts of {sizes} distinct characters: their perplexities are not comparable.")
    return sentence.format(sizes=shown)


def levels_of(infos: Iterable[RunInfo]) -> list[tuple[float, str]]:
    """The values that matter on a scale of perplexity: 1, and what guessing gets."""
    sizes = sorted({info.vocabulary for info in infos if info.vocabulary > 1})
    return [(1.0, _("1 best")), *((float(size), _("{size} guessing").format(size=f"{size:,}")) for size in sizes[:4])]


def mark_words(mark: Mark) -> str:
    """A change of variant: "clipping on → off"."""
    setting = _(SETTINGS[mark.setting].label) if mark.setting in SETTINGS else mark.setting
    return brief(f"{setting} {setting_value(mark.old)} → {setting_value(mark.new)}", 60)


def _warning(stories: Sequence[Story]) -> list[Html]:
    sentence = incomparable([story.info for story in stories])
    return [paragraph(sentence)] if sentence else []


def _overview(stories: Sequence[Story]) -> Html:
    titles = (
        *(_("run"), _("variant"), _("corpus"), _("state"), _("epoch"), _("perplexity"), _("best")),
        *(_("trained"), _("s/epoch"), _("chars/s"), _("diverged")),
    )
    words = contrast([story.info for story in stories])
    return table(titles, [_facts(story, told) for story, told in zip(stories, words, strict=True)], right=range(4, 11))


def _facts(story: Story, told: str) -> tuple[str, ...]:
    info, rows = story.info, story.curve.epochs[-10:]
    seconds = [row.seconds for row in rows if math.isfinite(row.seconds)]
    speed = [row.chars_per_second for row in rows if math.isfinite(row.chars_per_second)]
    return (
        story.title,
        told or variant(info),
        _("{name}, {vocabulary} distinct").format(name=one_line(info.corpus), vocabulary=f"{info.vocabulary:,}"),
        info.status.label,
        f"{info.epoch:,}/{info.recipe.epochs:,}",
        figure(info.perplexity),
        figure(info.best),
        clock(info.seconds),
        figure(math.fsum(seconds) / len(seconds) if seconds else math.nan),
        figure(math.fsum(speed) / len(speed) if speed else math.nan),
        diverged_words(info),
    )


def diverged_words(info: RunInfo) -> str:
    """In which epoch and minibatch a run overflowed; empty if it did not."""
    return "" if info.diverged is None else f"{info.diverged[0]:,}:{info.diverged[1]:,}"


def _diagram(stories: Sequence[Story], in_seconds: bool) -> Html:
    traces = [trace_of(story.curve) for story in stories]
    lines = [_line(story, trace, in_seconds) for story, trace in zip(stories, traces, strict=True)]
    levels = [Level(value, name) for value, name in levels_of(story.info for story in stories)]
    return curve_svg(
        lines,
        title=_("perplexity over the seconds of training") if in_seconds else _("perplexity over the epochs"),
        x_title=_("seconds") if in_seconds else _("epochs"),
        y_title=_("perplexity"),
        levels=levels,
        ceiling=CEILING * max(level.value for level in levels),
        show=tick_label,
    )


CEILING = 10.0
"""Times the vocabulary size: worse perplexities are drawn at the upper edge."""


def _by_time(stories: Sequence[Story]) -> list[Html]:
    timed = any(trace_of(story.curve).timed and story.curve.epochs for story in stories)
    return [_diagram(stories, True)] if timed else []


def _line(story: Story, trace: Trace, in_seconds: bool) -> Line:
    return Line(
        story.title,
        tuple(zip(trace.places(in_seconds), trace.values, strict=True)),
        [(trace.place_of(mark.epoch, in_seconds), mark_words(mark)) for mark in trace.marks],
        [trace.place_of(epoch, in_seconds) for epoch in trace.crosses],
    )


def _samples(stories: Sequence[Story], every: bool) -> Html:
    return beside((story.title, _lyrics(story, every)) for story in stories)


def _lyrics(story: Story, every: bool) -> list[Html]:
    shown = list(story.samples[-_MOST_SAMPLES:] if every else latest(story.samples))
    parts: list[Html] = []
    epoch = -1
    for sample in shown:
        if sample.epoch != epoch:
            epoch = sample.epoch
            told = _("epoch {epoch}, perplexity {perplexity}")
            parts.append(paragraph(told.format(epoch=f"{epoch:,}", perplexity=figure(sample.perplexity))))
        parts.append(lyric(sample.prefix, sample.text))
    return parts or [paragraph(_("It has written nothing yet."))]


def _changes(stories: Sequence[Story]) -> Html:
    rows = [
        (story.title, f"{mark.epoch:.1f}", mark_words(mark)) for story in stories for mark in story.curve.marks[-100:]
    ]
    if not rows:
        return paragraph(_("Nothing was changed while they learnt."))
    return table((_("run"), _("epoch"), _("change")), rows, right=[1])


def _settings(stories: Sequence[Story]) -> Html:
    first = stories[0].info.recipe
    differing = {name for story in stories for name in differences(first, story.info.recipe)}
    names = [name for name in SETTINGS if name in differing] + [name for name in SETTINGS if name not in differing]
    rows = [
        (_(SETTINGS[name].label), *(setting_value(getattr(each.info.recipe, name)) for each in stories))
        for name in names
    ]
    return table((_("setting"), *(story.title for story in stories)), rows)
