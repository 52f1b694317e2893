"""One model, several ways to choose its characters: repetition, copying, and how probable the model finds it."""

from __future__ import annotations

import math
import statistics
from collections.abc import Callable, Sequence

from lyricterm.core.copied import RUN
from lyricterm.core.decoding import GREEDY, Decoding
from lyricterm.core.i18n import N_, _, listed
from lyricterm.core.number_format import percent_spread
from lyricterm.core.perplexity import perplexity
from lyricterm.core.run_data import DecodingTrial
from lyricterm.core.settings import Recipe
from lyricterm.exercises.base import Exercise, Results, Verdict
from lyricterm.exercises.charts import perplexities
from lyricterm.exercises.equations import forward
from lyricterm.exercises.group import Comparison, Measure, RunGroup, SeedVerdict, compare_measures, grouped
from lyricterm.exercises.measurements import RunResult
from lyricterm.exercises.repetition import PERIOD, beginning, distinct_share, loops
from lyricterm.exercises.run import ExerciseRun
from lyricterm.exercises.verdict_text import comparison, findings, how_sure_of_shares, tell
from lyricterm.plotting.chart import Chart
from lyricterm.reports.describe import knob_words
from lyricterm.reports.table import Table
from lyricterm.training.examinations import decoded_with

DRAWN = Decoding(temperature=1.0)
"""The softmax as it is."""
BEAM = Decoding(beam=5)
DECODINGS = (
    GREEDY,
    BEAM,
    Decoding(no_repeat=4),
    Decoding(temperature=0.5),
    Decoding(top_k=10),
    Decoding(top_p=0.9),
    DRAWN,
)
N = 4
"""Characters of the groups that are counted."""

OfTrial = Callable[[DecodingTrial], float]


def runs(_recipe: Recipe) -> tuple[ExerciseRun, ...]:
    """The person's recipe as it is."""
    return (ExerciseRun(("the model",), called=N_("the model")),)


def mean_of(decoding: Decoding, measure: OfTrial) -> Measure:
    """A measure of a run: the mean over what it wrote with one way of decoding; NaN where that is not known."""

    def of_run(result: RunResult) -> float:
        known = [measure(trial) for trial in result.trials if trial.decoding == decoding]
        known = [value for value in known if not math.isnan(value)]
        return statistics.fmean(known) if known else math.nan

    return of_run


def distinct(decoding: Decoding) -> Measure:
    """The share of distinct groups of characters."""
    return mean_of(decoding, lambda trial: distinct_share(trial.text, N))


def own_perplexity(decoding: Decoding) -> Measure:
    """The model's own perplexity of what it wrote."""
    loss = mean_of(decoding, lambda trial: trial.loss)

    def of_run(result: RunResult) -> float:
        value = loss(result)
        return value if math.isnan(value) else perplexity(value)

    return of_run


def looped(decoding: Decoding) -> Measure:
    """The share of the texts that end in a loop."""
    return mean_of(decoding, lambda trial: float(loops(trial.text)))


def copied(decoding: Decoding) -> Measure:
    """The share that is copied from the training text."""
    return mean_of(decoding, lambda trial: trial.copied)


def judge(results: Results) -> Verdict:
    """Whether the greedy choice repeats itself more than drawing from the softmax does."""
    (group,) = grouped(results)
    compared = compare_measures(group, distinct(GREEDY), distinct(DRAWN))
    return Verdict(
        conclusion=_conclusion(group, compared),
        told=(*tell(results), *_copied(group, compared)),
        why=_why(group, compared),
        equation=f"p(c) = softmax(Y_t / T)_c;  T → 0: c = argmax Y_t;  {forward(group.recipe)}",
        tables=(comparison(results), *_tables(group)),
        findings={
            "greedy repeats more": None if compared is None else compared.outcome is SeedVerdict.LOWER,
            **{f"distinct, {name}": _known(group, distinct(each)) for name, each in _NAMED.items()},
            **{f"own perplexity, {name}": _known(group, own_perplexity(each)) for name, each in _NAMED.items()},
        }
        | findings(results),
        rests_on=(how_sure_of_shares(compared), _counted()),
    )


_NAMED = {"greedy": GREEDY, "drawn": DRAWN, "beam": BEAM}


def _known(group: RunGroup, measure: Measure) -> float | None:
    values = group.values(measure)
    return statistics.fmean(values) if values else None


def _conclusion(group: RunGroup, compared: Comparison | None) -> str:
    if compared is None:
        return _("The model did not learn with every seed, so there is nothing to decode; try a lower learning rate.")
    sentence = {
        SeedVerdict.LOWER: _(
            "Taking the likeliest character each time (greedy) repeats itself more than drawing at temperature 1: "
            "{greedy} of its groups of {n} characters are distinct, of the drawn ones {drawn}."
        ),
        SeedVerdict.HIGHER: _(
            "Taking the likeliest character each time (greedy) repeats itself less than drawing at temperature 1: "
            "{greedy} of its groups of {n} characters are distinct, of the drawn ones {drawn}."
        ),
        SeedVerdict.ALIKE: _(
            "Taking the likeliest character each time (greedy) and drawing at temperature 1 cannot be told apart by "
            "how much they repeat: {greedy} and {drawn} of their groups of {n} characters are distinct."
        ),
        SeedVerdict.ONE_SEED: _(
            "With this one seed {greedy} of the groups of {n} characters that greedy decoding writes are distinct, and "
            "{drawn} of those drawn at temperature 1."
        ),
    }[compared.outcome]
    return sentence.format(greedy=_share(group, distinct(GREEDY)), drawn=_share(group, distinct(DRAWN)), n=N)


def _copied(group: RunGroup, compared: Comparison | None) -> tuple[str, ...]:
    if compared is None or not group.values(copied(GREEDY)):
        return ()
    sentence = _(
        "Copied from the training text, in pieces of {run} characters or more: {greedy} of what is written "
        "greedily, {drawn} of what is drawn at temperature 1."
    )
    shares = {"greedy": _share(group, copied(GREEDY)), "drawn": _share(group, copied(DRAWN))}
    return (sentence.format(run=RUN, **shares),)


def _why(group: RunGroup, compared: Comparison | None) -> tuple[str, str]:
    meaning = _(
        "What is written is the next input, and a greedy choice depends on the model's state alone: from the same "
        "state it writes the same again. Drawing can leave such a loop."
    )
    if compared is None:
        return meaning, ""
    sentence = _(
        "Measured: {greedy} of the greedy texts end in a loop and {drawn} of the drawn ones; the model's own "
        "perplexity is {low} for what it writes greedily, {beam} with a beam of {width}, and {high} for what "
        "it draws."
    )
    perplexity = {
        "low": group.told(own_perplexity(GREEDY)),
        "beam": group.told(own_perplexity(BEAM)),
        "high": group.told(own_perplexity(DRAWN)),
    }
    shares = {"greedy": _share(group, looped(GREEDY)), "drawn": _share(group, looped(DRAWN))}
    return meaning, sentence.format(width=BEAM.beam, **shares, **perplexity)


def _share(group: RunGroup, measure: Measure) -> str:
    """The mean of the seeds in percent, with their range: 41 % (38–45 %)."""
    return percent_spread(group.values(measure))


def _tables(group: RunGroup) -> tuple[Table, ...]:
    trials = group.results[0].trials
    if not trials:
        return ()
    columns = (
        _("decoding"),
        _("distinct {n}-grams").format(n=N),
        _("loop"),
        _("copied"),
        _("own perplexity"),
        _("lyrics begin"),
    )
    rows = [_row(group, decoding, trials) for decoding in DECODINGS]
    return (Table(_("ways of decoding, the same model"), columns, rows, words=(0, 5)),)


def _row(group: RunGroup, decoding: Decoding, trials: Sequence[DecodingTrial]) -> tuple[str, ...]:
    first = next((trial for trial in trials if trial.decoding == decoding), None)
    text = beginning(first.prefix + first.text) if first else ""
    shares = (_share(group, measure(decoding)) for measure in (distinct, looped, copied))
    name = listed(knob_words(decoding)) or _("greedy")
    return (name, *shares, group.told(own_perplexity(decoding)), text)


def _counted() -> str:
    return _(
        "Each finished model goes on with the same prefixes from the training text. Distinct {n}-grams: how many "
        "different groups of {n} characters a completion has, divided by how many groups it has. Loop: the "
        "completion ends in a group of up to {period} characters that comes at least three times in a row and fills "
        "its last third. Own perplexity: by the model's own softmax, before decoding changes it."
    ).format(n=N, period=PERIOD)


def charts(results: Results) -> tuple[Chart, ...]:
    """Perplexities."""
    return (perplexities(results),)


EXERCISE = Exercise(
    name="decoding",
    title=N_("ways of decoding"),
    question=N_("How does the way of choosing characters change what the same model writes?"),
    epochs=60,
    runs=runs,
    judge=judge,
    charts=charts,
    at_end=decoded_with(DECODINGS),
)
