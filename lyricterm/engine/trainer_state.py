"""What a trainer tells of its steps, and where a run stands."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass, field

from lyricterm.core.metrics import EpochMetrics
from lyricterm.core.perplexity import perplexity
from lyricterm.core.settings import Value
from lyricterm.engine.best_epoch import NO_EPOCH, BestEpoch
from lyricterm.engine.cells.base import State
from lyricterm.engine.model import Weights
from lyricterm.engine.orders import LISTED
from lyricterm.engine.products.choices import RouteChoice
from lyricterm.engine.protocols import MinibatchOutcome
from lyricterm.engine.remembered import NOTHING, Remembered
from lyricterm.engine.schedules import Plateau
from lyricterm.engine.undetached import Past


@dataclass(frozen=True)
class Applied:
    """A change of a setting that has taken effect."""

    setting: str
    old: Value
    new: Value


@dataclass
class EpochSums:
    """What an epoch adds up; the loss in nats."""

    loss: float = 0.0
    characters: int = 0
    norms: float = 0.0
    clipped: int = 0
    minibatches: int = 0
    seconds: float = 0.0

    @property
    def mean_loss(self) -> float:
        """Nats per character so far."""
        return self.loss / self.characters if self.characters else math.nan

    def add(self, outcome: MinibatchOutcome, characters: int, seconds: float) -> None:
        """Add one minibatch."""
        self.loss += outcome.total
        self.characters += characters
        self.norms += outcome.norm
        self.clipped += outcome.clipped
        self.minibatches += 1
        self.seconds += seconds

    def metrics(self, epoch: int, valid_loss: float = math.nan) -> EpochMetrics:
        """The epoch's figures."""
        count = max(1, self.minibatches)
        return EpochMetrics(
            epoch,
            perplexity=perplexity(self.mean_loss),
            loss=self.mean_loss,
            seconds=self.seconds,
            chars_per_second=self.characters / self.seconds if self.seconds else 0.0,
            grad_norm=self.norms / count,
            clipped=self.clipped / count,
            valid_perplexity=math.nan if math.isnan(valid_loss) else perplexity(valid_loss),
            valid_loss=valid_loss,
        )


@dataclass(frozen=True)
class Step:
    """One minibatch, trained or found to overflow."""

    epoch: int
    """The epoch it belongs to, counted from 1."""
    minibatch: int
    """Its number in that epoch, counted from 1."""
    loss: float
    """Mean nats per character."""
    grad_norm: float
    """Before clipping."""
    clipped: bool
    applied: tuple[Applied, ...]
    """Changes that took effect with it."""
    finished: EpochMetrics | None
    """The epoch's figures if it was the epoch's last minibatch."""
    overflow: str | None = None
    """``loss`` or ``gradient`` if that was not finite; then the parameters are the last good ones, the carried
    state is zero, and the next step tries the same minibatch again."""
    seconds: float = field(default=math.nan, compare=False)
    """Of its training; what comes at the end of an epoch is not in it."""


@dataclass(frozen=True)
class Arithmetic:
    """What decides the last digits of a run."""

    choices: Mapping[str, RouteChoice] = field(default_factory=dict)
    """Of routes, by what is multiplied."""
    threads: int | None = None
    """How many train, if the setting is auto and the number must not change."""

    @property
    def routes(self) -> tuple[tuple[str, str], ...]:
        """The route of each product by the product's name, without its shape; the newest shape counts."""
        return tuple({key.rsplit(" ", 2)[0]: choice.route for key, choice in self.choices.items()}.items())


UNRECORDED = Arithmetic()
"""Of a run of an earlier version."""


@dataclass(frozen=True)
class TrainerState:
    """Where a run stands: everything that decides its future, beside the recipe and the text."""

    epoch: int
    minibatch: int
    sums: EpochSums
    state: State
    """Carried to the next minibatch; empty where none is."""
    weights: Weights
    kept: Weights
    """The last parameters that gave a finite loss."""
    past: Past | None
    unreported: tuple[Applied, ...]
    best: BestEpoch = NO_EPOCH
    arithmetic: Arithmetic = UNRECORDED
    memory: Remembered = NOTHING
    plateau: Plateau = field(default_factory=Plateau)
    shuffle: str = LISTED
    """How the examples are shuffled; a run of an earlier version lists them."""
