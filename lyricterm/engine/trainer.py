"""The training of one run, a minibatch at a time (chapter: "define the training function")."""

from __future__ import annotations

import math
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Protocol

import torch
from torch import Tensor

from lyricterm.engine import device as devices
from lyricterm.engine.bptt import BpttEngine
from lyricterm.engine.cells import CELLS
from lyricterm.engine.cells.base import State
from lyricterm.engine.clipping import CLIPPINGS, gradient_norm
from lyricterm.engine.completion import Completion, Writer
from lyricterm.engine.corpus import Corpus
from lyricterm.engine.decoding import Choose, greedy
from lyricterm.engine.model import Model
from lyricterm.engine.perplexity import perplexity
from lyricterm.engine.reference import ReferenceEngine
from lyricterm.engine.sampling import SAMPLINGS, Minibatches, check_length
from lyricterm.engine.vocabulary import Vocabulary
from lyricterm.errors import RecipeError
from lyricterm.i18n import _
from lyricterm.recipe import AXES, Heat, Recipe, Value, differences, is_cold


class Engine(Protocol):
    """Computes the loss and the gradient of a minibatch and carries the hidden state."""

    model: Model

    @property
    def state(self) -> State: ...

    def reset(self, batch: int) -> None: ...

    def carry(self, state: State) -> None: ...

    def loss_and_gradient(
        self, inputs: Tensor, labels: Tensor, activation: str, detach: bool
    ) -> Tensor: ...


ENGINES: dict[str, Callable[[Model, str], Engine]] = {"bptt": BpttEngine, "reference": ReferenceEngine}

_MULTIPLIER = 1_000_003


def epoch_seed(seed: int, epoch: int) -> int:
    """The seed of one epoch's shuffle, so that any epoch can be drawn again without its predecessors."""
    return (seed * _MULTIPLIER + epoch + 1) % 2**63


@dataclass(frozen=True)
class Applied:
    """A change of an axis that has taken effect."""

    axis: str
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


class Trainer:
    """Owns the tensors of one run.

    Raises:
        CorpusError, DeviceError: if the run cannot be set up.
    """

    def __init__(self, recipe: Recipe, corpus: Corpus, dtype: torch.dtype = torch.float32) -> None:
        check_length(len(corpus.text), recipe.sampling, recipe.batch, recipe.steps)
        self.recipe = recipe
        self.corpus = corpus
        self.device = devices.resolve(recipe.device)
        self.vocabulary = Vocabulary.of(corpus.text)
        self._check_room(recipe)
        with devices.memory_errors():
            self._indices = self.vocabulary.encode(corpus.text).to(self.device)
            gates = CELLS[recipe.cell].gates
            self.model = Model(len(self.vocabulary), recipe.hidden, gates, self.device, dtype)
            self.model.initialise(recipe.seed)
            self.engine = ENGINES[recipe.engine](self.model, recipe.cell)
            self.writer = Writer(self.model, recipe.cell, self.vocabulary)
        self.epoch = 0
        """Epochs done."""
        self.minibatch = 0
        """Minibatches done in the epoch under way."""
        self.sums = EpochSums()
        self._asked = recipe
        self._unreported: list[Applied] = []
        self._plan = self._draw_plan()

    @property
    def minibatches(self) -> int:
        """How many minibatches the epoch under way has."""
        return len(self._plan)

    @property
    def carries_state(self) -> bool:
        """Whether the hidden state goes on from minibatch to minibatch."""
        return SAMPLINGS[self.recipe.sampling].carries_state

    @property
    def pending(self) -> dict[str, Value]:
        """Changes that wait for the next epoch."""
        return differences(self.recipe, self._asked)

    def change(self, values: Mapping[str, Value]) -> None:
        """Ask for changes of hot axes; each takes effect when its ``Heat`` says.

        Raises:
            RecipeError: if a value is wrong or its axis is cold.
            CorpusError, DeviceError: if the text is too short or the memory too small for it.
        """
        asked = self._asked.with_values(values)
        if is_cold(differences(self._asked, asked)):
            names = ", ".join(_(AXES[name].label) for name in values if AXES[name].heat is Heat.COLD)
            raise RecipeError(
                next(iter(values)), _("Changing {names} needs a new run.").format(names=names)
            )
        check_length(len(self.corpus.text), asked.sampling, asked.batch, asked.steps)
        self._check_room(asked)
        self._asked = asked
        self._apply(lambda heat: heat is not Heat.EPOCH or self.minibatch == 0)
        if self.minibatch == 0:
            self._plan = self._draw_plan()

    def step(self) -> Step:
        """Train one minibatch.

        Raises:
            DeviceError: if memory runs out; the parameters are as before.
        """
        begun = time.perf_counter()
        applied, self._unreported = tuple(self._unreported), []
        recipe = self.recipe
        inputs, labels = self._plan[self.minibatch]
        if self.minibatch == 0 or not self.carries_state:
            self.engine.reset(recipe.batch)
        detach = recipe.detach or not self.carries_state
        with devices.memory_errors():
            total = float(self.engine.loss_and_gradient(inputs, labels, recipe.activation, detach))
        loss = total / labels.numel()
        if not math.isfinite(total):
            self.model.go_back()
            return self._overflow(loss, math.nan, applied, "loss")
        self.model.keep()
        norm = gradient_norm(self.model.gradient.flat)
        if not math.isfinite(norm):
            return self._overflow(loss, norm, applied, "gradient")
        factor = CLIPPINGS[recipe.clipping](norm, recipe.theta)
        sgd(self.model.parameters.flat, self.model.gradient.flat, recipe.lr * factor)
        clipped = factor < 1
        self._add_up(total, labels.numel(), norm, clipped, time.perf_counter() - begun)
        number, epoch = self.minibatch, self.epoch + 1
        finished = self._end_epoch() if self.minibatch == len(self._plan) else None
        return Step(epoch, number, loss, norm, clipped, applied, finished)

    def complete(self, prefix: str, length: int, choose: Choose = greedy) -> Completion:
        """Go on with a prefix, with the model as it is now."""
        return self.writer.complete(prefix, length, self.recipe.activation, choose)

    def restore(self, epoch: int, minibatch: int, sums: EpochSums, state: State, flat: Tensor) -> None:
        """Take up a run where a checkpoint left it.

        Raises:
            ValueError: if the position is not in the plan.
        """
        self.epoch, self.minibatch, self.sums = epoch, minibatch, sums
        self._plan = self._draw_plan()
        if not 0 <= minibatch < len(self._plan):
            raise ValueError(minibatch)
        self.model.parameters.flat.copy_(flat)
        self.model.keep()
        self.engine.carry(tuple(part.to(self.device) for part in state))

    def _add_up(self, total: float, characters: int, norm: float, clipped: bool, seconds: float) -> None:
        self.minibatch += 1
        self.sums.loss += total
        self.sums.characters += characters
        self.sums.norms += norm
        self.sums.clipped += clipped
        self.sums.minibatches += 1
        self.sums.seconds += seconds

    def _end_epoch(self) -> EpochFigures:
        self.epoch += 1
        self.minibatch = 0
        figures = self.sums.figures(self.epoch)
        self.sums = EpochSums()
        self._apply(lambda heat: True)
        self._plan = self._draw_plan()
        return figures

    def _overflow(self, loss: float, norm: float, applied: tuple[Applied, ...], what: str) -> Step:
        self.engine.reset(self.recipe.batch)
        return Step(self.epoch + 1, self.minibatch + 1, loss, norm, False, applied, None, what)

    def _apply(self, due: Callable[[Heat], bool]) -> None:
        now = {name: value for name, value in self.pending.items() if due(AXES[name].heat)}
        for name, new in now.items():
            if AXES[name].heat is not Heat.NOW:
                self._unreported.append(Applied(name, getattr(self.recipe, name), new))
        self.recipe = self.recipe.with_values(now)

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


def sgd(parameters: Tensor, gradient: Tensor, lr: float) -> None:
    """w ← w - lr g (chapter: the summed loss is not divided by anything)."""
    with torch.no_grad():
        parameters.sub_(gradient, alpha=lr)
