"""A small grid: hidden units, time steps, batch size and learning rate, each halved and doubled by itself.

All runs read the text as often, long enough for each to pass its best epoch on held-out text; that epoch judges them,
not the last one, which may be a bad one and shows how much was learnt by heart. Times are measured in turns, so that
the machine's load falls on all alike.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

from lyricterm.core.errors import RecipeError
from lyricterm.core.i18n import N_, _, listed
from lyricterm.core.number_format import NOTHING, figure, ratio
from lyricterm.core.run_status import RunStatus
from lyricterm.core.sentences import together
from lyricterm.core.settings import SETTINGS, Recipe, Value, check, show
from lyricterm.exercises.base import Exercise, Finding, Results, Verdict
from lyricterm.exercises.charts import held_out, perplexities
from lyricterm.exercises.effects import Effect, along, effect_of, lost, most
from lyricterm.exercises.equations import clipped_update, forward
from lyricterm.exercises.group import (
    Comparison,
    Measure,
    RunGroup,
    SeedVerdict,
    compare_groups,
    corrected,
    grouped,
)
from lyricterm.exercises.measurements import RunResult
from lyricterm.exercises.ranking import Ranking, best_on, converged, on_text, ranked_by
from lyricterm.exercises.run import ExerciseRun
from lyricterm.exercises.times import fastest, timed_by, told_time
from lyricterm.exercises.verdict_text import comparison, findings, held_out_told, labels, method_of, one_seed, tell
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


def area(result: RunResult) -> float:
    """The geometric mean of all epochs' perplexities."""
    return result.area


def spread(setting: str, groups: Sequence[RunGroup]) -> float:
    """The range of the best log perplexity along a setting; infinite if a run was lost, NaN if little is known."""
    if any(map(lost, along(setting, groups))):
        return math.inf
    effect = effect_of(setting, groups, best_on(groups)[0])
    return math.nan if effect is None else effect.size


def judge(results: Results) -> Verdict:
    """Which settings changed the best perplexity by more than seeds do, and whether one changed it most."""
    groups = grouped(results)
    best, held = best_on(groups)
    learnt = [group for group in groups if group.learnt]
    ranking = replace(ranked_by(best, learnt), held=held)
    compared = corrected({group.run.name: compare_groups(group, groups[0], best) for group in groups[1:]})
    grid = _grid(groups, compared, best, held=held)
    found: dict[str, Finding] = {"most": grid.most, "told apart": ", ".join(grid.changed) or None}
    found |= {"judged on": ranking.judged_on}
    found |= {f"spread of {setting}": spread(setting, groups) for setting in VARIED}
    return Verdict(
        conclusion=_conclusion(grid),
        told=(*tell(results), *_lowest(ranking, compared), *fastest(groups)),
        why=_why(groups[0], learnt),
        equation=f"{clipped_update(groups[0].recipe)};  {forward(groups[0].recipe)}",
        tables=(comparison(results), _table(groups, compared, best, held=held)),
        findings=found | findings(results),
        rests_on=(
            *_rests_on(compared, grid, learnt),
            timed_by(groups, compared=True),
            held_out_told(results),
            converged(results),
        ),
    )


@dataclass(frozen=True)
class _Grid:
    """What is known of the settings, by their names, in the order of ``VARIED``."""

    held: bool
    """The best perplexity is that of held-out text."""
    begun: bool
    """The run in which nothing is varied learnt."""
    lost: tuple[str, ...]
    """Halved or doubled, a run did not learn."""
    failed: tuple[RunGroup, ...]
    """They could not train, so that their settings were not both halved and doubled."""
    effects: dict[str, Effect]
    """Of the others."""
    changed: tuple[str, ...]
    """Of these: halved or doubled, a run was told apart from the one in which nothing is varied."""
    one_seed: bool
    most: str | None
    """The one that changed the measure most, if that can be told; with one seed the one with the largest effect."""


def _grid(groups: Sequence[RunGroup], compared: Mapping[str, Comparison | None], best: Measure, *, held: bool) -> _Grid:
    gone = tuple(setting for setting in VARIED if any(map(lost, along(setting, groups)[1:])))
    known = {each: effect_of(each, groups, best) for each in VARIED if each not in gone}
    effects = {setting: effect for setting, effect in known.items() if effect is not None}
    failed = tuple(each for each in groups if any(run.status is RunStatus.FAILED for run in each.results))
    one_seed = any(each is not None and each.outcome is SeedVerdict.ONE_SEED for each in compared.values())
    apart = {name for name, each in compared.items() if each and each.outcome in _APART}
    changed = tuple(each for each in effects if any(group.run.name in apart for group in along(each, groups)))
    if one_seed:
        largest = max(effects, key=lambda each: effects[each].size) if effects else None
    else:
        largest = None if gone or failed or not groups[0].learnt else most(effects)
    return _Grid(held, groups[0].learnt, gone, failed, effects, changed, one_seed, largest)


_APART = (SeedVerdict.LOWER, SeedVerdict.HIGHER)


def _conclusion(grid: _Grid) -> str:
    if not grid.effects and not grid.lost:
        return _("Too few of the runs trained to the end to compare them.")
    sentences = []
    if grid.lost:
        sentence = _("A run did not learn when one of these was halved or doubled: {settings}.")
        sentences.append(sentence.format(settings=_names(grid.lost)))
    if not grid.begun:
        sentences.append(_("The unchanged run did not learn with every seed, so no other can be compared with it."))
    else:
        sentences += _of_one_seed(grid) if grid.one_seed else _of_effects(grid)
    if grid.failed:
        sentence = _("These could not train, so their settings were changed in one direction only: {runs}.")
        sentences.append(sentence.format(runs=labels(grid.failed)))
    return together(*sentences)


def _of_one_seed(grid: _Grid) -> list[str]:
    if grid.most is None:
        return []
    sentence = _("{text} with this one seed {setting} changed the best perplexity most, from {low} to {high}.")
    if grid.lost:
        sentence = _(
            "{text} with this one seed, of the other settings {setting} changed the best perplexity most, from {low} "
            "to {high}."
        )
    words = {"text": on_text(held=grid.held), "setting": _names([grid.most])}
    return [sentence.format(**words, **_ends(grid.effects[grid.most]))]


def _of_effects(grid: _Grid) -> list[str]:
    same = [setting for setting in grid.effects if setting not in grid.changed]
    if not grid.changed:
        if grid.lost:
            return [_untold(same)] if same else []
        sentence = _("{text} no halving or doubling changed the best perplexity clearly.")
        return [sentence.format(text=on_text(held=grid.held))]
    ranked = sorted(grid.changed, key=lambda each: grid.effects[each].size, reverse=True)
    sentence = _(
        "{text} halving or doubling these changed the best perplexity by more than another seed does: {settings}."
    )
    changed = listed(_changed(each, grid.effects[each]) for each in ranked)
    told = [sentence.format(text=on_text(held=grid.held), settings=changed)]
    if grid.most is not None:
        told.append(_("Of all that were varied, {setting} changed it most.").format(setting=_names([grid.most])))
    elif len(grid.changed) > 1:
        told.append(_("Which of these changed it most cannot be told."))
    return told + ([_untold(same)] if same else [])


def _untold(settings: Sequence[str]) -> str:
    sentence = _("No clear change: {settings}.")
    return sentence.format(settings=_names(settings))


def _changed(setting: str, effect: Effect) -> str:
    """A setting with the range of the means along it: learning rate (280 to 366)."""
    return _("{setting} ({low} to {high})").format(setting=_names([setting]), **_ends(effect))


def _ends(effect: Effect) -> dict[str, str]:
    return {"low": figure(effect.low.mean(effect.measure)), "high": figure(effect.high.mean(effect.measure))}


def _names(settings: Sequence[str]) -> str:
    return listed(_(SETTINGS[setting].label) for setting in settings)


def _lowest(ranking: Ranking, compared: Mapping[str, Comparison | None]) -> tuple[str, ...]:
    """The lowest run and those that are not told apart from it, nor by being better than the unchanged one."""
    if not ranking.groups:
        return ()
    first = ranking.groups[0]
    against = compared.get(first.run.name)
    better = against is not None and against.outcome is SeedVerdict.LOWER
    alike = [group for group in ranking.alike if group.run.settings or not better]
    sentence = _("{text} the lowest best perplexity is {perplexity}, with {run}.")
    if alike:
        sentence = _(
            "{text} the lowest best perplexity is {perplexity}, with {run}; no clear difference from it: {others}."
        )
    if 1 < len(ranking.groups) == len(alike) + 1:
        sentence = _(
            "{text} the lowest best perplexity is {perplexity}, with {run}, but no other run is clearly different."
        )
    words = {"text": on_text(held=ranking.held), "run": first.run.label, "perplexity": first.told(ranking.measure)}
    return (sentence.format(**words, others=labels(alike)),)


def _why(unchanged: RunGroup, learnt: Sequence[RunGroup]) -> tuple[str, str]:
    updates = _("One epoch makes characters / (batch · steps) updates.")
    recipe = unchanged.recipe
    if recipe.clipping and recipe.clip_by == "norm" and recipe.optimizer == "sgd":
        updates = _(
            "One epoch makes characters / (batch · steps) updates, and where the gradient is clipped each moves the "
            "weights by learning rate × θ."
        )
    if len(learnt) < 2:
        return updates, ""
    ranking = ranked_by(area, learnt)
    first = ranking.groups[0]
    sentence = _("The whole curve on the training text is lowest for {run} (geometric mean of all epochs {area}).")
    if ranking.alike:
        sentence = _(
            "The whole curve on the training text is lowest for {run} (geometric mean of all epochs {area}); no "
            "clear difference from it: {others}."
        )
    words = {"run": first.run.label, "area": first.told(area), "others": labels(ranking.alike)}
    return updates, sentence.format(**words)


_OUTCOMES = {
    SeedVerdict.LOWER: N_("better"),
    SeedVerdict.HIGHER: N_("worse"),
    SeedVerdict.ALIKE: N_("no clear difference"),
    SeedVerdict.ONE_SEED: N_("one seed"),
}


def _table(
    groups: Sequence[RunGroup], compared: Mapping[str, Comparison | None], best: Measure, *, held: bool
) -> Table:
    rows = []
    for group in groups:
        told = compared.get(group.run.name)
        against = _(_OUTCOMES[told.outcome]) if told else NOTHING
        rows.append((group.run.label, group.told(best), against, group.told(area), told_time(group)))
    columns = (
        *(_("run"), _("held out, best") if held else _("training, best"), _("against unchanged")),
        *(_("training, whole curve"), _("per epoch, in turns")),
    )
    return Table(_("each setting halved and doubled"), columns, rows, (0, 2))


def _rests_on(compared: Mapping[str, Comparison | None], grid: _Grid, learnt: Sequence[RunGroup]) -> tuple[str, ...]:
    known = [each.least for each in compared.values() if each and not math.isnan(each.least)]
    if not known:
        return (one_seed(),)
    what = _("the log of the best perplexity")
    sentence = _(
        "Each run is compared with the unchanged one, by the spread between seeds ({test}); the factor that "
        "tells two apart lies between {low} and {high}."
    )
    ends = {"low": ratio(min(known)), "high": ratio(max(known))}
    sentences = [sentence.format(test=method_of(what, len(known)), **ends)]
    pairs = (len(grid.effects) * (len(grid.effects) - 1) // 2, len(learnt) * (len(learnt) - 1) // 2)
    if len(grid.effects) > 1 and not grid.lost and not grid.failed:
        sentence = _("Which setting changed it most is judged by each setting's lowest and highest run ({test}).")
        sentences.append(sentence.format(test=method_of(_("ratios of the two"), pairs[0])))
    sentence = _("Which run is lowest is judged against each other run ({test}).")
    sentences.append(sentence.format(test=method_of(what, pairs[1])))
    return tuple(sentences)


def charts(results: Results) -> tuple[Chart, ...]:
    """Perplexities."""
    return perplexities(results), *held_out(results)


EXERCISE = Exercise(
    name="hyperparameters",
    title=N_("hyperparameters"),
    question=N_("How do hidden units, time steps, batch size and learning rate change time and perplexity?"),
    epochs=45,
    runs=runs,
    judge=judge,
    charts=charts,
    spares_failed=True,
    times=True,
)
