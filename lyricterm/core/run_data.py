"""What events are made of: frozen numbers, strings and tuples."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any

from lyricterm.core.copied import Spans
from lyricterm.core.decoding import GREEDY, Decoding
from lyricterm.core.settings import Value

Values = tuple[tuple[str, Value], ...]
"""Some settings with a value each."""


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

    def newest(self, values: int) -> tuple[float, ...]:
        """The points that the newest values are in, and the latest value itself."""
        return (*self.points[-math.ceil(values / self.width) :], self.latest)


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
    total: int = 0
    """How many characters at the text's end a fraction holds out; 0 where it is text behind it, or not known."""


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
    beginnings: tuple[str, ...] = ()
    """What lyrics are written for."""
    usual_prefixes: tuple[str, ...] = ()
    """The same while the recipe's prefixes are the default; empty where the text is not known."""


PARAMETERS = ("W_xh", "W_hh", "b_h", "W_hy", "b_y")
"""The parts of ``GradientProbe.norms``."""


@dataclass(frozen=True)
class GradientProbe:
    """What the gradient of one minibatch is made of, with the weights before it is trained."""

    epoch: int
    """Counted from 1, as ``minibatch``."""
    minibatch: int
    norms: tuple[float, ...]
    """Of its parts W_xh, W_hh, b_h (of all layers, and with an embedding's W_e), W_hy and b_y, before clipping."""
    radius: float
    """The spectral radius of the first layer's W_hh; NaN for a cell with gates."""
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

    def share(self, part: int) -> float:
        """Of one of ``norms`` in the square of the whole gradient; NaN if that is 0 or not finite."""
        return (self.norms[part] / self.norm) ** 2 if 0 < self.norm < math.inf else math.nan


@dataclass(frozen=True)
class Sample:
    """Lyrics written for one prefix."""

    epoch: int
    perplexity: float
    prefix: str
    text: str
    copied: float = math.nan
    """The share of ``text`` that is copied from the training text (see ``copied``); NaN where it was not measured."""
    unknown: tuple[str, ...] = ()
    """Characters of the prefix that are not in the vocabulary, each once, in order; they were skipped."""
    decoding: Decoding = GREEDY
    """How the characters were chosen."""
    seed: int = 0
    """With which they were drawn, where chance decided."""
    number: int = 0
    """Of those that were written for the prefix at that time, counted from 0."""
    copied_at: Spans | None = None
    """The parts of ``text`` that are copied; None where they are not known, as in what an earlier version wrote."""

    def to_dict(self) -> dict[str, Any]:
        """As sample files and exports have it."""
        drawn = {"seed": self.seed} if self.decoding.draws else {}
        return {
            "epoch": self.epoch,
            "perplexity": self.perplexity,
            "prefix": self.prefix,
            "text": self.text,
            "copied": self.copied,
            "copied_at": None if self.copied_at is None else [list(span) for span in self.copied_at],
            "unknown": list(self.unknown),
            "number": self.number,
            "decoding": self.decoding.on() | drawn,
        }


@dataclass(frozen=True)
class Candidate:
    """One of several completions of the same text."""

    text: str
    probabilities: tuple[float, ...]
    """Of each character of ``text``, under the model."""
    copied: Spans | None = None
    """The parts of ``text`` that are copied from the training text; None where it was not searched."""

    @property
    def mean_log_probability(self) -> float:
        """Of a character, in nats; 0 for no text, -inf if one had no probability."""
        if not self.probabilities:
            return 0.0
        logs = [math.log(each) if each > 0 else -math.inf for each in self.probabilities]
        return math.fsum(logs) / len(logs)


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
class FromZero:
    """How well a model does on held-out text after an epoch, with the zero state before every ``steps`` characters."""

    epoch: int
    """Epochs done."""
    perplexity: float


@dataclass(frozen=True)
class DecodingTrial:
    """What a finished model wrote after one prefix with one way of decoding."""

    decoding: Decoding
    prefix: str
    text: str
    loss: float
    """Mean nats per character of ``text``, by the model's own softmax, whatever the decoding made of it."""
    copied: float
    """The share of ``text`` that is copied from the training text (see ``copied``); NaN where it was not measured."""
