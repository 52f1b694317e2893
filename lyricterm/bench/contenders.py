"""Who is measured. A contender trains minibatches of a workload's first epoch, over and over."""

from __future__ import annotations

from collections.abc import Callable
from typing import Protocol

import torch

from lyricterm.bench.bound import Bound
from lyricterm.bench.library import LibraryModule
from lyricterm.bench.workloads import Workload, made_up_text
from lyricterm.corpus.load import load
from lyricterm.corpus.text import Corpus
from lyricterm.engine.trainer import Trainer


class Contender(Protocol):
    """Something that can train a workload."""

    def train(self, minibatches: int) -> float:
        """Train the next minibatches and return the first one's summed loss (NaN if it computes none)."""


def trainer_for(workload: Workload, device: str, engine: str = "bptt") -> Trainer:
    """A fresh trainer of a workload."""
    recipe = workload.recipe.with_values({"device": device, "engine": engine})
    if not workload.distinct:
        return Trainer(recipe, load(recipe))
    text = made_up_text(workload.distinct, recipe.max_chars)
    return Trainer(recipe, Corpus(workload.name, text, len(text)))


def use_threads(contender: object, threads: int) -> None:
    """Compute with this many CPU threads from now on; contenders that choose something by it are told."""
    torch.set_num_threads(threads)
    if isinstance(contender, OwnTrainer | Bound):
        contender.use_threads(threads)


class OwnTrainer:
    """This program's trainer, with the hand-derived engine or the chapter's own way."""

    def __init__(self, workload: Workload, device: str, engine: str) -> None:
        self._trainer = trainer_for(workload, device, engine)
        self._characters = workload.recipe.batch * workload.recipe.steps

    @property
    def matmul(self) -> dict[str, str]:
        """What multiplies each product."""
        return dict(self._trainer.arithmetic.routes)

    def use_threads(self, threads: int) -> None:
        """Train with this many; the trainer must not choose for itself."""
        self._trainer.change({"threads": str(threads)})

    def train(self, minibatches: int) -> float:
        """Train with clipping and update, as always."""
        first: float | None = None
        while minibatches > 0:
            steps = self._trainer.advance(minibatches)
            minibatches -= len(steps)
            first = steps[0].loss * self._characters if first is None else first
        return first if first is not None else float("nan")


Make = Callable[[Workload, str], Contender]


def contenders_of(workload: Workload) -> dict[str, Make]:
    """Contenders by name; the chapter's own way comes first, as everything is compared with it, the bound last."""
    cell = workload.recipe.cell
    return {
        "chapter": lambda workload, device: OwnTrainer(workload, device, "reference"),
        f"nn-{cell}-one-hot": lambda workload, device: LibraryModule(trainer_for(workload, device), embedding=False),
        f"nn-{cell}-embedding": lambda workload, device: LibraryModule(trainer_for(workload, device), embedding=True),
        "lyricterm": lambda workload, device: OwnTrainer(workload, device, "bptt"),
        "bound": lambda workload, device: Bound(trainer_for(workload, device)),
    }
