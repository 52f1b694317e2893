"""A new run on another text that begins with the weights of a checkpoint (``--adapt``)."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from lyricterm.core.errors import CheckpointError
from lyricterm.core.i18n import _
from lyricterm.core.settings import SETTINGS, Recipe, Value
from lyricterm.training.resume import MakeTrainer, PreparedRun, ReadText, read_text

FIXED = ("cell", "hidden", "layers", "embedding")
"""Settings that shape the weights."""


def adapted(
    path: Path,
    values: Mapping[str, Value],
    recipe: Recipe,
    make: MakeTrainer | None = None,
    read: ReadText = read_text,
) -> PreparedRun:
    """A run of its own; ``recipe`` was a guess, ``make`` and ``read`` are as in ``fresh``.

    Raises:
        CheckpointError: if the settings shape other weights, or the texts share no character.
    """
    from lyricterm.engine import checkpoint
    from lyricterm.engine.adapt import adapt
    from lyricterm.engine.trainer import Trainer

    saved = checkpoint.load(path)
    wanted = saved.asked.with_values(values)
    for name in FIXED:
        if getattr(wanted, name) != getattr(saved.asked, name):
            sentence = _("{flag} cannot change with --adapt; leave it out, or train a new run.")
            raise CheckpointError(sentence.format(flag=SETTINGS[name].flag))
    trainer = (make or Trainer)(wanted, read(wanted))
    told = adapt(trainer, saved)
    sentence = _(
        "Characters whose weights are kept: {kept}; new ones, whose weights are drawn anew: {new}; not in this "
        "text: {gone}."
    )
    trainer.notices.append(sentence.format(kept=f"{told.kept:,}", new=f"{told.new:,}", gone=f"{told.gone:,}"))
    return PreparedRun(trainer)
