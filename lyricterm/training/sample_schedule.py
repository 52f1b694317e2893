"""After which epochs lyrics are written."""

from __future__ import annotations

from collections.abc import Callable

EARLY = (1, 2, 5, 10, 20)
"""Epochs after which the lab writes lyrics, however long the period: there is something to read at once."""

SampleSchedule = Callable[[int, int, bool], bool]
"""Whether to write lyrics after an epoch (counted from 1), with a period, and whether the epoch is the run's last."""


def every_period(epoch: int, period: int, is_last: bool) -> bool:
    """As the chapter does."""
    return epoch % period == 0


def for_watching(epoch: int, period: int, is_last: bool) -> bool:
    """As the chapter does, and a few times before the first period is over, and after the last epoch."""
    return is_last or (epoch in EARLY and epoch < period) or epoch % period == 0
