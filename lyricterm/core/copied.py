"""Which part of what a model wrote is copied from the text that it was trained on."""

from __future__ import annotations

import math
from typing import Protocol

RUN = 8
"""Characters that must follow each other as in the training text to be called copied."""
MOST_SEARCHED = 2_000_000
"""Characters of a training text that is searched: in a longer one a search would hold up the training."""

Spans = tuple[tuple[int, int], ...]
"""Where the copied parts begin and end, ascending, not touching."""


class Searchable(Protocol):
    """A text that may lie in a file."""

    def __len__(self) -> int:
        """Characters."""

    def __contains__(self, text: str, /) -> bool:
        """Whether these characters stand in it, one after the other."""


def copied_spans(text: str, training: Searchable, run: int = RUN) -> Spans | None:
    """The parts of ``text`` that stand in ``training``, in runs of at least ``run`` characters.

    Returns:
        None if the training text is too long to be searched.
    """
    if len(training) > MOST_SEARCHED:
        return None
    spans: list[tuple[int, int]] = []
    for start in range(len(text) - run + 1):
        if text[start : start + run] not in training:
            continue
        if spans and start <= spans[-1][1]:
            spans[-1] = (spans[-1][0], start + run)
        else:
            spans.append((start, start + run))
    return tuple(spans)


def copied_share(text: str, training: Searchable) -> float:
    """The share of a text that is copied; NaN if the training text is too long to be searched."""
    return share_of(copied_spans(text, training), len(text))


def share_of(spans: Spans | None, characters: int) -> float:
    """The share of so many characters that lies in the spans; NaN if they are not known."""
    if spans is None:
        return math.nan
    return sum(end - start for start, end in spans) / characters if characters else 0.0


def moved(spans: Spans, by: int) -> Spans:
    """The spans of the same text without its first ``by`` characters."""
    return tuple((max(0, start - by), end - by) for start, end in spans if end > by)
