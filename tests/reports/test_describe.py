"""Runs in words."""

from __future__ import annotations

import math
from pathlib import Path
from typing import Any

from lyricterm.core.run_status import RunStatus
from lyricterm.core.settings import Recipe
from lyricterm.reports.describe import without_curve
from lyricterm.storage.run_store import Store
from tests.storage.kept import kept


def test_a_run_that_diverged_in_its_first_epoch_says_where_and_what_to_do(tmp_path: Path) -> None:
    store, unclipped = Store(tmp_path), Recipe(clipping=False)
    gone: dict[str, Any] = {"status": RunStatus.DIVERGED, "epoch": 0, "perplexity": math.inf, "diverged": (1, 7)}
    first = kept(store, 0, recipe=unclipped, **gone)
    second = kept(store, 1, **gone)
    third = kept(store, 2, epoch=0)
    assert without_curve([third]) == "No epoch is done yet."
    where = "diverged in epoch 1, minibatch 7: no epoch is done, so it has no curve."
    advice = "Switch clipping on, or lower the learning rate."
    assert without_curve([first, third]) == f"{first.spoken} {where} {advice}"
    advice = "Lower theta or the learning rate."
    assert without_curve([second]) == f"{second.spoken} {where} {advice}"
    assert without_curve([first, second]).startswith("2 runs diverged before an epoch was done")
