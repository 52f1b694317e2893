"""``torchrun --nproc-per-node N -m lyricterm.bench.ranks [cpu|cuda]``: what a minibatch costs when N ranks share it.

A line for each size: milliseconds a minibatch, and of an all-reduce of its gradient alone (medians, one thread a rank).
"""

from __future__ import annotations

import random
import statistics
import sys
import time
from collections.abc import Callable

import torch

from lyricterm.core.settings import Recipe
from lyricterm.corpus.text import Corpus
from lyricterm.engine import distributed

SIZES = (
    (256, 1_489, 20_000, 32),
    (64, 1_489, 20_000, 32),
    (1_024, 1_489, 20_000, 32),
    (256, 10_000, 200_000, 32),
    (256, 1_489, 1_000_000, 32),
    (256, 1_489, 200_000, 256),
)
"""Hidden units, distinct characters, characters, examples of a minibatch."""
_WARM, _ROUNDS = 5, 21
_FIRST = 0x4E00


def text_of(length: int, vocabulary: int) -> str:
    """A text in which every one of so many characters occurs."""
    drawn = random.Random(0)
    every = [chr(_FIRST + i) for i in range(vocabulary)]
    return "".join(every + drawn.choices(every, k=length - vocabulary))


def milliseconds(action: Callable[[], object]) -> float:
    """The median of some rounds."""
    taken = []
    for _ in range(_WARM + _ROUNDS):
        begun = time.perf_counter()
        action()
        taken.append(time.perf_counter() - begun)
    return 1_000 * statistics.median(taken[_WARM:])


def main(device: str) -> None:
    """Measure every size; rank 0 prints."""
    with distributed.join() as world:
        for hidden, vocabulary, length, batch in SIZES:
            recipe = Recipe(device=device, threads="1", hidden=hidden, batch=batch)
            trainer = distributed.trainer_of(world)(recipe, Corpus("x", text_of(length, vocabulary), length))
            step = milliseconds(trainer.step)
            gradient = trainer.model.gradient.flat
            loss = torch.zeros((), dtype=torch.float64, device=gradient.device)

            def add_up() -> None:
                world.add_up(gradient, loss)  # noqa: B023 - called at once
                float(loss)  # noqa: B023 - waits for a GPU

            reduced = milliseconds(add_up)
            if world.rank == 0:
                parameters = sum(weight.numel() for weight in trainer.model.weights)
                print(
                    f"{world.size} {device} ranks, {hidden} hidden, {vocabulary} distinct, {length} characters, "
                    f"batch {batch}: {parameters} parameters, {step:.2f} ms, all-reduce {reduced:.2f} ms",
                    flush=True,
                )


if __name__ == "__main__":
    main(sys.argv[1] if len(sys.argv) > 1 else "cpu")
