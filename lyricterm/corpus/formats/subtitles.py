"""Subtitles, SubRip (srt) and WebVTT (vtt): the words without numbers, times and styles."""

from __future__ import annotations

import html
import re
from collections.abc import Iterator

from lyricterm.corpus.blocks import lines
from lyricterm.corpus.formats.base import Opened

_TIME = re.compile(r"\s*(\d+:)?\d{1,2}:\d{1,2}[.,]\d{1,3}\s*-->.*")
_TAG = re.compile(r"</?[^<>]*>|\{\\[^}]*\}")
_ASIDE = ("NOTE", "STYLE", "REGION", "WEBVTT")


def read_subtitles(opened: Opened) -> Iterator[str]:
    """The words of each cue, a blank line between two cues left out."""
    speaking = False
    for line in lines(opened.text()):
        if _TIME.fullmatch(line):
            speaking = True
        elif not line.strip() or (not speaking and line.startswith(_ASIDE)):
            speaking = False
        elif speaking:
            words = html.unescape(_TAG.sub("", line)).strip()
            if words:
                yield words + "\n"
