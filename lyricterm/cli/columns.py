"""Columns of text: aligned by cells; on a terminal within its width, and no name or number is ever cut."""

from __future__ import annotations

import sys
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

from rich.cells import cell_len
from rich.console import Console
from rich.text import Text

from lyricterm.core.line_breaks import line_breaks

_LEAST_FOLDED = 24
"""Cells; folded words with less room stand on lines of their own, below their row."""
_BELOW = "  "


@dataclass(frozen=True)
class ListColumn:
    """One column."""

    title: str
    right: bool = False
    """Whether it is aligned to the right."""
    folded: bool = False
    """Words that may go on on the next line; at most one column has such."""
    goes: int = 0
    """The place in the order in which columns are left out of a terminal that is too narrow; 0: it never is."""


def print_columns(columns: Sequence[ListColumn], rows: Sequence[Sequence[str]]) -> None:
    """As wide as they need on a file or a pipe, fitted on a terminal."""
    if not sys.stdout.isatty():
        for line in _aligned(columns, [[column.title for column in columns], *rows], "  "):
            print(line)
        return
    console = Console()
    head, *body = _fitted(columns, rows, console.width)
    console.print(Text(head, style="bold"), no_wrap=True, overflow="ignore", crop=False)
    print("─" * min(console.width, max(map(cell_len, (head, *body)))))
    for line in body:
        print(line)


def _aligned(columns: Sequence[ListColumn], rows: Sequence[Sequence[str]], gap: str) -> Iterator[str]:
    widths = _widths(rows)
    for row in rows:
        cells = zip(columns, row, widths, strict=True)
        yield gap.join(_padded(text, width, column.right) for column, text, width in cells).rstrip()


def _fitted(columns: Sequence[ListColumn], rows: Sequence[Sequence[str]], room: int) -> Iterator[str]:
    """The lines for a terminal with ``room`` cells in a row, the titles' first."""
    table = [[column.title for column in columns], *rows]
    for gap in ("  ", " "):
        if sum(_widths(table)) + len(gap) * (len(columns) - 1) <= room:
            yield from _aligned(columns, table, gap)
            return
    place = next((i for i, column in enumerate(columns) if column.folded), None)
    if place is None:
        yield from _aligned(*_without(columns, table, room), " ")
        return
    widths = _widths(table)
    left = room - sum(widths) + widths[place] - (len(columns) - 1)
    yield from _beside(columns, table, place, left) if left >= _LEAST_FOLDED else _below(columns, table, place, room)


def _beside(columns: Sequence[ListColumn], table: Sequence[Sequence[str]], place: int, room: int) -> Iterator[str]:
    """The folded column within its own width: each row is as high as its words need."""
    lines: list[list[str]] = []
    for row in table:
        first, *others = _folded(row[place], room)
        lines.append([*row[:place], first, *row[place + 1 :]])
        lines += [["" if i != place else text for i in range(len(row))] for text in others]
    yield from _aligned(columns, lines, " ")


def _below(columns: Sequence[ListColumn], table: Sequence[Sequence[str]], place: int, room: int) -> Iterator[str]:
    """The folded words below their row; they have no title there."""
    others = [*columns[:place], *columns[place + 1 :]]
    kept, rows = _without(others, [[*row[:place], *row[place + 1 :]] for row in table], room)
    for i, line in enumerate(_aligned(kept, rows, " ")):
        yield line
        if i:
            yield from (_BELOW + text for text in _folded(table[i][place], room - len(_BELOW)))


def _without(
    columns: Sequence[ListColumn], table: Sequence[Sequence[str]], room: int
) -> tuple[list[ListColumn], list[list[str]]]:
    """What is left when columns have gone until the rest fits."""
    kept, rows = list(columns), [list(row) for row in table]
    while sum(_widths(rows)) + len(kept) - 1 > room and any(column.goes for column in kept):
        gone = min((i for i, column in enumerate(kept) if column.goes), key=lambda i: kept[i].goes)
        del kept[gone]
        for row in rows:
            del row[gone]
    return kept, rows


def _folded(text: str, room: int) -> list[str]:
    breaks = line_breaks(text, room, cell_len) if cell_len(text) > room else []
    ends = [*breaks, len(text)]
    return [text[start:end].rstrip() for start, end in zip([0, *breaks], ends, strict=True)]


def _widths(rows: Iterable[Sequence[str]]) -> list[int]:
    return [max(map(cell_len, column)) for column in zip(*rows, strict=True)]


def _padded(text: str, width: int, right: bool) -> str:
    blanks = " " * (width - cell_len(text))
    return blanks + text if right else text + blanks
