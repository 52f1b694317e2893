"""Text in pieces: a large text is never in memory twice."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator

_LINE_END = re.compile("\r\n|\r|\n")
_SAFE_CUT = re.compile("[\x00-\x0c\x0e-\x7f\u4e00-\u9fff][^\x00-\x7f\u4e00-\u9fff]*\\Z")
"""From the last character that never combines with the one before it."""
_LONGEST = 1 << 20
"""Characters of one line that are waited for."""


def whole_lines(blocks: Iterable[str]) -> Iterator[str]:
    """The same text in pieces that end with a line, or, in a very long line, between two characters."""
    rest = ""
    for block in blocks:
        text = rest + block if rest else block
        cut = text.rfind("\n") + 1
        if not cut and len(text) > _LONGEST:
            found = _SAFE_CUT.search(text, len(text) - 1000)
            cut = found.start() if found else len(text)
        rest = text[cut:]
        if cut:
            yield text[:cut]
    if rest:
        yield rest


def lines(blocks: Iterable[str]) -> Iterator[str]:
    """The lines, without their ends."""
    for block in whole_lines(blocks):
        found = _LINE_END.split(block)
        yield from found if found[-1] else found[:-1]
