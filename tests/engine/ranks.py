"""Run by torchrun: trains each combination for some minibatches with all ranks, and rank 0 writes down what it saw."""

from __future__ import annotations

import json
import sys
from itertools import product
from pathlib import Path

from lyricterm.core.settings import SETTINGS, Recipe
from lyricterm.corpus.text import Corpus
from lyricterm.engine import distributed
from lyricterm.engine.trainer import Trainer

MINIBATCHES = 50
TEXT = "想要有你在我身边 分开不分开 春天的风吹过山坡你在河边唱着歌 " * 12
COMBINATIONS = list(product(SETTINGS["cell"].choices, SETTINGS["sampling"].choices, (True, False)))


def recipe_of(cell: str, sampling: str, detach: bool) -> Recipe:
    return Recipe(
        cell=cell, sampling=sampling, detach=detach, hidden=8, steps=5, batch=4, device="cpu", threads="1", seed=3
    )


def losses(trainer: Trainer) -> list[float]:
    """Of the first minibatches."""
    return [trainer.step().loss for _ in range(MINIBATCHES)]


def main(path: Path) -> None:
    found = []
    with distributed.join() as world:
        make = distributed.trainer_of(world)
        for combination in COMBINATIONS:
            trainer = make(recipe_of(*combination), Corpus("x", TEXT, len(TEXT)))
            found.append(
                [losses(trainer), trainer.model.parameters.flat.tolist(), [s.tolist() for s in trainer.engine.state]]
            )
        everybody = [world.tell(found if world.rank == 0 else None)] * (world.size - 1)
        # Every rank has the very same parameters, bit for bit.
        same = all(theirs[i][1] == found[i][1] for theirs in everybody for i in range(len(found)))
        world.agree("" if same else "the parameters differ")
        if world.rank == 0:
            path.write_text(json.dumps(found))


if __name__ == "__main__":
    main(Path(sys.argv[1]))
