"""Subtitles, SubRip (srt) and WebVTT (vtt): the words without numbers, times and styles."""

from __future__ import annotations

import html
import re
from collections.abc import Iterator
from itertools import chain, pairwise

from lyricterm.corpus.blocks import lines
from lyricterm.corpus.formats.base import Opened

_TIME = re.compile(r"\s*(\d+:)?\d{1,2}:\d{1,2}[.,]\d{1,3}\s*-->.*")
_TAG = re.compile(r"</?[A-Za-z][^<>]*>|</>|<\d[\d:.]*>|\{\\[^}]*\}")
"""Styles, times of words, and places of Aegisub; 5 < 6 is none."""
_NUMBER = re.compile(r"\s*\d+\s*")
"""Of a cue."""
_ASIDE = ("NOTE", "STYLE", "REGION", "WEBVTT")


def read_subtitles(opened: Opened) -> Iterator[str]:
    """The words of each cue, a blank line between two cues left out."""
    speaking = False
    for line, following in pairwise(chain(lines(opened.text()), [""])):
        if _TIME.fullmatch(line):
            speaking = True
        elif not line.strip() or (not speaking and line.startswith(_ASIDE)):
            speaking = False
        elif speaking and not (_NUMBER.fullmatch(line) and _TIME.fullmatch(following)):
            words = html.unescape(_TAG.sub("", line)).strip()
            if words:
                yield words + "\n"
