"""RNN, GRU and LSTM with the same budget: perplexity, parameters, time, and how far back the gradient reaches."""

from __future__ import annotations

import math
from collections.abc import Sequence

from lyricterm.core.i18n import N_, _
from lyricterm.core.number_format import NOTHING, figure
from lyricterm.core.settings import Recipe
from lyricterm.exercises.base import BETWEEN, Exercise, Results, Verdict
from lyricterm.exercises.charts import held_out, perplexities
from lyricterm.exercises.equations import forward
from lyricterm.exercises.group import RunGroup, grouped
from lyricterm.exercises.measurements import RunResult
from lyricterm.exercises.ranking import Ranking, converged, rank
from lyricterm.exercises.run import ExerciseRun
from lyricterm.exercises.times import timed_by, told_time
from lyricterm.exercises.verdict_text import comparison, findings, held_out_told, labels, tell
from lyricterm.plotting.chart import Chart
from lyricterm.reports.table import Table

CELLS = {"rnn": "RNN", "gru": "GRU", "lstm": "LSTM"}
_LEFT = 0.01
"""Of a gradient that is no longer said to reach back."""


def runs(_recipe: Recipe) -> tuple[ExerciseRun, ...]:
    """The three cells."""
    return tuple(ExerciseRun((word,), (("cell", cell),)) for cell, word in CELLS.items())


def reach(factor: float) -> float:
    """After how many time steps back a hundredth of the gradient is left; infinite if it does not shrink."""
    if math.isnan(factor):
        return math.nan
    return math.log(_LEFT) / math.log(factor) if factor < 1 else math.inf


def judge(results: Results) -> Verdict:
    """Which cell is the lowest, on held-out text if there is any, and which it is not told apart from."""
    groups, ranking = grouped(results), rank(results)
    return Verdict(
        conclusion=_conclusion(ranking),
        told=tell(results),
        why=_why(groups),
        equation=BETWEEN.join(f"{group.run.label}: {forward(group.recipe)}" for group in groups),
        tables=(comparison(results), _table(groups)),
        findings={"lowest": ranking.lowest, "judged on": ranking.judged_on, **findings(results)},
        rests_on=(
            ranking.how_sure(),
            converged(results),
            held_out_told(results),
            _(
                "The reach is measured before the first minibatch of the last epoch, with each seed, by the gradient "
                "of the last time step's loss with respect to H_t; beyond the time steps that are read it is "
                "calculated from the mean change per step."
            ),
            timed_by(groups),
        ),
    )


def _conclusion(ranking: Ranking) -> str:
    if ranking.compared is None:
        sentence = _("The cells cannot be compared, as too few of them learnt with every seed: {runs} did.")
        return sentence.format(runs=labels(ranking.groups) or _("none"))
    return ranking.told()


def _of_result(result: RunResult) -> float:
    return result.probes[-1].factor if result.probes else math.nan


def _factor(group: RunGroup) -> float:
    return group.mean(_of_result)


def _why(groups: Sequence[RunGroup]) -> tuple[str, str]:
    gates = _(
        "All cells have as many hidden units; the GRU has three blocks of weights and the LSTM four, so they have more "
        "parameters and do more work in an epoch."
    )
    known = [group for group in groups if not math.isnan(_factor(group))]
    if not known:
        return gates, ""
    one = _("{run} × {factor}, {steps}")
    factors = [
        one.format(run=each.run.label, factor=each.told(_of_result), steps=_steps(_factor(each))) for each in known
    ]
    sentence = _("Measured: per time step back, the gradient is multiplied by: {factors}.")
    return gates, sentence.format(factors=_("{words}; {more}").format(words="", more="").join(factors))


def _steps(factor: float) -> str:
    steps = reach(factor)
    if math.isinf(steps):
        return _("it does not shrink")
    return _("a hundredth is left after {steps} steps").format(steps=figure(steps))


def _table(groups: Sequence[RunGroup]) -> Table:
    columns = (_("cell"), _("parameters"), _("per epoch, in turns"), _("per step back"), _("reach (steps)"))
    rows = [
        (
            group.run.label,
            f"{group.results[0].parameters:,}" if group.results[0].parameters else NOTHING,
            told_time(group),
            group.told(_of_result),
            figure(reach(_factor(group))),
        )
        for group in groups
    ]
    return Table(_("what they cost, and how far back they see"), columns, rows)


def charts(results: Results) -> tuple[Chart, ...]:
    """Perplexities on both texts."""
    return perplexities(results), *held_out(results)


EXERCISE = Exercise(
    name="cells",
    title=N_("RNN, GRU and LSTM"),
    question=N_("What do gates bring, lower perplexity or a longer reach, and what do they cost?"),
    epochs=60,
    runs=runs,
    judge=judge,
    charts=charts,
    probes=1,
    times=True,
)
