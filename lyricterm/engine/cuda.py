"""Training on a GPU without waiting for it: one minibatch is captured as a CUDA graph and replayed.

At this size a GPU spends its time on launches, not on arithmetic. The graph holds everything from the look-up
of the minibatch to the update; losses and norms stay on the device and are read once per burst. Since nobody
looks in between, the device itself must guard the parameters: after an overflow it changes nothing more.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass

import torch
from torch import Tensor

from lyricterm.core.i18n import _
from lyricterm.core.settings import Recipe
from lyricterm.engine.bptt import BpttEngine
from lyricterm.engine.cuda_graph import recorded
from lyricterm.engine.protocols import LONGEST_STEP, Burst, Engine, MinibatchOutcome, carries_state, cuts_state
from lyricterm.engine.sampling import Minibatches

BURST = 32
"""Minibatches between two readings of the losses."""


@dataclass(frozen=True)
class GraphSettings:
    """What a captured graph is good for; the learning rate and theta are read from the device at each replay."""

    steps: int
    batch: int
    activation: str
    clipping: bool
    carries: bool


class Program:
    """One minibatch as a fixed sequence of device operations on fixed memory."""

    def __init__(self, engine: BpttEngine, settings: GraphSettings) -> None:
        weights = engine.model.weights
        rows = settings.steps * settings.batch
        device = weights.W_hh.device
        self._engine, self.settings = engine, settings
        self._inputs = torch.zeros(BURST, rows, dtype=torch.long, device=device)
        self._labels = torch.zeros(BURST, rows, dtype=torch.long, device=device)
        self._cursor = torch.zeros(1, dtype=torch.long, device=device)
        self._results = torch.zeros(BURST, 3, dtype=torch.float64, device=device)
        self._alive = torch.ones((), dtype=torch.bool, device=device)
        self._lr = torch.zeros((), dtype=torch.float64, device=device)
        self._theta = torch.zeros((), dtype=torch.float64, device=device)
        self._state = engine.zero_state(settings.batch)
        self._replay: Callable[[], None] = self._minibatch

    def capture(self) -> None:
        """Record the graph. The parameters are as before afterwards."""
        model = self._engine.model
        kept = model.parameters.flat.clone()
        with self._engine.products.recording():
            replay = recorded(self._minibatch)
        model.parameters.flat.copy_(kept)
        model.keep()
        self._replay = replay

    @torch.no_grad()
    def run(self, inputs: Tensor, labels: Tensor, recipe: Recipe) -> Tensor:
        """Train minibatches (count, rows each, time-major); returns (count, 3): loss, norm, factor."""
        count = len(inputs)
        self._inputs[:count].copy_(inputs)
        self._labels[:count].copy_(labels)
        self._cursor.zero_()
        self._alive.fill_(True)
        self._lr.fill_(recipe.lr)
        self._theta.fill_(recipe.theta)
        for part, carried in zip(self._state, self._engine.state, strict=True):
            part.copy_(carried)
        for _minibatch in range(count):
            self._replay()
        self._engine.carry(tuple(part.clone() for part in self._state))
        return self._results[:count].cpu()

    @torch.no_grad()
    def _minibatch(self) -> None:
        rows = self._inputs.index_select(0, self._cursor)[0]
        labels = self._labels.index_select(0, self._cursor)[0]
        loss, state = self._engine.minibatch(rows, labels, self.settings.steps, self.settings.activation, self._state)
        if self.settings.carries:
            for part, new in zip(self._state, state, strict=True):
                part.copy_(new)
        self._results.index_copy_(0, self._cursor, self._update(loss.double())[None])
        self._cursor.add_(1)

    def _update(self, loss: Tensor) -> Tensor:
        """Clip and take the step if all is finite; else fall back to the last good parameters, for good."""
        model = self._engine.model
        parameters, kept, gradient = model.parameters.flat, model.kept.flat, model.gradient.flat
        wide = gradient.double()
        norm = wide.dot(wide).sqrt()
        factor = (self._theta / norm).clamp(max=1) if self.settings.clipping else torch.ones_like(norm)
        finite_loss = loss.isfinite()
        fits = finite_loss & norm.isfinite() & (self._lr * factor * norm <= LONGEST_STEP)
        step = (self._lr * factor).to(gradient.dtype)
        torch.where(self._alive & finite_loss, parameters, kept, out=kept)
        taken = torch.where(fits, parameters - step * gradient, kept)
        torch.where(self._alive, taken, parameters, out=parameters)
        self._alive.logical_and_(fits)
        return torch.stack((loss, norm, factor))


class GraphBurst:
    """Replays captured minibatches, of which none may look behind its beginning."""

    longest = BURST

    def __init__(self, engine: BpttEngine, notice: Callable[[str], None], *, capture: bool = True) -> None:
        """``notice`` is told if capturing fails; ``capture=False`` runs the same operations one by one."""
        self._engine = engine
        self._notice = notice
        self._capture = capture
        self._programs: dict[GraphSettings, Program] = {}

    def choose_routes(self, recipe: Recipe) -> None:
        """As for what is recorded."""
        with self._engine.products.recording():
            self._engine.prepare(recipe.batch, recipe.steps)

    def prepare(self, recipe: Recipe) -> None:
        """Capture the graph."""
        self._program(recipe)

    def run(self, plan: Minibatches, start: int, count: int, recipe: Recipe) -> list[MinibatchOutcome]:
        """Train minibatches; see ``Burst``."""
        program = self._program(recipe)
        if start == 0 or not program.settings.carries:
            self._engine.reset(recipe.batch)
        inputs, labels = plan.block(start, min(count, BURST))
        outcomes: list[MinibatchOutcome] = []
        for loss, norm, factor in program.run(inputs, labels, recipe).tolist():
            outcomes.append(_outcome(loss, norm, factor, recipe.lr))
            if outcomes[-1].overflow:
                self._engine.reset(recipe.batch)
                break
        return outcomes

    def _program(self, recipe: Recipe) -> Program:
        settings = GraphSettings(recipe.steps, recipe.batch, recipe.activation, recipe.clipping, carries_state(recipe))
        if settings in self._programs:
            return self._programs[settings]
        if any((old.steps, old.batch) != (settings.steps, settings.batch) for old in self._programs):
            self._programs.clear()
        program = Program(self._engine, settings)
        if self._capture:
            try:
                program.capture()
            except RuntimeError as error:
                sentence = _("The CUDA graph could not be captured ({reason}); training goes on without it.")
                self._notice(sentence.format(reason=str(error).split("\n")[0]))
                self._capture = False
        self._programs[settings] = program
        return program


def _outcome(loss: float, norm: float, factor: float, lr: float) -> MinibatchOutcome:
    if not math.isfinite(loss):
        return MinibatchOutcome(loss, math.nan, clipped=False, overflow="loss")
    if not math.isfinite(norm) or lr * factor * norm > LONGEST_STEP:
        return MinibatchOutcome(loss, norm, clipped=False, overflow="gradient")
    return MinibatchOutcome(loss, norm, clipped=factor < 1)


def burst_for(engine: Engine, notice: Callable[[str], None]) -> Burst | None:
    """Replayed graphs for the hand-derived engine on a GPU; else minibatches are trained one by one."""
    on_gpu = engine.model.parameters.flat.is_cuda
    return GraphBurst(engine, notice) if on_gpu and isinstance(engine, BpttEngine) else None


def fits_burst(recipe: Recipe) -> bool:
    """Whether a captured minibatch does what these settings say: plain SGD clipped by norm, nothing dropped."""
    plain = recipe.optimizer == "sgd" and not recipe.weight_decay and recipe.clip_by == "norm" and not recipe.dropout
    return plain and cuts_state(recipe)
