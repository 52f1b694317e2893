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
    rows = [tuple(map(one_line, row)) for row in (table.columns, *table.rows)]
    widths = [max(cell_len(row[i]) for row in rows) for i in range(len(table.columns))]
    shown: list[int] = []
    for i in range(len(widths)):
        if width is None or i < 2 or sum(widths[j] + GAP for j in shown) + widths[i] <= width:
            shown.append(i)
    return [_line(row, shown, widths, table.words) for row in rows]


def _line(row: tuple[str, ...], shown: Sequence[int], widths: Sequence[int], words: Sequence[int]) -> str:
    cells = []
    for i in shown:
        padding = " " * (widths[i] - cell_len(row[i]))
        cells.append(row[i] + padding if i in words else padding + row[i])
    return (" " * GAP).join(cells).rstrip()
