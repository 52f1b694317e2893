"""The figures of an epoch, each declared once; ``--json``, curve files, tables, exports and reports follow from here.

A figure that was not measured is NaN: null in JSON, an empty cell elsewhere. To add one, add a field to
``EpochMetrics`` and fill it in where an epoch ends.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, fields, replace
from typing import Any

from lyricterm.core.i18n import N_, _
from lyricterm.core.number_format import figure, percent

RECENT = 10
"""Epochs over which a speed is averaged."""


def last(values: Sequence[float]) -> float:
    """The newest value; NaN if there is none."""
    return values[-1] if values else math.nan


def mean(values: Sequence[float]) -> float:
    """The mean of the newest values that were measured; NaN if there is none."""
    known = [value for value in values[-RECENT:] if math.isfinite(value) and value >= 0]
    return math.fsum(known) / len(known) if known else math.nan


@dataclass(frozen=True)
class Metric:
    """How one figure is called, written and compared (label, unit and column are source text)."""

    label: str
    help: str = ""
    """What it is, for README."""
    unit: str = ""
    column: str = ""
    """The title of its column; empty for the label."""
    show: Callable[[float], str] = figure
    lower_is_better: bool | None = None
    """None where neither is."""
    summary: Callable[[Sequence[float]], float] | None = None
    """Sums up a run's epochs in one number, for tables of several runs; None if it does not stand there."""
    optional: bool = False
    """Not every run has it; tables leave its column out where none does."""
    name: str = ""
    """Its key in JSON, its column in CSV; empty for the field's name."""

    @property
    def title(self) -> str:
        """The title of its column, as a person reads it."""
        return _(self.column or self.label)

    def best(self, values: Iterable[float]) -> float:
        """The best of the values that were measured; NaN if there is none.

        Raises:
            ValueError: if neither lower nor higher is better.
        """
        if self.lower_is_better is None:
            raise ValueError(self.name)
        known = [value for value in values if not math.isnan(value)]
        return (min if self.lower_is_better else max)(known, default=math.nan)


def metric(label: str, **declaration: Any) -> Any:
    """A dataclass field that carries its ``Metric``; NaN until it is measured."""
    return field(default=math.nan, metadata={"metric": Metric(label, **declaration)})


@dataclass(frozen=True)
class EpochMetrics:
    """The figures of one epoch; infinite after an overflow, NaN where not measured."""

    epoch: int
    """Counted from 1."""
    perplexity: float = metric(N_("perplexity"), help="exp(loss)", lower_is_better=True)
    loss: float = metric(
        N_("loss"), help="mean cross-entropy over the epoch", unit=N_("nats per character"), lower_is_better=True
    )
    seconds: float = metric(
        N_("time"),
        help="of training; scoring, lyrics and saves left out",
        unit=N_("s"),
        column=N_("s/epoch"),
        lower_is_better=True,
        summary=mean,
    )
    chars_per_second: float = metric(
        N_("speed"),
        help="characters trained on in a second",
        unit=N_("chars/s"),
        column=N_("chars/s"),
        lower_is_better=False,
        summary=mean,
    )
    grad_norm: float = metric(N_("gradient norm"), help="mean over the minibatches, before clipping")
    clipped: float = metric(N_("clipped"), help="fraction of the minibatches that were clipped", show=percent)
    valid_perplexity: float = metric(
        N_("held-out perplexity"),
        help="exp(valid_loss)",
        column=N_("held out"),
        lower_is_better=True,
        summary=last,
        optional=True,
    )
    valid_loss: float = metric(
        N_("held-out loss"),
        help="of the text that is held out, with the weights at the epoch's end",
        unit=N_("nats per character"),
        lower_is_better=True,
        optional=True,
    )

    def to_dict(self) -> dict[str, Any]:
        """The epoch and its figures by their names in JSON."""
        return {"epoch": self.epoch} | {each.name: getattr(self, key) for key, each in METRICS.items()}


def _declared() -> dict[str, Metric]:
    return {
        each.name: replace(each.metadata["metric"], name=each.metadata["metric"].name or each.name)
        for each in fields(EpochMetrics)
        if "metric" in each.metadata
    }


METRICS: dict[str, Metric] = _declared()
"""Every metric by its field's name, in the order of declaration."""


_CLEARLY = 1.05
NOTHING_MEASURED = EpochMetrics(0)
"""Of a run without an epoch."""

SUMMARIES: dict[str, Metric] = {name: each for name, each in METRICS.items() if each.summary is not None}
"""Those that stand in tables of several runs."""


def is_clearly_worse(perplexity: float, best: float) -> bool:
    """Whether a perplexity is so far above the best that a person wants to know: by more than epochs differ anyway."""
    return perplexity > _CLEARLY * best


def summed_up(epochs: Sequence[EpochMetrics]) -> EpochMetrics:
    """A run's epochs in one number for each of ``SUMMARIES``; the epoch is the last one, 0 if there is none."""
    told = {
        name: each.summary([getattr(epoch, name) for epoch in epochs])
        for name, each in SUMMARIES.items()
        if each.summary is not None
    }
    return EpochMetrics(epochs[-1].epoch if epochs else 0, **told)


def columns(rows: Iterable[EpochMetrics], among: Mapping[str, Metric] = METRICS) -> dict[str, Metric]:
    """The metrics that a table of these rows shows."""
    rows = list(rows)
    return {
        name: each
        for name, each in among.items()
        if not each.optional or any(not math.isnan(getattr(row, name)) for row in rows)
    }


def cells(row: EpochMetrics, shown: Mapping[str, Metric]) -> tuple[str, ...]:
    """A row's figures as people read them."""
    return tuple(each.show(getattr(row, name)) for name, each in shown.items())
