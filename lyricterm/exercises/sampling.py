"""The chapter's main comparison: random against consecutive sampling.

The two curves are not measured alike: random sampling reads every example from the zero state, consecutive sampling
carries the state on. So the finished models are scored on the training text and on held-out text, in both ways.
"""

from __future__ import annotations

from lyricterm.core.i18n import N_, _
from lyricterm.core.number_format import figure
from lyricterm.core.settings import Recipe
from lyricterm.exercises.base import Exercise, Results, Verdict
from lyricterm.exercises.charts import held_out, perplexities
from lyricterm.exercises.equations import forward
from lyricterm.exercises.group import Comparison, Measure, RunGroup, SeedVerdict, compare_groups, grouped, pick_group
from lyricterm.exercises.measurements import RunResult
from lyricterm.exercises.memory import memorised
from lyricterm.exercises.run import ExerciseRun
from lyricterm.exercises.verdict_text import comparison, findings, how_sure, labels, tell
from lyricterm.plotting.chart import Chart
from lyricterm.reports.table import Table
from lyricterm.training.examinations import scored


def score(name: str) -> Measure:
    """A measure: one of the four scores; NaN where it is not known."""

    def measure(result: RunResult) -> float:
        return float("nan") if result.scores is None else float(getattr(result.scores, name))

    return measure


def _best_valid(result: RunResult) -> float:
    return result.best_valid


def _valid(result: RunResult) -> float:
    return result.valid


WAYS: dict[str, Measure] = {
    name: score(name) for name in ("training_zero", "training_carried", "held_out_zero", "held_out_carried")
}


def runs(_recipe: Recipe) -> tuple[ExerciseRun, ...]:
    """Both ways to draw minibatches."""
    return (
        ExerciseRun((N_("random"),), (("sampling", "random"),)),
        ExerciseRun((N_("consecutive"),), (("sampling", "consecutive"),)),
    )


def judge(results: Results) -> Verdict:
    """Which is better on text that is held out, each at its best epoch; the finished models' scores beside it."""
    groups = grouped(results)
    random, consecutive = pick_group(groups, sampling="random"), pick_group(groups, sampling="consecutive")
    compared = {name: compare_groups(random, consecutive, measure) for name, measure in WAYS.items()}
    at_best = compare_groups(random, consecutive, _best_valid)
    decisive = at_best or compared["training_zero"]
    conclusion = _conclusion(groups, decisive, held_out_known=at_best is not None)
    return Verdict(
        conclusion=f"{conclusion} {_overfitted(groups)}".rstrip(),
        told=tell(results),
        why=_why(compared),
        equation=forward(random.recipe),
        tables=(comparison(results), table(groups)),
        findings={"better": _better(decisive)} | findings(results),
        rests_on=(how_sure(decisive),),
    )


def _better(compared: Comparison | None) -> str | None:
    if compared is None:
        return None
    return {SeedVerdict.LOWER: "random", SeedVerdict.HIGHER: "consecutive"}.get(
        compared.outcome, compared.outcome.value
    )


def _conclusion(groups: tuple[RunGroup, ...], compared: Comparison | None, *, held_out_known: bool) -> str:
    if compared is None:
        sentence = _("The two cannot be compared, as not both of them learnt: {runs} did.")
        return sentence.format(runs=labels(group for group in groups if group.learnt) or _("none"))
    text = _("On the training text (nothing is held out), read from the zero state,")
    if held_out_known:
        text = _("On held-out text, read with the state carried on, each at its best epoch,")
    told = {
        SeedVerdict.LOWER: _("random sampling is better: perplexity {random} against {consecutive}."),
        SeedVerdict.HIGHER: _("consecutive sampling is better: perplexity {consecutive} against {random}."),
        SeedVerdict.ALIKE: _("the two cannot be told apart: random sampling {random}, consecutive {consecutive}."),
        SeedVerdict.ONE_SEED: _("this one seed gave {random} with random sampling, {consecutive} with consecutive."),
    }[compared.outcome].format(random=figure(compared.first), consecutive=figure(compared.second))
    return f"{text} {told}"


def _overfitted(groups: tuple[RunGroup, ...]) -> str:
    """What training on past the best epoch did to both, as completions show it; empty where it did not."""
    if not all(map(memorised, groups)):
        return ""
    ended = [figure(group.mean(_valid)) for group in groups]
    from_zero = [figure(group.mean(WAYS["held_out_zero"])) for group in groups]
    sentence = _(
        "Trained on to the end, both get worse on it, as they learn the training text by heart: random {random}, "
        "consecutive {consecutive}; read from the zero state, as completions are, {zero_random} and {zero_consecutive}."
    )
    return sentence.format(
        random=ended[0], consecutive=ended[1], zero_random=from_zero[0], zero_consecutive=from_zero[1]
    )


def _why(compared: dict[str, Comparison | None]) -> tuple[str, str]:
    differs = _(
        "Each was trained in one way of reading: random sampling begins every example with H_0 = 0, consecutive "
        "sampling goes on from the last H of the minibatch before. The curves measure each in its own way."
    )
    zero, carried = compared["training_zero"], compared["training_carried"]
    if zero is None or carried is None:
        return differs, ""
    words = {
        "zero_random": figure(zero.first),
        "zero_consecutive": figure(zero.second),
        "carried_random": figure(carried.first),
        "carried_consecutive": figure(carried.second),
    }
    numbers = _(
        "On the training text, read from zero states: random {zero_random}, consecutive {zero_consecutive}; with the "
        "state carried on: random {carried_random}, consecutive {carried_consecutive}."
    ).format(**words)
    if zero.outcome is SeedVerdict.LOWER and carried.outcome is SeedVerdict.HIGHER:
        return differs, numbers + " " + _("Each does better when it is read in the way it was trained.")
    return differs, numbers


def table(groups: tuple[RunGroup, ...]) -> Table:
    """Two texts, two ways to read them."""
    columns = (
        *(_("trained with"), _("training text, zero states"), _("training text, carried")),
        *(_("held out, zero states"), _("held out, carried")),
    )
    rows = [(group.run.label, *(group.told(measure) for measure in WAYS.values())) for group in groups]
    return Table(_("perplexity of the finished models, by text and by way of reading"), columns, rows)


def charts(results: Results) -> tuple[Chart, ...]:
    """Perplexities on the training text, each in its own way, and on the held-out text."""
    return perplexities(results), *held_out(results)


EXERCISE = Exercise(
    name="sampling",
    title=N_("random or consecutive sampling"),
    question=N_("Does it help when minibatches continue each other and hand on their state?"),
    epochs=60,
    runs=runs,
    judge=judge,
    charts=charts,
    at_end=(scored,),
)
