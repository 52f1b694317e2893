"""The chapter's main comparison: random against consecutive sampling.

The two curves are not measured alike: random sampling reads every example from the zero state, consecutive sampling
carries the state on. So both are scored on held-out text in both ways, each at its best epoch for that way, and the
finished models on both texts.
"""

from __future__ import annotations

import math
from collections.abc import Mapping

from lyricterm.core.i18n import N_, _
from lyricterm.core.number_format import count_range, figure
from lyricterm.core.sentences import together
from lyricterm.core.settings import Recipe
from lyricterm.exercises.base import Exercise, Results, Verdict
from lyricterm.exercises.charts import from_zero, held_out, perplexities
from lyricterm.exercises.equations import forward
from lyricterm.exercises.group import (
    Comparison,
    Measure,
    RunGroup,
    SeedVerdict,
    compare_groups,
    corrected,
    grouped,
    pick_group,
)
from lyricterm.exercises.measurements import RunResult
from lyricterm.exercises.memory import memorised
from lyricterm.exercises.ranking import converged
from lyricterm.exercises.run import ExerciseRun
from lyricterm.exercises.verdict_text import comparison, findings, held_out_told, how_sure, labels, tell
from lyricterm.plotting.chart import Chart
from lyricterm.reports.table import Table
from lyricterm.training.examinations import scored, scored_from_zero


def score(name: str) -> Measure:
    """A measure: one of the four scores; NaN where it is not known."""

    def measure(result: RunResult) -> float:
        return float("nan") if result.scores is None else float(getattr(result.scores, name))

    return measure


def _best_valid(result: RunResult) -> float:
    return result.best_valid


def _best_from_zero(result: RunResult) -> float:
    best = result.best_from_zero
    return math.nan if best is None else best.perplexity


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


Ways = Mapping[str, Comparison | None]
"""Random sampling compared with consecutive, read from zero states (``zero``) and with the state carried on
(``carried``)."""


def judge(results: Results) -> Verdict:
    """Which is better on text that is held out, in both ways of reading, each at its best epoch for that way."""
    groups = grouped(results)
    random, consecutive = pick_group(groups, sampling="random"), pick_group(groups, sampling="consecutive")
    unseen, training = (
        corrected({way: compare_groups(random, consecutive, measure) for way, measure in measures.items()})
        for measures in (
            {"zero": _best_from_zero, "carried": _best_valid},
            {"zero": WAYS["training_zero"], "carried": WAYS["training_carried"]},
        )
    )
    held_out_known = any(unseen.values())
    judged = unseen if held_out_known else training
    conclusion = _conclusion(groups, judged, held_out_known=held_out_known)
    return Verdict(
        conclusion=together(conclusion, _overfitted(groups)),
        told=tell(results),
        why=_why(training),
        equation=forward(random.recipe),
        tables=(comparison(results), *_at_best(groups), table(groups)),
        findings={"better": _better(judged)}
        | {f"better, {way}": _outcome(each) for way, each in judged.items()}
        | findings(results),
        rests_on=(*_rests_on(judged), *([held_out_told(results), converged(results, _ends)] if held_out_known else [])),
    )


def _epoch_from_zero(result: RunResult) -> int | None:
    """The best epoch read from zero states."""
    best = result.best_from_zero
    return None if best is None else best.epoch


def _epoch_carried(result: RunResult) -> int | None:
    best = result.best_epoch
    return None if best is None else best.epoch


def _ends(result: RunResult) -> list[int | None]:
    """The best epoch in each way of reading."""
    return [_epoch_from_zero(result), _epoch_carried(result)]


def _outcome(compared: Comparison | None) -> str | None:
    if compared is None:
        return None
    return {SeedVerdict.LOWER: "random", SeedVerdict.HIGHER: "consecutive"}.get(
        compared.outcome, compared.outcome.value
    )


def _better(judged: Ways) -> str | None:
    """The same in both ways of reading, or that it depends on it."""
    outcomes = {_outcome(each) for each in judged.values() if each is not None}
    return next(iter(outcomes), None) if len(outcomes) < 2 else "depends on the way of reading"


def _conclusion(groups: tuple[RunGroup, ...], judged: Ways, *, held_out_known: bool) -> str:
    if not any(judged.values()):
        sentence = _("The two cannot be compared, as not both of them learnt with every seed: {runs} did.")
        return sentence.format(runs=labels(group for group in groups if group.learnt) or _("none"))
    texts = {
        "zero": _("On the training text (nothing is held out), read from zero states,"),
        "carried": _("On the training text (nothing is held out), read with the state carried on,"),
    }
    if held_out_known:
        texts = {
            "zero": _("On held-out text, read from zero states, each at its best epoch,"),
            "carried": _("On held-out text, read with the state carried on, each at its best epoch,"),
        }
    return together(*(part for way, each in judged.items() if each for part in (texts[way], _told(each))))


def _told(compared: Comparison) -> str:
    sentence = {
        SeedVerdict.LOWER: _("random sampling is better: perplexity {random} against {consecutive}."),
        SeedVerdict.HIGHER: _("consecutive sampling is better: perplexity {consecutive} against {random}."),
        SeedVerdict.ALIKE: _("the two cannot be told apart: random sampling {random}, consecutive {consecutive}."),
        SeedVerdict.ONE_SEED: _("this one seed gave {random} with random sampling, {consecutive} with consecutive."),
    }[compared.outcome]
    return sentence.format(random=figure(compared.first), consecutive=figure(compared.second))


def _overfitted(groups: tuple[RunGroup, ...]) -> str:
    """What training on past the best epoch did to both; empty where it did not."""
    if not all(map(memorised, groups)):
        return ""
    words: dict[str, str] = {}
    for way, measure in (("carried", _valid), ("zero", WAYS["held_out_zero"])):
        words |= {f"{way}_{group.recipe.sampling}": figure(group.mean(measure)) for group in groups}
    sentence = _(
        "Trained to the end, both get worse on held-out text, as they learn the training text by heart: with "
        "the state carried on random {carried_random}, consecutive {carried_consecutive}; from zero states "
        "{zero_random} and {zero_consecutive}."
    )
    return sentence.format(**words)


def _rests_on(judged: Ways) -> tuple[str, ...]:
    count = sum(each is not None for each in judged.values())
    ways = {
        "zero": _("Read from zero states: {sentence}"),
        "carried": _("Read with the state carried on: {sentence}"),
    }
    told = {way: how_sure(each, count=count) for way, each in judged.items() if each is not None}
    if len(set(told.values())) < 2:
        return tuple(dict.fromkeys(told.values()))
    return tuple(ways[way].format(sentence=sentence) for way, sentence in told.items())


def _why(training: Ways) -> tuple[str, str]:
    differs = _(
        "Each was trained in one way of reading: random sampling begins every example with H_0 = 0, consecutive "
        "sampling goes on from the last H of the minibatch before. The curves measure each in its own way. A "
        "completion begins at the zero state and carries it on from there."
    )
    zero, carried = training["zero"], training["carried"]
    if zero is None or carried is None:
        return differs, ""
    words = {
        "zero_random": figure(zero.first),
        "zero_consecutive": figure(zero.second),
        "carried_random": figure(carried.first),
        "carried_consecutive": figure(carried.second),
    }
    numbers = _(
        "At the end, on the training text, read from zero states: random {zero_random}, consecutive "
        "{zero_consecutive}; with the state carried on: random {carried_random}, consecutive {carried_consecutive}."
    ).format(**words)
    if zero.outcome is SeedVerdict.LOWER and carried.outcome is SeedVerdict.HIGHER:
        return differs, together(numbers, _("In each way of reading, the model that was trained in it does better."))
    return differs, numbers


def _at_best(groups: tuple[RunGroup, ...]) -> tuple[Table, ...]:
    """On held-out text, each run at its best epoch; none where nothing is held out."""
    if not any(group.values(_best_valid) for group in groups):
        return ()
    columns = (_("trained with"), _("zero states"), _("carried"), _("epoch, zero"), _("epoch, carried"))
    rows = [
        (
            *(group.run.label, group.told(_best_from_zero), group.told(_best_valid)),
            *(count_range(map(epoch, group.results)) for epoch in (_epoch_from_zero, _epoch_carried)),
        )
        for group in groups
    ]
    return (Table(_("perplexity on held-out text at the best epoch, by way of reading"), columns, rows),)


def table(groups: tuple[RunGroup, ...]) -> Table:
    """Two texts, two ways to read them."""
    ways = (
        *(_("training text, zero states"), _("training text, carried")),
        *(_("held out, zero states"), _("held out, carried")),
    )
    columns = (_("text and way of reading"), *(group.run.label for group in groups))
    rows = [(way, *(group.told(measure) for group in groups)) for way, measure in zip(ways, WAYS.values(), strict=True)]
    return Table(_("perplexity of the finished models, by sampling, text and way of reading"), columns, rows)


def charts(results: Results) -> tuple[Chart, ...]:
    """Perplexities on the training text, each in its own way, and on the held-out text in both."""
    return perplexities(results), *held_out(results), *from_zero(results)


EXERCISE = Exercise(
    name="sampling",
    title=N_("random or consecutive sampling"),
    question=N_("Does it help when each minibatch continues the one before and takes over its hidden state?"),
    epochs=60,
    runs=runs,
    judge=judge,
    charts=charts,
    each_epoch=(scored_from_zero,),
    at_end=(scored,),
)
