"""Lyrics after every epoch: how a barely trained model writes, and how that changes."""

from __future__ import annotations

import math
import statistics
from collections.abc import Callable, Sequence

from lyricterm.core.copied import RUN
from lyricterm.core.decoding import GREEDY
from lyricterm.core.i18n import N_, _, listed
from lyricterm.core.mean import geometric_mean
from lyricterm.core.number_format import figure, percent
from lyricterm.core.run_data import Sample
from lyricterm.core.sanitize import one_line
from lyricterm.core.sentences import together
from lyricterm.core.settings import Recipe
from lyricterm.exercises.base import Exercise, Results, Verdict
from lyricterm.exercises.charts import perplexities
from lyricterm.exercises.equations import forward
from lyricterm.exercises.group import RunGroup, grouped
from lyricterm.exercises.repetition import PERIOD, loops, variety
from lyricterm.exercises.run import ExerciseRun
from lyricterm.exercises.verdict_text import comparison, tell
from lyricterm.plotting.chart import Chart
from lyricterm.reports.describe import decoding_words
from lyricterm.reports.table import Table

_SHOWN = 24
"""Characters of a sample in a table."""
_NOTABLE = 0.02
"""A larger share of distinct characters by less is not called more varied."""


def runs(_recipe: Recipe) -> tuple[ExerciseRun, ...]:
    """The person's recipe as it is."""
    return (ExerciseRun(("every epoch",), called=N_("the run")),)


def judge(results: Results) -> Verdict:
    """Whether the writing became more varied, looped less and copied more as the perplexity fell."""
    (group,) = grouped(results)
    first, last = _ends(group)
    more = None
    if first and last:
        more = _is_more(*(statistics.mean(map(_variety, samples)) for samples in (first, last)))
    return Verdict(
        conclusion=together(_conclusion(first, last), *_copied(last)),
        told=tell(results),
        why=_why(last if more is not None else ()),
        equation=f"perplexity = exp(−1/n Σ log p(x_t | x_1 … x_{{t-1}}));  {forward(group.recipe)}",
        tables=(comparison(results), *_milestones(group)),
        findings={
            "more_varied": more,
            "first perplexity": first[0].perplexity if first else None,
            "last perplexity": last[0].perplexity if last else None,
            "loops at first": _share(first, loops),
            "loops at last": _share(last, loops),
            "copied at last": _mean_copied(last),
        },
        rests_on=(
            _(
                "Distinct: the share of characters in a sample that are not the same as one before. Loop: the "
                "sample ends in a group of up to {period} characters that comes at least three times. Copied: "
                "the share that stands in the training text in pieces of {run} characters or more."
            ).format(period=PERIOD, run=RUN),
        ),
    )


def _ends(group: RunGroup) -> tuple[list[Sample], list[Sample]]:
    """The samples of the first and of the last epoch, of all seeds."""
    written = [result for result in group.results if result.samples]
    first = [sample for result in written for sample in result.at(result.samples[0].epoch)]
    return first, [sample for result in written for sample in result.at(result.samples[-1].epoch)]


def _is_more(before: float, after: float) -> bool:
    return after > before + _NOTABLE


def _variety(sample: Sample) -> float:
    return variety(sample.text)


def _share(samples: Sequence[Sample], holds: Callable[[str], bool]) -> float | None:
    return statistics.mean(holds(sample.text) for sample in samples) if samples else None


def _mean_copied(samples: Sequence[Sample]) -> float | None:
    known = [sample.copied for sample in samples if not math.isnan(sample.copied)]
    return statistics.mean(known) if known else None


def _conclusion(first: Sequence[Sample], last: Sequence[Sample]) -> str:
    if not first or not last:
        return _("No epoch was finished, so no lyrics were written.")
    before, after = (statistics.mean(map(_variety, samples)) for samples in (first, last))
    sentence = _(
        "Perplexity went from {high} to {low}, and the lyrics became no more varied: {before} of their characters were "
        "distinct at first, {after} at the end; {looped} of the samples ended in a loop at first, {loop} at the end."
    )
    if _is_more(before, after):
        sentence = _(
            "As perplexity went from {high} to {low}, the lyrics became more varied: {before} of their characters "
            "were distinct at first, {after} at the end; {looped} of the samples ended in a loop at first, {loop} at "
            "the end."
        )
    return sentence.format(
        high=figure(geometric_mean([sample.perplexity for sample in first])),
        low=figure(geometric_mean([sample.perplexity for sample in last])),
        before=percent(before),
        after=percent(after),
        looped=percent(_share(first, loops) or 0.0),
        loop=percent(_share(last, loops) or 0.0),
    )


def _copied(last: Sequence[Sample]) -> tuple[str, ...]:
    copied = _mean_copied(last)
    if copied is None:
        return ()
    sentence = _("Of the last lyrics {share} is copied from the training text, in pieces of {run} characters or more.")
    return (sentence.format(share=percent(copied), run=RUN),)


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
    text = one_line(sample.prefix + sample.text)[:_SHOWN]
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
