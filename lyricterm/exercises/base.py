"""What an exercise is: runs that differ in a few settings, and a judge that turns what they measured into a verdict."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field

from lyricterm.core.settings import Recipe
from lyricterm.exercises.measurements import RunResult
from lyricterm.exercises.run import ExerciseRun
from lyricterm.plotting.chart import Chart
from lyricterm.reports.table import Table
from lyricterm.training.examinations import Examination

BETWEEN = "  |  "
"""Between equations of which each has a line of its own where there are lines."""

Finding = str | int | float | bool | None


@dataclass(frozen=True)
class Verdict:
    """What the numbers say, in the language that was in use."""

    conclusion: str
    """One sentence."""
    told: tuple[str, ...]
    """A sentence on each run."""
    why: tuple[str, str]
    """Two sentences."""
    equation: str
    tables: tuple[Table, ...] = ()
    findings: Mapping[str, Finding] = field(default_factory=dict)
    """What the conclusion was chosen by, for programs."""
    rests_on: tuple[str, ...] = ()
    """Which measurement the conclusion and the reasons rest on, a sentence each; empty ones are left out."""


Results = Sequence[RunResult]


@dataclass(frozen=True)
class Exercise:
    """A question of the chapter."""

    name: str
    title: str
    """Source text, like ``question``."""
    question: str
    epochs: int
    """Of each run, unless the person says how many."""
    runs: Callable[[Recipe], tuple[ExerciseRun, ...]]
    judge: Callable[[Results], Verdict]
    charts: Callable[[Results], tuple[Chart, ...]]
    each_minibatch: bool = False
    """It needs the figures of every minibatch."""
    spares_failed: bool = False
    """Its judge can do without runs that could not train."""
    every_epoch: bool = False
    """It needs lyrics after every epoch."""
    probes: int = 0
    """It needs to know what the gradient is made of, at so many of the first minibatches and once an epoch."""
    times: bool = False
    """It compares times, which are measured with the runs taking turns."""
    each_epoch: tuple[Examination, ...] = ()
    """What it needs to know of the models after each epoch."""
    at_end: tuple[Examination, ...] = ()
    """What it needs to know of the finished models."""

    def base(self, recipe: Recipe, epochs: int | None = None) -> Recipe:
        """What all runs share: the person's recipe, for as many epochs as the exercise needs.

        Lyrics are written as often as the person wants, and after the last epoch.

        Raises:
            RecipeError: if there cannot be so many epochs.
        """
        count = self.epochs if epochs is None else epochs
        shared = recipe.with_values({"epochs": count})
        period = 1 if self.every_epoch else math.gcd(count, recipe.pred_period)
        return shared.with_values({"pred_period": period})
