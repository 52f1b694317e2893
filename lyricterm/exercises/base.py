"""What an exercise is: arms that differ in a few settings, and a judge that turns what they measured into a verdict."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field

from lyricterm.core.i18n import _
from lyricterm.core.settings import Recipe, Value
from lyricterm.exercises.measurements import ArmResult


@dataclass(frozen=True)
class Arm:
    """One of the runs that are compared."""

    words: tuple[str, ...]
    """What sets it apart, as source texts."""
    axes: tuple[tuple[str, Value], ...] = ()
    """Axes in which it differs from the person's recipe."""

    @property
    def name(self) -> str:
        """The same in every language: "tanh clipped"."""
        return " ".join(self.words)

    @property
    def label(self) -> str:
        """In the language in use."""
        return " ".join(map(_, self.words))

    def recipe(self, base: Recipe) -> Recipe:
        """What it trains.

        Raises:
            RecipeError: if a setting is out of bounds.
        """
        return base.with_values(dict(self.axes))


@dataclass(frozen=True)
class Table:
    """Words and numbers as a person reads them; the first column names the row."""

    title: str
    columns: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]
    words: tuple[int, ...] = (0,)
    """Columns of words, which begin alike; the others are of numbers, which end alike."""


Finding = str | int | float | bool | None


@dataclass(frozen=True)
class Verdict:
    """What the numbers say, in the language that was in use."""

    conclusion: str
    """One sentence."""
    told: tuple[str, ...]
    """A sentence on each arm."""
    why: tuple[str, str]
    """Two sentences."""
    equation: str
    tables: tuple[Table, ...] = ()
    findings: Mapping[str, Finding] = field(default_factory=dict)
    """What the conclusion was chosen by, for programs."""


@dataclass(frozen=True)
class Line:
    """One arm's line in a figure; ``arm`` is its place among the results."""

    arm: int
    points: tuple[tuple[float, float], ...]
    """(x, y), x growing; an infinite y marks an overflow."""


@dataclass(frozen=True)
class Figure:
    """What a plot shows, whether on a screen or a page."""

    title: str
    x: str
    """What is counted from left to right."""
    lines: tuple[Line, ...]
    log: bool = True
    levels: tuple[tuple[float, str], ...] = ()
    """Heights that mean something: guessing, 1, theta."""
    end: float = math.nan
    """Where x ends, if it is known before the lines get there."""
    top: float = math.nan
    """The highest y shown, if it is not the highest there is."""


Results = Sequence[ArmResult]


@dataclass(frozen=True)
class Exercise:
    """A question of the chapter."""

    name: str
    title: str
    """Source text, like ``question``."""
    question: str
    epochs: int
    """Of each arm, unless the person says how many."""
    arms: Callable[[Recipe], tuple[Arm, ...]]
    judge: Callable[[Results], Verdict]
    figures: Callable[[Results], tuple[Figure, ...]]
    each_minibatch: bool = False
    """It needs the figures of every minibatch."""
    spares_failed: bool = False
    """Its judge can do without arms that could not train."""
    every_epoch: bool = False
    """It needs lyrics after every epoch."""

    def base(self, recipe: Recipe, epochs: int | None = None) -> Recipe:
        """What all arms share: the person's recipe, for as many epochs as the exercise needs.

        Lyrics are written as often as the person wants, and after the last epoch.

        Raises:
            RecipeError: if there cannot be so many epochs.
        """
        count = self.epochs if epochs is None else epochs
        shared = recipe.with_values({"epochs": count})
        period = 1 if self.every_epoch else math.gcd(count, recipe.pred_period)
        return shared.with_values({"pred_period": period})
