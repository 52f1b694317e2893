"""Lyrics after every epoch: how a barely trained model writes, and how that changes."""

from __future__ import annotations

import math
import statistics
from collections.abc import Callable, Iterable, Sequence

from lyricterm.core.copied import RUN
from lyricterm.core.decoding import GREEDY
from lyricterm.core.i18n import N_, _, listed
from lyricterm.core.mean import geometric_mean
from lyricterm.core.number_format import figure, percent, percent_spread
from lyricterm.core.run_data import Sample
from lyricterm.core.sentences import together
from lyricterm.core.settings import Recipe
from lyricterm.exercises.base import Exercise, Results, Verdict
from lyricterm.exercises.charts import perplexities
from lyricterm.exercises.equations import forward
from lyricterm.exercises.group import Comparison, Measure, RunGroup, SeedVerdict, compare_measures, grouped
from lyricterm.exercises.measurements import RunResult
from lyricterm.exercises.repetition import PERIOD, beginning, copied_told, loops, variety
from lyricterm.exercises.run import ExerciseRun
from lyricterm.exercises.verdict_text import comparison, how_sure_of_shares, tell
from lyricterm.plotting.chart import Chart
from lyricterm.reports.describe import decoding_words
from lyricterm.reports.table import Table


def runs(_recipe: Recipe) -> tuple[ExerciseRun, ...]:
    """The person's recipe as it is."""
    return (ExerciseRun(("every epoch",), called=N_("the run")),)


def judge(results: Results) -> Verdict:
    """Whether the writing became more varied than seeds differ, how much of it loops and how much is copied."""
    (group,) = grouped(results)
    first, last = _ends(group)
    compared = compare_measures(group, _mean_at(-1, _variety), _mean_at(0, _variety))
    return Verdict(
        conclusion=_conclusion(compared, group),
        told=tell(results),
        why=_why(last),
        equation=f"perplexity = exp(−1/n Σ log p(x_t | x_1 … x_{{t-1}}));  {forward(group.recipe)}",
        tables=(comparison(results), *_milestones(group)),
        findings={
            "more_varied": _more_varied(compared),
            "first perplexity": _perplexity(first) if first else None,
            "last perplexity": _perplexity(last) if last else None,
            "distinct at first": _mean(map(_variety, first)),
            "distinct at last": _mean(map(_variety, last)),
            "loops at first": _mean(loops(sample.text) for sample in first),
            "loops at last": _mean(loops(sample.text) for sample in last),
            "copied at last": _mean(map(_copied, last)),
        },
        rests_on=(
            how_sure_of_shares(compared),
            _(
                "Distinct: the share of characters in a sample that are not the same as one before. Loop: the "
                "sample ends in a group of up to {period} characters that comes at least three times in a row and "
                "fills its last third. Copied: the share that stands in the training text in pieces of {run} "
                "characters or more."
            ).format(period=PERIOD, run=RUN),
        ),
    )


def _ends(group: RunGroup) -> tuple[list[Sample], list[Sample]]:
    """The samples of the first and of the last epoch, of all seeds."""
    written = [result for result in group.results if result.samples]
    return [each for result in written for each in _at(result, 0)], [each for r in written for each in _at(r, -1)]


def _at(result: RunResult, place: int) -> tuple[Sample, ...]:
    return result.at(result.samples[place].epoch)


def _mean_at(place: int, share: Callable[[Sample], float]) -> Measure:
    """A measure of a run: the mean over its first (0) or its last (-1) samples; NaN where it has none."""

    def of_run(result: RunResult) -> float:
        found = _mean(map(share, _at(result, place))) if result.samples else None
        return math.nan if found is None else found

    return of_run


def _more_varied(compared: Comparison | None) -> bool | None:
    if compared is None or compared.outcome is SeedVerdict.ONE_SEED:
        return None
    return compared.outcome is SeedVerdict.HIGHER


def _variety(sample: Sample) -> float:
    return variety(sample.text)


def _copied(sample: Sample) -> float:
    return sample.copied


def _perplexity(samples: Sequence[Sample]) -> float:
    return geometric_mean([sample.perplexity for sample in samples])


def _mean(values: Iterable[float]) -> float | None:
    known = [value for value in values if not math.isnan(value)]
    return statistics.fmean(known) if known else None


def _conclusion(compared: Comparison | None, group: RunGroup) -> str:
    first, last = _ends(group)
    if not first or not last:
        return _("No epoch was finished, so no lyrics were written.")
    sentence = _("The run did not learn with every seed; its perplexity went from {high} to {low}.")
    if compared is not None:
        sentence = {
            SeedVerdict.HIGHER: _("As perplexity went from {high} to {low}, the lyrics became more varied."),
            SeedVerdict.LOWER: _("As perplexity went from {high} to {low}, the lyrics became less varied."),
            SeedVerdict.ALIKE: _(
                "Perplexity went from {high} to {low}; how varied the lyrics are did not clearly change."
            ),
            SeedVerdict.ONE_SEED: _("With this one seed perplexity went from {high} to {low}."),
        }[compared.outcome]
        if compared.same and compared.outcome is SeedVerdict.ALIKE:
            sentence = _("Perplexity went from {high} to {low}; how varied the lyrics are did not change.")
    ends = {"high": figure(_perplexity(first)), "low": figure(_perplexity(last))}
    return together(sentence.format(**ends), _in_figures(group), copied_told(group.values(_mean_at(-1, _copied))))


def _in_figures(group: RunGroup) -> str:
    first, last = _ends(group)
    sentence = _(
        "Distinct characters: {before} at first, {after} at the end. Samples that end in a loop: {looped} of {written} "
        "at first, {loop} of {count} at the end."
    )
    return sentence.format(
        before=percent_spread(group.values(_mean_at(0, _variety))),
        after=percent_spread(group.values(_mean_at(-1, _variety))),
        looped=sum(loops(sample.text) for sample in first),
        written=len(first),
        loop=sum(loops(sample.text) for sample in last),
        count=len(last),
    )


def _why(last: Sequence[Sample]) -> tuple[str, str]:
    meaning = _(
        "Perplexity is the exponential of the mean cross-entropy: at 20, the model is as unsure as if 20 characters "
        "were equally likely to come next."
    )
    if not last:
        return meaning, ""
    if last[0].decoding != GREEDY:
        sentence = _(
            "The lyrics are chosen with these settings: {settings}. They show a part of the choice there was; the "
            "perplexity counts all of it."
        )
        return meaning, sentence.format(settings=listed(decoding_words(last[0].decoding, last[0].seed)))
    return meaning, _(
        "The lyrics take the likeliest character each time, so they show only the top of that choice; the perplexity "
        "counts all of it."
    )


def _milestones(group: RunGroup) -> tuple[Table, ...]:
    result = group.results[0]
    epochs = sorted({sample.epoch for sample in result.samples})
    if not epochs:
        return ()
    wanted = [m * 10**e for e in range(7) for m in (1, 2, 5)]
    places = sorted({epoch for epoch in wanted if epoch in set(epochs)} | {epochs[-1]})
    columns = (_("epoch"), _("perplexity"), _("distinct"), _("loop"), _("copied"), _("lyrics begin"))
    rows = [_milestone(result.at(epoch)[0]) for epoch in places]
    return (Table(_("epoch by epoch, first seed"), columns, rows, words=(0, 5)),)


def _milestone(sample: Sample) -> tuple[str, ...]:
    copied = "" if math.isnan(sample.copied) else percent(sample.copied)
    looped = _("yes") if loops(sample.text) else _("no")
    text = beginning(sample.prefix + sample.text)
    return (f"{sample.epoch:,}", figure(sample.perplexity), percent(variety(sample.text)), looped, copied, text)


def charts(results: Results) -> tuple[Chart, ...]:
    """Perplexities."""
    return (perplexities(results),)


EXERCISE = Exercise(
    name="pred-period",
    title=N_("lyrics after every epoch"),
    question=N_("How does a barely trained model write, and what changes as perplexity falls?"),
    epochs=100,
    runs=runs,
    judge=judge,
    charts=charts,
    every_epoch=True,
)
