"""A small grid: hidden units, time steps, batch size and learning rate, each halved and doubled by itself."""

from __future__ import annotations

import math

from lyricterm.core.errors import RecipeError
from lyricterm.core.i18n import N_, _
from lyricterm.core.number_format import figure, setting_value
from lyricterm.core.run_status import RunStatus
from lyricterm.core.settings import SETTINGS, Recipe, Value, check, show
from lyricterm.exercises.base import Exercise, Finding, Results, Verdict
from lyricterm.exercises.charts import perplexities
from lyricterm.exercises.measurements import RunResult
from lyricterm.exercises.run import ExerciseRun
from lyricterm.exercises.verdict_text import EVEN, comparison, findings, lowest, pace, tell
from lyricterm.plotting.chart import Chart
from lyricterm.reports.table import Table

_ASTRAY = 0.5
"""A run whose log perplexity ends so far above its best has gone astray."""
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
    return (ExerciseRun((N_("as it is"),)), *varied)


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


def spread(setting: str, results: Results) -> float:
    """The range of log perplexity along one setting; infinite if a run of it overflowed, NaN if nothing is known."""
    arms_of = [result for result in results if _along(setting, result)]
    if any(result.status is RunStatus.DIVERGED for result in arms_of):
        return math.inf
    known = [math.log(result.perplexity) for result in arms_of if result.status is RunStatus.FINISHED]
    return max(known) - min(known) if len(known) > 1 else math.nan


def _along(setting: str, result: RunResult) -> bool:
    """Whether a run belongs to a setting; the recipe as it is belongs to all."""
    return not result.run.settings or result.run.settings[0][0] == setting


def judge(results: Results) -> Verdict:
    """Which setting moved the perplexity most."""
    spreads = {setting: spread(setting, results) for setting in VARIED}
    known = {setting: value for setting, value in spreads.items() if not math.isnan(value)}
    most = max(known, key=lambda setting: known[setting]) if known else ""
    learnt = [result for result in results if result.learnt]
    found: dict[str, Finding] = {"most": most or None} | {
        f"spread of {setting}": spreads[setting] for setting in VARIED
    }
    return Verdict(
        conclusion=_conclusion(most, known, results),
        told=(*tell(results), *_extremes(learnt), *_fallen(results)),
        why=_why(most),
        equation="w ← w − lr · min(θ / ‖g‖, 1) g,  g = ∂L/∂w,  L = Σ −log p",
        tables=(comparison(results), _spreads(spreads, results)),
        findings=found | findings(results),
    )


def _conclusion(most: str, known: dict[str, float], results: Results) -> str:
    if not most:
        return _("Too few of the runs trained to the end to compare them.")
    if math.isinf(known[most]):
        lost = [setting for setting in VARIED if math.isinf(known.get(setting, 0.0))]
        sentence = _("What mattered most made the run overflow when halved or doubled: {axes}.")
        return sentence.format(axes=", ".join(_(SETTINGS[setting].label) for setting in lost))
    second = max((setting for setting in known if setting != most), key=lambda setting: known[setting], default="")
    tied = bool(second) and known[most] - known[second] < EVEN
    told = [r for r in results if _along(most, r) or (tied and _along(second, r))]
    values = sorted(r.perplexity for r in told if r.status is RunStatus.FINISHED)
    words = {"setting": _(SETTINGS[most].label), "low": figure(values[0]), "high": figure(values[-1])}
    if known[most] < EVEN:
        sentence = _("None of the four mattered; the most {setting} did was a perplexity between {low} and {high}.")
    elif tied:
        words["second"] = _(SETTINGS[second].label)
        sentence = _("Of the four, {setting} and {second} mattered most, equally: perplexity from {low} to {high}.")
    else:
        sentence = _("Of the four, {setting} mattered most: halved and doubled, perplexity from {low} to {high}.")
    return sentence.format(**words)


def _extremes(learnt: list[RunResult]) -> tuple[str, ...]:
    if not learnt:
        return ()
    best, fastest = lowest(learnt), min(learnt, key=lambda result: result.seconds)
    return (
        _("Lowest perplexity: {run}, {perplexity}.").format(run=best.run.label, perplexity=figure(best.perplexity)),
        _("Fastest epoch: {run}, {time}.").format(run=fastest.run.label, time=pace(fastest.seconds)),
    )


def _fallen(results: Results) -> tuple[str, ...]:
    """A sentence on each run that ended far above where it had been."""
    sentence = _("{run} had been at perplexity {best} before: its last epoch went astray.")
    fallen = (
        r for r in results if r.status is RunStatus.FINISHED and math.log(r.perplexity) - math.log(r.best) > _ASTRAY
    )
    return tuple(sentence.format(run=r.run.label, best=figure(r.best)) for r in fallen)


def _why(most: str) -> tuple[str, str]:
    updates = _(
        "One epoch makes characters / (batch · steps) updates and each moves the weights by at most learning rate × θ, "
        "so early on what counts is how often and how far they move."
    )
    return updates, {
        "lr": _("The learning rate scales every one of these moves and costs no time at all."),
        "batch": _("A smaller batch means more updates from the same text, each of them clipped to the same length."),
        "steps": _("Fewer time steps mean more updates from the same text, each with a shorter look back."),
        "hidden": _("More hidden units give the same updates more weights to move, at the price of a longer epoch."),
        "": _("With so little to go by, none can be said to matter."),
    }[most]


def _spreads(spreads: dict[str, float], results: Results) -> Table:
    rows = []
    for setting in VARIED:
        arms_of = sorted((r for r in results if _along(setting, r)), key=lambda r: float(getattr(r.recipe, setting)))
        told = "  ".join(f"{setting_value(getattr(r.recipe, setting))}: {_outcome(r)}" for r in arms_of)
        rows.append((_(SETTINGS[setting].label), figure(spreads[setting]), told))
    return Table(
        _("spread of log perplexity along each axis"),
        (_("axis"), _("spread"), _("value: perplexity")),
        tuple(rows),
        (0, 2),
    )


def _outcome(result: RunResult) -> str:
    return figure(math.inf) if result.status is RunStatus.DIVERGED else figure(result.perplexity)


def charts(results: Results) -> tuple[Chart, ...]:
    """Perplexities."""
    return (perplexities(results),)


EXERCISE = Exercise(
    name="hyperparameters",
    title=N_("hyperparameters"),
    question=N_("How do hidden units, steps, batch and learning rate move time and perplexity?"),
    epochs=12,
    runs=runs,
    judge=judge,
    charts=charts,
    spares_failed=True,
)
