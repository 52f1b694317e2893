"""Where the labels at the ends of curves go, so that no two run into each other."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from rich.cells import cell_len

_ASIDE, _COVERED = 0.4, 2.5
"""What a label costs one column further from the end of its curve, and where it covers another; a row away costs 1."""


@dataclass(frozen=True)
class Label:
    """What stands at the end of a curve: the cell after it, the text, and the name of its style."""

    column: int
    row: int
    text: str
    style: str


@dataclass(frozen=True)
class Room:
    """The cells there are, and whether one of them is free."""

    width: int
    height: int
    free: Callable[[int, int], bool]


def placed(labels: Sequence[Label], room: Room) -> list[Label]:
    """Each label as near to its place as there is room, with a cell between two in a row; without room, left out."""
    found: list[Label] = []
    for label in sorted(labels, key=lambda label: label.row):
        places = ((column, row) for row in range(room.height) for column in _columns(label, room.width))
        apart = [place for place in places if not _touches(place, label, found)]
        if apart:
            column, row = min(apart, key=lambda place: _cost(place, label, room))
            found.append(Label(column, row, label.text, label.style))
    return found


def _columns(label: Label, width: int) -> range:
    """Behind the end of the curve, or before it where that is the edge."""
    last = width - cell_len(label.text)
    return range(max(0, min(label.column, last) - 3), min(last, label.column + 8) + 1)


def _touches(place: tuple[int, int], label: Label, others: Sequence[Label]) -> bool:
    column, row = place
    return any(
        other.row == row
        and column <= other.column + cell_len(other.text)
        and other.column <= column + cell_len(label.text)
        for other in others
    )


def _cost(place: tuple[int, int], label: Label, room: Room) -> float:
    column, row = place
    covered = sum(not room.free(column + i, row) for i in range(cell_len(label.text)))
    # Behind the end rather than before it.
    aside = column - label.column if column >= label.column else 2 * (label.column - column)
    return abs(row - label.row) + _ASIDE * aside + _COVERED * covered
