"""How many CPU threads train fastest here and now: measured, not assumed.

On idle cores more threads win; beside another busy program they wait for each other and lose. Where the losses
are the same whatever the count, it may change at any minibatch; where they are not, it is fixed for the run.
"""

from __future__ import annotations

import os
import statistics
from collections import deque
from collections.abc import Sequence

import torch

_TRIAL = 4
"""Minibatches a trial of one count takes; the first is not counted."""
_LONG = 1.0
"""Seconds after which a trial ends before that, once one minibatch counts."""
_WINDOW = 9
_CHANGED = 4 / 3
"""A speed that differs by this factor from what was measured is worth another look."""
_REST = 2.0
"""Seconds of training after a look before a changed speed is believed."""
_WORTH_SHARING = 2e7
"""Multiplications a minibatch from which all cores are used where the number of threads must not change."""
_ROUTINE = 15.0
"""Seconds of training after which to look again in any case: one thread does not feel that a core fell idle."""


def sensible_counts() -> tuple[int, ...]:
    """One thread, powers of two below the number of usable cores, and all of them."""
    cores = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
    powers = [2**i for i in range(cores.bit_length()) if 2**i < cores]
    return (*powers, cores)


def fixed_count(multiplications: float) -> int:
    """The number of threads where it must not change: without a measurement, so that equal runs have the same."""
    return sensible_counts()[-1 if multiplications > _WORTH_SHARING else 0]


def use_threads(count: int) -> None:
    """Compute with this many CPU threads from now on."""
    if torch.get_num_threads() != count:
        torch.set_num_threads(count)


class Tuner:
    """Is told how long each minibatch took and says with how many threads to train the next."""

    def __init__(self, counts: Sequence[int]) -> None:
        self._counts = tuple(counts)
        self.fixed: int | None = None
        """The number of threads that may not change any more."""
        self._recent: deque[float] = deque(maxlen=_WINDOW)
        self.look_again()

    def look_again(self) -> None:
        """Measure all counts anew, from the next minibatch on, if the number is not fixed."""
        if self.fixed is not None:
            return
        self._medians: dict[int, float] = {}
        self._trial: list[float] = []
        self._rested = 0.0
        self.threads = self._counts[-1]

    @property
    def is_trying(self) -> bool:
        """Not every count has been measured yet."""
        return self.fixed is None and len(self._medians) < len(self._counts)

    def fix(self, threads: int) -> None:
        """Use this many from now on."""
        self.fixed = self.threads = threads

    def observe(self, seconds: float) -> None:
        """One minibatch took this long with ``threads``."""
        if self.fixed is not None:
            return
        if self.is_trying:
            self._try(seconds)
        else:
            self._watch(seconds)

    def _try(self, seconds: float) -> None:
        self._trial.append(seconds)
        is_long = len(self._trial) > 1 and sum(self._trial) > _LONG
        if len(self._trial) < _TRIAL and not is_long:
            return
        self._medians[self.threads] = statistics.median(self._trial[1:])
        self._trial = []
        untried = [count for count in self._counts if count not in self._medians]
        if untried:
            self.threads = untried[-1]
        else:
            self.threads = min(self._medians, key=lambda count: self._medians[count])
            self._recent.clear()

    def _watch(self, seconds: float) -> None:
        self._recent.append(seconds)
        self._rested += seconds
        if len(self._recent) < _WINDOW or self._rested < _REST:
            return
        ratio = statistics.median(self._recent) / self._medians[self.threads]
        if self._rested > _ROUTINE or not 1 / _CHANGED < ratio < _CHANGED:
            self.look_again()
