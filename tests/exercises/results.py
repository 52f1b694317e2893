"""Measured runs: made up with known numbers, or really trained on a text of a moment."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

from lyricterm.core.events import Diverged, Stepped
from lyricterm.core.metrics import EpochMetrics
from lyricterm.core.run_data import FromZero, GradientProbe, Sample, Scores
from lyricterm.core.run_status import RunStatus
from lyricterm.core.settings import Recipe
from lyricterm.exercises.base import Verdict
from lyricterm.exercises.catalogue import EXERCISES
from lyricterm.exercises.measurements import RunResult
from lyricterm.exercises.runner import Runner
from lyricterm.exercises.verdict import judge

VOCABULARY = 1_000
WORDS = "春天的风吹过山坡你在河边唱着歌夏天的雨落在窗台我在灯下写着字" * 8


def small(folder: Path, **changes: Any) -> Recipe:
    """A recipe of milliseconds."""
    path = folder / "small.txt"
    path.write_text(WORDS, encoding="utf-8")
    told: dict[str, Any] = {"corpus": str(path), "hidden": 8, "batch": 2, "steps": 5, "pred_len": 6}
    told |= {"prefixes": ("春天",), "device": "cpu", "threads": "1"}
    return Recipe(**(told | changes))


def waiting(name: str, recipe: Recipe | None = None, seeds: int = 1) -> tuple[RunResult, ...]:
    """The runs of an exercise before they train."""
    return Runner(EXERCISES[name], recipe or Recipe(), lambda _results: None, seeds=seeds).results


def seeded(result: RunResult, *perplexities: float, spread: float = 0.01) -> list[RunResult]:
    """A run that finished with these perplexities, and with other seeds with some more and some less."""
    factors = (1.0, 1 + spread, 1 / (1 + spread))
    return [
        replace(
            trained(result, *(value * factor for value in perplexities)),
            recipe=replace(result.recipe, epochs=len(perplexities), seed=seed),
        )
        for seed, factor in enumerate(factors)
    ]


def by_seed(*groups: Sequence[RunResult]) -> list[RunResult]:
    """The runs in the order in which they are trained: all with the first seed, then all with the next."""
    return [result for results in zip(*groups, strict=True) for result in results]


def scored(result: RunResult, *values: float) -> RunResult:
    """A run whose finished model has these perplexities: training zero, carried, held-out zero, carried."""
    return replace(result, scores=Scores(*values))


def validated(result: RunResult, *perplexities: float) -> RunResult:
    """A run with these perplexities on held-out text."""
    epochs = zip(result.epochs, perplexities, strict=True)
    return replace(result, epochs=tuple(replace(epoch, valid_perplexity=value) for epoch, value in epochs))


def from_zero(result: RunResult, *perplexities: float) -> RunResult:
    """A run with these perplexities on held-out text, read from zero states."""
    return replace(result, from_zero=tuple(FromZero(epoch, value) for epoch, value in enumerate(perplexities, 1)))


def probed(result: RunResult, *probes: GradientProbe) -> RunResult:
    """A run whose gradients were looked into."""
    return replace(result, probes=probes)


def probe(minibatch: int, norm: float, factor: float, **more: Any) -> GradientProbe:
    """A gradient of this norm, most of which is b_y's."""
    told = {"radius": 0.17, "on": 0.5, "never_on": 0} | more
    return GradientProbe(
        1, minibatch, (0.0, 0.1 * norm, 0.0, 0.1 * norm, math.sqrt(0.98) * norm), factor=factor, **told
    )


def trained(result: RunResult, *perplexities: float, seconds: float = 0.5, norm: float = 100.0) -> RunResult:
    """A run that finished with these perplexities."""
    epochs = tuple(
        EpochMetrics(i, value, math.log(value), seconds, 1e4, norm, 1.0) for i, value in enumerate(perplexities, 1)
    )
    recipe = replace(result.recipe, epochs=len(perplexities))
    return replace(
        result, recipe=recipe, status=RunStatus.FINISHED, epochs=epochs, vocabulary=VOCABULARY, done=float(len(epochs))
    )


def overflowed(result: RunResult, epoch: int, minibatch: int, what: str = "loss") -> RunResult:
    """A run that diverged before it finished an epoch."""
    diverged = Diverged(1, epoch, minibatch, what)
    return replace(result, status=RunStatus.DIVERGED, diverged=diverged, vocabulary=VOCABULARY)


def wrote(result: RunResult, *samples: tuple[int, float, str]) -> RunResult:
    """A run with lyrics: epoch, perplexity, text."""
    return replace(result, samples=tuple(Sample(epoch, ppl, "春天", text) for epoch, ppl, text in samples))


def stepped(result: RunResult, seconds: Sequence[float], held: Sequence[float], epochs: int = 3) -> RunResult:
    """A run whose minibatches took these times and held these bytes, in each epoch."""
    rows = [
        Stepped(1, epoch, i, 1.0, 10.0 * i, True, each, held[i - 1])
        for epoch in range(1, epochs + 1)
        for i, each in enumerate(seconds, 1)
    ]
    return replace(result, minibatches=tuple(rows))


def verdict(name: str, results: Sequence[RunResult]) -> Verdict:
    """What an exercise says of these results."""
    return judge(EXERCISES[name], tuple(results))


def play(name: str, recipe: Recipe, epochs: int | None = None, seeds: int = 1) -> tuple[tuple[RunResult, ...], Verdict]:
    """Really train an exercise."""
    results = Runner(EXERCISES[name], recipe, lambda _results: None, epochs, seeds).run()
    return results, judge(EXERCISES[name], results)
