"""Which checkpoint a command reads: a file, a kept run, or the newest run that has one."""

from __future__ import annotations

from pathlib import Path

from lyricterm.core.errors import RunError, UsageError
from lyricterm.core.i18n import _
from lyricterm.core.pasted_path import pasted, path_of
from lyricterm.storage.run_source import named_run
from lyricterm.storage.run_store import LAST, Store
from lyricterm.storage.run_weights import one_set_of_weights, weights_of


def checkpoint_of(source: str | None, store: Store, *, best: bool = False) -> Path:
    """The file; ``source`` is its path, a run's folder, a run's name, or ``last``; None is the newest run.

    ``best``: of a run, the weights of its best epoch.

    Raises:
        RunError: if there is no such run, or it has no checkpoint.
        UsageError: if ``source`` is empty, or ``best`` is asked of a file.
    """
    if source is None:
        return _newest(store, best)
    source = pasted(source)
    if not source.strip():
        raise UsageError(_("Say whose weights to take: a checkpoint file, a run that lyricterm runs lists, or last."))
    info = store.find(source) if source == LAST else named_run(source, store)
    if info is None:
        if best:
            raise UsageError(one_set_of_weights())
        return path_of(source)
    checkpoint = weights_of(info, best=best)
    if checkpoint is None:
        raise RunError(_("The run {name} has no checkpoint any more.").format(name=info.id))
    return checkpoint


def _newest(store: Store, best: bool) -> Path:
    newest = next((info for info in store.newest_first() if info.checkpoint is not None), None)
    if newest is None and (trouble := store.trouble()):
        raise RunError(trouble)
    found = None if newest is None else weights_of(newest, best=best)
    if found is None:
        raise RunError(_("There is no run yet; train one with lyricterm train, or name a file with --checkpoint."))
    return found
