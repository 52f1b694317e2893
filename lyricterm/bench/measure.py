"""Measuring: all contenders in one run, turn by turn, each at its best thread count; medians."""

from __future__ import annotations

import math
import statistics
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field

import torch

from lyricterm.bench import generation, memory
from lyricterm.bench.contenders import Contender, contenders_of, use_threads
from lyricterm.bench.workloads import ANSWER, COMPLETION, TRAINING, Workload, minibatches_of
from lyricterm.core.errors import LyrictermError
from lyricterm.core.i18n import _
from lyricterm.engine import device as devices
from lyricterm.engine.threads import sensible_counts

_TOLERANCE = 1e-4
_TRIALS = 3
"""Of each number of threads: another program that takes a core for a moment must not decide."""
_LONG = 3.0
"""Seconds of a turn from which one trial is enough."""


@dataclass(frozen=True)
class Measurement:
    """One contender on one workload. Seconds are of one epoch, or of one answer of 50 characters."""

    workload: str
    name: str
    median_seconds: float
    chars_per_second: float
    ratio_to_chapter: float
    """How many times as fast as the chapter's own way."""
    ratio_to_bound: float | None
    """How many times as long as the fastest matrix products of these shapes; None where there is no bound."""
    peak_mb: float
    """Peak memory of a process that does only this, beyond torch itself (on CUDA: of the device)."""
    threads: int
    device: str
    matmul: dict[str, str]
    """What multiplies on a CPU: of each product of ours, and how many of the bound's; empty for the others."""


BenchReport = Callable[[str, int, int], None]
"""Is told what is done now, how much is done and of how much."""


class BenchError(LyrictermError):
    """A contender that does not compute what it should."""


@dataclass
class Lane:
    """One contender with its thread count and its times."""

    name: str
    contender: object
    turn: Callable[[], object]
    threads: int = 1
    seconds: list[float] = field(default_factory=list)
    peak_mb: float = math.nan


def silent(what: str, done: int, of: int) -> None:
    """Tells nobody."""


def bench(workload: str, device: str, rounds: int, tell: BenchReport = silent) -> list[Measurement]:
    """Measure one workload, in turns; each contender warms up first, and its memory is measured last.

    Raises:
        BenchError: if a contender's loss or text is not the chapter's.
    """
    where = devices.resolve(device)
    lanes = _completion_lanes(device) if workload == COMPLETION else _training_lanes(TRAINING[workload], device)
    turns = Turns(tell, len(lanes) * (rounds + 2))
    for lane in lanes:
        turns.next(_("{name}, number of threads").format(name=lane.name))
        lane.threads = _best_threads(lane, where)
    for number in range(1, rounds + 1):
        for lane in lanes:
            turns.next(_("{name}, round {number} of {rounds}").format(name=lane.name, number=number, rounds=rounds))
            use_threads(lane.contender, lane.threads)
            lane.seconds.append(timed(lane.turn, where))
    for lane in lanes:
        turns.next(_("{name}, memory").format(name=lane.name))
        lane.peak_mb = memory.peak_mb(workload, lane.name, where.type, lane.threads)
    return list(_rows(workload, lanes, where))


class Turns:
    """Counts what is done."""

    def __init__(self, tell: BenchReport, total: int) -> None:
        self._tell, self._total, self._done = tell, total, 0

    def next(self, what: str) -> None:
        """Something begins, and what was before it is done."""
        self._tell(what, self._done, self._total)
        self._done += 1


def _training_lanes(workload: Workload, device: str) -> list[Lane]:
    contenders = {name: make(workload, device) for name, make in contenders_of(workload).items()}
    losses = {name: contender.train(1) for name, contender in contenders.items()}
    for name, loss in losses.items():
        if not math.isnan(loss) and abs(loss - losses["chapter"]) > _TOLERANCE * losses["chapter"]:
            sentence = _("{name} computes the loss {loss}, the chapter's way {expected}; nothing was measured.")
            raise BenchError(sentence.format(name=name, loss=loss, expected=losses["chapter"]))
    return [Lane(name, contender, _turn(contender, workload.minibatches)) for name, contender in contenders.items()]


def _turn(contender: Contender, minibatches: int) -> Callable[[], object]:
    return lambda: contender.train(minibatches)


def _completion_lanes(device: str) -> list[Lane]:
    trainer = generation.learnt(device)
    writers = {name: make(trainer) for name, make in generation.WRITERS.items()}
    texts = {name: write() for name, write in writers.items()}
    if len(set(texts.values())) != 1:
        raise BenchError(_("The ways of writing lyrics do not agree; nothing was measured."))
    return [Lane(name, write, write) for name, write in writers.items()]


def _best_threads(lane: Lane, device: torch.device) -> int:
    """The faster of one thread and all cores; also warms the contender up."""
    lane.turn()
    if device.type != "cpu":
        return torch.get_num_threads()

    def seconds(threads: int) -> float:
        use_threads(lane.contender, threads)
        return timed(lane.turn, device)

    return fastest_count(sorted({1, sensible_counts()[-1]}), seconds)


def fastest_count(counts: Sequence[int], seconds: Callable[[int], float]) -> int:
    """Of some numbers of threads the fastest: the best of a few trials, in turn, after one that does not count."""
    for threads in counts:
        seconds(threads)
    best = dict.fromkeys(counts, math.inf)
    for _trial in range(_TRIALS if len(counts) > 1 else 0):
        for threads in counts:
            best[threads] = min(best[threads], seconds(threads))
        if min(best.values()) > _LONG:
            break
    return min(best, key=lambda threads: best[threads])


def timed(turn: Callable[[], object], device: torch.device) -> float:
    """Seconds of one turn; a GPU has nothing left to do before and after it."""
    devices.synchronise(device)
    begun = time.perf_counter()
    turn()
    devices.synchronise(device)
    return time.perf_counter() - begun


def _rows(workload: str, lanes: list[Lane], device: torch.device) -> Iterator[Measurement]:
    scale, characters = _unit(workload)
    medians = {lane.name: statistics.median(lane.seconds) * scale for lane in lanes}
    for lane in lanes:
        median = medians[lane.name]
        yield Measurement(
            workload,
            lane.name,
            median,
            characters / median,
            medians["chapter"] / median,
            median / medians["bound"] if "bound" in medians else None,
            lane.peak_mb,
            lane.threads,
            devices.describe(device),
            dict(getattr(lane.contender, "matmul", {})),
        )


def _unit(workload: str) -> tuple[float, int]:
    """How many turns the unit (an epoch, an answer) has, and how many characters."""
    if workload == COMPLETION:
        return 1.0, ANSWER
    recipe = TRAINING[workload].recipe
    minibatches = minibatches_of(recipe)
    return minibatches / TRAINING[workload].minibatches, minibatches * recipe.steps * recipe.batch
