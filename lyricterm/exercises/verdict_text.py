"""What the verdicts share: how a run ended, in a sentence and in a table."""

from __future__ import annotations

import math
import statistics
from collections.abc import Iterable

from lyricterm.core.i18n import _, listed, n_
from lyricterm.core.number_format import NOTHING, count_range, figure, ratio, setting_value
from lyricterm.core.run_status import ENDED, RunStatus
from lyricterm.core.sanitize import one_line
from lyricterm.core.sentences import together
from lyricterm.core.settings import SETTINGS, Value
from lyricterm.exercises.base import Finding, Results
from lyricterm.exercises.group import Comparison, Measure, RunGroup, SeedVerdict, grouped
from lyricterm.exercises.measurements import RunResult
from lyricterm.reports.table import Table

STEP = "H_t = φ(X_t W_xh + H_{t-1} W_hh + b_h)"
_NO_SPREAD = 1 + 1e-9
"""A factor below which no two results differ."""
_SHARED = (
    *("max_chars", "sampling", "activation", "clipping", "theta", "detach", "cell", "hidden", "steps", "batch", "lr"),
    *("epochs", "seed", "engine", "threads"),
)


def fate(result: RunResult, label: str = "") -> str:
    """One sentence on what became of a run, which is called ``label`` in it."""
    label = label or result.run.label
    if result.status is RunStatus.DIVERGED and result.diverged is not None:
        where = {"epoch": result.diverged.epoch, "minibatch": result.diverged.minibatch}
        if result.diverged.what == "loss":
            return _("{run}: the loss overflowed in epoch {epoch}, minibatch {minibatch}.").format(run=label, **where)
        return _("{run}: the gradient overflowed in epoch {epoch}, minibatch {minibatch}.").format(run=label, **where)
    if result.status is RunStatus.FAILED:
        return _("{run}: {reason}").format(run=label, reason=one_line(result.failure))
    if not result.epochs:
        return _("{run} finished no epoch.").format(run=label)
    return _reached(result, label)


def _reached(result: RunResult, label: str) -> str:
    if math.isinf(result.perplexity):
        # exp(loss) no longer fits, though the loss does.
        first = next(epoch.epoch for epoch in result.epochs if math.isinf(epoch.perplexity))
        sentence = _(
            "{run}: the perplexity overflowed in epoch {epoch}, though the loss stayed finite (at last {loss} nats per "
            "character)."
        )
        return sentence.format(run=label, epoch=f"{first:,}", loss=figure(result.epochs[-1].loss))
    words = {"run": label, "perplexity": figure(result.perplexity), "count": f"{result.epochs[-1].epoch:,}"}
    if result.vocabulary and result.perplexity >= result.vocabulary:
        sentence = n_(
            "{run}: perplexity {perplexity} after {count} epoch, no better than guessing ({baseline}).",
            "{run}: perplexity {perplexity} after {count} epochs, no better than guessing ({baseline}).",
            result.epochs[-1].epoch,
        )
        return sentence.format(baseline=f"{result.vocabulary:,}", **words)
    sentence = n_(
        "{run} reached perplexity {perplexity} on its training text in {count} epoch of {time}.",
        "{run} reached perplexity {perplexity} on its training text in {count} epochs of {time} each.",
        result.epochs[-1].epoch,
    )
    return sentence.format(time=pace(result.seconds), **words)


def standing(result: RunResult) -> str:
    """How a run stands, for a table."""
    if result.status is RunStatus.DIVERGED and result.diverged is not None:
        words = _("overflow: epoch {epoch}, minibatch {minibatch}")
        return words.format(epoch=result.diverged.epoch, minibatch=result.diverged.minibatch)
    if result.status is RunStatus.TRAINING:
        return _("training, {share} %").format(share=int(100 * result.done / result.recipe.epochs))
    if result.status is RunStatus.FINISHED:
        return n_("{count} epoch", "{count} epochs", result.recipe.epochs).format(count=f"{result.recipe.epochs:,}")
    return result.status.label


def pace(seconds: float, *ends: float) -> str:
    """A time with its unit, and the range that it is in: 0.52 s, 4.1 ms, 26 ms (17–190)."""
    if math.isnan(seconds):
        return NOTHING
    amount, unit = (_milliseconds, "ms") if seconds < 0.0995 else (figure, "s")
    told = [amount(end) for end in ends]
    span = f" ({told[0]}–{told[-1]})" if told and told[0] != told[-1] else ""
    return f"{amount(seconds)} {unit}{span}"


def _milliseconds(seconds: float) -> str:
    return f"{1e3 * seconds:.2g}" if seconds < 0.00995 else f"{1e3 * seconds:,.0f}"


def comparison(results: Results) -> Table:
    """The runs in figures, those of all seeds together; also while they train."""
    groups = grouped(results)
    held_out = any(group.values(_best_valid) for group in groups)
    # One run trains after the other, so that in the end their times would compare what else the machine did.
    timed = any(result.status not in ENDED for result in results)
    # On a narrow screen the columns at the end have no room: what the verdicts compare stands before them.
    columns = (
        *(_("run"), *([_("training perplexity"), _("held out, best")] if held_out else [_("perplexity")])),
        *(_("state"), *([_("per epoch")] if timed else []), _("training, best") if held_out else _("best")),
    )
    rows = [
        (
            *(group.run.label, _shown(group, _perplexity), *([_shown(group, _best_valid)] if held_out else [])),
            *(state_of(group), *([pace(_median_seconds(group))] if timed else []), _shown(group, _best)),
        )
        for group in groups
    ]
    return Table(_("the runs"), columns, rows)


def _shown(group: RunGroup, measure: Measure) -> str:
    """The mean with the range of the seeds, which says something only where all of them learnt."""
    return group.told(measure) if group.learnt else figure(group.mean(measure))


def state_of(group: RunGroup) -> str:
    """How the runs of a group stand, for a table: those that overflowed are counted."""
    training = [result for result in group.results if result.status is RunStatus.TRAINING]
    diverged = [result for result in group.results if result.status is RunStatus.DIVERGED]
    if training:
        return standing(training[0])
    if diverged and len(group.results) > 1:
        return f"{_overflows(diverged)} ({len(diverged)}/{len(group.results)})"
    return standing(group.results[0])


def _overflows(diverged: Results) -> str:
    epochs = count_range(result.diverged.epoch for result in diverged if result.diverged is not None)
    if not epochs.isdigit():
        return _("overflow: epoch {epoch}").format(epoch=epochs)
    return _("overflow: epoch {epoch}, minibatch {minibatch}").format(epoch=epochs, minibatch=_minibatches(diverged))


def tell(results: Results) -> tuple[str, ...]:
    """A sentence on the runs of each group, and one on what the spread is measured by."""
    return tuple(sentence for group in grouped(results) for sentence in _told(group))


def _told(group: RunGroup) -> tuple[str, ...]:
    fates = tuple(dict.fromkeys(map(fate, group.results)))
    if group.learnt and len(group.results) > 1:
        return (_learnt(group),)
    if len(fates) < 2:
        return fates
    alike = _lost_alike(group) if group.lost else ""
    return (alike,) if alike else tuple(fate(each, f"{group.run.label} ({_seed(each)})") for each in group.results)


def _learnt(group: RunGroup) -> str:
    epochs = group.results[0].epochs[-1].epoch
    sentence = n_(
        "{run} reached perplexity {perplexity} on its training text in {count} epoch, with {seeds} seeds.",
        "{run} reached perplexity {perplexity} on its training text in {count} epochs, with {seeds} seeds.",
        epochs,
    )
    words = {"run": group.run.label, "perplexity": group.told(_perplexity), "seeds": len(group.results)}
    return sentence.format(count=f"{epochs:,}", **words)


def _lost_alike(group: RunGroup) -> str:
    """On runs that all ended in the same way, though not at the same place; empty where they did not."""
    first, *others = group.results
    words = {"run": group.run.label, "seeds": len(group.results)}
    if all(math.isinf(result.perplexity) for result in group.results):
        return together(fate(first), _("The other seeds show the same."))
    if all(result.status is RunStatus.FINISHED for result in group.results):
        sentence = n_(
            "{run}: perplexity {perplexity} after {count} epoch with {seeds} seeds, no better than guessing "
            "({baseline}).",
            "{run}: perplexity {perplexity} after {count} epochs with {seeds} seeds, no better than guessing "
            "({baseline}).",
            first.recipe.epochs,
        )
        words |= {"perplexity": group.told(_perplexity), "count": f"{first.recipe.epochs:,}"}
        return sentence.format(baseline=f"{first.vocabulary:,}", **words)
    places = {(each.diverged.what, each.diverged.epoch) for each in group.results if each.diverged is not None}
    if len(places) != 1 or any(result.diverged is None for result in others):
        return ""
    ((what, epoch),) = places
    sentence = _("{run}: with each of {seeds} seeds the gradient overflowed in epoch {epoch}, minibatch {minibatch}.")
    if what == "loss":
        sentence = _("{run}: with each of {seeds} seeds the loss overflowed in epoch {epoch}, minibatch {minibatch}.")
    return sentence.format(epoch=epoch, minibatch=_minibatches(group.results), **words)


def _minibatches(results: Results) -> str:
    """At which they overflowed: 6–8."""
    return count_range(result.diverged.minibatch for result in results if result.diverged is not None)


def _seed(result: RunResult) -> str:
    return _("seed {seed}").format(seed=result.seed)


def findings(results: Results) -> dict[str, Finding]:
    """The mean perplexity of each group that learnt, None for the others; and how many seeds there are."""
    groups = grouped(results)
    told: dict[str, Finding] = {
        f"perplexity of {group.run.name}": group.mean(_perplexity) if group.learnt else None for group in groups
    }
    return {"seeds": max((len(group.results) for group in groups), default=0)} | told


def one_seed() -> str:
    """What a result with one seed is worth."""
    return _("This is one seed, and another may give the opposite. A verdict needs three seeds or more.")


def how_sure(compared: Comparison | None, named: str = "", count: int = 1, what: str = "") -> str:
    """What a comparison of two runs, ``named`` where there are more, rests on; empty if there is none.

    Args:
        compared: the comparison.
        named: the two runs.
        count: of the comparisons that it is corrected for.
        what: the test is made on, if not the logarithms of perplexities.
    """
    if compared is None:
        return ""
    if compared.outcome is SeedVerdict.ONE_SEED:
        return one_seed()
    sentence = _(
        "Measured by the spread between seeds ({test}), a factor of {least} or more tells {named} apart; their means "
        "differ by a factor of {factor}."
    )
    if compared.same:
        sentence = _("Between {named} there is no difference: their means over the seeds are the same.")
    elif compared.least < _NO_SPREAD:
        sentence = _(
            "Every seed gives the same, so any difference tells {named} apart; they differ by a factor of {factor}."
        )
    test = method_of(what or _("log perplexities"), count)
    words = {"test": test, "named": named or _("the two runs")}
    return sentence.format(least=ratio(compared.least), factor=ratio(compared.ratio), **words)


def how_sure_of_shares(compared: Comparison | None) -> str:
    """As ``how_sure``, for two shares of distinct characters, or of groups of them, of each run."""
    if compared is None or compared.outcome is SeedVerdict.ONE_SEED:
        return how_sure(compared)
    sentence = _(
        "The two distinct shares of each run are compared with each other (paired t test on their logarithms, 95 %): "
        "a factor of {least} or more tells them apart; on average they differ by a factor of {factor}."
    )
    if compared.same:
        sentence = _("Between the two distinct shares there is no difference: their means over the seeds are the same.")
    elif compared.least < _NO_SPREAD:
        sentence = _("With every seed the two distinct shares differ by the same factor of {factor}.")
    return sentence.format(least=ratio(compared.least), factor=ratio(compared.ratio))


def method_of(what: str, count: int = 1) -> str:
    """Which test was made, with the correction where several comparisons were."""
    if count == 1:
        return _("t test on {what}, 95 %").format(what=what)
    words = n_(
        "t test on {what}, 95 %, Holm's correction for {count} comparison",
        "t test on {what}, 95 %, Holm's correction for {count} comparisons",
        count,
    )
    return words.format(what=what, count=count)


def held_out_told(results: Results) -> str:
    """How much of the text is held out and scored; empty where nothing is, or two runs differ in it."""
    known = {result.held_out for result in results if result.held_out is not None}
    counts = {(each.characters, each.total) for each in known}
    if len(counts) != 1:
        return ""
    ((characters, total),) = counts
    if total:
        sentence = _(
            "The held-out text is the last {total} characters of the text; {count} of them are scored after each epoch."
        )
    else:
        sentence = _(
            "The held-out text is the {count} characters that follow the training text; it is scored after each epoch."
        )
    return sentence.format(count=f"{characters:,}", total=f"{total:,}")


def labels(groups: Iterable[RunGroup]) -> str:
    """Several groups, separated by commas."""
    return listed(group.run.label for group in groups)


def _perplexity(result: RunResult) -> float:
    return result.perplexity


def _best(result: RunResult) -> float:
    return result.best


def _best_valid(result: RunResult) -> float:
    return result.best_valid


def _median_seconds(group: RunGroup) -> float:
    known = group.values(lambda result: result.seconds)
    return statistics.median(known) if known else math.nan


def settings_in_words(results: Results) -> str:
    """The text, the device, and every setting that not all runs vary, with its value in those that do not."""
    told = next((result for result in results if result.corpus), results[0])
    parts = [f"{_(SETTINGS['corpus'].label)} {told.corpus or told.recipe.corpus}"]
    seeds = sorted({result.seed for result in results})
    if len(seeds) > 1:
        parts.append(_("seeds {seeds}").format(seeds=", ".join(map(str, seeds))))
    for setting in _SHARED:
        unvaried = [result.recipe for result in results if setting not in dict(result.run.settings)]
        if unvaried and not (setting == "seed" and len(seeds) > 1):
            parts.append(f"{_(SETTINGS[setting].label)} {_value(getattr(unvaried[0], setting))}")
    if told.device:
        parts.append(_("on {device}").format(device=told.device))
    return one_line(" · ".join(parts))


def _value(value: Value) -> str:
    return f"{value:,}" if isinstance(value, int) and not isinstance(value, bool) else setting_value(value)
