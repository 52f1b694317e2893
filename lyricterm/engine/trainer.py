"""The run that is trained: a minibatch at a time, in epochs, with settings that may change while it learns.

``train_minibatch`` is the loop's inside; ``Trainer.advance`` calls it and reports each minibatch.
"""

from __future__ import annotations

import math
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from functools import partial

import torch
from torch import Tensor

from lyricterm.core.decoding import Decoding
from lyricterm.core.metrics import EpochMetrics
from lyricterm.core.settings import Applies, Recipe, Value
from lyricterm.corpus.beginnings import fitting, usual
from lyricterm.corpus.characters import prepare
from lyricterm.corpus.index import unknown_of
from lyricterm.corpus.length import check_distinct, check_length
from lyricterm.corpus.text import Corpus
from lyricterm.engine import device as devices
from lyricterm.engine import device_choice
from lyricterm.engine.cells import shape_of
from lyricterm.engine.cells.base import State
from lyricterm.engine.cpu_threads import CpuThreads
from lyricterm.engine.cuda import burst_for, fits_burst
from lyricterm.engine.decoding import Decoder, greedy
from lyricterm.engine.engines import ENGINES
from lyricterm.engine.generation import Completion, Generator
from lyricterm.engine.live_settings import LiveSettings
from lyricterm.engine.model import Model, Weights
from lyricterm.engine.orders import COMPUTED_IF_MANY
from lyricterm.engine.products.choices import Products
from lyricterm.engine.protocols import Burst, Engine, MinibatchOutcome, carries_state
from lyricterm.engine.remembered import recall
from lyricterm.engine.sampling import SAMPLINGS, Minibatches, epoch_seed
from lyricterm.engine.schedules import Plateau, scheduled
from lyricterm.engine.split import held_out_text, split
from lyricterm.engine.stack import Stack
from lyricterm.engine.threads import sensible_counts
from lyricterm.engine.train_minibatch import train_minibatches
from lyricterm.engine.trainer_state import UNRECORDED, Applied, Arithmetic, EpochSums, Step, TrainerState
from lyricterm.engine.undetached import CHANGEABLE, Past, PastRecord, not_exact
from lyricterm.engine.validation import Validation, goes_on_from
from lyricterm.engine.vocabulary import Vocabulary
from lyricterm.engine.warm_up import warm_up

_RELEASED = 1 << 7
"""Examples after which memory is given back; for each the system may hold up to 2 MB (a large page)."""

MakeBurst = Callable[[Engine, Callable[[str], None]], Burst | None]


class Trainer:
    """Owns the tensors of one run.

    Raises:
        CorpusError, DeviceError, RecipeError: if the run cannot be set up.
    """

    def __init__(
        self,
        recipe: Recipe,
        corpus: Corpus,
        dtype: torch.dtype = torch.float32,
        make_burst: MakeBurst | None = None,
        arithmetic: Arithmetic = UNRECORDED,
    ) -> None:
        """Set up a run; ``make_burst`` overrides how several minibatches are trained in a row (graphs on a GPU).

        ``arithmetic`` is that of the run that goes on, so that its last digits stay what they are.
        """
        self.corpus, held_out = split(corpus, recipe.valid)
        check_length(len(self.corpus.text), recipe.sampling, recipe.batch, recipe.steps)
        check_distinct(len(self.corpus.characters))
        self._settings = LiveSettings(recipe)
        self.vocabulary = Vocabulary.of(self.corpus.characters, unknown_of(recipe))
        self.device = device_choice.choose(recipe, len(self.vocabulary))
        self._check_room(recipe)
        self.notices: list[str] = []
        """Sentences a person should hear; whoever passes them on empties the list."""
        with devices.memory_errors():
            self._indices = torch.from_numpy(self.corpus.indices).to(self.device)
            self.model = Model(shape_of(recipe, len(self.vocabulary)), self.device, dtype)
            self.model.initialise(recipe.seed, recipe.init)
            self._products = Products(sensible_counts(), recipe.matmul, arithmetic.choices)
            self.engine = ENGINES[recipe.engine](self.model, recipe.cell, self._products)
            self._burst = (make_burst or burst_for)(self.engine, self.notices.append)
            self.writer = Generator(self.model, recipe.cell, self.vocabulary, partial(prepare, settings=recipe))
            total = len(corpus.text) - len(self.corpus.text)
            text = held_out_text(self.corpus.text, held_out, self.vocabulary, total)
            self.validation = Validation(text, self.model, recipe.cell, self._products)
        self.epoch = 0
        """Epochs done."""
        self.minibatch = 0
        """Minibatches done in the epoch under way."""
        self.sums = EpochSums()
        self.plateau = Plateau()
        self._history = PastRecord()
        self.shuffle = COMPUTED_IF_MANY
        """How the examples are shuffled."""
        self._examples = 0
        """Read since memory was given back."""
        self._plan = self._draw_plan()
        with devices.memory_errors():
            self._threads = CpuThreads(self.engine, recipe, arithmetic.threads)
            if self._burst is not None and fits_burst(recipe):
                self._burst.choose_routes(recipe)
        self.notices += self._products.notices

    @property
    def prefixes(self) -> tuple[str, ...]:
        """What lyrics are written for: the recipe's prefixes, or, where the text has not the chapter's, its own."""
        return fitting(self.recipe, self.corpus)

    @property
    def usual_prefixes(self) -> tuple[str, ...]:
        """What lyrics are written for while the recipe asks for nothing else."""
        return usual(self.recipe, self.corpus)

    def warm_up(self) -> None:
        """Do what is slow only once, so that no epoch's seconds count it: buffers, graphs, the choice of threads.

        Nothing is learnt.

        Raises:
            OutOfMemoryError: if memory runs out.
        """
        recipe, state = self.recipe, tuple(part.clone() for part in self.engine.state)
        if self.past is not None:
            return
        with devices.memory_errors():
            if self._burst is not None and fits_burst(recipe):
                self._burst.prepare(recipe)
            else:
                warm_up(self.engine, self._plan[self.minibatch], recipe, partial(self._threads.choose, recipe))
            self.engine.carry(state)

    def step(self) -> Step:
        """Train one minibatch; see ``advance``."""
        return self.advance(1)[0]

    def advance(self, most: int) -> list[Step]:
        """Train up to ``most`` minibatches of the epoch under way, at least one, and report each.

        Raises:
            OutOfMemoryError: if memory runs out; the parameters are as before.
        """
        begun = time.perf_counter()
        if self.validation.leave_best():
            self.notices.append(goes_on_from(self.epoch))
        recipe, first = self.recipe, self.minibatch
        count = max(1, min(most, self.burst, self.minibatches - first))
        outcomes = self._train(first, count, scheduled(recipe, self.epoch, self.plateau))
        seconds = (time.perf_counter() - begun) / len(outcomes)
        self._release(len(outcomes) * recipe.batch)
        self._threads.choose(recipe, seconds)
        return [self._report(outcome, recipe.batch * recipe.steps, seconds) for outcome in outcomes]

    def _release(self, examples: int) -> None:
        """Give back, now and then, the memory of the parts of a long text that were read."""
        self._examples += examples
        if self._examples >= _RELEASED:
            self._examples = 0
            self.corpus.release()

    def _train(self, first: int, count: int, recipe: Recipe) -> Sequence[MinibatchOutcome]:
        self._history.before(recipe, first, self.model, self.engine.state)
        if self._burst is not None and fits_burst(recipe):
            outcomes = self._burst.run(self._plan, first, count, recipe)
        else:
            outcomes = train_minibatches(self.engine, self._plan, first, count, recipe)
        self._history.after(recipe, outcomes)
        return outcomes

    def _report(self, outcome: MinibatchOutcome, characters: int, seconds: float) -> Step:
        """Take one minibatch into the epoch's sums."""
        loss, number, epoch = outcome.total / characters, self.minibatch + 1, self.epoch + 1
        applied = self._settings.report()
        if outcome.overflow:
            return Step(epoch, number, loss, outcome.norm, False, applied, None, outcome.overflow, seconds)
        self.minibatch = number
        self.sums.add(outcome, characters, seconds)
        finished = self._end_epoch() if number == self.minibatches else None
        return Step(epoch, number, loss, outcome.norm, outcome.clipped, applied, finished, seconds=seconds)

    def _end_epoch(self) -> EpochMetrics:
        self.epoch += 1
        self.minibatch = 0
        valid_loss = self.validation.end_epoch(self.epoch, self.sums.mean_loss, self.recipe)
        self.plateau.end_epoch(self.sums.mean_loss if math.isnan(valid_loss) else valid_loss)
        metrics = self.sums.metrics(self.epoch, valid_loss)
        self.sums = EpochSums()
        self._apply(lambda applies: True)
        self._plan = self._draw_plan()
        return metrics

    @property
    def recipe(self) -> Recipe:
        """The settings as the next minibatch is trained."""
        return self._settings.now

    @property
    def pending(self) -> dict[str, Value]:
        """Changes that wait for the next epoch."""
        return self._settings.pending

    @property
    def unreported(self) -> tuple[Applied, ...]:
        """Changes that have taken effect since the last minibatch; the next ``Step`` tells them."""
        return tuple(self._settings.unreported)

    @property
    def minibatches(self) -> int:
        """How many minibatches the epoch under way has."""
        return len(self._plan)

    @property
    def burst(self) -> int:
        """How many minibatches are best trained between two looks at anything else."""
        return self._burst.longest if self._burst is not None and fits_burst(self.recipe) else 1

    @property
    def carries_state(self) -> bool:
        """Whether the hidden state goes on from minibatch to minibatch."""
        return carries_state(self.recipe)

    @property
    def past(self) -> Past | None:
        """What the gradient reaches behind the minibatch under way, if anything."""
        return self._history.past

    @property
    def held_bytes(self) -> float:
        """Bytes of the activations that the latest gradient ran back over; NaN if the engine cannot say."""
        return self.engine.held_bytes

    @property
    def threads(self) -> int:
        """CPU threads that train; 0 on a GPU."""
        return self._threads.count

    @property
    def arithmetic(self) -> Arithmetic:
        """What decides the run's last digits so far."""
        return Arithmetic(dict(self._products.choices), self._threads.fixed)

    @property
    def indices(self) -> Tensor:
        """The text as indices into the vocabulary, int32, (characters,)."""
        return self._indices

    def next_minibatch(self) -> tuple[Tensor, Tensor, State]:
        """Inputs and labels (batch, steps) of the minibatch that is trained next, and a copy of the state before it."""
        inputs, labels = self._plan[self.minibatch]
        if self.minibatch and self.carries_state and self.engine.state:
            return inputs, labels, tuple(part.clone() for part in self.engine.state)
        return inputs, labels, Stack(self.model, self.recipe.cell).zero_state(len(inputs))

    def complete(self, prefix: str, length: int, choose: Decoder = greedy) -> Completion:
        """Go on with a prefix, with the model as it is now."""
        return self.writer.complete(prefix, length, self.recipe.activation, choose)

    def generate(self, prefix: str, length: int, options: Decoding, seed: int = 0, count: int = 1) -> list[Completion]:
        """Go on with a prefix as these options say; at least one completion, the best or first drawn first."""
        return self.writer.generate(prefix, length, self.recipe.activation, options, seed, count)

    def change(self, values: Mapping[str, Value]) -> None:
        """Ask for changes of settings of the running model; each takes effect when its ``Applies`` says.

        Raises:
            RecipeError: if a value is wrong or its setting needs a new run.
            CorpusError, DeviceError: if the text is too short or the memory too small for it.
        """
        wanted = self._settings.wanted(values)
        check_length(len(self.corpus.text), wanted.sampling, wanted.batch, wanted.steps)
        self._check_room(wanted)
        self._settings.asked = wanted
        self._apply(lambda applies: applies is not Applies.NEXT_EPOCH or self.minibatch == 0)
        if self.minibatch == 0:
            self._plan = self._draw_plan()

    def restore(self, standing: TrainerState) -> None:
        """Take up a run where a checkpoint left it.

        Raises:
            ValueError: if the position is not in the plan.
        """
        self.epoch, self.minibatch, self.sums = standing.epoch, standing.minibatch, standing.sums
        self._settings.unreported = list(standing.unreported)
        self.plateau, self.shuffle = replace(standing.plateau), standing.shuffle
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
        self.validation.restored(standing.best, standing.epoch)
        recall(self.model, standing.memory)

    def _train_again(self, past: Past) -> None:
        """Bring back the activations that the gradient still reaches."""
        first = past.beginning.minibatch
        if first + len(past.variants) != self.minibatch:
            raise ValueError(first)
        self.model.parameters.load(past.beginning.weights)
        recall(self.model, past.beginning.memory)
        self.engine.carry(tuple(part.to(self.device) for part in past.beginning.state))
        for number, variant in enumerate(past.variants, first):
            self._train(
                number, 1, self.recipe.with_values(dict(zip(CHANGEABLE, variant, strict=True)) | {"detach": False})
            )

    def _compare(self, weights: Weights) -> None:
        pairs = zip(self.model.weights, weights, strict=True)
        if not all(torch.equal(ours.cpu(), theirs) for ours, theirs in pairs):
            self.notices.append(not_exact())

    def _apply(self, due: Callable[[Applies], bool]) -> None:
        if {"batch", "steps", "threads"} & self._settings.apply(due):
            self._threads.look_again()

    def _draw_plan(self) -> Minibatches:
        recipe = self.recipe
        seed = epoch_seed(recipe.seed, self.epoch)
        return SAMPLINGS[recipe.sampling](self._indices, recipe.batch, recipe.steps, seed, self.shuffle)

    def _check_room(self, recipe: Recipe) -> None:
        needed = devices.needed_bytes(shape_of(recipe, len(self.vocabulary)), recipe.steps, recipe.batch)
        devices.check_room(needed, self.device)
