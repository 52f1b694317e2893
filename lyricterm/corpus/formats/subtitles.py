"""Subtitles, SubRip (srt) and WebVTT (vtt): the words without numbers, times and styles."""

from __future__ import annotations

import html
import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from itertools import chain, pairwise

from lyricterm.corpus.blocks import lines
from lyricterm.corpus.formats.base import Opened
from lyricterm.corpus.formats.translations import without_translations

_ONE = r"(?:(\d+):)?(\d{1,2}):(\d{1,2}[.,]\d{1,3})"
_TIME = re.compile(rf"\s*{_ONE}\s*-->\s*(?:{_ONE})?.*")
_TAG = re.compile(r"</?[A-Za-z][^<>]*>|</>|<\d[\d:.]*>|\{\\[^}]*\}")
"""Styles, times of words, and places of Aegisub; 5 < 6 is none."""
_NUMBER = re.compile(r"\s*\d+\s*")
"""Of a cue."""
_ASIDE = ("NOTE", "STYLE", "REGION", "WEBVTT")
_MOMENT = 0.05
"""Seconds; a cue that is shorter only keeps the line before it on the screen."""


@dataclass
class _Cue:
    seconds: float
    words: list[str] = field(default_factory=list)


def read_subtitles(opened: Opened) -> Iterator[str]:
    """The words of each cue, a blank line between two cues left out; of two languages the first."""
    cues = ("\n".join(words) for words in _without_carried(_cues(lines(opened.text()))) if words)
    for words in without_translations(cues, opened.findings):
        yield words + "\n"


def _cues(found: Iterable[str]) -> Iterator[_Cue]:
    cue: _Cue | None = None
    for line, following in pairwise(chain(found, [""])):
        time = _TIME.fullmatch(line)
        if time:
            if cue:
                yield cue
            cue = _Cue(_seconds(time))
        elif not line.strip():
            # A cue may begin with a line of blanks, but not with an empty one.
            if cue and (cue.words or not line):
                yield cue
                cue = None
        elif cue and not (_NUMBER.fullmatch(line) and _TIME.fullmatch(following)):
            cue.words += filter(None, [html.unescape(_TAG.sub("", line)).strip()])
    if cue:
        yield cue


def _seconds(time: re.Match[str]) -> float:
    """That a cue lasts."""
    begin, end = time.groups()[:3], time.groups()[3:]
    return _moment(*end) - _moment(*begin) if end[1] else 1.0


def _moment(hours: str | None, minutes: str, seconds: str) -> float:
    return int(hours or 0) * 3600 + int(minutes) * 60 + float(seconds.replace(",", "."))


def _without_carried(cues: Iterable[_Cue]) -> Iterator[list[str]]:
    """The words of each cue; where lines roll up, as in those that YouTube makes, each line once."""
    before, rolls = "", False
    for cue in cues:
        words = cue.words
        if words == [before] and cue.seconds < _MOMENT:
            rolls = True
            continue
        if rolls and len(words) > 1 and words[0] == before:
            words = words[1:]
        before = words[-1] if words else before
        yield words
