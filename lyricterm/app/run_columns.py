"""The columns of the table of runs, and which of them there is room for."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from rich.cells import cell_len

from lyricterm.core.i18n import N_, _
from lyricterm.core.metrics import SUMMARIES
from lyricterm.core.number_format import NOTHING

GAP = 2
"""Cells between two columns."""


@dataclass(frozen=True)
class RunColumn:
    """One column; the title is source text."""

    title: str
    rank: int
    """Where there is little room, columns of a higher rank go first."""
    most: int = 0
    """Cells it takes at most; 0 for as many as its longest text has: a number is never cut."""
    least: int = 0
    """Cells to which its texts may be cut; 0 if they may not."""
    number: bool = False
    optional: bool = False
    """It is left out where no run has anything to show in it."""


_RANKS = {"valid_perplexity": 5}
"""Of metrics that matter more than the speed."""
COLUMNS = (
    RunColumn(N_("run"), 0, 22),
    RunColumn(N_("settings"), 2, 44, least=22),
    RunColumn(N_("state"), 4, 12),
    RunColumn(N_("epoch"), 3, number=True),
    RunColumn(N_("perplexity"), 1, number=True),
    RunColumn(N_("best"), 5, number=True),
    *(
        RunColumn(each.column or each.label, _RANKS.get(name, 8), number=True, optional=each.optional)
        for name, each in SUMMARIES.items()
    ),
    RunColumn(N_("diverged"), 6),
    RunColumn(N_("last sample"), 7, 400, least=12),
)
"""In the order of a row's cells."""


def titles() -> tuple[str, ...]:
    """Of the columns, as a person reads them."""
    return tuple(_(column.title) for column in COLUMNS)


def widths_of(rows: Sequence[Sequence[str]], room: int) -> dict[int, int]:
    """The columns that fit into ``room`` cells, each with its width; what may be cut gives way first."""
    words = titles()
    natural = {
        place: _width(column, [words[place], *(cells[place] for cells in rows)])
        for place, column in enumerate(COLUMNS)
        if not (column.optional and all(cells[place] == NOTHING for cells in rows))
    }
    chosen: dict[int, int] = {}
    for place in sorted(natural, key=lambda place: COLUMNS[place].rank):
        least = min(natural[place], COLUMNS[place].least or natural[place])
        if room - least < 0 and chosen:
            continue
        chosen[place] = least
        room -= least + GAP
    for place in (place for place, column in enumerate(COLUMNS) if column.least):
        if place in chosen and room > 0:
            more = min(room, natural[place] - chosen[place])
            chosen[place] += more
            room -= more
    return chosen


def _width(column: RunColumn, texts: Sequence[str]) -> int:
    longest = max(map(cell_len, texts))
    return min(column.most, longest) if column.most else longest
