"""A run that another program trains, as its folder shows it: only read, and read again where a file has changed."""

from __future__ import annotations

import shutil
import tempfile
import time
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING

from lyricterm.core.copied import MOST_SEARCHED, Searchable
from lyricterm.core.errors import LyrictermError, RunError
from lyricterm.core.i18n import _
from lyricterm.core.pasted_path import path_of
from lyricterm.core.run_data import Sample
from lyricterm.core.run_status import RunStatus
from lyricterm.core.sanitize import one_line
from lyricterm.storage.run_log import Curve, read_curve, read_samples
from lyricterm.storage.run_store import LAST, RunFolder, RunInfo, Store

if TYPE_CHECKING:
    from lyricterm.engine.checkpoint import Checkpoint
    from lyricterm.engine.generation import Generator
    from lyricterm.engine.trainer import Trainer

STALE = 60.0
"""Seconds without anything new after which whoever trains the run may have gone."""


def find_run(source: str, store: Store) -> tuple[Store, RunInfo]:
    """What ``watch`` names: a run's folder, a folder of runs, or a run of ``store``.

    Raises:
        RunError: if there is none, or it cannot be read.
    """
    if not source.strip():
        return store, store.find(source)
    path = path_of(source)
    if (path / "run.json").is_file():
        whole = path.resolve()
        store = Store(whole.parent)
        return store, store.find(whole.name)
    if path.is_dir():
        store = Store(path.resolve())
        if next(store.newest_first(), None) is None:
            raise RunError(_("There is no run in {path}.").format(path=one_line(str(path))))
        return store, store.find(LAST)
    return store, store.find(source)


@dataclass(frozen=True)
class WatchedModel:
    """The model of the latest checkpoint."""

    saved: Checkpoint

    @cached_property
    def generator(self) -> Generator:
        """What completes with it, on the CPU."""
        from lyricterm.engine import snapshot

        return snapshot.writer(self.saved)

    @cached_property
    def trainer(self) -> Trainer:
        """A trainer to look into, made when it is first wanted; it is never told to train.

        Raises:
            LyrictermError: if the text is not on this machine, or there is no room.
        """
        from lyricterm.corpus.load import load
        from lyricterm.engine import snapshot

        recipe = replace(self.saved.asked, device="cpu")
        return snapshot.resume(self.saved, recipe, load(recipe))


@dataclass(frozen=True)
class Glance:
    """What the folder showed at one look."""

    info: RunInfo
    curve: Curve = field(default_factory=Curve)
    samples: tuple[Sample, ...] = ()
    model: WatchedModel | None = None
    age: float = 0.0
    """Seconds since anything in the folder changed."""

    @property
    def status(self) -> RunStatus:
        """As far as can be told: over a network, a lock may not be seen, but what is written is."""
        if self.info.status is RunStatus.INTERRUPTED and self._may_be_trained and self.age < STALE:
            return RunStatus.TRAINING
        return self.info.status

    @property
    def is_stale(self) -> bool:
        """It is said to be trained, but nothing comes."""
        return self._may_be_trained and self.age >= STALE

    @property
    def _may_be_trained(self) -> bool:
        return self.info.status_on_disk is RunStatus.TRAINING and not self.info.trainer_is_gone


class WatchedRun:
    """Looks at one run's folder again and again."""

    def __init__(self, store: Store, info: RunInfo, clock: Callable[[], float] = time.time) -> None:
        self._store, self._id, self._clock = store, info.id, clock
        self._stamps: dict[Path, object] = {}
        self._changed = 0.0
        self._glance = Glance(info)
        self.trouble = ""
        """Why the latest checkpoint cannot be read; empty if it can."""
        self._text: tuple[str, Searchable] = ("", "")
        """The fingerprint of a training text, and the text, once it was read; empty where it is not here."""

    def look(self) -> Glance:
        """The run as it stands now.

        Raises:
            RunError: if it is gone, or cannot be read.
        """
        before = self._glance
        info = self._store.find(self._id)
        folder = RunFolder(info.folder)
        changes = {path for path in folder.known_files if self._has_changed(path)}
        self._changed = max(self._changed, *(_modified(path) for path in changes), 0.0)
        self._glance = replace(
            before,
            info=info,
            curve=read_curve(folder.curve_file) if folder.curve_file in changes else before.curve,
            samples=tuple(read_samples(folder.samples_file)) if folder.samples_file in changes else before.samples,
            model=self._model(info) if folder.checkpoint_file in changes else before.model,
            age=max(0.0, self._clock() - self._changed),
        )
        return self._glance

    def training_text(self) -> Searchable:
        """The text of the latest checkpoint, to search in; empty if it is not on this machine as it was, or too long.

        It is read once.
        """
        model = self._glance.model
        if model is None or self._glance.info.characters > MOST_SEARCHED:
            return ""
        if self._text[0] != model.saved.fingerprint:
            self._text = (model.saved.fingerprint, _text_of(model.saved))
        return self._text[1]

    def _has_changed(self, path: Path) -> bool:
        try:
            status = path.stat()
            stamp: object = (status.st_mtime_ns, status.st_size, status.st_ino)
        except OSError:
            stamp = None
        changed = self._stamps.get(path) != stamp
        first = path not in self._stamps
        self._stamps[path] = stamp
        if changed and not first:
            # By this machine's clock: the other's may be wrong.
            self._changed = self._clock()
        return changed

    def _model(self, info: RunInfo) -> WatchedModel | None:
        """The latest checkpoint's; the one before if it cannot be read, None if there is none."""
        from lyricterm.engine import checkpoint

        self.trouble = ""
        if info.checkpoint is None:
            return None
        with tempfile.TemporaryDirectory(prefix="lyricterm-") as folder:
            # A copy: a file over the network that goes away while it is mapped into memory would end the process.
            copy = Path(folder) / info.checkpoint.name
            try:
                shutil.copyfile(info.checkpoint, copy)
                return WatchedModel(checkpoint.load(copy))
            except LyrictermError as error:
                self.trouble = str(error).replace(str(copy), one_line(str(info.checkpoint)))
            except OSError as error:
                sentence = _("{path} cannot be read: {reason}.")
                self.trouble = sentence.format(path=one_line(str(info.checkpoint)), reason=error.strerror or error)
        return self._glance.model


def _text_of(saved: Checkpoint) -> Searchable:
    from lyricterm.corpus.load import load
    from lyricterm.engine.split import split

    try:
        corpus, _held_out = split(load(saved.recipe), saved.recipe.valid)
    except LyrictermError:
        return ""
    return corpus.text if corpus.fingerprint == saved.fingerprint else ""


def _modified(path: Path) -> float:
    try:
        return path.stat().st_mtime
    except OSError:
        return 0.0
