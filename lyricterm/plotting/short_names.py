"""Names in fewer cells than they have, cut so that different ones stay different."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Callable, Iterable, Sequence

from rich.cells import cell_len

Cut = Callable[[str, int], str]
"""Cuts one name to so many cells."""
_WORD = re.compile(r"[^-_.·\s]*$")


def end_cut(name: str, width: int) -> str:
    """A name in at most so many cells, without its end."""
    return name if cell_len(name) <= width else _start(name, width - 1) + "…"


def middle_cut(name: str, width: int) -> str:
    """A name in at most so many cells, with as much of its end as of its beginning."""
    if cell_len(name) <= width:
        return name
    end = _end(name, (width - 1) // 2)
    return f"{_start(name, width - 1 - cell_len(end))}…{end}"


def told_apart(names: Iterable[str], width: int, cut: Cut) -> dict[str, str]:
    """Each name in at most so many cells; where ``cut`` makes two of them the same, what differs stays instead.

    Names that differ in several places need room for all of them: some 16 cells for those of an exercise's runs.
    """
    found: dict[str, str] = {}
    for short, group in _alike(dict.fromkeys(names), lambda name: cut(name, width)).items():
        found |= {group[0]: short} if len(group) == 1 else _by_difference(group, width, cut)
    return found


def _alike(names: Iterable[str], shorten: Callable[[str], str]) -> dict[str, list[str]]:
    groups: dict[str, list[str]] = defaultdict(list)
    for name in names:
        groups[shorten(name)].append(name)
    return groups


def _by_difference(names: list[str], width: int, cut: Cut) -> dict[str, str]:
    """From the word in which they first differ; before it as much of the beginning as has room."""
    same = _common_start(names)
    starts = (len(_WORD.sub("", same)), len(same))

    def shorten(name: str) -> str:
        for start in starts:
            room = width - 1 - cell_len(name[start:])
            if room >= 0:
                return f"{_start(name[:start], room)}…{name[start:]}"
        return "…" + cut(name[len(same) :], width - 1)

    found: dict[str, str] = {}
    for short, group in _alike(names, shorten).items():
        is_last = len(group) in (1, len(names))
        found |= dict.fromkeys(group, short) if is_last else _by_difference(group, width, cut)
    return found


def _common_start(names: Sequence[str]) -> str:
    first, last = min(names), max(names)
    count = next((i for i, (a, b) in enumerate(zip(first, last, strict=False)) if a != b), min(len(first), len(last)))
    return first[:count]


def _start(text: str, width: int) -> str:
    """As many characters of the beginning as fit: no blank stands in place of half a Chinese one."""
    cells, count = 0, 0
    for character in text:
        cells += cell_len(character)
        if cells > width:
            break
        count += 1
    return text[:count]


def _end(text: str, width: int) -> str:
    cells, count = 0, 0
    for character in reversed(text):
        cells += cell_len(character)
        if cells > width:
            break
        count += 1
    return text[len(text) - count :]
