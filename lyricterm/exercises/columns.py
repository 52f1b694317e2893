"""Tables as lines of text, aligned by cells."""

from __future__ import annotations

from collections.abc import Sequence

from rich.cells import cell_len

from lyricterm.core.sanitize import one_line
from lyricterm.reports.table import Table

GAP = 2


def aligned(table: Table, width: int | None = None) -> list[str]:
    """The titles and the rows, words to the left, numbers to the right.

    Args:
        table: what to show.
        width: cells there are; a column that does not fit beside those before it is left out, though never the second.
    """
    cells, widths = _cells(table)
    shown = _that_fit(range(len(widths)), widths, width)
    return [_line(row, shown, widths, table.words) for row in cells]


def folded(table: Table, width: int) -> list[list[str]]:
    """As ``aligned``, but the columns that do not fit follow in further blocks, each beside the first column."""
    cells, widths = _cells(table)
    left, blocks = list(range(len(widths))), []
    while left:
        shown = _that_fit(left, widths, width)
        blocks.append([_line(row, shown, widths, table.words) for row in cells])
        rest = [i for i in left if i not in shown]
        left = [0, *rest] if rest else []
    return blocks


def _cells(table: Table) -> tuple[list[tuple[str, ...]], list[int]]:
    """The titles and the rows, and how wide each column is."""
    rows = [tuple(map(one_line, row)) for row in (table.columns, *table.rows)]
    return rows, [max(cell_len(row[i]) for row in rows) for i in range(len(table.columns))]


def _that_fit(columns: Sequence[int], widths: Sequence[int], width: int | None) -> list[int]:
    """Those that have room, the first two in any case."""
    shown: list[int] = []
    for place, i in enumerate(columns):
        if width is None or place < 2 or sum(widths[j] + GAP for j in shown) + widths[i] <= width:
            shown.append(i)
    return shown


def _line(row: tuple[str, ...], shown: Sequence[int], widths: Sequence[int], words: Sequence[int]) -> str:
    cells = []
    for i in shown:
        padding = " " * (widths[i] - cell_len(row[i]))
        cells.append(row[i] + padding if i in words else padding + row[i])
    return (" " * GAP).join(cells).rstrip()
