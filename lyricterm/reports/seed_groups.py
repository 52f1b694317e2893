"""Runs that differ only in their seed, and what they show together."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace

from lyricterm.core.number_format import spread
from lyricterm.core.run_status import RunStatus
from lyricterm.reports.describe import same_but_the_seed, variant
from lyricterm.storage.run_info import RunInfo


@dataclass(frozen=True)
class SeedGroup:
    """At least one run; the first is the newest."""

    runs: tuple[RunInfo, ...]

    @property
    def epoch(self) -> int:
        """Epochs done by those that came furthest."""
        return max(info.epoch for info in self.runs)

    @property
    def furthest(self) -> tuple[RunInfo, ...]:
        """The runs that are summed up: those that came furthest, and those that diverged on the way."""
        return tuple(info for info in self.runs if info.epoch == self.epoch or info.status is RunStatus.DIVERGED)

    @property
    def perplexity(self) -> str:
        """The mean of the latest epoch and its range."""
        return spread(info.perplexity for info in self.furthest)

    @property
    def best(self) -> str:
        """The mean of the best epoch and its range."""
        return spread(info.best for info in self.furthest)

    @property
    def variant(self) -> str:
        """What was tried, in words, without a seed."""
        first = self.runs[0]
        return variant(replace(first, recipe=first.recipe.with_values({"seed": 0})))


def by_settings(infos: Iterable[RunInfo]) -> list[SeedGroup]:
    """The runs by their settings, in the order in which these come first."""
    found: dict[object, list[RunInfo]] = {}
    for info in infos:
        found.setdefault(same_but_the_seed(info), []).append(info)
    return [SeedGroup(tuple(runs)) for runs in found.values()]
