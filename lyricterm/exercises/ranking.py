"""Which of several runs gets lowest: on held-out text if there is any, else on the training text."""

from __future__ import annotations

from dataclasses import dataclass

from lyricterm.core.i18n import _
from lyricterm.exercises.base import Results
from lyricterm.exercises.group import Comparison, Measure, RunGroup, SeedVerdict, compare_groups, grouped
from lyricterm.exercises.measurements import RunResult


@dataclass(frozen=True)
class Ranking:
    """The groups that learnt, the lowest first, and how the first compares with the second."""

    groups: tuple[RunGroup, ...]
    compared: Comparison | None
    """None if fewer than two learnt."""
    measure: Measure
    """Of each run: its best perplexity."""
    held: bool
    """On held-out text."""

    @property
    def lowest(self) -> str | None:
        """The name of the lowest run, if it can be told apart from the next."""
        clear = self.compared is not None and self.compared.outcome is SeedVerdict.LOWER
        return self.groups[0].run.name if clear else None

    def told(self) -> str:
        """In one sentence; only where two groups are compared."""
        assert self.compared is not None
        text = _("On held-out text") if self.held else _("On the training text (nothing is held out)")
        first, second = self.groups[0], self.groups[1]
        sentence = {
            SeedVerdict.LOWER: _("{text} {first} gets lowest, at best {low}; then comes {second} with {high}."),
            SeedVerdict.ONE_SEED: _(
                "{text} {first} got lowest with this one seed, at best {low}; {second} reached {high}."
            ),
        }.get(self.compared.outcome, _("{text} {first} ({low} at best) and {second} ({high}) cannot be told apart."))
        words = {"low": first.told(self.measure), "high": second.told(self.measure)}
        return sentence.format(text=text, first=first.run.label, second=second.run.label, **words)


def rank(results: Results) -> Ranking:
    """By the best perplexity of each run, over all seeds."""
    learnt = [group for group in grouped(results) if group.learnt]
    held = bool(learnt) and all(group.values(_best_valid) for group in learnt)
    measure: Measure = _best_valid if held else _best
    ranked = tuple(sorted(learnt, key=lambda group: group.mean(measure)))
    compared = compare_groups(ranked[0], ranked[1], measure) if len(ranked) > 1 else None
    return Ranking(ranked, compared, measure, held)


def _best(result: RunResult) -> float:
    return result.best


def _best_valid(result: RunResult) -> float:
    return result.best_valid
