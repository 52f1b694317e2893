"""Between the runs of a sweep, wherever they train, and whoever began it: an object that Ray keeps on one machine."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Protocol

from lyricterm.sweep.news import OVER, News
from lyricterm.sweep.packed_run import PackedRun


class Mailbox:
    """Keeps the newest news of each run until they are taken, and of runs under way the newest state to go on from."""

    def __init__(
        self, begun: Mapping[int, PackedRun] | None = None, judged: Mapping[tuple[int, int], float] | None = None
    ) -> None:
        """Set up.

        Args:
            begun: runs that are to go on, by their places.
            judged: what is known of runs that were done before, as ``judge`` has it.
        """
        self._latest: dict[int, PackedRun] = dict(begun or {})
        self._judged: dict[tuple[int, int], float] = dict(judged or {})
        self._untaken: dict[int, News] = {}
        self._over: set[int] = set()
        self._ended = False

    def put(self, news: News) -> bool:
        """Take news; True if the run is to end, since the sweep does, or it is over already."""
        if news.place in self._over:
            # Its machine was lost after its last news, and Ray began it again.
            return True
        self._untaken[news.place] = news.after(self._untaken.get(news.place))
        if news.outcome in OVER:
            self._over.add(news.place)
            self._latest.pop(news.place, None)
        elif news.run is not None:
            self._latest[news.place] = news.run
        return self._ended

    def latest(self, place: int) -> PackedRun | None:
        """What a run goes on from: it has been lost with its machine, or the sweep before was ended."""
        return self._latest.get(place)

    def judge(self, choice: int, epoch: int, value: float) -> float:
        """The lowest value after an epoch of all seeds of one choice of settings, of which this is one.

        A seed is not hopeless while another one of its choice did well.
        """
        best = min(value, self._judged.get((choice, epoch), value))
        if not math.isnan(best):
            self._judged[choice, epoch] = best
        return best

    def take(self) -> list[News]:
        """The news since the last time."""
        taken, self._untaken = list(self._untaken.values()), {}
        return taken

    def end(self) -> None:
        """Every run is to end."""
        self._ended = True

    def has_ended(self) -> bool:
        """Whether every run is to end."""
        return self._ended


class Post(Protocol):
    """The mailbox, as a run sees it."""

    def put(self, news: News) -> bool:
        """See ``Mailbox``."""

    def latest(self, place: int) -> PackedRun | None:
        """See ``Mailbox``."""

    def has_ended(self) -> bool:
        """See ``Mailbox``."""

    def judge(self, choice: int, epoch: int, value: float) -> float:
        """See ``Mailbox``."""
