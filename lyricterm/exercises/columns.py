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
        width: cells there are; columns that do not fit are left out from the right, though never the second.
    """
    rows = [tuple(map(one_line, row)) for row in (table.columns, *table.rows)]
    widths = [max(cell_len(row[i]) for row in rows) for i in range(len(table.columns))]
    count = len(widths)
    while width is not None and count > 2 and sum(widths[:count]) + GAP * (count - 1) > width:
        count -= 1
    return [_line(row[:count], widths, table.words) for row in rows]


def _line(row: tuple[str, ...], widths: list[int], words: Sequence[int]) -> str:
    cells = []
    for i, cell in enumerate(row):
        padding = " " * (widths[i] - cell_len(cell))
        cells.append(cell + padding if i in words else padding + cell)
    return (" " * GAP).join(cells).rstrip()
