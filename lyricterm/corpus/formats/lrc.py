"""LRC, the format of karaoke players: ``[01:23.45]`` before each line says when it is sung."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator

from lyricterm.corpus.blocks import lines
from lyricterm.corpus.formats.base import Opened
from lyricterm.corpus.formats.translations import without_translations

_STAMP = r"\[(?:(\d{1,2}):(?=\d{1,2}:\d{1,2}\.))?(-?\d{1,3}):(-?\d{1,2}(?:[.:]\d{1,3})?)\]"
"""Minutes and seconds; with three numbers and a point the first are hours."""
_STAMPS = re.compile(rf"\s*((?:{_STAMP}\s*)+)")
_ONE = re.compile(_STAMP)
_ID = re.compile(r"\s*\[[A-Za-z#][^\]:]*:.*\]\s*")
_VOICE = re.compile(r"\Av\d+:\s+")
"""Who sings."""
_WORD = re.compile(rf"<\d{{1,3}}:\d{{1,2}}(?:[.:]\d{{1,3}})?>\s?|{_STAMP}")
"""Within a line: when each word is sung."""


def read_lrc(opened: Opened) -> Iterator[str]:
    """The lines in the order in which they are sung, each once a time stamp; no tags.

    A second line with the same time stamp, or what stands behind a slash in nearly all lines, is a translation and is
    left out. A line without a stamp goes on with the line before it.
    """
    timed: dict[float, str] = {}
    untimed: list[str] = []
    now: list[float] = []
    for line in lines(opened.text()):
        found = _STAMPS.match(line)
        if found:
            words = _without_stamps(line[found.end() :])
            times = [*_times(found[1])]
            now = [time for time in times if not timed.get(time)]
            opened.findings.translations += bool(words and not now and words not in map(timed.get, times))
            timed.update(dict.fromkeys(now, words))
        elif not _ID.fullmatch(line):
            untimed.append(line.strip())
            if line.strip():
                timed.update({time: f"{timed[time]}\n{line.strip()}".lstrip() for time in now})
    verses = untimed if not timed else [timed[time] for time in sorted(timed)]
    yield from _joined(without_translations(verses, opened.findings))


def _without_stamps(words: str) -> str:
    return _VOICE.sub("", _WORD.sub("", words).strip())


def _times(stamps: str) -> Iterator[float]:
    for hours, minutes, seconds in _ONE.findall(stamps):
        yield int(hours or 0) * 3600 + int(minutes) * 60 + float(seconds.replace(":", "."))


def _joined(verses: Iterable[str]) -> Iterator[str]:
    """Lines; of several blank ones, one."""
    before = ""
    for words in verses:
        if words or before:
            yield words + "\n"
        before = words
