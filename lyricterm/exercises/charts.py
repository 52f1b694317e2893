"""What the exercises draw: a curve for each run, numbered and coloured by its group."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from statistics import median_low

from lyricterm.core.i18n import _
from lyricterm.exercises.base import Results
from lyricterm.exercises.group import grouped
from lyricterm.exercises.measurements import RunResult
from lyricterm.plotting.chart import Chart
from lyricterm.plotting.series import Level, Point, Series, series_of
from lyricterm.plotting.ticks import MINIBATCHES
from lyricterm.reports.perplexity_chart import guessing, model_levels

_FAR = 1e6
"""Times the median: norms beyond are off the scale."""
_CEILING = 4.0
"""Times the vocabulary: worse perplexities are off the scale; the table has the number."""


def perplexities(results: Results) -> Chart:
    """The perplexity of each epoch, from the best to guessing."""
    vocabulary = max((result.vocabulary for result in results), default=0)
    levels = [_lower_end(results)]
    if vocabulary > 1:
        levels.append(guessing(vocabulary))
    return Chart(
        series=curves(results, _perplexity),
        title=_("perplexity"),
        levels=tuple(levels),
        left=1.0,
        right=float(max((result.recipe.epochs for result in results), default=1)),
        ceiling=_CEILING * max(vocabulary, 2),
    )


def held_out(results: Results) -> tuple[Chart, ...]:
    """The perplexity on held-out text after each epoch, if there is any, with what simple models reach."""

    def points(result: RunResult) -> list[Point]:
        return [(float(epoch.epoch), epoch.valid_perplexity) for epoch in result.epochs]

    return _unseen(results, points, _("perplexity on held-out text"))


def from_zero(results: Results) -> tuple[Chart, ...]:
    """As ``held_out``, read from zero states."""

    def points(result: RunResult) -> list[Point]:
        return [(float(each.epoch), each.perplexity) for each in result.from_zero]

    return _unseen(results, points, _("perplexity on held-out text, from zero states"))


def _unseen(results: Results, points: Callable[[RunResult], Sequence[Point]], title: str) -> tuple[Chart, ...]:
    known = next((result.held_out for result in results if result.held_out is not None), None)
    if known is None:
        return ()
    vocabulary = max(result.vocabulary for result in results)
    levels = (guessing(vocabulary), *model_levels(known))
    chart = Chart(
        series=curves(results, points),
        title=title,
        levels=levels,
        left=1.0,
        right=float(max(result.recipe.epochs for result in results)),
        ceiling=_CEILING * vocabulary,
    )
    return (chart,)


def norms(results: Results, count: int) -> Chart:
    """The gradient's norm at the first minibatches."""

    def points(result: RunResult) -> list[Point]:
        steps = enumerate(result.minibatches[:count], 1)
        return [(float(i), math.inf if math.isnan(step.grad_norm) else step.grad_norm) for i, step in steps]

    drawn = curves(results, points)
    known = [value for series in drawn for value in series.values if math.isfinite(value) and value > 0]
    thetas = sorted({result.recipe.theta for result in results})
    return Chart(
        series=drawn,
        title=_("gradient norm"),
        unit=MINIBATCHES,
        levels=tuple(Level(theta, _("theta")) for theta in thetas),
        left=1.0,
        right=float(count),
        # One run that explodes does not flatten the others.
        ceiling=_FAR * median_low(known) if known else math.inf,
    )


def curves(results: Results, points: Callable[[RunResult], Sequence[Point]]) -> tuple[Series, ...]:
    """A curve for each run; those of a group lie as a band of one colour.

    Args:
        results: of the runs.
        points: of one run, x ascending; an infinite y is an overflow.
    """
    return tuple(
        # The seeds of a group share its colour; the first has its number and its name.
        series_of(points(result), "" if seed else result.run.label, place, "" if seed else str(place + 1))
        for place, group in enumerate(grouped(results))
        for seed, result in enumerate(group.results)
    )


def _perplexity(result: RunResult) -> list[Point]:
    points = [(float(epoch.epoch), epoch.perplexity) for epoch in result.epochs]
    if result.diverged is not None:
        points.append((float(result.diverged.epoch), math.inf))
    return points


def _lower_end(results: Results) -> Level:
    """1, which is best; while all are far from it, the power of ten below the lowest, so that the curves part."""
    lowest_so_far = min((result.best for result in results if result.epochs), default=1.0)
    end = 10.0 ** (math.ceil(math.log10(lowest_so_far)) - 1) if 10 < lowest_so_far < math.inf else 1.0
    return Level(end, _("1 best") if end == 1 else f"{end:,.0f}")
