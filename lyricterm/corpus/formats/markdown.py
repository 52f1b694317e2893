"""Markdown: the words without the marks."""

from __future__ import annotations

import re
from collections.abc import Iterator

from lyricterm.corpus.blocks import lines
from lyricterm.corpus.formats.base import Opened

_RULE = re.compile(r"\s*(```.*|~~~.*|[-*_]{3,}\s*|={3,}\s*)")
_START = re.compile(r"^\s{0,3}(#{1,6}\s+|>\s?|[-*+]\s+)+")
_LINK = re.compile(r"!?\[([^\]]*)\]\([^)]*\)")
_EMPHASIS = re.compile(r"(\*{1,3}|_{2,3}|~~|`)(?=\S)(.+?)(?<=\S)\1")


def read_markdown(opened: Opened) -> Iterator[str]:
    """The lines without headings' and lists' marks, emphasis, links' addresses, rules and the front matter."""
    in_front = False
    for number, line in enumerate(lines(opened.text())):
        if line.strip() == "---" and (number == 0 or in_front):
            in_front = number == 0
        elif not in_front and not _RULE.fullmatch(line):
            plain = _EMPHASIS.sub(r"\2", _LINK.sub(r"\1", _START.sub("", line)))
            yield plain.rstrip(" \\") + "\n"
