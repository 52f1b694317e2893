"""How much a text repeats itself, and how much of what was written is copied."""

from __future__ import annotations

import math
from collections.abc import Sequence

from rich.cells import chop_cells

from lyricterm.core.copied import RUN
from lyricterm.core.i18n import _
from lyricterm.core.number_format import percent_spread
from lyricterm.core.sanitize import one_line

PERIOD = 12
"""The longest group of characters whose repetition is looked for."""
_SHOWN, _CELLS = 24, 30
"""Characters of a text in a table, and the cells that they may take: a Chinese one takes two."""


def variety(text: str) -> float:
    """The share of characters in a text that are not the same as one before; 0 for none."""
    return len(set(text)) / len(text) if text else 0.0


def loops(text: str) -> bool:
    """Whether a text ends in a group of characters that repeats: at least three times, and over its last third."""
    for period in range(1, min(PERIOD, len(text) // 3) + 1):
        length = max(3 * period, len(text) // 3)
        tail = text[-length:]
        if all(tail[i] == tail[i - period] for i in range(period, len(tail))):
            return True
    return False


def distinct_share(text: str, n: int) -> float:
    """Distinct n-grams of characters over all of them (Li et al. 2016, "distinct-n"); NaN for a text that has none."""
    found = [text[i : i + n] for i in range(len(text) - n + 1)]
    return len(set(found)) / len(found) if found else math.nan


def beginning(text: str) -> str:
    """What a table shows of a text: it must fit beside the words of a first column."""
    return next(iter(chop_cells(one_line(text)[:_SHOWN], _CELLS)), "")


def copied_told(shares: Sequence[float]) -> str:
    """How much of the last lyrics is copied, a mean for each seed; empty where that is not known."""
    if not shares:
        return ""
    sentence = _("Of the last lyrics {share} is copied from the training text, in pieces of {run} characters or more.")
    return sentence.format(share=percent_spread(shares), run=RUN)
