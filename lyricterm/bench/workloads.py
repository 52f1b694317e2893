"""What is measured: the default experiment, a small and a large one, and writing lyrics."""

from __future__ import annotations

from dataclasses import dataclass

from lyricterm.core.settings import Recipe


@dataclass(frozen=True)
class Workload:
    """A recipe and how much of it one turn of a contender trains."""

    name: str
    recipe: Recipe
    minibatches: int


TRAINING: dict[str, Workload] = {
    "default": Workload("default", Recipe(), 17),
    "small": Workload("small", Recipe(hidden=64), 17),
    "large": Workload("large", Recipe(hidden=1024), 4),
}
COMPLETION = "completion"
WORKLOADS = (*TRAINING, COMPLETION)
"""All workloads by name."""

ANSWER = 50
"""Characters of one completion."""
PREFIX = "分开"
