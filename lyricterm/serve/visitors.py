"""The visitors: how many there may be at once, their folders, and the processors that each computes on."""

from __future__ import annotations

import asyncio
import os
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

from lyricterm.serve.lab import Lab


@dataclass(eq=False)
class VisitorPlace:
    """A visitor's place in the house: one tab of one browser."""

    visitor: str
    folder: Path
    cpus: tuple[int, ...]
    lab: Lab | None = None
    leaving: bool = False
    """The tab has gone; the lab saves its run."""
    left: asyncio.Event = field(default_factory=asyncio.Event)


class Visitors:
    """Gives places, at most so many at once."""

    def __init__(self, root: Path, most: int, threads: int) -> None:
        """Set up.

        Args:
            root: holds a folder for each visitor.
            most: labs at once.
            threads: processors of each lab.
        """
        self.most = most
        self._root, self._threads = root, threads
        self._places: list[VisitorPlace] = []

    @property
    def here(self) -> tuple[VisitorPlace, ...]:
        """Who is here now, and who is just leaving."""
        return tuple(self._places)

    def room_for(self, visitor: str | None) -> bool:
        """Whether there is a place; whoever is just leaving, and comes back, gets the own one again."""
        others = [place for place in self._places if not (place.leaving and place.visitor == visitor)]
        return len(others) < self.most

    def may_load(self, visitor: str | None) -> bool:
        """Whether the lab's page may be loaded: a tab that is loaded again gives its place back only after that."""
        return self.room_for(visitor) or any(place.visitor == visitor for place in self._places)

    async def enter(self, visitor: str) -> VisitorPlace | None:
        """A place, once the visitor's labs that are just ending have ended; None if there is none.

        Raises:
            OSError: if the visitor's folder cannot be made.
        """
        if not self.room_for(visitor):
            return None
        leaving = [place for place in self._places if place.leaving and place.visitor == visitor]
        place = VisitorPlace(visitor, self._root / visitor, self._least_used())
        self._places.append(place)
        try:
            for before in leaving:
                await before.left.wait()
            place.folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        except BaseException:
            self._places.remove(place)
            raise
        return place

    async def leave(self, place: VisitorPlace) -> None:
        """End the visitor's lab, then give the place to others."""
        place.leaving = True
        try:
            if place.lab is not None:
                await place.lab.stop()
        finally:
            self._places.remove(place)
            place.left.set()

    def owner_of(self, lab: object) -> str | None:
        """Whose lab it is."""
        return next((place.visitor for place in self._places if place.lab is lab), None)

    def _least_used(self) -> tuple[int, ...]:
        """The processors that the fewest labs compute on."""
        usable = usable_cpus()
        used = Counter(cpu for place in self._places for cpu in place.cpus)
        return tuple(sorted(usable, key=lambda cpu: (used[cpu], cpu))[: self._threads])


def usable_cpus() -> Sequence[int]:
    """The processors that this process may use."""
    if hasattr(os, "sched_getaffinity"):
        return sorted(os.sched_getaffinity(0))
    return range(os.cpu_count() or 1)
