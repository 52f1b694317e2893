"""Training one run with several processes ("ranks"), each of which takes an equal share of every minibatch.

The loss is a sum over the minibatch, so the gradients of the shares add up to that of the whole: they are summed over
the ranks before the clipping, and every rank then takes the same step. Source: Goyal et al., "Accurate, large minibatch
SGD" (2017), with a sum in the place of the mean. The processes find each other by what torchrun tells them.
"""

from __future__ import annotations

import datetime
import os
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

import torch
import torch.distributed as dist
from torch import Tensor
from torch.distributed.rendezvous import rendezvous

from lyricterm.core.errors import LyrictermError, RanksError, RecipeError
from lyricterm.core.i18n import _
from lyricterm.core.settings import AUTO, Recipe
from lyricterm.corpus.text import Corpus
from lyricterm.engine import device as devices
from lyricterm.engine.cells.base import State
from lyricterm.engine.dropout import NO_DROPOUT, Dropout
from lyricterm.engine.model import Model
from lyricterm.engine.protocols import Engine
from lyricterm.engine.threads import sensible_counts
from lyricterm.engine.trainer import Trainer
from lyricterm.engine.trainer_state import UNRECORDED, Arithmetic

PATIENCE = 20.0
"""Seconds that a rank waits for the others before it counts them as lost."""


@dataclass
class World:
    """The ranks, seen from one of them."""

    rank: int = 0
    size: int = 1
    on_this_machine: int = 1
    asks_to_end: bool = False
    """This rank was told to end; all end after the same minibatch."""
    must_end: bool = False
    """Some rank was told to end."""
    store: Any = None
    """Where the ranks met; torchrun keeps it, so it is there when a rank is lost."""

    def is_first_to_tell(self) -> bool:
        """True for the first rank that asks: one of them tells why the run ends, whichever was lost."""
        try:
            return self.store is None or int(self.store.add("told", 1)) == 1
        except RuntimeError:
            # The machine that kept it is gone.
            return True

    def add_up(self, gradient: Tensor, loss: Tensor) -> None:
        """Sum a gradient and a loss (0-d, float64) over the ranks, in place; hear whether anybody wants to end.

        Raises:
            RanksError: if a rank is lost.
        """
        figures = torch.stack((loss, loss.new_tensor(float(self.asks_to_end))))
        with _heard():
            dist.all_reduce(gradient)
            dist.all_reduce(figures)
        loss.copy_(figures[0])
        self.must_end = self.must_end or float(figures[1]) > 0

    def joined(self, state: State) -> State:
        """The ranks' parts of a carried state, one under the other: (batch / ranks, hidden) to (batch, hidden) each.

        Raises:
            RanksError: if a rank is lost.
        """
        whole = tuple(part.new_empty(len(part) * self.size, *part.shape[1:]) for part in state)
        with _heard():
            for part, all_parts in zip(state, whole, strict=True):
                dist.all_gather(list(all_parts.chunk(self.size)), part.contiguous())
        return whole

    def share(self, whole: Tensor) -> Tensor:
        """This rank's rows of what has a row for each example."""
        return whole.chunk(self.size)[self.rank]

    def tell(self, what: Any = None) -> Any:
        """What rank 0 tells all ranks.

        Raises:
            RanksError: if a rank is lost.
        """
        told = [what]
        with _heard():
            dist.broadcast_object_list(told, src=0, device=torch.device("cpu"))
        return told[0]

    def agree(self, problem: str = "", facts: Mapping[str, str] | None = None) -> None:
        """Go on only if no rank has a problem and all have the same facts (name to value).

        Raises:
            RanksError: on every rank, if one has a problem, differs from rank 0, or is lost.
        """
        told: list[Any] = [None] * self.size
        with _heard():
            dist.all_gather_object(told, (problem, dict(facts or {})))
        for rank, (trouble, _facts) in enumerate(told):
            if trouble:
                raise RanksError(
                    trouble if rank == 0 else _("Rank {rank}: {trouble}").format(rank=rank, trouble=trouble)
                )
        for rank, (_trouble, theirs) in enumerate(told):
            for name, value in told[0][1].items():
                if theirs.get(name) != value:
                    sentence = _("Rank {rank} has another {name} than rank 0 ({theirs}, not {ours}).")
                    raise RanksError(sentence.format(rank=rank, name=name, theirs=theirs.get(name), ours=value))


@contextmanager
def join(patience: float = PATIENCE) -> Iterator[World]:
    """Meet the other ranks, as torchrun's environment says.

    Raises:
        RanksError: if they do not come.
    """
    on_gpu = torch.cuda.is_available() and dist.is_nccl_available()
    local = int(os.environ.get("LOCAL_RANK", "0"))
    if on_gpu:
        torch.cuda.set_device(local % torch.cuda.device_count())
    backend = "cpu:gloo,cuda:nccl" if on_gpu else "gloo"
    waiting = datetime.timedelta(seconds=patience)
    try:
        store, rank, size = next(rendezvous("env://", timeout=waiting))
        # torchrun keeps its store when it starts the ranks again; what the lost ones left there leads nowhere.
        store = dist.PrefixStore(f"lyricterm/{os.environ.get('TORCHELASTIC_RESTART_COUNT', '0')}", store)  # type: ignore[attr-defined]
        dist.init_process_group(backend, timeout=waiting, store=store, rank=rank, world_size=size)
    except (RuntimeError, ValueError) as error:
        sentence = _("The other ranks were not found ({reason}); start all with torchrun.")
        raise RanksError(sentence.format(reason=str(error).partition("\n")[0][:200])) from error
    try:
        yield World(rank, size, int(os.environ.get("LOCAL_WORLD_SIZE", "1")), store=store)
    finally:
        dist.destroy_process_group()


class SharedEngine:
    """An engine that computes this rank's share of each minibatch; loss, gradient and state are those of the whole."""

    def __init__(self, engine: Engine, world: World) -> None:
        self.model: Model = engine.model
        self._engine, self._world = engine, world
        self._state: State = ()
        self._loss = torch.zeros(())

    @property
    def invariant(self) -> bool:
        """As this rank's engine has it."""
        return self._engine.invariant

    def prepare(self, batch: int, steps: int) -> None:
        """For this rank's share."""
        self._engine.prepare(batch // self._world.size, steps)

    @property
    def state(self) -> State:
        """The carried state of the whole minibatch, (batch, hidden) each."""
        return self._state

    @property
    def held_bytes(self) -> float:
        """Of this rank."""
        return self._engine.held_bytes

    def reset(self, batch: int) -> None:
        """Start from a zero state with nothing behind it."""
        self._engine.reset(batch // self._world.size)
        self._state = tuple(part.repeat(self._world.size, 1) for part in self._engine.state)

    def carry(self, state: State) -> None:
        """Start from a given state of the whole minibatch, with nothing behind it."""
        self._engine.carry(tuple(self._world.share(part).clone() for part in state))
        self._state = state

    def forward(
        self, inputs: Tensor, labels: Tensor, activation: str, detach: bool, dropout: Dropout = NO_DROPOUT
    ) -> Tensor:
        """The summed cross-entropy: this rank's until ``backward`` is done, then that of the whole minibatch."""
        dropped = dropout.share_of(self._world.rank, self._world.size)
        loss = self._engine.forward(self._world.share(inputs), self._world.share(labels), activation, detach, dropped)
        self._loss = loss.detach().double()
        return self._loss

    def backward(self) -> None:
        """Once after each ``forward``: leave the whole minibatch's gradient in the model.

        Raises:
            RanksError: if a rank is lost; parameters and ``state`` are as before the minibatch.
        """
        self._engine.backward()
        self._world.add_up(self.model.gradient.flat, self._loss)
        self._state = self._world.joined(self._engine.state)


class SharedTrainer(Trainer):
    """A trainer whose minibatches are shared by all ranks."""

    def __init__(self, recipe: Recipe, corpus: Corpus, world: World, arithmetic: Arithmetic = UNRECORDED) -> None:
        super().__init__(recipe, corpus, make_burst=lambda engine, notice: None, arithmetic=arithmetic)
        self.engine = SharedEngine(self.engine, world)

    def warm_up(self) -> None:
        """Nothing: how often a rank warms up depends on its speed, and every gradient takes all ranks."""


def trainer_of(world: World) -> Callable[..., Trainer]:
    """What makes this rank's trainer."""

    def make(recipe: Recipe, corpus: Corpus, arithmetic: Arithmetic = UNRECORDED) -> Trainer:
        check_batch(recipe.batch, world.size)
        if recipe.threads == AUTO and devices.resolve(recipe.device).type == "cpu":
            # No measuring: the ranks wait for each other, and would measure that.
            recipe = recipe.with_values({"threads": str(max(1, sensible_counts()[-1] // world.on_this_machine))})
        return SharedTrainer(recipe, corpus, world, arithmetic)

    return make


def check_batch(batch: int, ranks: int) -> None:
    """Every rank takes as many examples.

    Raises:
        RecipeError: if that cannot be; says which sizes would do.
    """
    if batch % ranks:
        below = batch // ranks * ranks
        fitting = _("{low} or {high}").format(low=below, high=below + ranks) if below else str(ranks)
        sentence = _("A batch of {batch} examples cannot be shared equally by {ranks} ranks; take --batch {fitting}.")
        raise RecipeError("batch", sentence.format(batch=batch, ranks=ranks, fitting=fitting))


@contextmanager
def _heard() -> Iterator[None]:
    """What torch.distributed raises when a rank is gone or does not answer, in one sentence."""
    try:
        yield
    except RuntimeError as error:
        if isinstance(error, torch.OutOfMemoryError) or isinstance(error.__cause__, LyrictermError):
            raise
        sentence = _("Another rank was lost or has not answered for {seconds:.0f} seconds; this run ends here.")
        raise RanksError(sentence.format(seconds=PATIENCE)) from error
