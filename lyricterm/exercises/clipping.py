"""What happens without clipping, and whether it is the length of a step or the gradient's way back through time.

Three runs separate the causes. With one time step there is no way back through time, but the loss sums as many
characters. With the loss as a mean (for SGD and momentum the same as a rate that is batch · steps times smaller) there
is the way back through time, but steps are short. And with clipping there are both, and steps of bounded length.
"""

from __future__ import annotations

import math
from collections.abc import Sequence

from lyricterm.core.errors import RecipeError
from lyricterm.core.i18n import N_, _
from lyricterm.core.number_format import figure, percent, percent_spread, spread
from lyricterm.core.run_data import PARAMETERS, GradientProbe
from lyricterm.core.run_status import RunStatus
from lyricterm.core.sentences import together
from lyricterm.core.settings import Recipe
from lyricterm.exercises.base import Exercise, Results, Verdict
from lyricterm.exercises.charts import norms, perplexities
from lyricterm.exercises.equations import clipped_update, forward_of_any
from lyricterm.exercises.gradient_growth import growth_told
from lyricterm.exercises.group import Comparison, RunGroup, SeedVerdict, compare_groups, corrected, grouped
from lyricterm.exercises.run import ExerciseRun
from lyricterm.exercises.verdict_text import comparison, findings, how_sure, labels, tell
from lyricterm.plotting.chart import Chart
from lyricterm.reports.table import Table

FIRST = 40
"""Minibatches whose norms are shown and whose gradients are looked into."""
ACTIVATIONS = {"tanh": "tanh", "relu": "ReLU"}
"""What each is called."""
ONE_STEP, MEAN_LOSS, SMALL_RATE = N_("one time step"), N_("mean loss"), N_("small rate")
"""What the unclipped runs are called in which only one of the two causes is there."""
_PARTING = {ONE_STEP, MEAN_LOSS, SMALL_RATE}
_PROPORTIONAL = ("sgd", "momentum")
"""Optimisers whose steps are as long as the gradient times the rate, so that a smaller rate is a smaller loss."""
_PLACES = (1, 2, 3, 4, 6, 10, 20, 40)


def activations(_recipe: Recipe) -> tuple[ExerciseRun, ...]:
    """Both activations, with and without clipping."""
    return tuple(
        ExerciseRun((name, N_("clipped") if clip else N_("unclipped")), (("activation", act), ("clipping", clip)))
        for act, name in ACTIVATIONS.items()
        for clip in (True, False)
    )


def runs(recipe: Recipe) -> tuple[ExerciseRun, ...]:
    """Both activations, with and without; and without, each of the two causes alone."""
    characters = recipe.batch * recipe.steps
    tanh: tuple[tuple[str, str | bool], ...] = (("activation", "tanh"), ("clipping", False))
    # A state that is carried and not cut would be a way back through time.
    cut: tuple[tuple[str, bool], ...] = () if recipe.detach else (("detach", True),)
    one_step = ExerciseRun(("tanh", ONE_STEP), (*tanh, ("steps", 1), ("batch", characters), *cut))
    short = MEAN_LOSS if recipe.optimizer in _PROPORTIONAL else SMALL_RATE
    mean_loss = ExerciseRun(("tanh", short), (*tanh, ("lr", recipe.lr / characters)))
    return (*activations(recipe), *(run for run in (one_step, mean_loss) if _possible(run, recipe)))


def _possible(run: ExerciseRun, recipe: Recipe) -> bool:
    try:
        return run.recipe(recipe) is not None
    except RecipeError:
        return False


def judge(results: Results) -> Verdict:
    """Who came through, and what the gradients of those that did not were made of."""
    groups = grouped(results)
    plain = [group for group in groups if not _PARTING & set(group.run.words)]
    lost = [group for group in plain if not group.recipe.clipping and not group.learnt]
    return Verdict(
        conclusion=_conclusion(plain, lost, groups),
        told=tell(results),
        why=_why(lost, groups),
        equation=f"{clipped_update(groups[0].recipe)};  {forward_of_any(groups[0].recipe)},  φ = tanh, ReLU",
        tables=(comparison(results), *probe_tables(groups)),
        findings={
            "overflowed": ", ".join(g.run.name for g in groups if _diverged(g)) or None,
            "cause": _cause(lost, groups),
            **findings(results),
        },
        rests_on=(
            *_compared_by(plain),
            *_told_by(lost, groups),
            _(
                "Measured before each of the first minibatches, with each seed (mean and range; tables show one): the "
                "norm of the gradient by parameter, the spectral radius of W_hh, and the norm of the last time step's "
                "gradient with respect to H_t, whose mean change from one t to the one before is the factor per time "
                "step."
            ),
        ),
    )


def _diverged(group: RunGroup) -> bool:
    return any(result.status is RunStatus.DIVERGED for result in group.results)


def _named(groups: Sequence[RunGroup], word: str) -> RunGroup | None:
    return next((group for group in groups if word in group.run.words), None)


def _short(groups: Sequence[RunGroup]) -> RunGroup | None:
    return _named(groups, MEAN_LOSS) or _named(groups, SMALL_RATE)


def _cause(lost: Sequence[RunGroup], groups: Sequence[RunGroup]) -> str | None:
    """What the runs that part the causes say: ``step`` where only short steps help; None where nothing was lost."""
    if not lost:
        return None
    if all(group.recipe.activation != "tanh" for group in lost):
        # The runs that part the causes are those of tanh, which needs no clipping here.
        return "other"
    one_step, mean_loss = _named(groups, ONE_STEP), _short(groups)
    if one_step is not None and mean_loss is not None and one_step.lost and mean_loss.learnt:
        return "step"
    if one_step is not None and one_step.learnt:
        return "time"
    return "unknown"


def _conclusion(plain: Sequence[RunGroup], lost: Sequence[RunGroup], groups: Sequence[RunGroup]) -> str:
    lost_anyway = [group for group in plain if group.recipe.clipping and not group.learnt]
    if lost_anyway:
        sentence = _(
            "Clipping was not enough for {runs}; try a lower learning rate or theta (learning rate {lr}, theta "
            "{theta})."
        )
        recipe = lost_anyway[0].recipe
        return sentence.format(runs=labels(lost_anyway), theta=figure(recipe.theta), lr=figure(recipe.lr))
    if not lost:
        return _not_needed(plain)
    unclipped = [group for group in plain if not group.recipe.clipping]
    first = _("Clipping decides: with it both activations learn, without it neither does.")
    if not all(group.lost for group in lost):
        sentence = _("With clipping both activations learn; without it {runs} did not learn with every seed.")
        first = sentence.format(runs=labels(lost))
    elif len(lost) < len(unclipped):
        first = _("With clipping both activations learn; {runs} did not.").format(runs=labels(lost))
    return together(first, _of_cause(lost, groups))


def _of_cause(lost: Sequence[RunGroup], groups: Sequence[RunGroup]) -> str:
    short = _short(groups)
    sentence = {
        "step": _(
            "The cause is the length of the step: tanh with one time step only, where nothing goes back through time, "
            "does not learn either, and {short}, whose steps are shorter (learning rate {lr}), learns unclipped."
        ),
        "time": _(
            "The cause lies in going through time: with one time step only, and as many characters in a minibatch, "
            "tanh learns unclipped."
        ),
        "other": _("Only tanh has runs that separate the causes, so these numbers do not say why."),
        "unknown": _("The runs that separate the causes do not agree, so these numbers do not say which cause it is."),
    }[_cause(lost, groups) or "unknown"]
    words = {"short": short.run.label, "lr": figure(short.recipe.lr)} if short else {}
    return sentence.format(**words)


def _with_and_without(plain: Sequence[RunGroup]) -> dict[str, Comparison | None]:
    """By activation, the unclipped runs compared with the clipped ones, against levels that count both."""
    compared = {}
    for act in ACTIVATIONS:
        of_act = {group.recipe.clipping: group for group in plain if group.recipe.activation == act}
        compared[act] = compare_groups(of_act[False], of_act[True], lambda result: result.perplexity)
    return corrected(compared)


def _not_needed(plain: Sequence[RunGroup]) -> str:
    told = {act: each for act, each in _with_and_without(plain).items() if each is not None}
    return together(
        _("Both activations learn the training text with clipping and without it."),
        *(_of_activation(ACTIVATIONS[act], each) for act, each in told.items()),
    )


def _compared_by(plain: Sequence[RunGroup]) -> tuple[str, ...]:
    """What the comparison of clipped with unclipped runs rests on; nothing where a run did not learn."""
    if not all(group.learnt for group in plain):
        return ()
    told = {act: each for act, each in _with_and_without(plain).items() if each is not None}
    pair = _("{name} with and without clipping")
    return tuple(
        dict.fromkeys(how_sure(each, pair.format(name=ACTIVATIONS[act]), len(told)) for act, each in told.items())
    )


def _told_by(lost: Sequence[RunGroup], groups: Sequence[RunGroup]) -> tuple[str, ...]:
    """Which runs the cause is judged by."""
    one_step, short = _named(groups, ONE_STEP), _short(groups)
    if not lost or one_step is None or short is None:
        return ()
    sentence = _(
        "The cause is judged by two more runs of tanh without clipping: {one_step} reads {characters} examples of one "
        "character at once, so its loss sums as many characters; {short} has a learning rate that is as many times "
        "smaller."
    )
    words = {"one_step": one_step.run.label, "short": short.run.label, "characters": f"{one_step.recipe.batch:,}"}
    return (sentence.format(**words),)


def _of_activation(name: str, unclipped: Comparison) -> str:
    sentence = {
        SeedVerdict.LOWER: _("{name} gets lower without clipping: perplexity {unclipped} against {clipped} with it."),
        SeedVerdict.HIGHER: _("{name} gets lower with clipping: perplexity {clipped} against {unclipped} without it."),
        SeedVerdict.ALIKE: _(
            "For {name} the two cannot be told apart: perplexity {clipped} with clipping, {unclipped} without it."
        ),
        SeedVerdict.ONE_SEED: _(
            "For {name} this one seed gave perplexity {clipped} with clipping, {unclipped} without it."
        ),
    }[unclipped.outcome]
    return sentence.format(name=name, clipped=figure(unclipped.second), unclipped=figure(unclipped.first))


def _why(lost: Sequence[RunGroup], groups: Sequence[RunGroup]) -> tuple[str, str]:
    group = next((each for each in (*lost, *groups) if each.results[0].probes), None)
    if group is None:
        return "", ""
    return _first_step(group), together(*map(growth_told, lost))


def _first_step(group: RunGroup) -> str:
    """What the gradient before the first step is made of, over all seeds."""
    probes = [result.probes[0] for result in group.results if result.probes]
    largest = max(range(len(PARAMETERS)), key=lambda i: probes[0].norms[i])
    sentences = [
        _("Before the first step of {run} the gradient's norm is {norm}; {share} of its square comes from {parameter}.")
    ]
    if group.recipe.optimizer in _PROPORTIONAL:
        sentences.append(_("Unclipped, the step is learning rate × norm = {step} long."))
    if not all(math.isnan(probe.factor) for probe in probes):
        back = _("On the way back through time the gradient is multiplied by {factor} per step.")
        if not all(math.isnan(probe.radius) for probe in probes):
            back = _(
                "On the way back through time the gradient is multiplied by {factor} per step, and the spectral radius "
                "of W_hh is {radius}."
            )
        sentences.append(back)
    return together(*sentences).format(
        run=group.run.label,
        norm=spread(probe.norm for probe in probes),
        share=percent_spread(probe.share(largest) for probe in probes),
        parameter=PARAMETERS[largest],
        step=spread(group.recipe.lr * probe.norm for probe in probes),
        factor=spread(probe.factor for probe in probes),
        radius=spread(probe.radius for probe in probes),
    )


def probe_tables(groups: Sequence[RunGroup]) -> tuple[Table, ...]:
    """What the gradients at some of the first minibatches are made of, for each unclipped run."""
    tables = []
    columns = (_("minibatch"), _("norm"), *PARAMETERS, _("radius of W_hh"), _("per step back"))
    for group in groups:
        probes = group.results[0].probes
        if group.recipe.clipping or not probes:
            continue
        rows = [_row(probes[place - 1], place) for place in _PLACES if place <= len(probes)]
        title = _("{run}, seed {seed}: the gradient's norm, and its parts as shares of the square")
        title = title.format(run=group.run.label, seed=group.results[0].seed)
        tables.append(Table(title, columns, rows))
    return tuple(tables)


def _row(probe: GradientProbe, place: int) -> tuple[str, ...]:
    shares = ["" if math.isnan(probe.share(i)) else percent(probe.share(i)) for i in range(len(probe.norms))]
    return (str(place), figure(probe.norm), *shares, figure(probe.radius), figure(probe.factor))


def charts(results: Results) -> tuple[Chart, ...]:
    """Norms and perplexities."""
    return norms(results, FIRST), perplexities(results)


EXERCISE = Exercise(
    name="clipping",
    title=N_("no clipping"),
    question=N_("What happens to tanh and to ReLU when the gradient is not clipped?"),
    epochs=20,
    runs=runs,
    judge=judge,
    charts=charts,
    each_minibatch=True,
    probes=FIRST,
)
