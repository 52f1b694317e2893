"""The training of one run, a minibatch at a time (chapter: "define the training function")."""

from __future__ import annotations

import math
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass

import torch
from torch import Tensor

from lyricterm.core.errors import RecipeError
from lyricterm.core.i18n import _
from lyricterm.core.settings import AUTO, SETTINGS, Applies, Recipe, Value, differences
from lyricterm.engine import device as devices
from lyricterm.engine.bptt import BpttEngine
from lyricterm.engine.cells import CELLS
from lyricterm.engine.cells.base import State
from lyricterm.engine.corpus import Corpus
from lyricterm.engine.cuda import GraphStepper
from lyricterm.engine.decoding import Decoder, greedy
from lyricterm.engine.generation import Completion, Generator
from lyricterm.engine.model import Model, Weights
from lyricterm.engine.perplexity import perplexity
from lyricterm.engine.reference import ReferenceEngine
from lyricterm.engine.sampling import SAMPLINGS, Minibatches, check_length
from lyricterm.engine.threads import Tuner, sensible_counts, use_threads
from lyricterm.engine.train_step import EagerStepper, Engine, Outcome, Stepper, carries_state, cuts_state
from lyricterm.engine.undetached import HOT, History, Past
from lyricterm.engine.vocabulary import Vocabulary

ENGINES: dict[str, Callable[[Model, str], Engine]] = {"bptt": BpttEngine, "reference": ReferenceEngine}

MakeStepper = Callable[[Engine, Callable[[str], None]], Stepper]

_MULTIPLIER = 1_000_003


def epoch_seed(seed: int, epoch: int) -> int:
    """The seed of one epoch's shuffle, so that any epoch can be drawn again without its predecessors."""
    return (seed * _MULTIPLIER + epoch + 1) % 2**63


@dataclass(frozen=True)
class Applied:
    """A change of a setting that has taken effect."""

    setting: str
    old: Value
    new: Value


@dataclass(frozen=True)
class EpochFigures:
    """One finished epoch; loss in mean nats per character, ``clipped`` a fraction of its minibatches."""

    epoch: int
    loss: float
    perplexity: float
    seconds: float
    chars_per_second: float
    grad_norm: float
    clipped: float


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

    def add(self, outcome: Outcome, characters: int, seconds: float) -> None:
        """Add one minibatch."""
        self.loss += outcome.total
        self.characters += characters
        self.norms += outcome.norm
        self.clipped += outcome.clipped
        self.minibatches += 1
        self.seconds += seconds

    def figures(self, epoch: int) -> EpochFigures:
        """The epoch's figures."""
        count = max(1, self.minibatches)
        return EpochFigures(
            epoch,
            self.mean_loss,
            perplexity(self.mean_loss),
            self.seconds,
            self.characters / self.seconds if self.seconds else 0.0,
            self.norms / count,
            self.clipped / count,
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
    finished: EpochFigures | None
    """The epoch's figures if it was the epoch's last minibatch."""
    overflow: str | None = None
    """``loss`` or ``gradient`` if that was not finite; then the parameters are the last good ones, the carried
    state is zero, and the next step tries the same minibatch again."""


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


class Trainer:
    """Owns the tensors of one run.

    Raises:
        CorpusError, DeviceError: if the run cannot be set up.
    """

    def __init__(
        self,
        recipe: Recipe,
        corpus: Corpus,
        dtype: torch.dtype = torch.float32,
        make_stepper: MakeStepper | None = None,
    ) -> None:
        """Set up a run; ``make_stepper`` overrides how minibatches are stepped through (graphs on a GPU)."""
        check_length(len(corpus.text), recipe.sampling, recipe.batch, recipe.steps)
        self.recipe = recipe
        self.corpus = corpus
        self.device = devices.resolve(recipe.device)
        self.vocabulary = Vocabulary.of(corpus.text)
        self._check_room(recipe)
        self.notices: list[str] = []
        """Sentences a person should hear; whoever passes them on empties the list."""
        with devices.memory_errors():
            self._indices = self.vocabulary.encode(corpus.text).to(self.device)
            gates = CELLS[recipe.cell].gates
            self.model = Model(len(self.vocabulary), recipe.hidden, gates, self.device, dtype)
            self.model.initialise(recipe.seed)
            self.engine = ENGINES[recipe.engine](self.model, recipe.cell)
            self._stepper = (make_stepper or stepper_for)(self.engine, self.notices.append)
            self.writer = Generator(self.model, recipe.cell, self.vocabulary)
        self.epoch = 0
        """Epochs done."""
        self.minibatch = 0
        """Minibatches done in the epoch under way."""
        self.sums = EpochSums()
        self._asked = recipe
        self._unreported: list[Applied] = []
        self._history = History()
        self._plan = self._draw_plan()
        self._tuner = Tuner(sensible_counts())
        if self.device.type == "cpu":
            use_threads(self._tuner.threads if recipe.threads == AUTO else int(recipe.threads))

    @property
    def minibatches(self) -> int:
        """How many minibatches the epoch under way has."""
        return len(self._plan)

    @property
    def carries_state(self) -> bool:
        """Whether the hidden state goes on from minibatch to minibatch."""
        return carries_state(self.recipe)

    @property
    def pending(self) -> dict[str, Value]:
        """Changes that wait for the next epoch."""
        return differences(self.recipe, self._asked)

    @property
    def unreported(self) -> tuple[Applied, ...]:
        """Changes that have taken effect since the last minibatch; the next ``Step`` tells them."""
        return tuple(self._unreported)

    @property
    def past(self) -> Past | None:
        """What the gradient reaches behind the minibatch under way, if anything."""
        return self._history.past

    @property
    def indices(self) -> Tensor:
        """The text as indices into the vocabulary, int32, (characters,)."""
        return self._indices

    def next_minibatch(self) -> tuple[Tensor, Tensor, State]:
        """Inputs and labels (batch, steps) of the minibatch that is trained next, and a copy of the state before it."""
        inputs, labels = self._plan[self.minibatch]
        if self.minibatch and self.carries_state and self.engine.state:
            return inputs, labels, tuple(part.clone() for part in self.engine.state)
        like, states = self.model.weights.W_hh, CELLS[self.recipe.cell].states
        return inputs, labels, tuple(like.new_zeros(len(inputs), self.model.hidden) for _ in range(states))

    def change(self, values: Mapping[str, Value]) -> None:
        """Ask for changes of hot settings; each takes effect when its ``Applies`` says.

        Raises:
            RecipeError: if a value is wrong or its setting is cold.
            CorpusError, DeviceError: if the text is too short or the memory too small for it.
        """
        asked = self._asked.with_values(values)
        cold = [name for name in differences(self._asked, asked) if SETTINGS[name].applies is Applies.NEW_RUN]
        if cold:
            names = ", ".join(_(SETTINGS[name].label) for name in cold)
            raise RecipeError(cold[0], _("Changing {names} needs a new run.").format(names=names))
        check_length(len(self.corpus.text), asked.sampling, asked.batch, asked.steps)
        self._check_room(asked)
        self._asked = asked
        self._apply(lambda heat: heat is not Applies.NEXT_EPOCH or self.minibatch == 0)
        if self.minibatch == 0:
            self._plan = self._draw_plan()

    def step(self) -> Step:
        """Train one minibatch; see ``advance``."""
        return self.advance(1)[0]

    def advance(self, most: int) -> list[Step]:
        """Train up to ``most`` minibatches of the epoch under way; at least one.

        Raises:
            DeviceError: if memory runs out; the parameters are as before.
        """
        begun = time.perf_counter()
        applied, self._unreported = tuple(self._unreported), []
        recipe, first = self.recipe, self.minibatch
        count = max(1, min(most, self._stepper.burst, self.minibatches - first))
        self._history.before(recipe, first, self.model, self.engine.state)
        outcomes = self._stepper.run(self._plan, first, count, recipe)
        self._history.after(recipe, outcomes)
        seconds = (time.perf_counter() - begun) / len(outcomes)
        self._tune(recipe, seconds)
        steps = []
        for outcome in outcomes:
            steps.append(self._fold(outcome, recipe.batch * recipe.steps, seconds, applied))
            applied = ()
        return steps

    @property
    def held_bytes(self) -> float:
        """Bytes of the activations that the latest gradient ran back over; NaN if the engine cannot say."""
        return self.engine.held_bytes

    @property
    def burst(self) -> int:
        """How many minibatches are best trained between two looks at anything else."""
        return self._stepper.burst

    def complete(self, prefix: str, length: int, choose: Decoder = greedy) -> Completion:
        """Go on with a prefix, with the model as it is now."""
        return self.writer.complete(prefix, length, self.recipe.activation, choose)

    def restore(self, standing: TrainerState) -> None:
        """Take up a run where a checkpoint left it.

        Raises:
            ValueError: if the position is not in the plan.
        """
        self.epoch, self.minibatch, self.sums = standing.epoch, standing.minibatch, standing.sums
        self._unreported = list(standing.unreported)
        self._plan = self._draw_plan()
        if not 0 <= standing.minibatch < len(self._plan):
            raise ValueError(standing.minibatch)
        if standing.past is not None:
            self._train_again(standing.past)
            self._compare(standing.weights)
        else:
            self.engine.carry(tuple(part.to(self.device) for part in standing.state))
        self.model.parameters.load(standing.kept)
        self.model.keep()
        self.model.parameters.load(standing.weights)

    def _train_again(self, past: Past) -> None:
        """Bring back the activations that the gradient still reaches."""
        first = past.beginning.minibatch
        if first + len(past.variants) != self.minibatch:
            raise ValueError(first)
        self.model.parameters.load(past.beginning.weights)
        self.engine.carry(tuple(part.to(self.device) for part in past.beginning.state))
        for number, variant in enumerate(past.variants, first):
            recipe = self.recipe.with_values(dict(zip(HOT, variant, strict=True)) | {"detach": False})
            self._history.before(recipe, number, self.model, self.engine.state)
            outcomes = self._stepper.run(self._plan, number, 1, recipe)
            self._history.after(recipe, outcomes)

    def _compare(self, weights: Weights) -> None:
        pairs = zip(self.model.weights, weights, strict=True)
        if not all(torch.equal(ours.cpu(), theirs) for ours, theirs in pairs):
            sentence = _(
                "The gradient's way back to the beginning of the epoch could only be rebuilt approximately here (the "
                "run was saved on another device or by another version); the losses may differ in their last digits."
            )
            self.notices.append(sentence)

    @property
    def threads(self) -> int:
        """CPU threads that train; 0 on a GPU."""
        return torch.get_num_threads() if self.device.type == "cpu" else 0

    def _tune(self, recipe: Recipe, seconds: float) -> None:
        """Decoder the number of threads for the next minibatch."""
        if self.device.type != "cpu":
            return
        if recipe.threads != AUTO:
            use_threads(int(recipe.threads))
        elif cuts_state(recipe):
            # Without detach a minibatch takes longer than the one before, whatever the threads.
            self._tuner.observe(seconds)
            use_threads(self._tuner.threads)

    def _fold(self, outcome: Outcome, characters: int, seconds: float, applied: tuple[Applied, ...]) -> Step:
        """Take one minibatch into the epoch's sums."""
        loss, number = outcome.total / characters, self.minibatch + 1
        if outcome.overflow:
            return Step(self.epoch + 1, number, loss, outcome.norm, False, applied, None, outcome.overflow)
        self.minibatch = number
        self.sums.add(outcome, characters, seconds)
        epoch = self.epoch + 1
        finished = self._end_epoch() if number == self.minibatches else None
        return Step(epoch, number, loss, outcome.norm, outcome.clipped, applied, finished)

    def _end_epoch(self) -> EpochFigures:
        self.epoch += 1
        self.minibatch = 0
        figures = self.sums.figures(self.epoch)
        self.sums = EpochSums()
        self._apply(lambda heat: True)
        self._plan = self._draw_plan()
        return figures

    def _apply(self, due: Callable[[Applies], bool]) -> None:
        now = {name: value for name, value in self.pending.items() if due(SETTINGS[name].applies)}
        for name, new in now.items():
            if SETTINGS[name].applies is not Applies.AT_ONCE:
                self._unreported.append(Applied(name, getattr(self.recipe, name), new))
        self.recipe = self.recipe.with_values(now)
        if {"batch", "steps", "threads"} & set(now):
            self._tuner.look_again()

    def _draw_plan(self) -> Minibatches:
        recipe = self.recipe
        seed = epoch_seed(recipe.seed, self.epoch)
        return SAMPLINGS[recipe.sampling](self._indices, recipe.batch, recipe.steps, seed)

    def _check_room(self, recipe: Recipe) -> None:
        needed = devices.needed_bytes(
            vocabulary=len(self.vocabulary),
            hidden=recipe.hidden,
            gates=CELLS[recipe.cell].gates,
            steps=recipe.steps,
            batch=recipe.batch,
        )
        devices.check_room(needed, self.device)


def stepper_for(engine: Engine, notice: Callable[[str], None]) -> Stepper:
    """Replayed graphs for the hand-derived engine on a GPU, else one minibatch after another."""
    on_gpu = engine.model.parameters.flat.is_cuda
    return GraphStepper(engine, notice) if on_gpu and isinstance(engine, BpttEngine) else EagerStepper(engine)
