"""Kept runs with curves, for the comparison."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from lyricterm.core.run_status import RunStatus
from lyricterm.storage.atomic_write import append_lines
from lyricterm.storage.run_store import RunFolder, RunInfo, Store
from tests.storage.kept import kept


def shelved(store: Store, number: int, perplexities: Sequence[float], **changes: Any) -> RunInfo:
    """A finished run with these perplexities, half a second an epoch, and a sample."""
    told: dict[str, Any] = {
        "epoch": len(perplexities),
        "minibatch": 0,
        "perplexity": perplexities[-1],
        "best": min(perplexities),
        "status": RunStatus.FINISHED,
    }
    info = kept(store, number, **(told | changes))
    folder = RunFolder(info.folder)
    append_lines(folder.curve_file, [row(epoch, value) for epoch, value in enumerate(perplexities, 1)])
    sample = {"epoch": len(perplexities), "perplexity": perplexities[-1], "prefix": "分开", "text": f"我{number}"}
    append_lines(folder.samples_file, [sample])
    return info


def row(epoch: int, perplexity: float) -> dict[str, Any]:
    """A line of a curve."""
    return {
        "epoch": epoch,
        "perplexity": perplexity,
        "loss": 2.0,
        "seconds": 0.5,
        "chars_per_second": 40_000.0,
        "grad_norm": 1.0,
        "clipped": 0.5,
    }
