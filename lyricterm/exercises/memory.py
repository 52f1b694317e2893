"""Memory or skill: what the falling perplexity is worth on text that the model has not seen."""

from __future__ import annotations

import math
import statistics
from collections.abc import Mapping, Sequence

from lyricterm.core.i18n import N_, _
from lyricterm.core.number_format import figure, ratio
from lyricterm.core.settings import Recipe
from lyricterm.exercises.base import Exercise, Results, Verdict
from lyricterm.exercises.charts import held_out, perplexities
from lyricterm.exercises.equations import forward
from lyricterm.exercises.group import Comparison, RunGroup, SeedVerdict, compare_paired, grouped
from lyricterm.exercises.measurements import RunResult
from lyricterm.exercises.repetition import copied_told
from lyricterm.exercises.run import ExerciseRun
from lyricterm.exercises.verdict_text import comparison, findings, held_out_told, how_sure, tell
from lyricterm.plotting.chart import Chart
from lyricterm.reports.table import Table

_PLACES = (1, 2, 5, 10, 20, 50, 100, 200, 500, 1_000)

_LAST = 3
"""Epochs that are the end of a run."""


def runs(_recipe: Recipe) -> tuple[ExerciseRun, ...]:
    """The person's recipe as it is."""
    return (ExerciseRun(("as it is",), called=N_("the run")),)


def risen(group: RunGroup) -> Comparison | None:
    """How each run's held-out perplexity at the end compares with that of the best epoch; None where it is not known.

    The best epoch is that of the other seeds: a run's own lowest perplexity is partly luck, and whatever comes after
    would be higher also where nothing rises.
    """
    curves = [_known(result) for result in group.results]
    if not group.learnt or not set.intersection(*map(set, curves)):
        return None
    pairs = []
    for i, curve in enumerate(curves):
        best = _lowest([*curves[:i], *curves[i + 1 :]] or curves, among=curve)
        pairs.append((_at_end(curve, best), curve[best]))
    return compare_paired(pairs)


def _known(result: RunResult) -> dict[int, float]:
    """The held-out perplexities by epoch; none where the last one overflowed or nothing is held out."""
    curve = {epoch.epoch: epoch.valid_perplexity for epoch in result.epochs}
    return (
        {epoch: value for epoch, value in curve.items() if math.isfinite(value)} if math.isfinite(result.valid) else {}
    )


def _lowest(curves: Sequence[Mapping[int, float]], among: Mapping[int, float]) -> int:
    """The epoch with the lowest mean of these curves' logarithms."""
    shared = sorted(set(among).intersection(*curves))
    return min(shared, key=lambda epoch: math.fsum(math.log(curve[epoch]) for curve in curves))


def _at_end(curve: Mapping[int, float], best: int) -> float:
    """The median of the last few epochs, as one bad epoch is no rise; where the best is one of them, that."""
    last = sorted(curve)[-_LAST:]
    return curve[best] if best in last else statistics.median(curve[epoch] for epoch in last)


def judge(results: Results) -> Verdict:
    """Whether the model is better than its baselines on text it has not seen, and since when it only memorises."""
    (group,) = grouped(results)
    known = group.results[0].held_out
    best = group.mean(lambda result: result.best_valid)
    beaten = known is not None and all(value < known.bigram for value in group.values(lambda r: r.best_valid))
    return Verdict(
        conclusion=_conclusion(group),
        told=(*tell(results), *_copied(group), *_unknown(group)),
        why=_why(group),
        equation=f"perplexity = exp(−1/n Σ log p(x_t | x_1 … x_{{t-1}}));  {forward(group.recipe)}",
        tables=(comparison(results), *_tables(group)),
        findings={
            "memorised": memorised(group),
            "beats the bigram": beaten if known is not None else None,
            "held out, best": best if known is not None else None,
        }
        | findings(results),
        rests_on=_rests_on(group),
    )


def _falls_on(result: RunResult) -> bool:
    best = result.best_epoch
    return best is not None and result.perplexity < best.perplexity


def memorised(group: RunGroup) -> bool | None:
    """The held-out perplexity has risen while that of the training text fell on; None where that is not known."""
    compared = risen(group)
    if compared is None or compared.outcome is SeedVerdict.ONE_SEED:
        return None
    return compared.outcome is SeedVerdict.HIGHER and all(map(_falls_on, group.results))


def _conclusion(group: RunGroup) -> str:
    known = group.results[0].held_out
    if known is None:
        return _("No text is held out, so this exercise has no result; give --valid 0.1 or a lower --max-chars.")
    if not group.learnt:
        return _("Not every run learnt, so the exercise has nothing to show; try a lower learning rate.")
    words = {
        "training": group.told(lambda result: result.perplexity),
        "last": group.told(lambda result: result.valid),
        "best": group.told(lambda result: result.best_valid),
    }
    compared, by_heart = risen(group), memorised(group)
    if by_heart:
        sentence = _(
            "Memory: the training text's perplexity ends at {training}, while that of text the model has not seen ends "
            "at {last}, above the {best} it had reached before."
        )
    elif by_heart is None:
        sentence = _(
            "With this one seed the training text's perplexity ends at {training}, that of text the model has not seen "
            "at {last}; at best it was {best}."
        )
    elif compared is not None and compared.outcome is SeedVerdict.HIGHER:
        sentence = _(
            "Both perplexities end higher than at the best epoch, so the model did not learn on: training text "
            "{training}, held-out text {last}, at best {best}."
        )
    elif compared is not None and compared.same:
        sentence = _(
            "No sign of memory yet: the held-out text's perplexity has not risen, it ends at {last} (at best {best}); "
            "the training text's ends at {training}."
        )
    else:
        sentence = _(
            "No clear sign of memory yet: the held-out text's perplexity ends at {last}, not to be told apart from its "
            "best, {best}; the training text's at {training}."
        )
    return sentence.format(**words)


def _why(group: RunGroup) -> tuple[str, str]:
    known = group.results[0].held_out
    meaning = _(
        "Perplexity on the training text falls when the model learns the language and also when it learns the text by "
        "heart; on held-out text only the first helps."
    )
    if known is None:
        return meaning, ""
    best = group.values(lambda result: result.best_valid)
    told = _against(best, known.frequencies, known.bigram) if best else ""
    return meaning, told


def _against(best: Sequence[float], frequencies: float, bigram: float) -> str:
    """How the best of each seed compares with the simple models."""
    counts = [sum(value < baseline for value in best) for baseline in (frequencies, bigram)]
    seeds = len(best)
    sentence = {
        (seeds, seeds): _(
            "At its best it beats both the character frequencies ({frequencies}) and a bigram ({bigram})."
        ),
        (seeds, 0): _("At its best it beats the character frequencies ({frequencies}), but not a bigram ({bigram})."),
        (0, 0): _(
            "On held-out text it never beats even the character frequencies ({frequencies}), which know no context; an "
            "interpolated bigram reaches {bigram}."
        ),
    }.get(
        (counts[0], counts[1]),
        _(
            "At its best it beats the character frequencies ({frequencies}) with {first} of {seeds} seeds, and a "
            "bigram ({bigram}) with {second}."
        ),
    )
    words = {"frequencies": figure(frequencies), "bigram": figure(bigram)}
    return sentence.format(first=counts[0], second=counts[1], seeds=seeds, **words)


def _copied(group: RunGroup) -> tuple[str, ...]:
    """How much of the lyrics of the last epoch is copied; nothing where that is not known."""
    told = copied_told(group.values(_copied_share))
    return (told,) if told else ()


def _copied_share(result: RunResult) -> float:
    known = [sample.copied for sample in result.at(result.recipe.epochs) if not math.isnan(sample.copied)]
    return statistics.fmean(known) if known else math.nan


def _unknown(group: RunGroup) -> tuple[str, ...]:
    known = group.results[0].held_out
    if known is None or not known.unknown:
        return ()
    sentence = _(
        "Characters of the held-out text that do not occur in the training text and are left out: {count} (different "
        "ones: {kinds})."
    )
    return (sentence.format(count=f"{known.unknown:,}", kinds=f"{known.unknown_kinds:,}"),)


def _tables(group: RunGroup) -> tuple[Table, ...]:
    result = group.results[0]
    if not result.epochs or result.held_out is None:
        return ()
    best = result.best_epoch
    wanted = {*_PLACES, result.epochs[-1].epoch, best.epoch if best else 0}
    rows = [
        (f"{each.epoch:,}", figure(each.perplexity), figure(each.valid_perplexity), "◂" if each is best else "")
        for each in result.epochs
        if each.epoch in wanted
    ]
    title = _("epoch by epoch, first seed; ◂ is the best on held-out text")
    return (Table(title, (_("epoch"), _("training text"), _("held out"), ""), rows, (0, 3)),)


def _rests_on(group: RunGroup) -> tuple[str, ...]:
    known = group.results[0].held_out
    if known is None:
        return ()
    sentence = _(
        "The held-out text is read in strips from the zero state with the state carried on. Frequencies and bigram are "
        "counted in the training text."
    )
    return (held_out_told(group.results), sentence, *_measured_by(risen(group)))


def _measured_by(compared: Comparison | None) -> tuple[str, ...]:
    if compared is None or compared.outcome is SeedVerdict.ONE_SEED:
        return (how_sure(compared),)
    if compared.same:
        sentence = _("Nothing has risen: with every seed one of the last {several} epochs is the best for the others.")
        return (sentence.format(several=_LAST),)
    sentence = _(
        "Whether it has risen is judged within each run (paired t test on log perplexities, 95 %): the median of its "
        "last {several} epochs must be at least {least} times that of the epoch that is best for the other seeds; it "
        "is {factor} times."
    )
    words = {"least": ratio(compared.least), "factor": ratio(compared.first / compared.second)}
    return (sentence.format(several=_LAST, **words),)


def charts(results: Results) -> tuple[Chart, ...]:
    """Perplexities on both texts."""
    return perplexities(results), *held_out(results)


EXERCISE = Exercise(
    name="memory",
    title=N_("memory or skill"),
    question=N_("When perplexity falls, does it also fall on text that the model has not seen?"),
    epochs=100,
    runs=runs,
    judge=judge,
    charts=charts,
)
