"""How much each setting of a small grid changes a measure, and which of these changes can be told apart."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import combinations

from lyricterm.core.run_status import RunStatus
from lyricterm.exercises.group import Comparison, Measure, RunGroup, SeedVerdict, contrast, corrected


@dataclass(frozen=True)
class Effect:
    """Of one setting: the runs along it with the lowest and the highest mean."""

    low: RunGroup
    high: RunGroup
    measure: Measure

    @property
    def size(self) -> float:
        """The logarithm of the ratio of the two means."""
        return math.log(self.high.mean(self.measure)) - math.log(self.low.mean(self.measure))


def along(setting: str, groups: Sequence[RunGroup]) -> list[RunGroup]:
    """The groups in which a setting is varied, and that in which nothing is."""
    return [group for group in groups if not group.run.settings or group.run.settings[0][0] == setting]


def lost(group: RunGroup) -> bool:
    """A run of it came to its end, but did not learn."""
    ends = (RunStatus.FINISHED, RunStatus.DIVERGED)
    return any(result.status in ends and not result.learnt for result in group.results)


def effect_of(setting: str, groups: Sequence[RunGroup], measure: Measure) -> Effect | None:
    """The effect of a setting; None if fewer than two of its runs learnt."""
    learnt = sorted((each for each in along(setting, groups) if each.learnt), key=lambda each: each.mean(measure))
    return Effect(learnt[0], learnt[-1], measure) if len(learnt) > 1 else None


def most(effects: Mapping[str, Effect]) -> str | None:
    """The setting whose effect is told apart from that of every other as the largest; None if there is none."""
    ranked = sorted(effects, key=lambda name: effects[name].size, reverse=True)
    pairs = {(a, b): _compared(effects[a], effects[b]) for a, b in combinations(ranked, 2)}
    told = corrected(pairs)
    of_first = [told[ranked[0], name] for name in ranked[1:]]
    clear = bool(of_first) and all(each is not None and each.outcome is SeedVerdict.HIGHER for each in of_first)
    return ranked[0] if clear else None


def _compared(first: Effect, second: Effect) -> Comparison | None:
    """Whether one ratio of means is larger than another; a group that both have counts once, with its joint power."""
    groups = {group.run: group for group in (first.high, first.low, second.high, second.low)}
    powers = Counter([first.high.run, second.low.run])
    powers.subtract([first.low.run, second.high.run])
    terms = [(power, groups[run].values(first.measure)) for run, power in powers.items() if power]
    return contrast(terms) if terms else None
