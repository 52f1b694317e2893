"""What the session tells whoever watches: frozen numbers, strings and tuples. No tensor ever crosses the thread."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from lyricterm.core.copied import Spans, share_of
from lyricterm.core.memorised import SEVERAL, BestHeldOut, is_by_heart
from lyricterm.core.metrics import EpochMetrics
from lyricterm.core.run_data import (
    Candidate,
    CurveData,
    DecodingTrial,
    Facts,
    FromZero,
    GradientProbe,
    Mark,
    Sample,
    Scores,
    Values,
)
from lyricterm.core.run_status import RunStatus
from lyricterm.core.settings import Recipe

if TYPE_CHECKING:
    from lyricterm.core.inspection import Answer


@dataclass(frozen=True)
class Started:
    """A run is ready to train, fresh or resumed."""

    run: int
    recipe: Recipe
    facts: Facts
    epoch: int = 0
    """Epochs done before (0 unless resumed)."""


@dataclass(frozen=True)
class Loading:
    """A text that takes long to read is being read; a newer one may replace an older one."""

    run: int
    """The run before it."""
    done: int
    """Bytes read."""
    total: int
    """Of about so many; 0 while files are looked for."""


@dataclass(frozen=True)
class Progress:
    """Where the run stands. Carries whole curves, so a newer one may replace an older one."""

    run: int
    recipe: Recipe
    """As it trains now, and ``pending`` as it will from the next epoch."""
    pending: Values
    epoch: int
    """Epochs done."""
    minibatch: int
    """Minibatches done in the epoch under way."""
    minibatches: int
    """Minibatches an epoch has."""
    loss: CurveData
    """Mean nats per character of each minibatch."""
    perplexity: CurveData
    """Of each epoch; before the first is done, of its part so far."""
    grad_norm: CurveData
    """Before clipping, of each minibatch."""
    clipped: float
    """Fraction of the minibatches clipped, over the latest epoch; NaN before the first minibatch."""
    chars_per_second: float
    seconds_left: float | None
    marks: tuple[Mark, ...]
    threads: int = 0
    """CPU threads that train now; 0 on a GPU."""
    held_out: CurveData = field(default_factory=CurveData)
    """Perplexity of each epoch on held-out text; empty where nothing is held out."""
    best_held_out: BestHeldOut | None = None

    @property
    def by_heart(self) -> bool:
        """Since its best epoch the model has only memorised the training text."""
        return is_by_heart(self.best_held_out, self.epoch, self.held_out.newest(SEVERAL), self.perplexity.latest)


@dataclass(frozen=True)
class Stepped:
    """One minibatch's figures; only reported by a session that is asked for them."""

    run: int
    epoch: int
    """The epoch under way, counted from 1."""
    minibatch: int
    """The minibatch of that epoch, counted from 1."""
    loss: float
    """Mean nats per character; not finite if it overflowed."""
    grad_norm: float
    """Before clipping; NaN if the loss overflowed."""
    clipped: bool
    seconds: float
    """Of its training, without what comes at the end of an epoch."""
    held_bytes: float
    """Of the activations that the gradient ran back over; NaN if the engine cannot say."""


@dataclass(frozen=True)
class Examined:
    """What was found out about a model, after an epoch or at its end; only reported by a session asked for it."""

    run: int
    found: Scores | FromZero | tuple[DecodingTrial, ...]


@dataclass(frozen=True)
class Probed:
    """A look at the gradient of the minibatch that is trained next; only reported by a session asked for it."""

    run: int
    probe: GradientProbe


@dataclass(frozen=True)
class EpochDone:
    """An epoch is done."""

    run: int
    metrics: EpochMetrics

    @property
    def epoch(self) -> int:
        """Its number, counted from 1."""
        return self.metrics.epoch


@dataclass(frozen=True)
class Generated:
    """The model has written lyrics."""

    run: int
    sample: Sample

    @property
    def epoch(self) -> int:
        """How many epochs were done."""
        return self.sample.epoch


@dataclass(frozen=True)
class SamplesRestored:
    """Lyrics that a run wrote before it was left, the oldest first."""

    run: int
    samples: tuple[Sample, ...]


@dataclass(frozen=True)
class Completed:
    """The answer to ``Complete``."""

    run: int
    request: int
    typed: str
    unknown: tuple[str, ...]
    """Typed characters that are not in the vocabulary, each once, in order."""
    text: str
    probabilities: tuple[float, ...]
    """Of each character of ``text``."""
    epoch: int
    minibatch: int
    perplexity: float
    others: tuple[Candidate, ...] = ()
    """Further completions, where more than one was asked for and there are more."""
    copied: Spans | None = None
    """The parts of ``text`` that are copied from the training text; None where it was not searched."""

    @property
    def copied_share(self) -> float:
        """Of ``text``; NaN where it is not known."""
        return share_of(self.copied, len(self.text))


@dataclass(frozen=True)
class Inspected:
    """The answer to ``Inspect``."""

    run: int
    request: int
    answer: Answer


@dataclass(frozen=True)
class StatusChanged:
    """The trainer started, paused or stopped."""

    run: int
    status: RunStatus


@dataclass(frozen=True)
class Diverged:
    """The loss or the gradient overflowed; the last finite weights are kept."""

    run: int
    epoch: int
    """The epoch under way, counted from 1."""
    minibatch: int
    """The minibatch of that epoch, counted from 1."""
    what: str
    """``loss`` or ``gradient``."""
    theta: float | None = None
    """What the gradient was clipped at; None if it was not clipped."""


@dataclass(frozen=True)
class Finished:
    """All epochs are done."""

    run: int
    epoch: int
    perplexity: float
    seconds: float
    best: float = math.nan
    """The lowest perplexity of an epoch; NaN if none was finite."""


@dataclass(frozen=True)
class Stopped:
    """The loop has ended because it was told to."""

    run: int
    epoch: int
    minibatch: int


@dataclass(frozen=True)
class Refused:
    """A command could not be carried out; everything else goes on as before."""

    run: int
    sentence: str


@dataclass(frozen=True)
class Noticed:
    """Something worth knowing that stops nothing."""

    run: int
    sentence: str


@dataclass(frozen=True)
class Failed:
    """The run cannot go on (or could not start). The session still takes commands."""

    run: int
    sentence: str
    usage: bool = False
    """What was asked for cannot be, whatever one tries."""


@dataclass(frozen=True)
class Saved:
    """A checkpoint was written."""

    run: int
    path: str
    epoch: int


@dataclass(frozen=True)
class RunSaved:
    """The run is on disk as it stands here."""

    run: int
    name: str
    """Of its folder, as ``lyricterm runs`` lists it."""
    epoch: int
    minibatch: int


@dataclass(frozen=True)
class SaveFailed:
    """The run cannot be kept on disk now; it goes on, and so do the attempts, until ``RunSaved`` says so."""

    run: int
    sentence: str
    only_copy: bool = False
    """The run's own folder has it; what cannot be written is the file of ``--save``."""


@dataclass(frozen=True)
class ResumeOffered:
    """There is an unfinished run on disk to go on with."""

    run: int
    name: str
    recipe: Recipe
    epoch: int
    """The one under way, or the last one done."""
    perplexity: float
    updated: float
    """When it was last kept, in seconds since 1970."""
    called: str = ""
    """What a person may call it."""


@dataclass(frozen=True)
class Watched:
    """The run is trained by another program; how fresh what is shown of it is."""

    run: int
    sentence: str


Event = (
    Started
    | Loading
    | Progress
    | Stepped
    | Probed
    | Examined
    | EpochDone
    | Generated
    | SamplesRestored
    | Completed
    | Inspected
    | StatusChanged
    | Diverged
    | Finished
    | Stopped
    | Refused
    | Noticed
    | Failed
    | Saved
    | RunSaved
    | SaveFailed
    | ResumeOffered
    | Watched
)

Listener = Callable[[Event], None]
"""Is told what happens, in the thread in which it happens."""
