"""A sweep in lines: one for each choice of settings, with what its seeds show together."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass

from lyricterm.core.mean import geometric_mean
from lyricterm.core.run_data import Values
from lyricterm.core.run_status import RunStatus
from lyricterm.sweep.news import News
from lyricterm.sweep.record import Sweep


@dataclass(frozen=True)
class ChoiceSummary:
    """One choice of settings."""

    values: Values
    outcomes: tuple[RunStatus, ...]
    """Of its seeds."""
    epoch: int
    """Epochs done by the seeds that came furthest."""
    latest: tuple[float, ...]
    """Their metric, of the latest epoch."""
    best: tuple[float, ...]
    """Their metric, of the best epoch; infinite where the run diverged."""

    @property
    def counts(self) -> Counter[RunStatus]:
        """How many seeds stand how."""
        return Counter(self.outcomes)

    @property
    def order(self) -> tuple[bool, float]:
        """The best first; what nothing is known of last."""
        mean = geometric_mean([value for value in self.best if not math.isnan(value)])
        return math.isnan(mean), mean


def lines_of(sweep: Sweep, known: Mapping[int, News]) -> list[ChoiceSummary]:
    """All choices, the best first; ``known`` has how each run stands, by its place."""
    places: dict[Values, list[int]] = {}
    for place, planned in enumerate(sweep.planned):
        places.setdefault(planned.values, []).append(place)
    lines = [_line(sweep, values, group, known) for values, group in places.items()]
    return sorted(lines, key=lambda line: line.order)


def _line(sweep: Sweep, values: Values, places: list[int], known: Mapping[int, News]) -> ChoiceSummary:
    begun = [known[place] for place in places if place in known]
    epoch = max((news.epoch for news in begun), default=0)
    # One that diverged says as much as one that came to its end.
    furthest = [news for news in begun if news.epoch == epoch > 0 or news.outcome is RunStatus.DIVERGED]
    return ChoiceSummary(
        values,
        tuple(sweep.outcomes[place] for place in places),
        epoch,
        tuple(news.value for news in furthest),
        tuple(math.inf if news.outcome is RunStatus.DIVERGED else news.best for news in furthest),
    )
