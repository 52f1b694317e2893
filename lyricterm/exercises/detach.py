"""Consecutive sampling without detaching the carried state: time and memory of a minibatch along the epoch."""

from __future__ import annotations

import math
import statistics
from collections import defaultdict
from collections.abc import Sequence

from lyricterm.core.i18n import N_, _
from lyricterm.core.number_format import figure
from lyricterm.core.settings import Recipe
from lyricterm.exercises.base import Exercise, Finding, Results, Verdict
from lyricterm.exercises.charts import curves, perplexities
from lyricterm.exercises.measurements import RunResult
from lyricterm.exercises.run import ExerciseRun
from lyricterm.exercises.verdict_text import EVEN, comparison, findings, pick, ratio, tell
from lyricterm.plotting.chart import Chart
from lyricterm.plotting.ticks import MINIBATCHES
from lyricterm.reports.table import Table

GROWS = 1.5
"""How many times as long a minibatch must take late in the epoch to be said to take longer."""
_PARTS = 3
"""Of how many parts of an epoch the first and the last are compared."""
_TABLED = 6


def runs(_recipe: Recipe) -> tuple[ExerciseRun, ...]:
    """On and off; only consecutive sampling carries a state that could be detached."""
    carried = ("sampling", "consecutive")
    return (
        ExerciseRun((N_("detach"), N_("on")), (carried, ("detach", True))),
        ExerciseRun((N_("detach"), N_("off")), (carried, ("detach", False))),
    )


def along(result: RunResult) -> list[tuple[int, float, float]]:
    """Each minibatch of an epoch with its median seconds and bytes over the epochs."""
    found: dict[int, list[tuple[float, float]]] = defaultdict(list)
    for step in result.minibatches:
        if math.isfinite(step.loss):
            found[step.minibatch].append((step.seconds, step.held_bytes))
    # Once rows stop being kept in the middle of an epoch, early minibatches have one more; a median does not mind.
    return [
        (place, statistics.median(s for s, _b in rows), statistics.median(b for _s, b in rows))
        for place, rows in sorted(found.items())
    ]


def growth(values: Sequence[float]) -> float:
    """How many times the first third's median the last third's is; NaN with fewer than three values."""
    part = len(values) // _PARTS
    if not part:
        return math.nan
    first = statistics.median(values[:part])
    return statistics.median(values[-part:]) / first if first > 0 else math.nan


def judge(results: Results) -> Verdict:
    """Whether time grows along the epoch without detach and not with it."""
    on, off = pick(results, detach=True), pick(results, detach=False)
    times = {r.recipe.detach: growth([seconds for _i, seconds, _b in along(r)]) for r in results}
    grew = times[False] >= GROWS and not times[True] >= GROWS
    found: dict[str, Finding] = {"grew": grew, "growth on": times[True], "growth off": times[False]}
    return Verdict(
        conclusion=_conclusion(times, grew),
        told=(*tell(results), *_memory(results), *_losses(on, off)),
        why=_why(grew),
        equation="∂L/∂H_t = ∂L/∂H_{t+1} diag(φ′) W_hhᵀ + ∂L/∂Y_t W_hyᵀ,  t = T … 1",
        tables=(comparison(results), *tables(results)),
        findings=found | findings(results),
    )


def _conclusion(times: dict[bool, float], grew: bool) -> str:
    if math.isnan(times[True]) or math.isnan(times[False]):
        return _("There were too few minibatches in an epoch to see a growth; take a longer text or a smaller batch.")
    if grew:
        sentence = _(
            "Without detach the last third of an epoch's minibatches took {off} times as long as the first; with it "
            "the time stayed flat ({on} times)."
        )
    elif times[False] >= GROWS:
        sentence = _(
            "The time grew along the epoch without detach ({off} times) but also with it ({on} times); something else "
            "kept the machine busy, so play it again."
        )
    else:
        sentence = _(
            "No growth to speak of: the last third of an epoch's minibatches took {off} times as long as the first "
            "without detach, {on} times with it."
        )
    return sentence.format(off=figure(times[False]), on=figure(times[True]))


def _memory(results: Results) -> tuple[str, ...]:
    sentences = []
    for result in results:
        held = [amount for _i, _s, amount in along(result) if not math.isnan(amount)]
        if held:
            sentence = _("{run}: the gradient ran back over {first} MB of activations at first and {last} MB at last.")
            words = {"run": result.run.label, "first": figure(held[0] / 1e6), "last": figure(held[-1] / 1e6)}
            sentences.append(sentence.format(**words))
    return tuple(sentences)


def _losses(on: RunResult, off: RunResult) -> tuple[str, ...]:
    if not (on.learnt and off.learnt):
        return ()
    gain = ratio(on, off)
    if abs(gain) < EVEN:
        return (_("For the perplexity it made no difference."),)
    if gain > 0:
        return (_("The longer reach of the gradient also got the perplexity lower."),)
    return (_("The longer reach of the gradient did not help the perplexity."),)


def _why(grew: bool) -> tuple[str, str]:
    reach = _(
        "With a carried state that is not cut, minibatch k's loss depends on all k minibatches since the epoch began, "
        "so the gradient runs back through k · num_steps time steps and every activation on the way has to be kept."
    )
    if grew:
        return reach, _(
            "Detaching replaces the carried H by a constant of the same value: the forward pass is the same, while "
            "each minibatch's gradient ends at its own first step, and time and memory stay where they are."
        )
    return reach, _(
        "Here the way back is a small part of a minibatch's work beside the output layer, or the epoch has too few "
        "minibatches, so the growth drowns."
    )


def tables(results: Results) -> tuple[Table, ...]:
    """Time and memory at some minibatches of an epoch."""
    rows = [along(result) for result in results]
    length = min((len(row) for row in rows), default=0)
    if not length:
        return ()
    places = sorted({1 + round(i * (length - 1) / (_TABLED - 1)) for i in range(_TABLED)})
    columns = (_("run"), *map(str, places))

    def table(title: str, column: int, unit: float) -> Table:
        cells = [tuple(figure(row[place - 1][column] * unit) for place in places) for row in rows]
        return Table(title, columns, tuple((r.run.label, *row) for r, row in zip(results, cells, strict=True)))

    return (
        table(_("milliseconds of minibatch, by its place in the epoch"), 1, 1e3),
        table(_("activations the gradient ran back over (MB)"), 2, 1e-6),
    )


def charts(results: Results) -> tuple[Chart, ...]:
    """Time along the epoch, perplexities."""
    series = curves(results, lambda result: [(float(i), 1e3 * seconds) for i, seconds, _b in along(result)])
    time = Chart(series, _("milliseconds per minibatch"), MINIBATCHES, log=False)
    return time, perplexities(results)


EXERCISE = Exercise(
    name="detach",
    title=N_("the carried state not detached"),
    question=N_("What does it cost when the gradient runs back through the whole epoch so far?"),
    epochs=10,
    runs=runs,
    judge=judge,
    charts=charts,
    each_minibatch=True,
)
