"""Which of several runs gets lowest: on held-out text if there is any, else on the training text."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field, replace
from itertools import combinations

from lyricterm.core.i18n import _, listed
from lyricterm.core.sentences import together
from lyricterm.exercises.base import Results
from lyricterm.exercises.group import (
    Comparison,
    Measure,
    RunGroup,
    SeedVerdict,
    compare_groups,
    corrected,
    grouped,
)
from lyricterm.exercises.measurements import RunResult
from lyricterm.exercises.verdict_text import how_sure, labels

_REVERSED = {SeedVerdict.LOWER: SeedVerdict.HIGHER}

RunPairs = dict[tuple[str, str], Comparison | None]
"""Comparisons by the names of the two runs, the first of which has the lower mean."""


@dataclass(frozen=True)
class Ranking:
    """The groups that learnt, the lowest first, and how each compares with each."""

    groups: tuple[RunGroup, ...]
    measure: Measure
    """Of each run, such as its best perplexity."""
    held: bool = False
    """It is one of held-out text."""
    left_out: tuple[RunGroup, ...] = ()
    """Those that did not learn with every seed."""
    pairs: RunPairs = field(default_factory=dict)
    """Held against levels that count all of them, as it is only the numbers that say which two are looked at."""

    @property
    def compared(self) -> Comparison | None:
        """The first with the second; None if fewer than two learnt."""
        return self.between(*self.groups[:2]) if len(self.groups) > 1 else None

    def between(self, first: RunGroup, second: RunGroup) -> Comparison | None:
        """Two of the groups, the first of which has the lower mean."""
        return self.pairs[first.run.name, second.run.name]

    def outcome(self, group: RunGroup, other: RunGroup) -> SeedVerdict | None:
        """How one of the groups compares with another, whichever of them is lower; None if it is not known."""
        if self.groups.index(group) < self.groups.index(other):
            compared = self.between(group, other)
            return None if compared is None else compared.outcome
        compared = self.between(other, group)
        return None if compared is None else _REVERSED.get(compared.outcome, compared.outcome)

    @property
    def alike(self) -> tuple[RunGroup, ...]:
        """Those that the first is not told apart from."""
        against = [(group, self.between(self.groups[0], group)) for group in self.groups[1:]]
        return tuple(group for group, each in against if each is not None and each.outcome is SeedVerdict.ALIKE)

    @property
    def lowest(self) -> str | None:
        """The name of the lowest run, if it can be told apart from the next."""
        clear = self.compared is not None and self.compared.outcome is SeedVerdict.LOWER and not self.alike
        return self.groups[0].run.name if clear else None

    @property
    def judged_on(self) -> str:
        """Which text the measure is of, for programs."""
        return "held-out text" if self.held else "training text"

    def told(self) -> str:
        """All groups, in a few sentences; only where two are compared."""
        if not self.left_out:
            return self._ranked()
        sentence = _("Not compared, as they did not learn with every seed: {runs}.")
        return together(self._ranked(), sentence.format(runs=labels(self.left_out)))

    def _ranked(self) -> str:
        assert self.compared is not None
        text = on_text(held=self.held)
        first, *others = self.groups
        words = {"text": text, "first": first.run.label, "low": first.told(self.measure)}
        if self.compared.outcome is SeedVerdict.ONE_SEED:
            sentence = _("{text} the best perplexity with this one seed is {low}, with {first}; then come {others}.")
            return sentence.format(others=self._listed(others), **words)
        if not self.alike:
            sentence = _("{text} the best perplexity is {low}, with {first}; then come {others}.")
            return sentence.format(others=self._listed(others), **words)
        higher = [group for group in others if group not in self.alike]
        sentence = _("{text} the best perplexity is {low}, with {first}, which cannot be told apart from {others}.")
        told = sentence.format(others=self._listed(self.alike), **words)
        more = _("Higher: {others}.").format(others=self._listed(higher)) if higher else ""
        return together(told, more)

    def _listed(self, groups: Iterable[RunGroup]) -> str:
        return listed(f"{group.run.label} {group.told(self.measure)}" for group in groups)

    def how_sure(self) -> str:
        """What the comparison of the first two rests on."""
        if self.compared is None:
            return ""
        first, second = self.groups[0].run.label, self.groups[1].run.label
        return how_sure(self.compared, _("{first} and {second}").format(first=first, second=second), len(self.pairs))


def _best_epoch(result: RunResult) -> list[int | None]:
    best = result.best_epoch
    return [None if best is None else best.epoch]


def converged(results: Results, best: Callable[[RunResult], list[int | None]] = _best_epoch) -> str:
    """Whether the budget was long enough: each run must have passed its best epoch on held-out text.

    Args:
        results: of all runs.
        best: of one run, its best epoch in each way of reading; None where nothing is held out.
    """
    ends = [(result, epoch) for result in results if result.learnt for epoch in best(result)]
    known = [epoch for _result, epoch in ends if epoch is not None]
    if not ends:
        return ""
    if len(known) < len(ends):
        return _("Nothing is held out, so the best perplexity is that of the training text.")
    late = dict.fromkeys(result.run.label for result, epoch in ends if epoch == result.epochs[-1].epoch)
    if len(late) > 1 and all(epoch == result.epochs[-1].epoch for result, epoch in ends):
        return _("No run had passed its best epoch on held-out text: with more epochs each may get lower.")
    if late:
        sentence = _(
            "Not all runs had passed their best epoch on held-out text: with more epochs {runs} may get lower."
        )
        return sentence.format(runs=listed(late))
    sentence = _(
        "The best epoch is judged on held-out text; every run went past its best epoch, the last of "
        "them at epoch {epoch}."
    )
    return sentence.format(epoch=max(known))


def best_on(groups: Sequence[RunGroup]) -> tuple[Measure, bool]:
    """The best perplexity by which these groups are compared, and whether it is that of held-out text.

    It is that of the training text unless all of their runs that learnt have scored held-out text.
    """
    learnt = [result for group in groups for result in group.results if result.learnt]
    held = bool(learnt) and not any(math.isnan(result.best_valid) for result in learnt)
    return (_best_valid if held else _best), held


def on_text(*, held: bool) -> str:
    """The beginning of a sentence on it."""
    return _("On held-out text") if held else _("On the training text (nothing is held out)")


def rank(results: Results) -> Ranking:
    """By the best perplexity of each run, over all seeds."""
    groups = grouped(results)
    learnt = [group for group in groups if group.learnt]
    measure, held = best_on(learnt)
    left_out = tuple(group for group in groups if not group.learnt)
    return replace(ranked_by(measure, learnt), held=held, left_out=left_out)


def ranked_by(measure: Measure, groups: Sequence[RunGroup]) -> Ranking:
    """These groups, all of which learnt, by their means of a measure."""
    ranked = tuple(sorted(groups, key=lambda group: group.mean(measure)))
    pairs = {(a.run.name, b.run.name): compare_groups(a, b, measure) for a, b in combinations(ranked, 2)}
    return Ranking(ranked, measure, pairs=corrected(pairs))


def _best(result: RunResult) -> float:
    return result.best


def _best_valid(result: RunResult) -> float:
    return result.best_valid
