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
        findings={"lowest": ranking.lowest, "better than one layer": _better(ranking), **findings(results)},
        rests_on=(ranking.how_sure(), held_out_told(results), converged(results), timed_by(groups)),
    )


def _conclusion(ranking: Ranking) -> str:
    if ranking.compared is None:
        sentence = _("The depths cannot be compared, as too few of them learnt with every seed: {runs} did.")
        return sentence.format(runs=labels(ranking.groups) or _("none"))
    return ranking.told()


def _why() -> str:
    return _(
        "Each further layer reads the output of the layer below and has weights of its own; the gradient has a "
        "longer way to go."
    )


def _outcome(ranking: Ranking) -> SeedVerdict | None:
    """How the lowest of the deeper models compares with one layer."""
    deep = next((group for group in ranking.groups if group.recipe.layers > 1), None)
    one = next((group for group in ranking.groups if group.recipe.layers == 1), None)
    if deep is None or one is None:
        return None
    if ranking.groups.index(deep) < ranking.groups.index(one):
        compared = ranking.between(deep, one)
        return None if compared is None else compared.outcome
    compared = ranking.between(one, deep)
    return None if compared is None else _REVERSED.get(compared.outcome, compared.outcome)


_REVERSED = {SeedVerdict.LOWER: SeedVerdict.HIGHER}


def _better(ranking: Ranking) -> bool | None:
    outcome = _outcome(ranking)
    return None if outcome in (None, SeedVerdict.ONE_SEED) else outcome is SeedVerdict.LOWER


def _against_one(ranking: Ranking) -> str:
    return {
        SeedVerdict.LOWER: _("Measured: a deeper model is better than one layer here, by more than seeds differ."),
        SeedVerdict.HIGHER: _("Measured: no deeper model is as good as one layer here, by more than seeds differ."),
        SeedVerdict.ALIKE: _(
            "Measured: the best of the deeper models cannot be told apart from one layer here, so nothing "
            "shows that more layers help."
        ),
    }.get(_outcome(ranking), "")  # type: ignore[arg-type]


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
