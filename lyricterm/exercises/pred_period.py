"""Lyrics after every epoch: how a model writes that has hardly learnt anything, and how that changes."""

from __future__ import annotations

import statistics

from lyricterm.core.i18n import N_, _
from lyricterm.core.number_format import figure
from lyricterm.core.sanitize import one_line
from lyricterm.core.settings import Recipe
from lyricterm.exercises.base import Exercise, Results, Verdict
from lyricterm.exercises.charts import perplexities
from lyricterm.exercises.measurements import RunResult
from lyricterm.exercises.run import ExerciseRun
from lyricterm.exercises.verdict_text import comparison, fate
from lyricterm.plotting.chart import Chart
from lyricterm.reports.table import Table

_SHOWN = 24
"""Characters of a sample in a table."""
_PERIOD = 12
"""The longest group of characters whose repetition is looked for."""


def runs(_recipe: Recipe) -> tuple[ExerciseRun, ...]:
    """The person's recipe as it is."""
    return (ExerciseRun((N_("every epoch"),)),)


def variety(text: str) -> float:
    """The share of characters in a text that are not the same as one before; 0 for none."""
    return len(set(text)) / len(text) if text else 0.0


def loops(text: str) -> bool:
    """Whether a text ends in a group of characters that repeats: at least three times, and over its last third."""
    for period in range(1, min(_PERIOD, len(text) // 3) + 1):
        length = max(3 * period, len(text) // 3)
        tail = text[-length:]
        if all(tail[i] == tail[i - period] for i in range(period, len(tail))):
            return True
    return False


def judge(results: Results) -> Verdict:
    """Whether the writing became more varied as the perplexity fell."""
    (result,) = results
    epochs = sorted({sample.epoch for sample in result.samples})
    if not epochs:
        conclusion, more = _("No epoch was finished, so no lyrics were written."), None
    else:
        first, last = result.at(epochs[0]), result.at(epochs[-1])
        before, after = (statistics.mean(variety(sample.text) for sample in samples) for samples in (first, last))
        more = after > before
        sentence = _compared(more)
        words = {"high": figure(first[0].perplexity), "low": figure(last[0].perplexity)}
        conclusion = sentence.format(before=f"{100 * before:.0f}", after=f"{100 * after:.0f}", **words)
    return Verdict(
        conclusion=conclusion,
        told=(fate(result), *_looping(result)),
        why=_why(more),
        equation="perplexity = exp(−1/n Σ log p(x_t | x_1 … x_{t-1}))",
        tables=(comparison(results), *_milestones(result, epochs)),
        findings={
            "more_varied": more,
            "first perplexity": result.epochs[0].perplexity if result.epochs else None,
            "last perplexity": result.perplexity if result.epochs else None,
        },
    )


def _compared(more: bool) -> str:
    if more:
        return _(
            "As perplexity went from {high} to {low}, the lyrics became more varied: {before} % distinct characters at "
            "first, {after} % at last."
        )
    return _(
        "Perplexity went from {high} to {low} and the lyrics became no more varied: {before} % distinct characters at "
        "first, {after} % at last."
    )


def _looping(result: RunResult) -> tuple[str, ...]:
    looping = [sample for sample in result.samples if loops(sample.text)]
    if not looping:
        return ()
    sentence = _(
        "{share} % of the lyrics end in a group of characters that repeats; the last of these was written in epoch "
        "{epoch}, at perplexity {perplexity}."
    )
    share = f"{100 * len(looping) / len(result.samples):.0f}"
    last = looping[-1]
    return (sentence.format(share=share, epoch=f"{last.epoch:,}", perplexity=figure(last.perplexity)),)


def _why(more: bool | None) -> tuple[str, str]:
    meaning = _(
        "Perplexity is the exponential of the mean cross-entropy: as many characters as it says seem equally likely "
        "to the model as the next one."
    )
    if more is False:
        return meaning, _(
            "Taking the likeliest each time shows only the top of that choice, so much can be learnt, or lost, before "
            "the lyrics show it; the perplexity shows it at once."
        )
    return meaning, _(
        "While it is high, the likeliest next character is a frequent one whatever came before, and taking it each "
        "time goes in circles; only as the state comes to tell contexts apart do words and then lines appear."
    )


def _milestones(result: RunResult, epochs: list[int]) -> tuple[Table, ...]:
    if not epochs:
        return ()
    wanted = [m * 10**e for e in range(7) for m in (1, 2, 5)]
    places = sorted({epoch for epoch in wanted if epoch in set(epochs)} | {epochs[-1]})
    rows = []
    for epoch in places:
        sample = result.at(epoch)[0]
        text = one_line(sample.prefix + sample.text)
        rows.append((f"{epoch:,}", figure(sample.perplexity), f"{100 * variety(sample.text):.0f} %", text[:_SHOWN]))
    columns = (_("epoch"), _("perplexity"), _("distinct"), _("lyrics begin"))
    return (Table(_("epoch by epoch"), columns, tuple(rows), words=(0, 3)),)


def charts(results: Results) -> tuple[Chart, ...]:
    """Perplexities."""
    return (perplexities(results),)


EXERCISE = Exercise(
    name="pred-period",
    title=N_("lyrics after every epoch"),
    question=N_("How does a hardly trained model write, and what changes as perplexity falls?"),
    epochs=100,
    runs=runs,
    judge=judge,
    charts=charts,
    every_epoch=True,
)
