"""What is measured: the default experiment, others that stress one part of it, and writing lyrics."""

from __future__ import annotations

import random
from dataclasses import dataclass

from lyricterm.core.settings import Recipe


@dataclass(frozen=True)
class Workload:
    """A recipe and how much of it one turn of a contender trains."""

    name: str
    recipe: Recipe
    minibatches: int
    distinct: int = 0
    """Train on a made-up text of so many distinct characters; 0: on the recipe's corpus."""


TRAINING: dict[str, Workload] = {
    "default": Workload("default", Recipe(), 17),
    "small": Workload("small", Recipe(hidden=64), 17),
    "large": Workload("large", Recipe(hidden=1024), 4),
    "gru": Workload("gru", Recipe(cell="gru"), 8),
    "lstm": Workload("lstm", Recipe(cell="lstm"), 8),
    "vocabulary": Workload("vocabulary", Recipe(max_chars=60_000), 4, distinct=10_000),
}
COMPLETION = "completion"
WORKLOADS = (*TRAINING, COMPLETION)
"""All workloads by name."""

ANSWER = 50
"""Characters of one completion."""
PREFIX = "分开"

_FIRST = 0x4E00
"""The first of 20,992 CJK ideographs."""


def made_up_text(distinct: int, characters: int) -> str:
    """A text that means nothing: each of the distinct characters once, then as often as Zipf's law has it."""
    generator = random.Random(0)
    alphabet = [chr(_FIRST + i) for i in range(distinct)]
    generator.shuffle(alphabet)
    frequencies = [1 / (rank + 1) for rank in range(distinct)]
    return "".join(alphabet + generator.choices(alphabet, frequencies, k=max(0, characters - distinct)))[:characters]


def minibatches_of(recipe: Recipe) -> int:
    """How many an epoch of random sampling has."""
    return (recipe.max_chars - 1) // recipe.steps // recipe.batch
