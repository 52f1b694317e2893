"""Where the words of changes go: on one row above the curves, each with a pointer to its column."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from rich.cells import cell_len

from lyricterm.plotting.series import PlotMark

POINTER, TICK = "▾", "╵"
Free = Callable[[int, int], bool]
"""Whether so many cells from a column on are free."""


def columns_of(changes: Sequence[PlotMark], column: Callable[[float], int], width: int) -> list[tuple[int, str]]:
    """Columns with what was changed there, in order; several changes of one column stand together.

    Args:
        changes: oldest first.
        column: of a place.
        width: of the row in cells.
    """
    found: dict[int, list[str]] = {}
    for change in changes:
        found.setdefault(column(change.place), []).append(change.words)
    return [(at, _together(words, width // 2)) for at, words in sorted(found.items())]


def _together(words: Sequence[str], room: int) -> str:
    """All of them, or the newest where there is no room for all."""
    joined = ", ".join(words)
    return joined if cell_len(joined) <= room else words[-1]


def place_labels(
    labels: Sequence[tuple[int, str]], width: int, free: Free = lambda _column, _cells: True
) -> list[tuple[int, str]]:
    """Where the words of marks go on one row, each with a pointer to its column; older ones give way to the newest.

    Args:
        labels: the column of each mark with its words, oldest first.
        width: of the row in cells.
        free: whether there is nothing else in some cells.
    """
    placed: list[tuple[int, str]] = []
    end = width
    for column, words in reversed(labels):
        start, text = _beside(column, words, end)
        if text is words and placed:
            # Without a pointer nobody could tell which of the marks it is.
            continue
        if start >= 0 and column < end and free(start, cell_len(text)):
            placed.append((start, text))
            end = start - 1
    return placed[::-1]


def _beside(column: int, words: str, end: int) -> tuple[int, str]:
    """To the right of its column, else to the left, else as far right as there is room, without a pointer."""
    cells = cell_len(words)
    if column + 1 + cells <= end:
        return column, f"{POINTER}{words}"
    if column - cells >= 0:
        return column - cells, f"{words}{POINTER}"
    return end - cells, words
