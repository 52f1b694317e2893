"""The chapter's main comparison: random against consecutive sampling."""

from __future__ import annotations

from lyricterm.core.i18n import N_, _
from lyricterm.core.number_format import figure
from lyricterm.core.settings import Recipe
from lyricterm.exercises.base import Exercise, Results, Verdict
from lyricterm.exercises.charts import perplexities
from lyricterm.exercises.run import ExerciseRun
from lyricterm.exercises.verdict_text import EVEN, STEP, comparison, findings, labels, pick, ratio, tell
from lyricterm.plotting.chart import Chart


def runs(_recipe: Recipe) -> tuple[ExerciseRun, ...]:
    """Both ways to draw minibatches."""
    return (
        ExerciseRun((N_("random"),), (("sampling", "random"),)),
        ExerciseRun((N_("consecutive"),), (("sampling", "consecutive"),)),
    )


def judge(results: Results) -> Verdict:
    """Which got lower, if both learnt."""
    random, consecutive = pick(results, sampling="random"), pick(results, sampling="consecutive")
    learnt = [result for result in results if result.learnt]
    better = ""
    if len(learnt) < len(results):
        conclusion = _("The two cannot be compared, as not both of them learnt: {runs} did.")
        conclusion = conclusion.format(runs=labels(learnt) or _("none"))
    elif abs(ratio(random, consecutive)) < EVEN:
        conclusion = _("Random and consecutive sampling got equally far: perplexity {random} and {consecutive}.")
        better = "even"
    elif ratio(random, consecutive) > 0:
        conclusion = _("Consecutive sampling got lower: perplexity {consecutive} against {random} with random.")
        better = "consecutive"
    else:
        conclusion = _("Random sampling got lower: perplexity {random} against {consecutive} with consecutive.")
        better = "random"
    if better:
        conclusion = conclusion.format(random=figure(random.perplexity), consecutive=figure(consecutive.perplexity))
    return Verdict(
        conclusion=conclusion,
        told=tell(results),
        why=_why(better),
        equation=STEP,
        tables=(comparison(results),),
        findings={"lower": better or None, **findings(results)},
    )


def _why(better: str) -> tuple[str, str]:
    differs = _(
        "Random sampling begins every minibatch with H_0 = 0, consecutive sampling with the last H of the minibatch "
        "before, whose text it continues."
    )
    if better == "consecutive":
        return differs, _(
            "So a character may draw on all of the text before it and not on the few steps of its own example only, "
            "and no minibatch has to spend its first steps without knowing where it is."
        )
    if better == "random":
        return differs, _(
            "The carried state belongs to weights that have changed since, and neighbouring minibatches resemble each "
            "other; here, examples mixed anew in each epoch were worth more than the longer memory."
        )
    return differs, _(
        "How much the carried state is worth depends on how far the model has learnt to use it; a few more epochs may "
        "show more."
    )


def charts(results: Results) -> tuple[Chart, ...]:
    """Perplexities."""
    return (perplexities(results),)


EXERCISE = Exercise(
    name="sampling",
    title=N_("random or consecutive sampling"),
    question=N_("Does it help when minibatches continue each other and hand on their state?"),
    epochs=60,
    runs=runs,
    judge=judge,
    charts=charts,
)
