"""Where a run comes from: a recipe, a checkpoint file, or a run that was kept on disk."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

from lyricterm.core.copied import Searchable
from lyricterm.core.errors import LyrictermError, ResumedSettingError, RunError, UsageError
from lyricterm.core.i18n import _
from lyricterm.core.metrics import EpochMetrics
from lyricterm.core.pasted_path import pasted, path_of
from lyricterm.core.run_status import RunStatus
from lyricterm.core.sanitize import one_line
from lyricterm.core.settings import SETTINGS, Applies, Recipe, Value
from lyricterm.storage.lock import Lock, holder
from lyricterm.storage.run_log import read_curve
from lyricterm.storage.run_source import is_below, named_run
from lyricterm.storage.run_store import RunFolder, RunInfo, Store
from lyricterm.storage.run_weights import one_set_of_weights, weights_of
from lyricterm.storage.shared_runs import is_shared
from lyricterm.training.run_metrics import RunMetrics
from lyricterm.training.run_storage import RunLocation

if TYPE_CHECKING:
    from lyricterm.corpus.load import LoadReport
    from lyricterm.corpus.text import Corpus
    from lyricterm.engine.checkpoint import Checkpoint
    from lyricterm.engine.trainer import Trainer

LAST = "last"
WORTH_RESUMING = 30.0
"""Seconds of training after which a run is worth going on with, even in its first epoch."""
_FREE_WHEN_RESUMED = ("corpus", "encoding", "column", "device", "engine")
"""Settings of a new run that a resumed run may change all the same: where the text is read and how it is computed."""


@dataclass(frozen=True)
class PreparedRun:
    """A run that is ready to train."""

    trainer: Trainer
    metrics: RunMetrics = field(default_factory=RunMetrics)
    location: RunLocation | None = None
    """Its folder, if it has one already."""
    diverged: tuple[int, int] | None = None
    """The epoch and minibatch, counted from 1, where it diverged, if it stands there."""


Prepare = Callable[[Recipe], PreparedRun]
MakeTrainer = Callable[..., "Trainer"]
"""As ``Trainer`` itself is called."""
ReadText = Callable[[Recipe], "Corpus"]


def read_text(recipe: Recipe, report: LoadReport | None = None) -> Corpus:
    """The text that a run learns, with what follows it if that is held out.

    Args:
        recipe: names the text.
        report: is told how far the reading is; see ``load``.

    Raises:
        CorpusError: if there is none.
    """
    from lyricterm.corpus.load import load
    from lyricterm.engine.split import beyond

    return load(recipe, beyond(recipe), report)


def training_text(saved: Checkpoint) -> Searchable | None:
    """The text that a checkpoint's model was trained on; None where it is not here any more, or has changed."""
    from lyricterm.engine.split import split

    try:
        training, _held_out = split(read_text(saved.recipe), saved.recipe.valid)
    except LyrictermError:
        return None
    return training.text if training.fingerprint == saved.fingerprint else None


def fresh(recipe: Recipe, make: MakeTrainer | None = None, read: ReadText = read_text) -> PreparedRun:
    """A new run; ``make`` makes its trainer, and ``read`` gives its text, if they are to be others than usual."""
    from lyricterm.engine.split import check_scored
    from lyricterm.engine.trainer import Trainer

    text = read(recipe)
    trainer = (make or Trainer)(recipe, text)
    check_scored(text, recipe, trainer.validation.text)
    return PreparedRun(trainer)


def reopen(source: str, store: Store, values: Mapping[str, Value], *, best: bool = False) -> tuple[Recipe, Prepare]:
    """What ``--resume`` names: a checkpoint file, a kept run, a run's folder, or ``last``.

    Args:
        values: settings to change.
        best: go on from the run's best epoch, not from where it stood last.

    Returns:
        The recipe as far as it is known without reading the checkpoint, and what reads and prepares it. A kept run
        is locked from now on; one whose folder lies elsewhere goes on as a new run.

    Raises:
        RunError: if there is no such run, or another program has it.
        UsageError: if ``source`` is empty, or ``best`` is asked of a file.
    """
    source = pasted(source)
    if not source.strip():
        raise UsageError(_("Say what to go on with: a checkpoint file, a run that lyricterm runs lists, or last."))
    info = _kept_run(source, store)
    if info is not None:
        return from_run(info, values, best=best, in_place=is_below(info.folder, store))
    if best:
        raise UsageError(one_set_of_weights())
    return Recipe(), partial(from_file, path_of(source), None, values, None)


def from_run(
    info: RunInfo, values: Mapping[str, Value], *, best: bool = False, in_place: bool = True
) -> tuple[Recipe, Prepare]:
    """Go on with a kept run, in its own folder or in a new run; see ``reopen``."""
    checkpoint = weights_of(info, best=best)
    if checkpoint is None:
        sentence = _("The run {name} has no checkpoint any more; its curves and samples are in {path}.")
        raise RunError(sentence.format(name=info.id, path=one_line(str(info.folder))))
    # What is shared is only read: a run of one's own goes on from its checkpoint.
    ours = in_place and not is_shared(info)
    location = replace(take(RunFolder(info.folder)), created=info.created) if ours else None
    stands_diverged = info.status is RunStatus.DIVERGED and checkpoint == info.checkpoint
    diverged = info.diverged if stands_diverged else None
    return info.recipe, partial(from_file, checkpoint, location, values, diverged)


def source_of(prepare: Prepare) -> tuple[Path, Mapping[str, Value]] | None:
    """The checkpoint that a run goes on from, and the settings to change; None for a new run."""
    if not isinstance(prepare, partial) or prepare.func is not from_file:
        return None
    return prepare.args[0], prepare.args[2]


def take(folder: RunFolder) -> RunLocation:
    """Make a kept run ours.

    Raises:
        RunError: if another program has it, or its folder cannot be opened.
    """
    location = RunLocation(folder, Lock(folder.lock_file))
    try:
        if location.lock.acquire():
            return location
    except OSError as error:
        sentence = _("The run {name} cannot be opened: {reason}.")
        raise RunError(sentence.format(name=folder.path.name, reason=error.strerror or error)) from error
    sentence = _("The run {name} is in use by another lyricterm (process {pid}); close it there first.")
    raise RunError(sentence.format(name=folder.path.name, pid=holder(folder.lock_file) or "?"))


def worth_resuming(info: RunInfo) -> bool:
    """Whether to offer to go on with a run on disk."""
    trained = info.epoch > 0 or info.seconds > WORTH_RESUMING
    own = not (is_shared(info) or info.sweep or info.exercise)
    return own and info.unfinished and info.status is not RunStatus.DIVERGED and trained


def _kept_run(source: str, store: Store) -> RunInfo | None:
    if source == LAST:
        return store.last_unfinished() or store.find(LAST)
    named = named_run(source, store)
    if named is not None:
        return named
    path = path_of(source)
    return next((info for info in store.runs() if info.checkpoint and _same(info.checkpoint, path)), None)


def _same(ours: Path, theirs: Path) -> bool:
    try:
        return ours.samefile(theirs)
    except OSError:
        return False


def from_file(
    path: Path,
    location: RunLocation | None,
    values: Mapping[str, Value],
    diverged: tuple[int, int] | None,
    recipe: Recipe,
    make: MakeTrainer | None = None,
    read: ReadText = read_text,
) -> PreparedRun:
    """The run of a checkpoint; ``recipe`` was a guess, ``make`` and ``read`` are as in ``fresh``."""
    from lyricterm.engine import checkpoint, snapshot

    try:
        saved = checkpoint.load(path)
        wanted = _wanted(saved, values)
        trainer = snapshot.resume(saved, wanted, read(wanted), make)
    except BaseException:
        if location is not None:
            location.lock.release()
        raise
    metrics = RunMetrics.from_dict(saved.record)
    if location is not None and not metrics.held_out.series().points:
        metrics.recall(_epochs(location), saved.epoch)
    return PreparedRun(trainer, metrics, location, diverged)


def _epochs(location: RunLocation) -> tuple[EpochMetrics, ...]:
    try:
        return read_curve(location.folder.curve_file).epochs
    except OSError:
        return ()


def _wanted(saved: Checkpoint, values: Mapping[str, Value]) -> Recipe:
    wanted = saved.asked.with_values(values)
    for name in values:
        changed = getattr(saved.asked, name) != getattr(wanted, name)
        if changed and SETTINGS[name].applies is Applies.NEW_RUN and name not in _FREE_WHEN_RESUMED:
            sentence = _("{flag} cannot change when a run is resumed; leave it out, or train a new run.")
            raise ResumedSettingError(sentence.format(flag=SETTINGS[name].flag))
    return wanted
