"""A small grid: hidden units, time steps, batch size and learning rate, each halved and doubled by itself.

All runs read the text as often, long enough for each to pass its best epoch on held-out text; that epoch judges them,
not the last one, which may be a bad one and shows how much was learnt by heart. Times are measured in turns, so that
the machine's load falls on all alike.
"""

from __future__ import annotations

import math
import statistics
from collections.abc import Sequence

from lyricterm.core.errors import RecipeError
from lyricterm.core.i18n import N_, _
from lyricterm.core.number_format import NOTHING, figure
from lyricterm.core.settings import SETTINGS, Recipe, Value, check, show
from lyricterm.exercises.base import Exercise, Finding, Results, Verdict
from lyricterm.exercises.charts import held_out, perplexities
from lyricterm.exercises.equations import clipped_update, forward
from lyricterm.exercises.group import Comparison, RunGroup, SeedVerdict, compare_groups, grouped
from lyricterm.exercises.measurements import RunResult
from lyricterm.exercises.ranking import converged
from lyricterm.exercises.run import ExerciseRun
from lyricterm.exercises.verdict_text import comparison, findings, labels, pace, tell
from lyricterm.plotting.chart import Chart
from lyricterm.reports.table import Table

VARIED = ("hidden", "steps", "batch", "lr")


def runs(recipe: Recipe) -> tuple[ExerciseRun, ...]:
    """The recipe as it is, then each setting halved and doubled, where its bounds allow."""
    values = [
        (setting, value)
        for setting in VARIED
        for value in _around(getattr(recipe, setting))
        if _possible(setting, value)
    ]
    varied = (ExerciseRun((SETTINGS[setting].label, show(value)), ((setting, value),)) for setting, value in values)
    return (ExerciseRun(("as it is",), called=N_("unchanged")), *varied)


def _around(value: float) -> tuple[Value, ...]:
    """Half of it and twice it; 35 time steps become 17."""
    if isinstance(value, int):
        return (value // 2, 2 * value)
    return (value / 2, 2 * value)


def _possible(setting: str, value: Value) -> bool:
    try:
        check(setting, value)
    except RecipeError:
        return False
    return True


def best(result: RunResult) -> float:
    """The lowest perplexity of any epoch: on held-out text, or on the training text where nothing is held out."""
    return result.best if math.isnan(result.best_valid) else result.best_valid


def area(result: RunResult) -> float:
    """The geometric mean of all epochs' perplexities."""
    return result.area


def along(setting: str, groups: Sequence[RunGroup]) -> list[RunGroup]:
    """The groups in which a setting is varied, and that in which nothing is."""
    return [group for group in groups if not group.run.settings or group.run.settings[0][0] == setting]


def spread(setting: str, groups: Sequence[RunGroup]) -> float:
    """The range of the best log perplexity along a setting; infinite if a run was lost, NaN if little is known."""
    of_it = along(setting, groups)
    if any(not group.learnt and group.values(best) for group in of_it) or any(map(_diverged, of_it)):
        return math.inf
    known = [math.log(group.mean(best)) for group in of_it if group.values(best)]
    return max(known) - min(known) if len(known) > 1 else math.nan


def _diverged(group: RunGroup) -> bool:
    return any(result.diverged is not None for result in group.results)


def judge(results: Results) -> Verdict:
    """Which setting changed the best perplexity most, and which changed it no more than seeds do."""
    groups = grouped(results)
    compared = {group.run.name: compare_groups(group, groups[0], best) for group in groups[1:]}
    spreads = {setting: spread(setting, groups) for setting in VARIED}
    ranked = sorted((s for s in VARIED if not math.isnan(spreads[s])), key=lambda s: spreads[s], reverse=True)
    matters = [setting for setting in ranked if _matters(setting, groups, compared, spreads)]
    found: dict[str, Finding] = {"most": matters[0] if matters else None}
    found |= {f"spread of {setting}": spreads[setting] for setting in VARIED}
    return Verdict(
        conclusion=_conclusion(ranked, matters, spreads, groups),
        told=(*tell(results), *_lowest(groups), *_fastest(groups)),
        why=_why(groups),
        equation=f"{clipped_update(groups[0].recipe)};  {forward(groups[0].recipe)}",
        tables=(comparison(results), _table(groups, compared)),
        findings=found | findings(results),
        rests_on=(_rests_on(compared), converged(results)),
    )


def _matters(
    setting: str, groups: Sequence[RunGroup], compared: dict[str, Comparison | None], spreads: dict[str, float]
) -> bool:
    """Halved or doubled it was told apart from the run in which nothing is varied."""
    told = [compared[group.run.name] for group in along(setting, groups)[1:]]
    outcomes = {each.outcome for each in told if each is not None}
    return math.isinf(spreads[setting]) or bool(
        outcomes & {SeedVerdict.LOWER, SeedVerdict.HIGHER, SeedVerdict.ONE_SEED}
    )


def _conclusion(
    ranked: Sequence[str], matters: Sequence[str], spreads: dict[str, float], groups: Sequence[RunGroup]
) -> str:
    if not ranked:
        return _("Too few of the runs trained to the end to compare them.")
    lost = [setting for setting in ranked if math.isinf(spreads[setting])]
    if lost:
        sentence = _("The settings that matter most made a run fail to learn when halved or doubled: {settings}.")
        return sentence.format(settings=_names(lost))
    if not matters:
        return _("Halved or doubled, none of the four changed the best perplexity by more than another seed does.")
    values = sorted(group.mean(best) for group in along(matters[0], groups) if group.values(best))
    words = {"setting": _names(matters[:1]), "low": figure(values[0]), "high": figure(values[-1])}
    if any(len(group.results) < 2 for group in groups):
        sentence = _("With this one seed {setting} changed the best perplexity most, from {low} to {high}.")
        return sentence.format(**words)
    sentence = _("Of the four, {setting} changed the best perplexity most: halved and doubled, from {low} to {high}.")
    rest = [setting for setting in ranked if setting not in matters]
    more = (
        _("These changed it no more than another seed does: {settings}.").format(settings=_names(rest)) if rest else ""
    )
    return f"{sentence.format(**words)} {more}".rstrip()


def _names(settings: Sequence[str]) -> str:
    return ", ".join(_(SETTINGS[setting].label) for setting in settings)


def _lowest(groups: Sequence[RunGroup]) -> tuple[str, ...]:
    learnt = [group for group in groups if group.learnt]
    if not learnt:
        return ()
    first = min(learnt, key=lambda group: group.mean(best))
    told = [(group, compare_groups(first, group, best)) for group in learnt if group is not first]
    close = [group for group, each in told if each and each.outcome is SeedVerdict.ALIKE]
    sentence = _("Lowest best perplexity: {run}, {perplexity}.")
    words = {"run": first.run.label, "perplexity": first.told(best)}
    if close:
        sentence = _("Lowest best perplexity: {run}, {perplexity}; no clear difference from it: {others}.")
    return (sentence.format(**words, others=labels(close)),)


def _timed(group: RunGroup) -> float:
    known = group.values(lambda result: result.timed)
    return statistics.median(known) if known else math.nan


def _fastest(groups: Sequence[RunGroup]) -> tuple[str, ...]:
    known = [group for group in groups if not math.isnan(_timed(group))]
    if not known:
        return ()
    fastest = min(known, key=_timed)
    return (_("Fastest epoch: {run}, {time}.").format(run=fastest.run.label, time=pace(_timed(fastest))),)


def _why(groups: Sequence[RunGroup]) -> tuple[str, str]:
    updates = _("One epoch makes characters / (batch · steps) updates.")
    recipe = groups[0].recipe
    if recipe.clipping and recipe.clip_by == "norm" and recipe.optimizer == "sgd":
        updates = _(
            "One epoch makes characters / (batch · steps) updates, and where the gradient is clipped each moves the "
            "weights by learning rate × θ."
        )
    learnt = [group for group in groups if group.learnt]
    if len(learnt) < 2:
        return updates, ""
    first = min(learnt, key=lambda group: group.mean(area))
    sentence = _("The whole curve on the training text lies lowest for {run} (geometric mean of all epochs {area}).")
    return updates, sentence.format(run=first.run.label, area=first.told(area))


_OUTCOMES = {
    SeedVerdict.LOWER: N_("better"),
    SeedVerdict.HIGHER: N_("worse"),
    SeedVerdict.ALIKE: N_("no clear difference"),
    SeedVerdict.ONE_SEED: N_("one seed"),
}


def _table(groups: Sequence[RunGroup], compared: dict[str, Comparison | None]) -> Table:
    rows = []
    for group in groups:
        told = compared.get(group.run.name)
        last = group.told(lambda result: result.perplexity)
        against = _(_OUTCOMES[told.outcome]) if told else NOTHING
        rows.append((group.run.label, group.told(best), group.told(area), last, pace(_timed(group)), against))
    columns = (
        *(_("run"), _("best"), _("whole curve"), _("last epoch")),
        *(_("per epoch, in turns"), _("against unchanged")),
    )
    return Table(_("each setting halved and doubled"), columns, rows, (0, 5))


def _rests_on(compared: dict[str, Comparison | None]) -> str:
    known = [each.least for each in compared.values() if each and not math.isnan(each.least)]
    if not known:
        return _("This is one seed, and another may give the opposite. A verdict needs three seeds or more.")
    sentence = _(
        "Each run is compared with the unchanged one, by the spread between seeds (t test on the log of the best "
        "perplexity, 95 %); a factor of {low} to {high} tells two apart. Times are medians of minibatches trained "
        "in turns."
    )
    return sentence.format(low=f"{min(known):.3f}", high=f"{max(known):.3f}")


def charts(results: Results) -> tuple[Chart, ...]:
    """Perplexities."""
    return perplexities(results), *held_out(results)


EXERCISE = Exercise(
    name="hyperparameters",
    title=N_("hyperparameters"),
    question=N_("How do hidden units, steps, batch and learning rate move time and perplexity?"),
    epochs=45,
    runs=runs,
    judge=judge,
    charts=charts,
    spares_failed=True,
    times=True,
)
