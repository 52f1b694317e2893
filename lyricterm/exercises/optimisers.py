"""SGD, momentum, RMSprop, Adam and AdamW, each with a customary learning rate: which gets lowest, and how soon."""

from __future__ import annotations

import math
import statistics
from collections.abc import Sequence

from lyricterm.core.i18n import N_, _, listed
from lyricterm.core.number_format import NOTHING, count_range, figure, percent_spread, setting_value
from lyricterm.core.run_data import PARAMETERS
from lyricterm.core.sentences import together
from lyricterm.core.settings import SETTINGS, Recipe
from lyricterm.exercises.base import BETWEEN, Exercise, Results, Verdict
from lyricterm.exercises.charts import held_out, perplexities
from lyricterm.exercises.equations import UPDATES, forward, gradient
from lyricterm.exercises.group import RunGroup, grouped
from lyricterm.exercises.measurements import RunResult
from lyricterm.exercises.ranking import Ranking, converged, rank
from lyricterm.exercises.run import ExerciseRun
from lyricterm.exercises.verdict_text import comparison, findings, held_out_told, labels, tell
from lyricterm.plotting.chart import Chart
from lyricterm.reports.table import Table

_ADAPTIVE_RATE = 0.002
"""The rules that divide by the gradient's size move each parameter by about this much at a step, whatever the loss is
summed over."""
_DECAY = 0.05


def runs(recipe: Recipe) -> tuple[ExerciseRun, ...]:
    """SGD with the person's learning rate; momentum, whose steps add up to ten times theirs, with a tenth of it."""
    adaptive = (("lr", _ADAPTIVE_RATE), ("weight_decay", 0.0))
    return (
        ExerciseRun(("SGD",), (("optimizer", "sgd"), ("weight_decay", 0.0))),
        ExerciseRun((N_("momentum"),), (("optimizer", "momentum"), ("lr", recipe.lr / 10), ("weight_decay", 0.0))),
        ExerciseRun(("RMSprop",), (("optimizer", "rmsprop"), *adaptive)),
        ExerciseRun(("Adam",), (("optimizer", "adam"), *adaptive)),
        ExerciseRun(("AdamW",), (("optimizer", "adamw"), ("lr", _ADAPTIVE_RATE), ("weight_decay", _DECAY))),
    )


def judge(results: Results) -> Verdict:
    """Which rule gets lowest, and which it is not told apart from."""
    groups, ranking = grouped(results), rank(results)
    return Verdict(
        conclusion=_conclusion(ranking),
        told=tell(results),
        why=(together(_why(), _measured(groups[0])), _soonest(groups)),
        equation=BETWEEN.join((gradient(groups[0].recipe), *_updates(groups), forward(groups[0].recipe))),
        tables=(comparison(results), _table(groups)),
        findings={"lowest": ranking.lowest, "judged on": ranking.judged_on, **findings(results)},
        rests_on=(
            ranking.how_sure(),
            converged(results),
            held_out_told(results),
            _("Each rule has one learning rate here; with another one the order may change."),
        ),
    )


def _conclusion(ranking: Ranking) -> str:
    if ranking.compared is None:
        sentence = _("The optimizers cannot be compared, as too few of them learnt with every seed: {runs} did.")
        return sentence.format(runs=labels(ranking.groups) or _("none"))
    return ranking.told()


def _why() -> str:
    return _(
        "SGD and momentum move an entry of a parameter in proportion to its gradient; RMSprop, Adam and AdamW divide "
        "by the size that this gradient has had so far, so that a small one moves its entry as far as a large one."
    )


def _measured(group: RunGroup) -> str:
    """How unlike the gradients of the parameters are, over all seeds; empty where that was not looked into."""
    probes = [result.probes[0] for result in group.results if result.probes]
    shares = {name: [probe.share(i) for probe in probes] for i, name in enumerate(PARAMETERS)}
    means = {name: statistics.fmean(each) for name, each in shares.items() if each and not any(map(math.isnan, each))}
    if not means:
        return ""
    largest, least = max(means, key=lambda name: means[name]), min(means, key=lambda name: means[name])
    sentence = _(
        "Measured before the first step, with each seed: {share} of the squared gradient norm comes from "
        "{parameter}, the least from {other}."
    )
    return sentence.format(share=percent_spread(shares[largest]), parameter=largest, other=least)


def _updates(groups: Sequence[RunGroup]) -> list[str]:
    return [f"{group.run.label}: {UPDATES[group.recipe.optimizer]}" for group in groups]


def _half_way(results: Results) -> float:
    """The perplexity that all runs which learnt have passed: the highest of their last ones."""
    return max((result.perplexity for result in results if result.learnt), default=float("nan"))


def _epochs_to(result: RunResult, level: float) -> int | None:
    return next((epoch.epoch for epoch in result.epochs if epoch.perplexity <= level), None)


def _soonest(groups: Sequence[RunGroup]) -> str:
    learnt = [group for group in groups if group.learnt]
    if len(learnt) < 2:
        return ""
    level = _half_way([result for group in learnt for result in group.results])
    told = listed(
        f"{group.run.label} {count_range(_epochs_to(result, level) for result in group.results)}"
        for group in sorted(learnt, key=lambda group: group.mean(lambda result: _epochs_to(result, level) or math.nan))
    )
    sentence = _(
        "Measured: epochs until training perplexity {level}, which all of these reach, over the seeds: {told}."
    )
    return sentence.format(level=figure(level), told=told)


def _table(groups: Sequence[RunGroup]) -> Table:
    columns = tuple(_(SETTINGS[name].label) for name in ("optimizer", "lr", "weight_decay"))
    rows = [
        (
            group.run.label,
            setting_value(group.recipe.lr),
            setting_value(group.recipe.weight_decay) if group.recipe.weight_decay else NOTHING,
        )
        for group in groups
    ]
    return Table(_("how each was set"), columns, rows)


def charts(results: Results) -> tuple[Chart, ...]:
    """Perplexities on both texts."""
    return perplexities(results), *held_out(results)


EXERCISE = Exercise(
    name="optimisers",
    title=N_("SGD, momentum, RMSprop, Adam and AdamW"),
    question=N_("Which optimizer learns fastest, and which reaches the lowest perplexity?"),
    epochs=40,
    runs=runs,
    judge=judge,
    charts=charts,
    probes=1,
)
