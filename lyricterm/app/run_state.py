"""What the studio knows: one frozen state, moved on by one pure function."""

from __future__ import annotations

import math
from collections.abc import Iterable
from dataclasses import dataclass, field, replace
from functools import cached_property

from lyricterm.core.copied import Spans
from lyricterm.core.events import (
    Completed,
    Diverged,
    Event,
    Failed,
    Generated,
    Loading,
    Progress,
    Refused,
    ResumeOffered,
    RunSaved,
    SamplesRestored,
    SaveFailed,
    Started,
    StatusChanged,
    Watched,
)
from lyricterm.core.memorised import BestHeldOut
from lyricterm.core.run_data import Facts, HeldOutFacts, Mark, Sample
from lyricterm.core.run_status import RunStatus
from lyricterm.core.settings import DEFAULTS, Recipe, Value

MAX_ENTRIES = 2_000
_SETTLED = 1
"""Epochs after which a model should be better than guessing."""


@dataclass(frozen=True)
class RunBegan:
    """Log entry: a new run, with its recipe."""

    recipe: Recipe
    epoch: int = 0
    """Epochs done before, if it goes on from a checkpoint."""
    held_out: HeldOutFacts | None = None


@dataclass(frozen=True)
class Pinned:
    """Log entry: a completion that a person kept."""

    epoch: int
    perplexity: float
    typed: str
    text: str
    probabilities: tuple[float, ...]
    copied: Spans | None = None
    """The parts of ``text`` that are copied from the training text; None where it was not searched."""


@dataclass(frozen=True)
class Flipped:
    """Log entry: a change of variant took effect."""

    mark: Mark


@dataclass(frozen=True)
class Overflowed:
    """Log entry: the run diverged."""

    diverged: Diverged


@dataclass(frozen=True)
class ByHeart:
    """Log entry: since its best epoch the model only memorises."""

    best: BestHeldOut
    epoch: int
    """Epochs done when it was noticed, and the perplexities then."""
    training: float
    held_out: float
    keeps_best: bool
    """The run ends with the best epoch's weights."""


LogEntry = RunBegan | Sample | Pinned | Flipped | Overflowed | ByHeart


@dataclass(frozen=True)
class RunState:
    """Everything that is shown."""

    recipe: Recipe
    """As last asked for."""
    status: RunStatus = RunStatus.PREPARING
    facts: Facts | None = None
    progress: Progress | None = None
    diverged: Diverged | None = None
    failure: str = ""
    watched: str = ""
    """Another program trains the run: how fresh what is shown is. Empty if it is trained here."""
    unkept: str = ""
    """Why the run is not being saved; empty while it is."""
    run: int = 0
    """The run's number in this session; 0 before the first."""
    kept: str = ""
    """What the run is called on disk; empty while it is not there."""
    loading: Loading | None = None
    """How far the reading of the next run's text is, where that takes long."""
    offer: ResumeOffered | None = None
    """An unfinished run to go on with."""
    completion: Completed | None = None
    by_heart: int = 0
    """The best epoch since which the log says that the model memorises; 0 while it does not."""
    entries: tuple[LogEntry, ...] = ()
    forgotten: int = 0
    """How many entries have been dropped from the front."""
    asked: dict[str, Value] = field(default_factory=dict)
    """Changes sent and not yet confirmed by the trainer."""

    @cached_property
    def wanted(self) -> Recipe:
        """The recipe as it will be once everything asked for has taken effect."""
        if self.progress is None:
            return self.recipe.with_values(self.asked)
        changes = dict(self.progress.pending) | self.asked
        return self.progress.recipe.with_values(changes) if changes else self.progress.recipe

    @property
    def prefixes(self) -> tuple[str, ...]:
        """What lyrics are written for: those asked for, or what the text has in place of the default ones."""
        asked = self.wanted.prefixes
        usual = self.facts.usual_prefixes if self.facts else ()
        return usual if usual and asked == DEFAULTS["prefixes"] else asked

    @property
    def trains(self) -> Recipe:
        """The recipe as it trains now."""
        return self.progress.recipe if self.progress else self.recipe

    @property
    def perplexity(self) -> float:
        """Of the latest finished epoch (in the first epoch, so far); NaN if there is none."""
        return self.progress.perplexity.latest if self.progress else math.nan

    @property
    def samples(self) -> tuple[Sample, ...]:
        """The lyrics of this run, as far as the log has them."""
        began = next((i for i in reversed(range(len(self.entries))) if isinstance(self.entries[i], RunBegan)), -1)
        return tuple(entry for entry in self.entries[began + 1 :] if isinstance(entry, Sample))

    @property
    def last_sample(self) -> str:
        """Prefix and text; empty if there is none."""
        samples = self.samples
        return samples[-1].prefix + samples[-1].text if samples else ""

    @property
    def more_epochs(self) -> int:
        """How many a finished run is offered to train on for: another period, or a tenth of what it has."""
        return max(self.trains.pred_period, self.trains.epochs // 10)

    @property
    def astray(self) -> bool:
        """The model has become worse than guessing although the run goes on."""
        if self.facts is None or self.progress is None or self.diverged is not None:
            return False
        return self.progress.epoch >= _SETTLED and self.perplexity > self.facts.vocabulary


def to_copy(answer: Completed | None, state: RunState) -> str:
    """The completion there is, else the one that was kept last, else the last sample."""
    kept = next((entry for entry in reversed(state.entries) if isinstance(entry, Pinned)), None)
    if answer is not None:
        return answer.typed + answer.text
    return kept.typed + kept.text if kept else state.last_sample


def apply(state: RunState, event: Event) -> RunState:
    """The state after an event."""
    match event:
        case Started():
            return _started(state, event)
        case Progress():
            return _progressed(state, event)
        case StatusChanged():
            return _became(state, event.status)
        case Generated():
            return _sampled(state, (event.sample,))
        case SamplesRestored():
            return _sampled(state, event.samples)
        case Completed():
            return replace(state, completion=event)
        case Diverged():
            return remember(replace(state, diverged=event), Overflowed(event))
        case Failed() | Refused():
            return _refused(state, event)
        case SaveFailed() | RunSaved() | ResumeOffered() | Watched() | Loading():
            return _kept(state, event)
    return state


def _refused(state: RunState, event: Failed | Refused) -> RunState:
    if isinstance(event, Failed):
        state = replace(state, status=RunStatus.FAILED, failure=event.sentence)
    return replace(state, loading=None, asked={})


def _sampled(state: RunState, samples: Iterable[Sample]) -> RunState:
    for sample in samples:
        state = remember(state, sample)
    return state


def _started(state: RunState, event: Started) -> RunState:
    first = state.facts is None
    entered = RunState(
        event.recipe,
        run=event.run,
        facts=event.facts,
        entries=state.entries,
        forgotten=state.forgotten,
        offer=state.offer if first else None,
    )
    return remember(entered, RunBegan(event.recipe, event.epoch, event.facts.held_out))


def _kept(state: RunState, event: SaveFailed | RunSaved | ResumeOffered | Watched | Loading) -> RunState:
    match event:
        case Loading():
            return replace(state, loading=event)
        case Watched():
            return replace(state, watched=event.sentence)
        case SaveFailed():
            return replace(state, unkept=event.sentence)
        case RunSaved():
            return _on_disk(state, event)
        case ResumeOffered():
            return replace(state, offer=event)


def _on_disk(state: RunState, event: RunSaved) -> RunState:
    if event.run != state.run or (event.name == state.kept and not state.unkept):
        # A run that was left is written to its end.
        return state
    return replace(state, unkept="", kept=event.name)


def _progressed(state: RunState, event: Progress) -> RunState:
    known = len(state.progress.marks) if state.progress else 0
    newest = state.progress.marks[-1] if state.progress and known else None
    fresh = [mark for mark in event.marks if newest is None or mark.minibatch >= newest.minibatch]
    seen = set(state.progress.marks) if state.progress else set()
    settled = dict(event.pending)
    asked = {
        name: value for name, value in state.asked.items() if settled.get(name, getattr(event.recipe, name)) != value
    }
    # What the last epoch showed comes before what was changed in the one under way.
    state = _memorising(replace(state, progress=event, recipe=event.recipe, asked=asked), event)
    for mark in fresh:
        if mark not in seen:
            state = remember(state, Flipped(mark))
    return state


def _memorising(state: RunState, event: Progress) -> RunState:
    """Said once for each best epoch."""
    best = event.best_held_out
    if best is None or not event.by_heart or state.by_heart == best.epoch:
        return state
    keeps_best = event.recipe.keep == "best"
    entry = ByHeart(best, event.epoch, event.perplexity.latest, event.held_out.latest, keeps_best)
    return remember(replace(state, by_heart=best.epoch), entry)


def _became(state: RunState, status: RunStatus) -> RunState:
    if status is RunStatus.TRAINING:
        return replace(state, status=status, loading=None, diverged=None, failure="")
    return replace(state, status=status, loading=None)


def remember(state: RunState, entry: LogEntry) -> RunState:
    """Append to the log, dropping the oldest entry when it is full."""
    entries = (*state.entries, entry)
    excess = max(0, len(entries) - MAX_ENTRIES)
    return replace(state, entries=entries[excess:], forgotten=state.forgotten + excess)
