"""Where the labels at the ends of curves go: in the order of the curves, no two running into each other."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from rich.cells import cell_len

_NEAR = 3
"""Cells between the ends of curves whose labels share a column."""
_DENSE = 0.6
"""The part of the rows that may have a label before labels stand beside each other."""


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


def beside(count: int, rows: int) -> int:
    """How many of so many labels stand beside each other."""
    return max(1, math.ceil(count / max(1.0, _DENSE * rows)))


def placed(labels: Sequence[Label], width: int, height: int) -> list[Placed]:
    """Each label as near to its place as the others allow, with a cell between two; without room, left out."""
    found: list[Placed] = []
    for group in _groups(labels):
        for place in _in_order(group, width, height):
            if place.column >= 0 and not any(_touch(place, other) for other in found):
                found.append(place)
    return found


def _groups(labels: Sequence[Label]) -> Iterator[list[Label]]:
    """Labels whose curves end near each other, the highest first; those furthest to the right first of all."""
    group: list[Label] = []
    for label in sorted(labels, key=lambda label: -label.column):
        if group and group[0].column - label.column > _NEAR:
            yield sorted(group, key=lambda label: label.height)
            group = []
        group.append(label)
    if group:
        yield sorted(group, key=lambda label: label.height)


def _in_order(group: list[Label], width: int, height: int) -> Iterator[Placed]:
    """The labels of a group, downwards and, where they are many, from left to right."""
    side = beside(len(group), height)
    wide = max(cell_len(label.text) for label in group) + 1
    start = min(max(label.column for label in group), width - side * wide + 1)
    slots = _slots([min(int(label.height), height - 1) * side for label in group], side * height)
    for label, slot in zip(group, slots, strict=False):
        yield Placed(start + slot % side * wide, slot // side, label)


def _slots(wanted: Sequence[int], most: int) -> list[int]:
    """Ascending places, each as near to the wanted one as the others allow; of too many, the first ones."""
    found: list[int] = []
    for slot in wanted[:most]:
        found.append(max(slot, found[-1] + 1) if found else slot)
    for i, slot in enumerate(found):
        found[i] = min(slot, most - len(found) + i)
    return found


def _touch(one: Placed, other: Placed) -> bool:
    return one.row == other.row and one.column <= other.end and other.column <= one.end
