"""What happens without clipping: tanh and ReLU, the gradient's norm at the first minibatches, where it overflows."""

from __future__ import annotations

import math

from lyricterm.core.i18n import N_, _
from lyricterm.core.number_format import figure
from lyricterm.core.run_status import RunStatus
from lyricterm.core.settings import Recipe
from lyricterm.exercises.base import Exercise, Results, Verdict
from lyricterm.exercises.charts import norms, perplexities
from lyricterm.exercises.measurements import RunResult
from lyricterm.exercises.run import ExerciseRun
from lyricterm.exercises.verdict_text import EVEN, comparison, findings, labels, pick, ratio, tell
from lyricterm.plotting.chart import Chart
from lyricterm.reports.table import Table

FIRST = 40
"""Minibatches whose norms are shown."""
_PLACES = (1, 2, 3, 5, 10, 20, 40)


def runs(_recipe: Recipe) -> tuple[ExerciseRun, ...]:
    """Both activations, with and without."""
    words = {"tanh": "tanh", "relu": "ReLU"}
    return tuple(
        ExerciseRun((words[act], N_("clipped") if clip else N_("unclipped")), (("activation", act), ("clipping", clip)))
        for act in words
        for clip in (True, False)
    )


def judge(results: Results) -> Verdict:
    """Who came through, with and without."""
    unclipped = [result for result in results if not result.recipe.clipping]
    lost = [result for result in unclipped if not result.learnt]
    lost_anyway = [result for result in results if result.recipe.clipping and not result.learnt]
    return Verdict(
        conclusion=_conclusion(results, unclipped, lost, lost_anyway),
        told=tell(results),
        why=_why(lost, lost_anyway),
        equation="g ← min(θ / ‖g‖, 1) g",
        tables=(comparison(results), norm_table(results)),
        findings={
            "overflowed": ", ".join(r.run.name for r in results if r.status is RunStatus.DIVERGED) or None,
            **findings(results),
        },
    )


def _conclusion(
    results: Results, unclipped: list[RunResult], lost: list[RunResult], lost_anyway: list[RunResult]
) -> str:
    if lost_anyway:
        sentence = _(
            "Clipping was not enough for {runs}; a lower learning rate or theta may be (theta {theta}, learning rate "
            "{lr})."
        )
        recipe = results[0].recipe
        return sentence.format(runs=labels(lost_anyway), theta=figure(recipe.theta), lr=figure(recipe.lr))
    if len(lost) == len(unclipped):
        return _("Clipping decides: with it both activations learn, without it neither does.")
    if lost:
        return _("Clipping saves {runs}; all others learn.").format(runs=labels(lost))
    return _not_needed(results)


def _not_needed(results: Results) -> str:
    gains = [
        ratio(pick(results, activation=act, clipping=True), pick(results, activation=act, clipping=False))
        for act in ("tanh", "relu")
    ]
    if all(gain > EVEN for gain in gains):
        return _("Nothing overflowed, and the unclipped runs got lower: here clipping only shortened the steps.")
    if all(gain < -EVEN for gain in gains):
        return _("Nothing overflowed, yet the clipped runs got lower.")
    return _("Nothing overflowed: with these settings clipping makes little difference.")


def _why(lost: list[RunResult], lost_anyway: list[RunResult]) -> tuple[str, str]:
    grows = _(
        "The gradient reaches a state k steps back through k factors W_hhᵀ diag(φ′), so its norm grows or shrinks like "
        "a power, and the update is the learning rate times that norm."
    )
    if lost_anyway:
        return grows, _(
            "Clipping bounds one step by learning rate × θ but not where many of them lead, which here was away from "
            "anything finite or useful."
        )
    if lost:
        return grows, _(
            "Clipping keeps the direction and bounds the length by θ, so that no single step leaves the region in "
            "which the gradient says anything; without it one large step makes the next gradient larger still."
        )
    return grows, _("Here no step was long enough to leave the region in which the gradient says anything.")


def norm_table(results: Results) -> Table:
    """The norm before clipping at some of the first minibatches."""
    longest = max((len(result.minibatches) for result in results), default=0)
    places = [place for place in _PLACES if place <= longest] or [1]
    return Table(
        _("gradient norm before clipping, at minibatch"),
        (_("run"), *map(str, places), _("largest")),
        tuple((result.run.label, *(_norm(result, place) for place in places), _largest(result)) for result in results),
    )


def _norm(result: RunResult, place: int) -> str:
    if place > len(result.minibatches):
        return ""
    norm = result.minibatches[place - 1].grad_norm
    return figure(math.inf if math.isnan(norm) else norm)


def _largest(result: RunResult) -> str:
    found = [step.grad_norm for step in result.minibatches if not math.isnan(step.grad_norm)]
    return figure(max(found, default=math.nan))


def charts(results: Results) -> tuple[Chart, ...]:
    """Norms and perplexities."""
    return norms(results, FIRST), perplexities(results)


EXERCISE = Exercise(
    name="clipping",
    title=N_("no clipping"),
    question=N_("What happens to tanh and to ReLU when the gradient is not clipped?"),
    epochs=30,
    runs=runs,
    judge=judge,
    charts=charts,
    each_minibatch=True,
)
