"""How the cost of training grows: with the length of the text, the hidden units, the vocabulary, the threads."""

from __future__ import annotations

import math
import statistics
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field

from lyricterm.bench.contenders import OwnTrainer, use_threads
from lyricterm.bench.measure import BenchReport, Turns, fastest_count, silent, timed
from lyricterm.bench.workloads import Workload, minibatches_of
from lyricterm.core.i18n import N_, _
from lyricterm.core.settings import Recipe
from lyricterm.engine import device as devices
from lyricterm.engine.threads import sensible_counts

_DISTINCT = 1_447
"""Characters of the made-up text where something else is varied: as many as the default experiment has."""
_AT_ONCE = 8
"""Minibatches of one turn, but for whole epochs."""


@dataclass(frozen=True)
class Axis:
    """What is varied, and from where to where."""

    title: str
    """Source text."""
    values: Callable[[], tuple[int, ...]]
    workload: Callable[[int], Workload]
    threads: Callable[[int], int | None] = lambda value: None
    """A number of threads that has to be used; None: the faster of one and all."""


def _text(characters: int) -> Workload:
    recipe = Recipe(max_chars=characters)
    return Workload("text", recipe, minibatches_of(recipe), _DISTINCT)


def _hidden(units: int) -> Workload:
    return Workload("hidden", Recipe(hidden=units), _AT_ONCE, _DISTINCT)


def _vocabulary(distinct: int) -> Workload:
    return Workload("vocabulary", Recipe(), _AT_ONCE, distinct)


AXES: dict[str, Axis] = {
    "text": Axis(N_("characters of text"), lambda: (10_000, 20_000, 50_000, 100_000, 200_000), _text),
    "hidden": Axis(N_("hidden units"), lambda: (32, 64, 128, 256, 512, 1_024), _hidden),
    "vocabulary": Axis(N_("distinct characters"), lambda: (100, 300, 1_000, 3_000, 10_000), _vocabulary),
    "threads": Axis(
        N_("CPU threads"), sensible_counts, lambda threads: _hidden(Recipe().hidden), lambda threads: threads
    ),
}
"""All that is varied, by name; the default experiment otherwise, on a made-up text."""


@dataclass(frozen=True)
class ScalePoint:
    """What one value costs."""

    axis: str
    value: int
    epoch_seconds: float
    """Of an epoch of its text, the median."""
    chars_per_second: float
    growth: float
    """The cost grows here like the value to this power; NaN for the first value."""
    threads: int
    device: str


@dataclass
class _Lane:
    value: int
    workload: Workload
    contender: OwnTrainer
    threads: int
    seconds: list[float] = field(default_factory=list)

    def turn(self) -> None:
        """Train what is timed."""
        self.contender.train(self.workload.minibatches)


def scale(name: str, device: str, rounds: int, tell: BenchReport = silent) -> list[ScalePoint]:
    """Measure one axis: all values in turn, each with the faster of one thread and all cores."""
    where = devices.resolve(device)
    axis = AXES[name]
    values = axis.values() if where.type == "cpu" or name != "threads" else ()
    turns = Turns(tell, len(values) * (rounds + 1))
    lanes = []
    for value in values:
        turns.next(_("{value}, number of threads").format(value=f"{value:,}"))
        lanes.append(_lane(axis, value, device))
    for number in range(1, rounds + 1):
        for lane in lanes:
            words = {"value": f"{lane.value:,}", "number": number, "rounds": rounds}
            turns.next(_("{value}, round {number} of {rounds}").format(**words))
            use_threads(lane.contender, lane.threads)
            lane.seconds.append(timed(lane.turn, where))
    return list(_places(name, lanes, devices.describe(where)))


def _lane(axis: Axis, value: int, device: str) -> _Lane:
    workload = axis.workload(value)
    contender = OwnTrainer(workload, device, "bptt")
    few = min(_AT_ONCE, workload.minibatches)
    contender.train(few)
    where = devices.resolve(device)
    asked = axis.threads(value)

    def seconds(threads: int) -> float:
        use_threads(contender, threads)
        return timed(lambda: contender.train(few), where)

    counts = sorted({1, sensible_counts()[-1]}) if asked is None else [asked]
    return _Lane(value, workload, contender, fastest_count(counts, seconds))


def _places(name: str, lanes: list[_Lane], device: str) -> Iterator[ScalePoint]:
    before: tuple[int, float] | None = None
    for lane in lanes:
        recipe = lane.workload.recipe
        minibatches = minibatches_of(recipe)
        seconds = statistics.median(lane.seconds) * minibatches / lane.workload.minibatches
        growth = math.log(seconds / before[1]) / math.log(lane.value / before[0]) if before else math.nan
        characters = minibatches * recipe.steps * recipe.batch
        yield ScalePoint(name, lane.value, seconds, characters / seconds, growth, lane.threads, device)
        before = lane.value, seconds
