"""Lines that are left out: what an expression finds, and what was there before."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass

from lyricterm.core.text_settings import TextSettings

_LINE = re.compile("([^\r\n]*)(\r\n|\r|\n|\\Z)")


@dataclass
class Tidied:
    """What was left out."""

    dropped: int = 0
    """Places that an expression found."""
    repeated: int = 0
    """Lines that were there before."""


Tidy = Callable[[str], str]


def tidying(settings: TextSettings, told: Tidied) -> Tidy:
    """A function that leaves out of each piece of a text, whole lines at a time, what the settings say."""
    steps = [_dropping(tuple(re.compile(text) for text in settings.drop), told)] if settings.drop else []
    steps += [_once(told)] if settings.dedupe else []

    def tidy(block: str) -> str:
        for step in steps:
            block = "".join(step(block))
        return block

    return tidy


def _each_line(block: str) -> Iterator[tuple[str, str]]:
    """Each line and its end."""
    for found in _LINE.finditer(block):
        if found[0]:
            yield found[1], found[2]


def _dropping(expressions: tuple[re.Pattern[str], ...], told: Tidied) -> Callable[[str], Iterator[str]]:
    def step(block: str) -> Iterator[str]:
        for line, end in _each_line(block):
            left = line
            for expression in expressions:
                left, count = expression.subn("", left)
                told.dropped += count
            # A line of which nothing is left goes with its end.
            if left == line or left.strip():
                yield left + end

    return step


def _once(told: Tidied) -> Callable[[str], Iterator[str]]:
    seen: set[int] = set()

    def step(block: str) -> Iterator[str]:
        for line, end in _each_line(block):
            key = line.strip()
            if key and hash(key) in seen:
                told.repeated += 1
                continue
            seen.add(hash(key))
            yield line + end

    return step
