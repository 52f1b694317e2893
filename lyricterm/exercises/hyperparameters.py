"""A small grid: hidden units, time steps, batch size and learning rate, each halved and doubled by itself."""

from __future__ import annotations

import math

from lyricterm.errors import RecipeError
from lyricterm.exercises.base import Arm, Exercise, Figure, Finding, Results, Table, Verdict
from lyricterm.exercises.measured import ArmResult, State
from lyricterm.exercises.words import EVEN, comparison, findings, lowest, pace, perplexities, tell
from lyricterm.formats import figure, setting
from lyricterm.i18n import N_, _
from lyricterm.recipe import AXES, Recipe, Value, check, show

_ASTRAY = 0.5
"""An arm whose log perplexity ends so far above its best has gone astray."""
VARIED = ("hidden", "steps", "batch", "lr")


def arms(recipe: Recipe) -> tuple[Arm, ...]:
    """The recipe as it is, then each axis halved and doubled, where its bounds allow."""
    values = [(axis, value) for axis in VARIED for value in _around(getattr(recipe, axis)) if _possible(axis, value)]
    varied = (Arm((AXES[axis].label, show(value)), ((axis, value),)) for axis, value in values)
    return (Arm((N_("as it is"),)), *varied)


def _around(value: float) -> tuple[Value, ...]:
    """Half of it and twice it; 35 time steps become 17."""
    if isinstance(value, int):
        return (value // 2, 2 * value)
    return (value / 2, 2 * value)


def _possible(axis: str, value: Value) -> bool:
    try:
        check(axis, value)
    except RecipeError:
        return False
    return True


def spread(axis: str, results: Results) -> float:
    """The range of log perplexity along one axis; infinite if an arm of it overflowed, NaN if nothing is known."""
    arms_of = [result for result in results if _along(axis, result)]
    if any(result.state is State.DIVERGED for result in arms_of):
        return math.inf
    known = [math.log(result.perplexity) for result in arms_of if result.state is State.FINISHED]
    return max(known) - min(known) if len(known) > 1 else math.nan


def _along(axis: str, result: ArmResult) -> bool:
    """Whether an arm belongs to an axis; the recipe as it is belongs to all."""
    return not result.arm.axes or result.arm.axes[0][0] == axis


def judge(results: Results) -> Verdict:
    """Which axis moved the perplexity most."""
    spreads = {axis: spread(axis, results) for axis in VARIED}
    known = {axis: value for axis, value in spreads.items() if not math.isnan(value)}
    most = max(known, key=lambda axis: known[axis]) if known else ""
    learnt = [result for result in results if result.learnt]
    found: dict[str, Finding] = {"most": most or None} | {f"spread of {axis}": spreads[axis] for axis in VARIED}
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
        return _("Too few of the arms trained to the end to compare them.")
    if math.isinf(known[most]):
        lost = [axis for axis in VARIED if math.isinf(known.get(axis, 0.0))]
        sentence = _("What mattered most made the run overflow when halved or doubled: {axes}.")
        return sentence.format(axes=", ".join(_(AXES[axis].label) for axis in lost))
    second = max((axis for axis in known if axis != most), key=lambda axis: known[axis], default="")
    tied = bool(second) and known[most] - known[second] < EVEN
    told = [r for r in results if _along(most, r) or (tied and _along(second, r))]
    values = sorted(r.perplexity for r in told if r.state is State.FINISHED)
    words = {"axis": _(AXES[most].label), "low": figure(values[0]), "high": figure(values[-1])}
    if known[most] < EVEN:
        sentence = _("None of the four mattered; the most {axis} did was a perplexity between {low} and {high}.")
    elif tied:
        words["second"] = _(AXES[second].label)
        sentence = _("Of the four, {axis} and {second} mattered most, equally: perplexity from {low} to {high}.")
    else:
        sentence = _("Of the four, {axis} mattered most: halved and doubled, perplexity from {low} to {high}.")
    return sentence.format(**words)


def _extremes(learnt: list[ArmResult]) -> tuple[str, ...]:
    if not learnt:
        return ()
    best, fastest = lowest(learnt), min(learnt, key=lambda result: result.seconds)
    return (
        _("Lowest perplexity: {arm}, {perplexity}.").format(arm=best.arm.label, perplexity=figure(best.perplexity)),
        _("Fastest epoch: {arm}, {time}.").format(arm=fastest.arm.label, time=pace(fastest.seconds)),
    )


def _fallen(results: Results) -> tuple[str, ...]:
    """A sentence on each arm that ended far above where it had been."""
    sentence = _("{arm} had been at perplexity {best} before: its last epoch went astray.")
    fallen = (r for r in results if r.state is State.FINISHED and math.log(r.perplexity) - math.log(r.best) > _ASTRAY)
    return tuple(sentence.format(arm=r.arm.label, best=figure(r.best)) for r in fallen)


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
    for axis in VARIED:
        arms_of = sorted((r for r in results if _along(axis, r)), key=lambda r: float(getattr(r.recipe, axis)))
        told = "  ".join(f"{setting(getattr(r.recipe, axis))}: {_outcome(r)}" for r in arms_of)
        rows.append((_(AXES[axis].label), figure(spreads[axis]), told))
    return Table(
        _("spread of log perplexity along each axis"),
        (_("axis"), _("spread"), _("value: perplexity")),
        tuple(rows),
        (0, 2),
    )


def _outcome(result: ArmResult) -> str:
    return figure(math.inf) if result.state is State.DIVERGED else figure(result.perplexity)


def figures(results: Results) -> tuple[Figure, ...]:
    """Perplexities."""
    return (perplexities(results),)


EXERCISE = Exercise(
    name="hyperparameters",
    title=N_("hyperparameters"),
    question=N_("How do hidden units, steps, batch and learning rate move time and perplexity?"),
    epochs=12,
    arms=arms,
    judge=judge,
    figures=figures,
    spares_failed=True,
)
