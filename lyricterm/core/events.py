"""What crosses between the trainer's thread and whoever watches: frozen numbers, strings and tuples.

Events go from the trainer to the watcher, commands the other way. No tensor ever crosses.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from lyricterm.core.decoding import GREEDY, Decoding
from lyricterm.core.metrics import EpochMetrics
from lyricterm.core.run_status import RunStatus
from lyricterm.core.settings import Recipe, Value

Values = tuple[tuple[str, Value], ...]
"""Some settings with a value each."""

if TYPE_CHECKING:
    from lyricterm.core.inspection import Answer, Question


@dataclass(frozen=True)
class CurveData:
    """A bounded curve. A point that is infinite marks an overflow; no point is NaN."""

    points: tuple[float, ...] = ()
    width: int = 1
    """How many values one point stands for (their mean)."""
    low: float = math.inf
    high: float = -math.inf
    """The lowest and highest finite value so far; infinite while there is none."""
    latest: float = math.nan


@dataclass(frozen=True)
class Mark:
    """A change of variant while the model ran, at a place on the curves."""

    epoch: float
    """Epochs done when it took effect; the fraction is the part of the epoch under way."""
    minibatch: int
    """Minibatches done in the whole run when it took effect."""
    setting: str
    old: Value
    new: Value

    def to_dict(self) -> dict[str, Any]:
        """As curve files and ``--json`` have it; a setting is called an axis there."""
        return {
            "epoch": self.epoch,
            "minibatch": self.minibatch,
            "axis": self.setting,
            "old": self.old,
            "new": self.new,
        }


@dataclass(frozen=True)
class HeldOutFacts:
    """The text that is scored but not trained on, and what others reach on it."""

    characters: int
    """How many are scored."""
    unknown: int
    """Characters of it that the training text lacks; they are left out."""
    unknown_kinds: int
    """How many different ones."""
    frequencies: float
    """The perplexity of a model that knows only how frequent each character is."""
    bigram: float
    """The perplexity of an interpolated bigram model."""


@dataclass(frozen=True)
class Facts:
    """What stays the same during a run."""

    corpus: str
    characters: int
    vocabulary: int
    device: str
    threads: int
    """CPU threads at the start; 0 on a GPU."""
    parameters: int
    characters_known: frozenset[str]
    matmul: tuple[tuple[str, str], ...] = ()
    """What multiplies each of the model's matrix products on a CPU: the product's name and the route's."""
    held_out: HeldOutFacts | None = None
    """None where nothing is held out."""


@dataclass(frozen=True)
class Started:
    """A run is ready to train, fresh or resumed."""

    run: int
    recipe: Recipe
    facts: Facts
    epoch: int = 0
    """Epochs done before (0 unless resumed)."""


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
    """Fraction of the minibatches clipped, over the latest epoch."""
    chars_per_second: float
    seconds_left: float | None
    marks: tuple[Mark, ...]
    threads: int = 0
    """CPU threads that train now; 0 on a GPU."""


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
    held_bytes: float
    """Of the activations that the gradient ran back over; NaN if the engine cannot say."""


@dataclass(frozen=True)
class GradientProbe:
    """What the gradient of one minibatch is made of, with the weights before it is trained."""

    epoch: int
    """Counted from 1, as ``minibatch``."""
    minibatch: int
    norms: tuple[float, ...]
    """Of its parts W_xh, W_hh, b_h, W_hy and b_y, before clipping."""
    radius: float
    """The spectral radius of W_hh; NaN for a cell with gates."""
    factor: float
    """By how much the norm of the last time step's gradient is multiplied per time step back; NaN if unknown."""
    on: float
    """The fraction of the entries of H_1 … H_T that are above 0."""
    never_on: int
    """Hidden units that are above 0 nowhere in the minibatch."""

    @property
    def norm(self) -> float:
        """Of the whole gradient."""
        return math.sqrt(math.fsum(norm * norm for norm in self.norms))


PARAMETERS = ("W_xh", "W_hh", "b_h", "W_hy", "b_y")
"""The parts of ``GradientProbe.norms``."""


@dataclass(frozen=True)
class Scores:
    """Perplexities of one model on two texts, read in two ways; NaN where nothing is held out."""

    training_zero: float
    """On the training text, from the zero state at the beginning of every example, as random sampling reads it."""
    training_carried: float
    """On the training text, the state carried on, as consecutive sampling reads it."""
    held_out_zero: float
    held_out_carried: float


@dataclass(frozen=True)
class Scored:
    """The scores of a finished run; only reported by a session that is asked for them."""

    run: int
    scores: Scores


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
class Sample:
    """Lyrics written for one prefix."""

    epoch: int
    perplexity: float
    prefix: str
    text: str
    copied: float = math.nan
    """The share of ``text`` that is copied from the training text (see ``copied``); NaN where it was not measured."""


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
class Candidate:
    """One of several completions of the same text."""

    text: str
    probabilities: tuple[float, ...]
    """Of each character of ``text``, under the model."""

    @property
    def mean_log_probability(self) -> float:
        """Of a character, in nats; 0 for no text, -inf if one had no probability."""
        if not self.probabilities:
            return 0.0
        logs = [math.log(each) if each > 0 else -math.inf for each in self.probabilities]
        return math.fsum(logs) / len(logs)


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


@dataclass(frozen=True)
class ResumeOffered:
    """There is an unfinished run on disk to go on with."""

    run: int
    name: str
    recipe: Recipe
    epoch: int
    perplexity: float
    updated: float
    """When it was last kept, in seconds since 1970."""


@dataclass(frozen=True)
class Watched:
    """The run is trained by another program; how fresh what is shown of it is."""

    run: int
    sentence: str


Event = (
    Started
    | Progress
    | Stepped
    | Probed
    | Scored
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


@dataclass(frozen=True)
class Change:
    """Change hot settings of the running model; each takes effect when its ``Applies`` says."""

    values: Values


@dataclass(frozen=True)
class Pause:
    """Stop after the minibatch under way."""


@dataclass(frozen=True)
class Resume:
    """Go on."""


@dataclass(frozen=True)
class StepOnce:
    """Train one minibatch, then pause."""


@dataclass(frozen=True)
class Restart:
    """Begin a new run with this recipe."""

    recipe: Recipe


@dataclass(frozen=True)
class Open:
    """Go on with a run that was kept on disk; the current run is closed."""

    name: str


@dataclass(frozen=True)
class Complete:
    """Go on with ``typed`` for ``length`` characters. A newer request replaces an older one."""

    request: int
    typed: str
    length: int
    decoding: Decoding = GREEDY
    seed: int = 0
    count: int = 1
    """How many completions to choose from, drawn with ``seed``, ``seed`` + 1, …"""


@dataclass(frozen=True)
class Inspect:
    """Look inside the model between two minibatches. A newer request replaces an older one."""

    request: int
    question: Question


@dataclass(frozen=True)
class Quit:
    """Keep the run as it stands, and end."""


Command = Change | Pause | Resume | StepOnce | Restart | Open | Complete | Inspect | Quit
