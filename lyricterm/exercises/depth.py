"""One to four layers with the same budget: perplexity on both texts, parameters, time."""

from __future__ import annotations

from lyricterm.core.i18n import N_, _
from lyricterm.core.number_format import NOTHING
from lyricterm.core.settings import SETTINGS, Recipe
from lyricterm.exercises.base import Exercise, Results, Verdict
from lyricterm.exercises.charts import held_out, perplexities
from lyricterm.exercises.equations import forward_lines
from lyricterm.exercises.group import RunGroup, SeedVerdict, grouped
from lyricterm.exercises.ranking import Ranking, converged, rank
from lyricterm.exercises.run import ExerciseRun
from lyricterm.exercises.times import timed_by, told_time
from lyricterm.exercises.verdict_text import comparison, findings, held_out_told, labels, tell
from lyricterm.plotting.chart import Chart
from lyricterm.reports.table import Table

_WORDS = (N_("1 layer"), N_("2 layers"), N_("3 layers"), N_("4 layers"))


def runs(_recipe: Recipe) -> tuple[ExerciseRun, ...]:
    """As many layers as there can be."""
    most = int(SETTINGS["layers"].high)
    return tuple(ExerciseRun((word,), (("layers", count),)) for count, word in enumerate(_WORDS[:most], 1))


def judge(results: Results) -> Verdict:
    """Which depth is the lowest, and whether it is told apart from one layer."""
    groups, ranking = grouped(results), rank(results)
    return Verdict(
        conclusion=_conclusion(ranking),
        told=tell(results),
        why=(_why(), _against_one(ranking)),
        equation="; ".join(forward_lines(groups[-1].recipe)),
        tables=(comparison(results), _table(groups)),
        findings={
            "lowest": ranking.lowest,
            "judged on": ranking.judged_on,
            "better than one layer": _better(ranking),
            **findings(results),
        },
        rests_on=(ranking.how_sure(), held_out_told(results), converged(results), timed_by(groups)),
    )


def _conclusion(ranking: Ranking) -> str:
    if ranking.compared is None:
        sentence = _("The depths cannot be compared, as too few of them learnt with every seed: {runs} did.")
        return sentence.format(runs=labels(ranking.groups) or _("none"))
    return ranking.told()


def _why() -> str:
    return _(
        "Each further layer reads the output of the layer below and has weights of its own; the gradient of a lower "
        "layer comes back through all layers above it."
    )


def _against(ranking: Ranking) -> dict[RunGroup, SeedVerdict]:
    """How each deeper model that learnt compares with one layer; empty if that did not learn, or with one seed."""
    one = next((group for group in ranking.groups if group.recipe.layers == 1), None)
    deep = [group for group in ranking.groups if group.recipe.layers > 1]
    found = {group: ranking.outcome(group, one) for group in deep} if one is not None else {}
    return {group: each for group, each in found.items() if each not in (None, SeedVerdict.ONE_SEED)}


def _better(ranking: Ranking) -> bool | None:
    outcomes = _against(ranking).values()
    return SeedVerdict.LOWER in outcomes if outcomes else None


def _against_one(ranking: Ranking) -> str:
    against = _against(ranking)
    better = [group for group, outcome in against.items() if outcome is SeedVerdict.LOWER]
    if not against:
        return ""
    if better:
        sentence = _("Measured: better than one layer here, by more than seeds differ: {runs}.")
        return sentence.format(runs=labels(better))
    if set(against.values()) == {SeedVerdict.HIGHER}:
        return _("Measured: no deeper model is as good as one layer here, by more than seeds differ.")
    return _(
        "Measured: no deeper model is better than one layer here by more than seeds differ, so nothing shows that "
        "more layers help."
    )


def _table(groups: tuple[RunGroup, ...]) -> Table:
    columns = (_(SETTINGS["layers"].label), _("parameters"), _("per epoch, in turns"))
    rows = [
        (
            group.run.label,
            f"{group.results[0].parameters:,}" if group.results[0].parameters else NOTHING,
            told_time(group),
        )
        for group in groups
    ]
    return Table(_("what they cost"), columns, rows)


def charts(results: Results) -> tuple[Chart, ...]:
    """Perplexities on both texts."""
    return perplexities(results), *held_out(results)


EXERCISE = Exercise(
    name="depth",
    title=N_("one to four layers"),
    question=N_("What do more layers bring, and what do they cost?"),
    epochs=60,
    runs=runs,
    judge=judge,
    charts=charts,
    times=True,
)
