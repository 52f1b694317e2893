"""Runs to keep, and what must hold of any run that was read."""

from __future__ import annotations

import math
from dataclasses import replace
from pathlib import Path
from typing import Any

from lyricterm.core.run_status import ON_DISK, RunStatus
from lyricterm.core.settings import Recipe
from lyricterm.storage.run_store import RunFolder, RunInfo, Store

NOON = 1_700_000_000.0


def info_of(folder: RunFolder, **changed: Any) -> RunInfo:
    """A run of three epochs in that folder."""
    info = RunInfo(
        id=folder.id,
        folder=folder.path,
        recipe=Recipe(),
        corpus="demo-zh",
        characters=20_000,
        vocabulary=1_312,
        fingerprint="ab" * 32,
        device="cpu",
        created=NOON,
        updated=NOON + 60,
        status=RunStatus.TRAINING,
        epoch=3,
        minibatch=2,
        perplexity=10.5,
        best=9.5,
        seconds=1.5,
    )
    return replace(info, **changed)


def kept(store: Store, number: int = 0, checkpoint: int | None = 100, **changed: Any) -> RunInfo:
    """A kept run, ``number`` minutes after the first, with a checkpoint of so many bytes."""
    now = NOON + 60 * number
    folder = store.create(now)
    folder.write(info_of(folder, **({"created": now, "updated": now} | changed)))
    if checkpoint is not None:
        folder.checkpoint_file.write_bytes(b"x" * checkpoint)
    return store.find(folder.id)


def folder_of(info: RunInfo) -> RunFolder:
    return RunFolder(info.folder)


def check_sane(info: RunInfo) -> None:
    """What the rest of the program may rely on, whatever ``run.json`` says."""
    Recipe(**{name: getattr(info.recipe, name) for name in vars(info.recipe)})
    assert info.status in ON_DISK
    for whole in (info.characters, info.vocabulary, info.epoch, info.minibatch, *(info.diverged or ())):
        assert type(whole) is int
        assert 0 <= whole <= 2**53
    for moment in (info.created, info.updated, info.seconds):
        assert type(moment) is float
        assert 0 <= moment <= 1e11
    for measured in (info.perplexity, info.best):
        assert type(measured) is float
        assert math.isnan(measured) or measured >= 0
    for text in (info.corpus, info.fingerprint, info.device):
        assert type(text) is str
    assert info.diverged is None or len(info.diverged) == 2


def parts(folder: Path) -> list[str]:
    """The temporary files below a folder."""
    return [path.name for path in folder.rglob(".*.part")]
