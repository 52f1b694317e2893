"""Keeps what the runs of a sweep send as ordinary runs on this machine's disk."""

from __future__ import annotations

import time
from collections.abc import Iterable
from dataclasses import replace

from lyricterm.core.errors import RunError
from lyricterm.core.log import logger
from lyricterm.core.run_status import RunStatus
from lyricterm.storage.lock import Lock
from lyricterm.storage.run_folder import RunFolder
from lyricterm.storage.run_reader import read_run
from lyricterm.sweep.news import OVER, News
from lyricterm.sweep.packed_run import PackedRun, pack, unpack
from lyricterm.sweep.record import Sweep
from lyricterm.sweep.standing import known_of
from lyricterm.training.run_storage import RunLocation, RunStorage

_WRITE_EVERY = 2.0
"""Seconds between two times that the sweep itself is written down, unless a run is over."""


class Receiver:
    """Takes news; what cannot be written waits, and is tried again with the next."""

    def __init__(self, sweep: Sweep, storage: RunStorage) -> None:
        self.sweep = sweep
        self.news: dict[int, News] = known_of(sweep, storage.store)
        """The newest of each run, without what was sent along."""
        self.trouble: OSError | None = None
        """Why something waits; None if nothing does."""
        self._storage = storage
        self._locations: dict[int, RunLocation] = {}
        self._waiting: dict[int, News] = {}
        self._written = 0.0

    def begun(self) -> dict[int, PackedRun]:
        """The runs that the sweep goes on with, which are ours from now on."""
        found = {}
        for place in self.sweep.to_do:
            folder = RunFolder(self._storage.store.root / self.sweep.runs[place])
            if not self.sweep.runs[place] or not folder.checkpoint_file.is_file():
                continue
            lock = Lock(folder.lock_file)
            if lock.acquire():
                self._locations[place] = RunLocation(folder, lock)
                found[place] = pack(folder)
        return found

    def take(self, all_news: Iterable[News]) -> None:
        """Keep what is new."""
        for news in all_news:
            self._waiting[news.place] = news.after(self._waiting.get(news.place))
            self.news[news.place] = replace(news, run=None)
        trouble = None
        for place, news in list(self._waiting.items()):
            try:
                self._keep(news)
                del self._waiting[place]
            except OSError as error:
                logger().warning("a run of the sweep cannot be kept: %r", error)
                trouble = error
        self.trouble = trouble

    def lose(self) -> None:
        """No more news come of the runs under way: their machines were lost."""
        outcomes = self.sweep.outcomes
        under_way = [news for place, news in self.news.items() if outcomes[place] not in OVER]
        self.take([replace(news, outcome=RunStatus.INTERRUPTED) for news in under_way])

    def close(self) -> None:
        """No more news come: give the runs up."""
        for place in tuple(self._locations):
            self._release(place)
        self.sweep.write()

    def _keep(self, news: News) -> None:
        before = self.sweep.outcomes[news.place], self.sweep.runs[news.place]
        if news.run is not None:
            self._write(news.place, news.run)
        run = self._locations[news.place].folder.id if news.place in self._locations else ""
        self.sweep = self.sweep.with_run(news.place, news.outcome, run)
        if news.outcome in OVER:
            self._release(news.place)
            self._storage.store.prune(self._storage.budget)
        if before != (news.outcome, run) and (news.outcome in OVER or time.monotonic() - self._written > _WRITE_EVERY):
            self._written = time.monotonic()
            self.sweep.write()

    def _write(self, place: int, packed: PackedRun) -> None:
        if place not in self._locations:
            folder = self._storage.store.create(time.time())
            self._locations[place] = RunLocation(folder, Lock(folder.lock_file))
        location = self._locations[place]
        location.folder.path.mkdir(parents=True, exist_ok=True)
        location.lock.acquire()
        unpack(packed, location.folder)
        try:
            location.folder.write(replace(read_run(location.folder), sweep=self.sweep.id))
        except RunError:
            logger().exception("a run of the sweep came damaged")

    def _release(self, place: int) -> None:
        location = self._locations.pop(place, None)
        if location is not None:
            location.lock.release()
