"""What the verdicts share: how a run ended, in a sentence and in a table."""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence

from lyricterm.core.i18n import _, n_
from lyricterm.core.number_format import NOTHING, figure, setting_value
from lyricterm.core.run_status import RunStatus
from lyricterm.core.sanitize import one_line
from lyricterm.core.settings import SETTINGS, Value
from lyricterm.exercises.base import Finding, Results
from lyricterm.exercises.measurements import RunResult
from lyricterm.reports.table import Table

EVEN = 0.05
"""Perplexities whose logarithms differ by less are called equal: another seed moves them as much."""
STEP = "H_t = φ(X_t W_xh + H_{t-1} W_hh + b_h)"
_SHARED = (
    *("max_chars", "sampling", "activation", "clipping", "theta", "detach", "cell", "hidden", "steps", "batch", "lr"),
    *("epochs", "seed", "engine", "threads"),
)


def fate(result: RunResult) -> str:
    """One sentence on what became of a run."""
    label = result.run.label
    if result.status is RunStatus.DIVERGED and result.diverged is not None:
        where = {"epoch": result.diverged.epoch, "minibatch": result.diverged.minibatch}
        if result.diverged.what == "loss":
            return _("{run}: the loss overflowed in epoch {epoch}, minibatch {minibatch}.").format(run=label, **where)
        return _("{run}: the gradient overflowed in epoch {epoch}, minibatch {minibatch}.").format(run=label, **where)
    if result.status is RunStatus.FAILED:
        return _("{run}: {reason}").format(run=label, reason=one_line(result.failure))
    if not result.epochs:
        return _("{run} trained no epoch.").format(run=label)
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
            "{run} stands at perplexity {perplexity} after {count} epoch, no better than guessing ({baseline}).",
            "{run} stands at perplexity {perplexity} after {count} epochs, no better than guessing ({baseline}).",
            result.epochs[-1].epoch,
        )
        return sentence.format(baseline=f"{result.vocabulary:,}", **words)
    sentence = n_(
        "{run} reached perplexity {perplexity} in {count} epoch of {time}.",
        "{run} reached perplexity {perplexity} in {count} epochs of {time} each.",
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


def pace(seconds: float) -> str:
    """A time with its unit: 0.52 s, 4.1 ms."""
    if math.isnan(seconds):
        return NOTHING
    if seconds < 0.0995:
        return f"{1e3 * seconds:.2g} ms" if seconds < 0.00995 else f"{1e3 * seconds:.0f} ms"
    return f"{figure(seconds)} s"


def comparison(results: Results) -> Table:
    """The runs in figures; also while they train."""
    return Table(
        _("the runs"),
        (_("run"), _("perplexity"), _("state"), _("per epoch"), _("best")),
        tuple((r.run.label, figure(r.perplexity), standing(r), pace(r.seconds), figure(r.best)) for r in results),
    )


def tell(results: Results) -> tuple[str, ...]:
    """A sentence on each run."""
    return tuple(map(fate, results))


def findings(results: Results) -> dict[str, Finding]:
    """The perplexity of each run that learnt, None for the others."""
    return {f"perplexity of {r.run.name}": r.perplexity if r.learnt else None for r in results}


def ratio(first: RunResult, second: RunResult) -> float:
    """The logarithm of how many times the first's perplexity is the second's; both must have trained."""
    return math.log(first.perplexity) - math.log(second.perplexity)


def labels(results: Iterable[RunResult]) -> str:
    """Several runs, separated by commas."""
    return ", ".join(result.run.label for result in results)


def pick(results: Results, **axes: object) -> RunResult:
    """The run that has these values."""
    return next(r for r in results if all(getattr(r.recipe, name) == value for name, value in axes.items()))


def lowest(results: Sequence[RunResult]) -> RunResult:
    """The run with the lowest perplexity of those that trained."""
    return min(results, key=lambda result: result.perplexity)


def settings_in_words(results: Results) -> str:
    """What all runs share: the text, the device, and every setting that no run varies."""
    varied = {setting for result in results for setting, _value in result.run.settings}
    told = next((result for result in results if result.corpus), results[0])
    parts = [f"{_(SETTINGS['corpus'].label)} {told.corpus or told.recipe.corpus}"]
    shared = (setting for setting in _SHARED if setting not in varied)
    parts += [f"{_(SETTINGS[setting].label)} {_value(getattr(told.recipe, setting))}" for setting in shared]
    if told.device:
        parts.append(_("on {device}").format(device=told.device))
    return one_line(" · ".join(parts))


def _value(value: Value) -> str:
    return f"{value:,}" if isinstance(value, int) and not isinstance(value, bool) else setting_value(value)
