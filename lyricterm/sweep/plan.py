"""Which runs a sweep has: every combination of the values, drawn ones among them, with every seed."""

from __future__ import annotations

import math
import random
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import product

from lyricterm.core.errors import UsageError
from lyricterm.core.i18n import _
from lyricterm.core.run_data import Values
from lyricterm.core.settings import Recipe, Value
from lyricterm.sweep.params import Param, Range

SEEDS, SAMPLES = 3, 4
"""How many there are, unless the person says so."""
MOST_RUNS = 10_000
_SEED_RANGE = 2**63


@dataclass(frozen=True)
class Planned:
    """One run."""

    values: Values
    """Of the settings that are varied."""
    recipe: Recipe

    @property
    def seed(self) -> int:
        """Of its first weights."""
        return self.recipe.seed


def plan(base: Recipe, params: Sequence[Param], samples: int, seeds: int) -> tuple[Planned, ...]:
    """All runs: each combination with the first seed, then each with the next.

    A combination with ranges in it stands for ``samples`` combinations of drawn numbers, the same ones for the same
    seed of ``base``.

    Raises:
        UsageError: if there are too many, or one cannot be.
    """
    count = math.prod(len(param.choices) for param in params) * samples * seeds
    if count > MOST_RUNS * samples:
        raise UsageError(_too_many(count // samples))
    chosen = list(dict.fromkeys(_combinations(base, params, samples)))
    if len(chosen) * seeds > MOST_RUNS:
        raise UsageError(_too_many(len(chosen) * seeds))
    return tuple(
        Planned(values, base.with_values({**dict(values), "seed": (base.seed + seed) % _SEED_RANGE}))
        for seed in range(seeds)
        for values in chosen
    )


def _too_many(count: int) -> str:
    sentence = _("These would be {count} runs, and a sweep has at most {most}; give fewer values, samples or seeds.")
    return sentence.format(count=f"{count:,}", most=f"{MOST_RUNS:,}")


def _combinations(base: Recipe, params: Sequence[Param], samples: int) -> Iterator[Values]:
    names = [param.setting for param in params]
    for number, choices in enumerate(product(*(param.choices for param in params))):
        draws = _draws(choices, samples, random.Random(f"{base.seed} {number}"))
        yield from (tuple(zip(names, draw, strict=True)) for draw in draws)


def _draws(choices: Sequence[Value | Range], samples: int, chance: random.Random) -> Iterator[tuple[Value, ...]]:
    """The choices with numbers for their ranges: one number out of each of a range's ``samples`` equal parts."""
    ranges = [choice for choice in choices if isinstance(choice, Range)]
    count = samples if ranges else 1
    parts = {each: chance.sample(range(count), count) for each in ranges}
    for draw in range(count):
        yield tuple(
            choice.at((parts[choice][draw] + chance.random()) / count) if isinstance(choice, Range) else choice
            for choice in choices
        )
