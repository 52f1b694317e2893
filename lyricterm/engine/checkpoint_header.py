"""The part of a checkpoint that is JSON, and how its claims are checked before anything is made from them."""

from __future__ import annotations

import json
import math
import re
from dataclasses import asdict, astuple, dataclass, field
from itertools import groupby
from typing import Any

from lyricterm.core.errors import LyrictermError
from lyricterm.core.settings import SETTINGS, Applies, Recipe, check, differences, recipe_from_dict, recipe_to_dict
from lyricterm.corpus.index import unknown_of
from lyricterm.engine.best_epoch import NO_EPOCH, BestEpoch
from lyricterm.engine.optimizers import OPTIMIZERS
from lyricterm.engine.orders import LISTED, SHUFFLES
from lyricterm.engine.products.choices import RouteChoice
from lyricterm.engine.remembered import Remembered
from lyricterm.engine.sampling import SAMPLINGS
from lyricterm.engine.schedules import Plateau
from lyricterm.engine.trainer_state import UNRECORDED, Applied, Arithmetic, EpochSums
from lyricterm.engine.undetached import CHANGEABLE, Variant, variant_of
from lyricterm.engine.vocabulary import Vocabulary

VERSION = 2
_MAX_COUNT = 2**53
_MAX_UNREPORTED = 1_000
_MAX_PRODUCTS = 10_000
_MAX_REACH = 1_000_000
"""Minibatches. A gradient over so many would take years: a header that claims more is damaged."""
_DAMAGE = (LookupError, TypeError, ValueError, ArithmeticError, AttributeError, RecursionError, LyrictermError)


class DamagedHeaderError(Exception):
    """A header that no checkpoint can have."""


@dataclass(frozen=True)
class Slots:
    """Which vectors of an optimiser a checkpoint must hold."""

    optimizer: str = ""
    count: int = 0
    steps: int = 0


NO_SLOTS = Slots()


def slots_of(memory: Remembered) -> Slots:
    """The vectors of an optimiser's memory."""
    return Slots(memory.optimizer, len(memory.slots), memory.steps)


@dataclass(frozen=True)
class CheckpointHeader:
    """Everything in a checkpoint that is no tensor."""

    recipe: Recipe
    asked: Recipe
    vocabulary: Vocabulary
    fingerprint: str
    epoch: int
    minibatch: int
    sums: EpochSums
    unreported: tuple[Applied, ...]
    past: tuple[int, tuple[Variant, ...]] | None
    """The minibatch at which the gradient's reach begins, and the variants since."""
    record: dict[str, Any]
    best: BestEpoch = NO_EPOCH
    has_best: bool = False
    """Whether the checkpoint must hold the best epoch's weights."""
    arithmetic: Arithmetic = UNRECORDED
    memory: Slots = NO_SLOTS
    past_memory: Slots = NO_SLOTS
    plateau: Plateau = field(default_factory=Plateau)
    shuffle: str = LISTED

    @property
    def carries_state(self) -> bool:
        """Whether the checkpoint must hold a carried state."""
        return self.minibatch > 0 and SAMPLINGS[self.recipe.sampling].carries_state


def encode(header: CheckpointHeader) -> str:
    """The header as JSON."""
    return json.dumps(
        {
            "version": VERSION,
            "recipe": recipe_to_dict(header.recipe),
            "pending": differences(header.recipe, header.asked),
            "vocabulary": "".join(header.vocabulary.characters),
            "fingerprint": header.fingerprint,
            "epoch": header.epoch,
            "minibatch": header.minibatch,
            "sums": asdict(header.sums),
            "unreported": [[change.setting, change.old, change.new] for change in header.unreported],
            "past": None if header.past is None else [header.past[0], _runs(header.past[1])],
            "record": header.record,
            "best": _saved_best(header.best),
            "matmul": {key: [choice.route, choice.invariant] for key, choice in header.arithmetic.choices.items()},
            "fixed_threads": header.arithmetic.threads,
            "optimizer": astuple(header.memory),
            "past_optimizer": astuple(header.past_memory),
            "shuffle": header.shuffle,
            "plateau": [_finite(header.plateau.best), header.plateau.waited, header.plateau.factor],
        },
        allow_nan=False,
    )


def decode(text: str) -> dict[str, Any]:
    """The JSON object of a header, whatever its version.

    Raises:
        DamagedHeaderError: if it is none, or has no version.
    """
    try:
        header = dict(json.loads(text))
        header["version"]
    except _DAMAGE as error:
        raise DamagedHeaderError from error
    return header


def read(header: dict[str, Any]) -> CheckpointHeader:
    """Check every claim of a header of this version.

    Raises:
        DamagedHeaderError: if anything in it cannot be.
    """
    try:
        recipe = recipe_from_dict(header["recipe"])
        minibatch = _count(header["minibatch"])
        return CheckpointHeader(
            recipe,
            _asked(recipe, header["pending"]),
            _vocabulary(header["vocabulary"], recipe),
            _fingerprint(header["fingerprint"]),
            _count(header["epoch"]),
            minibatch,
            _sums(header["sums"]),
            _unreported(header["unreported"]),
            _past(header["past"], recipe, minibatch),
            dict(header["record"]),
            *_best(header.get("best")),
            _arithmetic(header.get("matmul", {}), header.get("fixed_threads")),
            _slots(header.get("optimizer")),
            _slots(header.get("past_optimizer")),
            _plateau(header.get("plateau")),
            _shuffle(header.get("shuffle", LISTED)),
        )
    except _DAMAGE as error:
        raise DamagedHeaderError from error


def _asked(recipe: Recipe, pending: dict[str, Any]) -> Recipe:
    if any(SETTINGS[name].applies is not Applies.NEXT_EPOCH for name in pending):
        raise ValueError(pending)
    return recipe.with_values(pending)


def _runs(variants: tuple[Variant, ...]) -> list[Any]:
    return [[len(list(run)), *variant] for variant, run in groupby(variants)]


def _past(saved: Any, recipe: Recipe, minibatch: int) -> tuple[int, tuple[Variant, ...]] | None:
    if saved is None:
        return None
    first, runs = _count(saved[0]), saved[1]
    if minibatch - first > _MAX_REACH:
        raise ValueError(minibatch)
    if sum(_count(run[0]) for run in runs) != minibatch - first or not SAMPLINGS[recipe.sampling].carries_state:
        raise ValueError(saved)
    variants: list[Variant] = []
    for count, *values in runs:
        # An earlier version wrote fewer of the settings; the others were then what the recipe says.
        variants += [variant_of(recipe.with_values(dict(zip(CHANGEABLE, values, strict=False))))] * count
    return first, tuple(variants)


def _saved_best(best: BestEpoch) -> list[Any] | None:
    return [best.epoch, best.loss, best.weights is not None] if best.epoch else None


def _best(saved: Any) -> tuple[BestEpoch, bool]:
    if saved is None:
        return NO_EPOCH, False
    epoch, loss, has_weights = saved
    if not isinstance(has_weights, bool):
        raise ValueError(saved)
    return BestEpoch(_count(epoch), _amount(loss)), has_weights


def _fingerprint(saved: str) -> str:
    if not re.fullmatch("[0-9a-f]{64}", saved):
        raise ValueError(saved)
    return saved


def _vocabulary(characters: str, recipe: Recipe) -> Vocabulary:
    vocabulary = Vocabulary.of(characters, unknown_of(recipe))
    if not vocabulary.characters or "".join(vocabulary.characters) != characters:
        raise ValueError(characters)
    return vocabulary


def _sums(saved: dict[str, Any]) -> EpochSums:
    sums = EpochSums()
    for name, zero in asdict(sums).items():
        setattr(sums, name, _count(saved[name]) if isinstance(zero, int) else _amount(saved[name]))
    return sums


def _unreported(saved: list[Any]) -> tuple[Applied, ...]:
    if len(saved) > _MAX_UNREPORTED:
        raise ValueError(saved)
    changes = tuple(Applied(str(setting), old, new) for setting, old, new in saved)
    for change in changes:
        check(change.setting, change.old)
        check(change.setting, change.new)
    return changes


def _arithmetic(choices: dict[str, Any], threads: Any) -> Arithmetic:
    if len(choices) > _MAX_PRODUCTS or not all(isinstance(invariant, bool) for _route, invariant in choices.values()):
        raise ValueError(choices)
    if threads is not None:
        check("threads", str(_count(threads)))
    return Arithmetic({key: RouteChoice(str(route), invariant) for key, (route, invariant) in choices.items()}, threads)


def _slots(saved: Any) -> Slots:
    if saved is None or not saved[0]:
        return NO_SLOTS
    name, count, steps = saved
    if count != OPTIMIZERS[name].slots:
        raise ValueError(saved)
    return Slots(name, count, _count(steps))


def _plateau(saved: Any) -> Plateau:
    if saved is None:
        return Plateau()
    best, waited, factor = saved
    if not 0 < _amount(factor) <= 1:
        raise ValueError(saved)
    return Plateau(math.inf if best is None else _amount(best), _count(waited), _amount(factor))


def _shuffle(saved: str) -> str:
    if saved not in SHUFFLES:
        raise ValueError(saved)
    return saved


def _finite(value: float) -> float | None:
    return value if math.isfinite(value) else None


def _count(number: int) -> int:
    if isinstance(number, bool) or not isinstance(number, int) or not 0 <= number <= _MAX_COUNT:
        raise ValueError(number)
    return number


def _amount(number: float) -> float:
    if isinstance(number, bool) or not isinstance(number, int | float) or not 0 <= number < math.inf:
        raise ValueError(number)
    return float(number)
