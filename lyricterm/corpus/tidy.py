"""Lines as the settings want them, without what an expression finds, and without what was there before."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import ExitStack
from dataclasses import dataclass
from functools import partial

from lyricterm.core.text_settings import TextSettings
from lyricterm.corpus.characters import converted
from lyricterm.corpus.drop_filter import Drop, drop_filter, each_line
from lyricterm.corpus.seen_lines import SeenLines


@dataclass
class Tidied:
    """What was left out."""

    dropped: int = 0
    """Places that an expression found."""
    repeated: int = 0
    """Lines that were there before."""


Tidy = Callable[[str], str]


def tidying(settings: TextSettings, told: Tidied, stack: ExitStack) -> Tidy:
    """A function that leaves out of each piece of a text, whole lines at a time, what the settings say.

    Expressions find what is in the file; then case and script are changed, and what is the same then is repeated.

    Raises:
        CorpusError: if the script is to be converted and opencc is not installed.
        OSError: if a process for an expression cannot be started; ``stack`` ends it.
    """
    steps: list[Tidy] = [_without(drop_filter(settings.drop, stack), told)] if settings.drop else []
    steps.append(partial(converted, settings=settings))
    steps += [_once(told)] if settings.dedupe else []

    def tidy(block: str) -> str:
        for step in steps:
            block = step(block)
        return block

    return tidy


def _without(drop: Drop, told: Tidied) -> Tidy:
    def step(block: str) -> str:
        left, count = drop(block)
        told.dropped += count
        return left

    return step


def _once(told: Tidied) -> Tidy:
    seen = SeenLines()

    def step(block: str) -> str:
        lines = list(each_line(block))
        words = [line.strip() for line, _end in lines]
        kept = [new or not word for word, new in zip(words, seen.are_new(words), strict=True)]
        told.repeated += kept.count(False)
        return "".join(line + end for (line, end), stays in zip(lines, kept, strict=True) if stays)

    return step
