"""Lines that were there before, known by 8 bytes each."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import numpy as np

MOST = 1 << 25
"""Different lines that are remembered: 268 MB. One that comes later counts as new each time."""


class SeenLines:
    """Sorted arrays of hashes, each at least twice as long as the next, so that few have to be searched."""

    def __init__(self) -> None:
        self._runs: list[np.ndarray] = []

    def are_new(self, lines: Sequence[str]) -> list[bool]:
        """Which of these lines come for the first time; they are remembered."""
        import numpy as np  # here, so that only who leaves lines out waits for it

        hashes = np.fromiter(map(hash, lines), np.int64, len(lines))
        found, first, places = np.unique(hashes, return_index=True, return_inverse=True)
        unknown = np.ones(len(found), dtype=bool)
        for run in self._runs:
            at = np.searchsorted(run, found)
            unknown &= run[np.minimum(at, len(run) - 1)] != found
        self._remember(found[unknown])
        new: list[bool] = (unknown[places] & (first[places] == np.arange(len(lines)))).tolist()
        return new

    def _remember(self, hashes: np.ndarray) -> None:
        import numpy as np

        room = MOST - sum(map(len, self._runs))
        if not len(hashes[:room]) or room <= 0:
            return
        self._runs.append(hashes[:room])
        while len(self._runs) > 1 and 2 * len(self._runs[-1]) > len(self._runs[-2]):
            last, before = self._runs.pop(), self._runs.pop()
            self._runs.append(np.sort(np.concatenate((before, last)), kind="stable"))
