"""Questions about the inside of the running model, and their answers: frozen numbers, strings and tuples.

Each question is answered by the dataclass below it. Minibatches, rows, characters and units are numbered from 0.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

MOST_WRITTEN = 200
"""Characters behind what is typed that are looked into."""
MOST_LIKELY = 10
"""Candidates for the next character."""

EXAMPLE_LENGTH, EXAMPLE_BATCH, EXAMPLE_STEPS = 30, 2, 6
"""The chapter's example: the numbers 0 to 29, two rows of six time steps."""


@dataclass(frozen=True)
class AskSampling:
    """Which minibatch each piece of the text goes to."""

    epoch: int | None
    """Epochs done before the one that is looked at; None for the one under way."""
    minibatch: int
    row: int
    before: int
    length: int
    """The window of text: how many characters before the row's piece, and how many in all."""


@dataclass(frozen=True)
class Example:
    """One sampling of the numbers 0 to 29: of each minibatch its inputs and labels, row by row."""

    inputs: tuple[tuple[tuple[int, ...], ...], ...]
    labels: tuple[tuple[tuple[int, ...], ...], ...]


@dataclass(frozen=True)
class Window:
    """One sampling of the text, seen around one row of one minibatch."""

    sampling: str
    carries_state: bool
    example: Example
    minibatches: int
    """0 if the text is too short for this sampling; then all that follows is empty."""
    minibatch: int = 0
    row: int = 0
    starts: tuple[int, ...] = ()
    """Where in the text each row of the minibatch starts."""
    first: int = 0
    """The place of the window's first character in the text."""
    text: str = ""
    owners: tuple[int, ...] = ()
    """The minibatch that each character of the window is an input of; -1 if none."""


@dataclass(frozen=True)
class SamplingShown:
    """Both samplings of one epoch."""

    epoch: int
    trains: str
    """The sampling that the model trains with."""
    batch: int
    steps: int
    characters: int
    windows: tuple[Window, ...]
    """Random, then consecutive."""


@dataclass(frozen=True)
class AskVocabulary:
    """Which characters there are."""


@dataclass(frozen=True)
class VocabularyShown:
    """The characters by index, and how often each stands in the text."""

    characters: tuple[str, ...]
    counts: tuple[int, ...]


@dataclass(frozen=True)
class AskRow:
    """What the one-hot vector of a character selects."""

    index: int
    most: int
    """How many values of each gate are wanted."""


@dataclass(frozen=True)
class RowShown:
    """The row of W_xh that a character's one-hot vector selects; with an embedding, its row of that times W_xh."""

    index: int
    hidden: int
    """Values per gate."""
    gates: tuple[tuple[float, ...], ...]
    """The first values of each gate (one gate for the plain RNN)."""
    names: tuple[str, ...]
    """Of the gates, as the cell's equations call them; nothing for the plain RNN."""
    largest: float
    """Of all values of the row, without sign."""
    norm: float
    batch: int = 0
    steps: int = 0
    embedding: int = 0
    """Numbers that stand for a character; 0 for one-hot vectors."""
    inputs: tuple[tuple[int, ...], ...] = ()
    """Of the minibatch that is next: for each time step the characters' indices in the first rows."""


@dataclass(frozen=True)
class AskThroughTime:
    """How far back the gradient reaches."""


@dataclass(frozen=True)
class ThroughTimeShown:
    """Norms (over batch and units) of the gradient with respect to H_1 … H_T of the minibatch that is next."""

    cell: str
    activation: str
    minibatch: int
    last: tuple[float, ...]
    """Of the loss of the last time step alone."""
    total: tuple[float, ...]
    """Of the loss of all time steps. Infinite where it overflows."""
    ahead: tuple[float, ...] = ()
    """As ``last``, with the weights that the next update makes; in float64; only while gradients are not clipped."""
    memory: tuple[float, ...] = ()
    """As ``last``, with respect to C_1 … C_T; nothing for a cell without a memory."""
    below: tuple[tuple[float, ...], ...] = ()
    """As ``last``, with respect to H_1 … H_T of each layer below the last, the first layer first."""
    memory_below: tuple[tuple[float, ...], ...] = ()
    """As ``below``, with respect to C_1 … C_T; nothing for a cell without a memory."""


@dataclass(frozen=True)
class AskHidden:
    """What the hidden state does while the model reads and goes on."""

    typed: str
    length: int
    unit: int | None
    """The unit to pick out; None for the one that varies most."""
    rows: int
    """How many units are wanted."""
    part: str = "H"
    """One of ``HiddenShown.parts``; what the cell does not have is answered as H."""


@dataclass(frozen=True)
class HiddenShown:
    """H (or another part of the cell) after each character, of the units around the one picked out."""

    text: str
    """Typed (without what the vocabulary does not have), then written."""
    typed: int
    """How many characters of it were typed."""
    order: tuple[int, ...]
    """All units, the one that varies most first."""
    spread: tuple[float, ...]
    """Standard deviation over the characters of each unit, in that order."""
    first: int
    """The place in the order of the first unit whose values are here."""
    values: tuple[tuple[float, ...], ...]
    unit: int
    largest: float
    """Of all values of all units, without sign."""
    part: str = "H"
    """What is shown, as the cell's equations call it."""
    parts: tuple[str, ...] = ("H",)
    """What there is to show: H, the LSTM's C, and the gates; of several layers with the layer's number, last first."""
    layers: int = 1


@dataclass(frozen=True)
class AskNext:
    """What the model would write at each place of the completion."""

    typed: str
    length: int


@dataclass(frozen=True)
class NextShown:
    """The likeliest characters at each place."""

    text: str
    typed: int
    likeliest: tuple[tuple[tuple[str, float], ...], ...]
    """Before each character of the text and after its end: candidates with their probability, the likeliest first."""
    taken: tuple[float, ...]
    """The probability of each character of the text."""


@dataclass(frozen=True)
class AskCheck:
    """Whether the hand-derived gradients are those of autograd."""

    turn: int
    """A new number asks anew."""


@dataclass(frozen=True)
class Difference:
    """Between two gradients of one parameter; NaN if one of them overflows."""

    of_largest: float
    """The largest difference of two entries, divided by the largest entry."""
    entrywise: float
    """The largest of |a - b| / max(|a|, |b|) over all entries."""


@dataclass(frozen=True)
class ParameterCheck:
    """One parameter."""

    name: str
    shape: tuple[int, ...]
    largest: float
    """Entry of its gradient, without sign."""
    single: Difference
    """In float32, as it trains."""
    double: Difference
    """In float64, on a copy."""


@dataclass(frozen=True)
class CheckShown:
    """The gradient of the minibatch that is next, derived by hand and by autograd."""

    turn: int
    epoch: int
    minibatch: int
    cell: str
    activation: str
    parameters: tuple[ParameterCheck, ...]
    seconds: float


@dataclass(frozen=True)
class AskOptimizerStep:
    """The step that the optimiser takes next."""


@dataclass(frozen=True)
class ParameterStep:
    """What becomes of one parameter; norms over all its entries, infinite where they overflow."""

    name: str
    value: float
    """Of the parameter before the step, ‖w‖."""
    gradient: float
    """Before clipping, ‖g‖."""
    step: float = math.nan
    """‖Δw‖; NaN if no step can be taken."""

    @property
    def ratio(self) -> float:
        """‖Δw‖ / ‖w‖; NaN for a parameter that is still zero."""
        return self.step / self.value if self.value else math.nan

    @property
    def rate(self) -> float:
        """‖Δw‖ / ‖g‖, the learning rate with which w - lr g would make a step as long; NaN without a gradient."""
        return self.step / self.gradient if self.gradient else math.nan


@dataclass(frozen=True)
class OptimizerStepShown:
    """The step that the next minibatch makes."""

    epoch: int
    """Epochs done."""
    minibatch: int
    optimizer: str
    schedule: str
    lr: float
    """As the schedule gives it for this epoch."""
    norm: float
    """Of the whole gradient."""
    clipped: float
    """The same after clipping."""
    steps: int
    """That the optimiser took before and remembers."""
    parameters: tuple[ParameterStep, ...]
    overflow: bool = False
    """The gradient is too large for any step: the run would diverge here."""


@dataclass(frozen=True)
class NotShown:
    """There is no answer, for a reason."""

    sentence: str


Question = AskSampling | AskVocabulary | AskRow | AskThroughTime | AskHidden | AskNext | AskCheck | AskOptimizerStep
Answer = (
    SamplingShown
    | VocabularyShown
    | RowShown
    | ThroughTimeShown
    | HiddenShown
    | NextShown
    | CheckShown
    | OptimizerStepShown
    | NotShown
)
