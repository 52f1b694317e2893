"""Where the labels at the ends of curves go, so that no two run into each other."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from rich.cells import cell_len

_ASIDE, _COVERED, _DISORDER = 0.4, 2.5, 2.0
"""What it costs a label to stand one column aside, to cover a cell, to stand above one whose curve ends higher; a row
away costs 1."""


@dataclass(frozen=True)
class Label:
    """What stands at the end of a curve: the column after it, its height in rows, the text, the name of its style."""

    column: int
    height: float
    text: str
    style: str


@dataclass(frozen=True)
class Placed:
    """A label with the cell where it begins."""

    column: int
    row: int
    label: Label

    @property
    def end(self) -> int:
        """The column behind it."""
        return self.column + cell_len(self.label.text)


@dataclass(frozen=True)
class Room:
    """The cells there are, and whether one of them is free."""

    width: int
    height: int
    free: Callable[[int, int], bool]


def placed(labels: Sequence[Label], room: Room) -> list[Placed]:
    """Each label as near to its place as there is room, with a cell between two in a row; without room, left out."""
    found: list[Placed] = []
    for label in sorted(labels, key=lambda label: label.height):
        places = (Placed(column, row, label) for row in range(room.height) for column in _columns(label, room.width))
        apart = [place for place in places if not any(_touch(place, other) for other in found)]
        if apart:
            found.append(min(apart, key=lambda place: _cost(place, room, found)))
    return found


def _columns(label: Label, width: int) -> range:
    """Behind the end of the curve, or before it where that is the edge."""
    last = width - cell_len(label.text)
    return range(max(0, min(label.column, last) - 3), min(last, label.column + 8) + 1)


def _touch(one: Placed, other: Placed) -> bool:
    return one.row == other.row and one.column <= other.end and other.column <= one.end


def _cost(place: Placed, room: Room, higher: Sequence[Placed]) -> float:
    covered = sum(not room.free(column, place.row) for column in range(place.column, place.end))
    # Behind the end rather than before it.
    behind = place.column - place.label.column
    aside = behind if behind >= 0 else -2 * behind
    disorder = sum(place.row < other.row for other in higher)
    return _DISORDER * disorder + abs(place.row + 0.5 - place.label.height) + _ASIDE * aside + _COVERED * covered
