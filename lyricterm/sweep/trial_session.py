"""One run of a sweep on the machine that trains it: a session in a thread, held at each epoch where it is judged."""

from __future__ import annotations

import math
import os
import queue
import shutil
import tempfile
import threading
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

from lyricterm.core.commands import Quit
from lyricterm.core.errors import LyrictermError
from lyricterm.core.events import Diverged, EpochDone, Event, Failed, Finished, RunSaved
from lyricterm.core.log import logger
from lyricterm.core.run_status import RunStatus
from lyricterm.core.settings import Recipe
from lyricterm.storage.run_folder import RunFolder
from lyricterm.storage.run_store import Store
from lyricterm.sweep.mailbox import Post
from lyricterm.sweep.news import News
from lyricterm.sweep.packed_run import PackedRun, pack, unpack
from lyricterm.sweep.standing import standing
from lyricterm.training.resume import PreparedRun, fresh, from_run
from lyricterm.training.run_storage import RunStorage
from lyricterm.training.session import Session

if TYPE_CHECKING:
    from lyricterm.corpus.text import Corpus

TELL_EVERY = 1.0
"""Seconds between two news of a run."""
_UNBOUNDED = 2**60
"""Bytes: the folder goes with the run."""


@dataclass(frozen=True)
class Task:
    """What is to be trained, and how it is judged."""

    place: int
    choice: int
    """Runs that differ only in their seed have the same."""
    recipe: Recipe
    metric: str
    """A name of ``METRICS``."""
    rungs: tuple[int, ...]
    """Epochs after which it may be stopped; none where runs are never stopped early."""
    interval: float
    """Seconds between two saves, each of which is sent."""


@dataclass(frozen=True)
class Judged:
    """Where a run stands when it may be stopped, or is over."""

    epoch: int
    value: float
    """The best of its choice so far at a rung, its own at the end."""
    done: bool


class TrialSession:
    """Trains one run; ``to_next`` and ``end`` are called by whoever judges it, in another thread than the session's."""

    def __init__(self, task: Task, text: Corpus, post: Post) -> None:
        """Begin, or go on with what the mailbox has of the run."""
        self._task, self._post = task, post
        self._news = News(task.place, RunStatus.TRAINING, machine=os.uname().nodename)
        self._told = 0.0
        self._over: RunStatus | None = None
        self._session: Session | None = None
        self._may_go, self._ending = threading.Event(), threading.Event()
        self._judged: queue.Queue[Judged] = queue.Queue()
        self._root = Path(tempfile.mkdtemp(prefix="lyricterm-sweep-"))
        self._store = Store(self._root / "runs")
        self._thread = threading.Thread(target=self._run, args=(text,), name=f"run {task.place}", daemon=True)
        self._thread.start()

    def to_next(self) -> Judged:
        """Train until the run may be stopped, or is over."""
        self._may_go.set()
        return self._judged.get()

    def end(self) -> None:
        """End the run after the minibatch under way, if it is not over, and send it."""
        if self._over is None and not self._ending.is_set():
            self._over = RunStatus.INTERRUPTED if self._post.has_ended() else RunStatus.STOPPED
        self._leave()
        self._thread.join()
        shutil.rmtree(self._root, ignore_errors=True)

    def _leave(self) -> None:
        self._ending.set()
        self._may_go.set()
        if self._session is not None:
            self._session.send(Quit())

    # In the session's thread

    def _run(self, text: Corpus) -> None:
        try:
            if not self._post.put(self._news):
                self._train(text)
        except Exception as error:
            logger().exception("in a run of a sweep")
            sentence = str(error) if isinstance(error, LyrictermError) else f"{type(error).__name__}: {error}"
            self._over, self._news = RunStatus.FAILED, replace(self._news, sentence=sentence)
        finally:
            self._tell_end()

    def _train(self, text: Corpus) -> None:
        begun = self._post.latest(self._task.place)
        recipe: Recipe = self._task.recipe
        prepare: Callable[..., PreparedRun] = fresh
        if begun:
            recipe, prepare = self._begun(begun)
        self._session = Session(
            recipe,
            self._report,
            prepare=partial(prepare, read=lambda _recipe: text),
            stop_at_end=True,
            storage=RunStorage(self._store, self._task.interval, _UNBOUNDED),
        )
        if self._ending.is_set():
            self._session.send(Quit())
        self._session.run()

    def _begun(self, packed: PackedRun) -> tuple[Recipe, Callable[..., PreparedRun]]:
        folder = self._store.create(time.time())
        unpack(packed, folder)
        info = self._store.find(folder.id)
        self._news = standing(self._news, folder, self._task.metric)
        return from_run(info, {})

    def _report(self, event: Event) -> None:
        match event:
            case EpochDone():
                self._end_epoch(event)
            case Diverged():
                self._over = RunStatus.DIVERGED
                self._news = replace(self._news, value=math.inf)
            case Finished():
                self._over = RunStatus.FINISHED
            case Failed():
                self._over = RunStatus.FAILED
                self._news = replace(self._news, sentence=event.sentence)
            case RunSaved():
                self._tell(replace(self._news, run=self._packed()))
        if time.monotonic() - self._told >= TELL_EVERY:
            self._tell(self._news)

    def _end_epoch(self, event: EpochDone) -> None:
        value = getattr(event.metrics, self._task.metric)
        best = min((each for each in (self._news.best, value) if math.isfinite(each)), default=math.nan)
        self._news = replace(self._news, epoch=event.epoch, value=value, best=best)
        if event.epoch not in self._task.rungs:
            return
        self._may_go.clear()
        # Looked at after that: whoever ends the run lets it go after saying so.
        if not self._ending.is_set():
            together = self._post.judge(self._task.choice, event.epoch, value)
            self._judged.put(Judged(event.epoch, together, done=False))
            self._may_go.wait()

    def _tell(self, news: News) -> None:
        self._told = time.monotonic()
        if self._post.put(news) and not self._ending.is_set():
            self._over = self._over or RunStatus.INTERRUPTED
            self._leave()

    def _tell_end(self) -> None:
        news = replace(self._news, outcome=self._over or RunStatus.INTERRUPTED, run=self._packed())
        try:
            self._post.put(news)
        finally:
            self._judged.put(Judged(news.epoch, news.value, done=True))

    def _packed(self) -> PackedRun | None:
        folders = self._folders()
        return pack(folders[0]) if folders else None

    def _folders(self) -> Sequence[RunFolder]:
        """The one folder of the run; none before the first save."""
        return [RunFolder(info.folder) for info in self._store.runs()]
