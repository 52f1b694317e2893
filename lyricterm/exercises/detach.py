"""Consecutive sampling without detaching the carried state: time and memory of a minibatch along the epoch."""

from __future__ import annotations

import math
import statistics
from collections import defaultdict
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass

from rich.filesize import decimal

from lyricterm.core.i18n import N_, _
from lyricterm.core.number_format import NOTHING, figure
from lyricterm.core.settings import Recipe
from lyricterm.exercises.base import Exercise, Finding, Results, Verdict
from lyricterm.exercises.charts import curves, perplexities
from lyricterm.exercises.equations import back
from lyricterm.exercises.group import (
    Comparison,
    RunGroup,
    SeedVerdict,
    compare,
    compare_groups,
    grouped,
    pick_group,
)
from lyricterm.exercises.measurements import RunResult
from lyricterm.exercises.run import ExerciseRun
from lyricterm.exercises.verdict_text import comparison, findings, how_sure, tell
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


def along(results: Iterable[RunResult]) -> list[tuple[int, float, float]]:
    """Each minibatch of an epoch with its median seconds and bytes over the epochs of all seeds."""
    found: dict[int, list[tuple[float, float]]] = defaultdict(list)
    for step in (step for result in results for step in result.minibatches):
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


def growth_of(result: RunResult) -> float:
    """Of the times of one run."""
    return growth([seconds for _i, seconds, _b in along([result])])


def judge(results: Results) -> Verdict:
    """Whether time grows along the epoch without detach and not with it."""
    groups = grouped(results)
    on, off = pick_group(groups, detach=True), pick_group(groups, detach=False)
    times = Times(on.told(growth_of), off.told(growth_of), _compared(off, on))
    losses = compare_groups(off, on, lambda result: result.perplexity)
    found: dict[str, Finding] = {
        "grew": times.grew,
        "growth on": on.mean(growth_of),
        "growth off": off.mean(growth_of),
    }
    return Verdict(
        conclusion=_conclusion(times),
        told=(*tell(results), *_memory(groups), *_losses(losses)),
        why=_why(off, grew=times.grew),
        equation=f"{back(on.recipe)},  t = T … 1",
        tables=(comparison(results), *tables(groups)),
        findings=found | findings(results),
        rests_on=_rests_on(times, losses),
    )


@dataclass(frozen=True)
class Times:
    """How many times as long the last third of an epoch's minibatches took as the first third."""

    on: str
    """With detach, over the seeds."""
    off: str
    compared: Comparison | None
    """Without detach compared with it; None where there were too few minibatches."""

    @property
    def grew(self) -> bool:
        """Without detach it grew, and with it less."""
        if self.compared is None:
            return False
        clear = self.compared.outcome in (SeedVerdict.HIGHER, SeedVerdict.ONE_SEED)
        return clear and self.compared.first >= GROWS and not self.compared.second >= GROWS


def _compared(off: RunGroup, on: RunGroup) -> Comparison | None:
    values = off.values(growth_of), on.values(growth_of)
    return compare(*values) if all(values) else None


def _conclusion(times: Times) -> str:
    if times.compared is None:
        return _(
            "There were too few minibatches in an epoch to see whether the time grows; take a longer text "
            "or a smaller batch."
        )
    if times.grew:
        sentence = _(
            "Without detach the last third of an epoch's minibatches took {off} times as long as the first third, "
            "with detach {on} times."
        )
    elif times.compared.first >= GROWS and times.compared.second >= GROWS:
        sentence = _(
            "The time grew along the epoch without detach ({off} times) but also with it ({on} times); something else "
            "kept the machine busy, so play it again."
        )
    else:
        sentence = _(
            "No clear growth: the last third of an epoch's minibatches took {off} times as long as the first third "
            "without detach, {on} times with it."
        )
    return sentence.format(off=times.off, on=times.on)


def _rests_on(times: Times, losses: Comparison | None) -> tuple[str, ...]:
    sentences = (
        _("Times are medians over the epochs of the minibatch at the same place in the epoch."),
        how_sure(times.compared, _("the two growths"), what=_("the logarithms of the growths")),
        how_sure(losses, _("the two perplexities")),
    )
    return tuple(dict.fromkeys(sentences))


def _memory(groups: Sequence[RunGroup]) -> tuple[str, ...]:
    sentences = []
    for group in groups:
        held = [amount for _i, _s, amount in along(group.results) if not math.isnan(amount)]
        if held:
            sentence = _("{run}: the gradient ran back over {first} of activations at first and {last} at last.")
            words = {"run": group.run.label, "first": _size(held[0]), "last": _size(held[-1])}
            sentences.append(sentence.format(**words))
    return tuple(sentences)


def _losses(compared: Comparison | None) -> tuple[str, ...]:
    if compared is None:
        return ()
    if compared.same:
        same = _("On the training text the perplexity is the same without detach as with it: {off}.")
        return (same.format(off=figure(compared.first)),)
    sentence = {
        SeedVerdict.LOWER: _("On the training text the perplexity is lower without detach: {off} against {on}."),
        SeedVerdict.HIGHER: _("On the training text the perplexity is higher without detach: {off} against {on}."),
        SeedVerdict.ALIKE: _(
            "On the training text the perplexity shows no clear difference: {off} without detach, {on} with it."
        ),
        SeedVerdict.ONE_SEED: _(
            "On the training text the perplexity with this one seed is {off} without detach, {on} with it."
        ),
    }[compared.outcome]
    return (sentence.format(off=figure(compared.first), on=figure(compared.second)),)


def _why(off: RunGroup, *, grew: bool) -> tuple[str, str]:
    reach = _(
        "With a carried state that is not cut, minibatch k's loss depends on all k minibatches since the epoch began, "
        "so the gradient runs back through k · num_steps time steps and every activation on the way has to be kept."
    )
    held = [amount for _i, _s, amount in along(off.results)]
    if not growth(held) >= GROWS:
        return reach, ""
    if grew:
        return reach, _(
            "Detaching replaces the carried H by a constant of the same value: the forward pass is the same, "
            "while each minibatch's gradient ends at its own first step, and time and memory do not grow."
        )
    return reach, _("Here the times do not show it; the activations that the gradient ran back over do.")


def tables(groups: Sequence[RunGroup]) -> tuple[Table, ...]:
    """Time and memory at some minibatches of an epoch."""
    rows = [along(group.results) for group in groups]
    length = min((len(row) for row in rows), default=0)
    if not length:
        return ()
    places = sorted({1 + round(i * (length - 1) / (_TABLED - 1)) for i in range(_TABLED)})
    columns = (_("run"), *map(str, places))

    def table(title: str, column: int, told: Callable[[float], str]) -> Table:
        cells = [tuple(told(row[place - 1][column]) for place in places) for row in rows]
        return Table(title, columns, tuple((g.run.label, *row) for g, row in zip(groups, cells, strict=True)))

    return (
        table(_("milliseconds per minibatch, by its place in the epoch"), 1, lambda seconds: figure(1e3 * seconds)),
        table(_("activations the gradient ran back over"), 2, _size),
    )


def _size(count: float) -> str:
    """Bytes in the unit that fits: 74.0 kB."""
    return NOTHING if math.isnan(count) else decimal(round(count))


def charts(results: Results) -> tuple[Chart, ...]:
    """Time along the epoch, perplexities."""
    series = curves(results, lambda result: [(float(i), 1e3 * seconds) for i, seconds, _b in along([result])])
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
