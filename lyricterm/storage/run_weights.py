"""Which of a run's two checkpoints to read: where it stood last, or its best epoch."""

from __future__ import annotations

from pathlib import Path

from lyricterm.core.errors import RunError
from lyricterm.core.i18n import _
from lyricterm.storage.run_info import RunInfo
from lyricterm.storage.run_store import RunFolder


def weights_of(info: RunInfo, *, best: bool) -> Path | None:
    """The checkpoint with the run's last weights, or with those of its best epoch; None if it is gone.

    Raises:
        RunError: if the best epoch is behind and its weights were not kept.
    """
    if not best:
        return info.checkpoint
    file = RunFolder(info.folder).best_file
    is_worse = info.perplexity > info.best
    if file.is_file() and (is_worse or info.minibatch > 0):
        return file
    if is_worse:
        sentence = _("The weights of the best epoch of run {name} are not kept; leave --best out to take its last.")
        raise RunError(sentence.format(name=info.id))
    return info.checkpoint


def one_set_of_weights() -> str:
    """A sentence on why ``--best`` goes with runs only."""
    return _("A checkpoint file has one set of weights; leave --best out, or name a run.")
