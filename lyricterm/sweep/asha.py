"""When a hopeless run is stopped: asynchronous successive halving (ASHA, Li and others 2020), with a third going on."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from types import SimpleNamespace
from typing import Any

THIRD = 3
"""Of the runs that came so far, the best 1 / 3 go on."""
_RUNGS = 3
"""Times that a run may be stopped, about."""


def rungs(epochs: int) -> tuple[int, ...]:
    """The epochs after which a run may be stopped: of 200, after 7, 21, 63 and 189."""
    epoch, found = max(1, epochs // THIRD**_RUNGS), []
    while epoch < epochs:
        found.append(epoch)
        epoch *= THIRD
    return tuple(found)


def scheduler(epochs: int, before: Iterable[Mapping[int, float]]) -> Any:
    """Ray Tune's scheduler.

    Args:
        epochs: the most that a run has.
        before: of each run that was done before, the losses at the epochs where it was judged.
    """
    from ray.tune.schedulers import AsyncHyperBandScheduler

    asha = AsyncHyperBandScheduler(
        time_attr="epoch",
        metric="loss",
        mode="min",
        max_t=epochs,
        grace_period=max(1, epochs // THIRD**_RUNGS),
        reduction_factor=THIRD,
        stop_last_trials=False,
    )
    for number, losses in enumerate(before):
        trial: Any = SimpleNamespace(trial_id=f"before {number}")
        asha.on_trial_add(None, trial)
        for epoch, loss in sorted(losses.items()):
            asha.on_trial_result(None, trial, {"epoch": epoch, "loss": loss})
    return asha
