"""Rows whose cells stand between tabs: in quotation marks, as Excel and pandas write them, or as they are."""

from __future__ import annotations

import re
from collections import deque
from collections.abc import Iterable, Iterator

_QUOTED = re.compile(r'"((?:[^"]|"")*)"')
"""A cell in quotation marks; those within it are doubled."""
_CELL = re.compile(rf"{_QUOTED.pattern}(?=\t|\Z)|[^\t]*")
_LAST_MARK = re.compile(r'"(?:\t|[\r\n]*\Z)')
_LINES = 500
"""That are looked through for the end of a cell."""
_TRIES = 20
"""Cells without an end, after which none is looked for: in this file the marks belong to the words."""


def tab_rows(lines: Iterable[str]) -> Iterator[list[str]]:
    """The cells of each row; the first has the columns' names.

    A cell that begins with a quotation mark goes on in the next lines only if it ends there, and the row has then as
    many cells as there are columns; else the mark belongs to the words.
    """
    rest, ahead = iter(lines), deque[str]()
    columns, tries = 0, _TRIES
    while line := ahead.popleft() if ahead else next(rest, ""):
        cells = _cells(line)
        columns = columns or len(cells)
        if tries and len(cells) <= columns and _is_open(cells):
            whole = _going_on(line, columns, ahead, rest)
            tries -= not whole
            cells = whole or cells
        yield list(map(_plain, cells))


def _going_on(line: str, columns: int, ahead: deque[str], rest: Iterator[str]) -> list[str]:
    """A row over several lines, which are taken; nothing if it has no end, and then they stay ahead."""
    whole = line
    for number in range(_LINES):
        if number == len(ahead):
            ahead.append(next(rest, ""))
        whole += ahead[number]
        if not ahead[number]:
            break
        cells = _cells(whole) if _LAST_MARK.search(ahead[number]) else []
        if len(cells) == columns and not _is_open(cells):
            for _taken in range(number + 1):
                ahead.popleft()
            return cells
    return []


def _cells(line: str) -> list[str]:
    """Each with its quotation marks."""
    line, cells, at = line.rstrip("\r\n"), [], 0
    while at <= len(line):
        found = _CELL.match(line, at)
        cells.append(found[0] if found else "")
        at += len(cells[-1]) + 1
    return cells


def _is_open(cells: list[str]) -> bool:
    return cells[-1].startswith('"') and not _QUOTED.fullmatch(cells[-1])


def _plain(cell: str) -> str:
    found = _QUOTED.fullmatch(cell)
    return found[1].replace('""', '"') if found else cell
