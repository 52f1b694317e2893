"""What ``run.json`` says of a run: written from a ``RunInfo``, checked as a file that any program may have written."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from lyricterm.core.errors import LyrictermError
from lyricterm.core.memorised import BestHeldOut
from lyricterm.core.number_format import epoch_at
from lyricterm.core.run_data import HeldOutFacts
from lyricterm.core.run_status import ON_DISK, RunStatus
from lyricterm.core.settings import Recipe, recipe_from_dict, recipe_to_dict
from lyricterm.storage.run_names import spoken

FORMAT = 1

_MAX_COUNT = 2**53
_MAX_TIME = 1e11
"""Seconds since 1970, or of training: some 3,000 years."""
_MAX_TEXT = 4096


@dataclass(frozen=True)
class RunInfo:
    """One kept run as it stood when it was last written down."""

    id: str
    folder: Path
    recipe: Recipe
    corpus: str
    """The corpus's name."""
    characters: int
    vocabulary: int
    fingerprint: str
    """SHA-256 of the text that was trained on."""
    device: str
    created: float
    """Seconds since 1970, as ``updated``."""
    updated: float
    status: RunStatus
    """One of ``ON_DISK``."""
    epoch: int
    """Epochs done."""
    minibatch: int
    """Minibatches done in the epoch under way."""
    perplexity: float
    """Of the latest epoch that is done; NaN before the first, infinite after an overflow. ``best`` likewise."""
    best: float
    seconds: float
    """Of training."""
    diverged: tuple[int, int] | None = None
    """The epoch and the minibatch in which the run overflowed, counted from 1."""
    held_out: HeldOutFacts | None = None
    """None where nothing is held out, or where an earlier version did not write it down, as the next two."""
    valid_perplexity: float = math.nan
    """Of the latest epoch, on held-out text."""
    best_held_out: BestHeldOut | None = None
    sweep: str = ""
    """The id of the sweep that it was trained by; empty if it was none."""
    pinned: bool = False
    name: str = ""
    """What a person calls it; empty if they do not."""
    exercise: str = ""
    """The exercise that it was trained for; empty for a run of a person's own."""
    running: bool = False
    """Whether somebody holds the run's lock."""
    status_on_disk: RunStatus | None = None
    """What whoever trained it wrote down last; ``status`` knows whether they are still there."""
    trained_by: str = ""
    """Who that is: user@machine and the process's id; empty if nobody does, or has not said."""
    trainer_is_gone: bool = False
    """Whether that process is known to have ended, which only the machine that it ran on can tell."""
    size: int = 0
    """Bytes of all files in the folder."""
    checkpoint: Path | None = None
    """The checkpoint file, if it is there."""

    @property
    def spoken(self) -> str:
        """What one may call it: its name, or the two words that every run has."""
        return self.name or spoken(self.id)

    @property
    def epoch_shown(self) -> int:
        """The epoch under way, or the last one done; see ``epoch_at``."""
        return epoch_at(self.epoch, self.minibatch if self.epoch < self.recipe.epochs else 0)

    @property
    def unfinished(self) -> bool:
        """Whether one could go on with it."""
        return self.checkpoint is not None and not self.running and self.status is not RunStatus.FINISHED


def to_dict(info: RunInfo) -> dict[str, Any]:
    """What is written down of a run, as JSON can hold it; what the folder itself tells is left out."""
    return {
        "format": FORMAT,
        "recipe": recipe_to_dict(info.recipe),
        "corpus": info.corpus,
        "characters": info.characters,
        "vocabulary": info.vocabulary,
        "fingerprint": info.fingerprint,
        "device": info.device,
        "created": info.created,
        "updated": info.updated,
        "state": info.status.value,
        "epoch": info.epoch,
        "minibatch": info.minibatch,
        "perplexity": info.perplexity,
        "best": info.best,
        "seconds": info.seconds,
        "diverged": info.diverged,
        "valid_perplexity": info.valid_perplexity,
        "held_out": None if info.held_out is None else vars(info.held_out),
        "best_held_out": None if info.best_held_out is None else vars(info.best_held_out),
        **({"sweep": info.sweep} if info.sweep else {}),
    }


def from_dict(run: str, folder: Path, plain: Mapping[str, Any]) -> RunInfo:
    """The run that ``to_dict`` wrote.

    Raises:
        ValueError: if a value is missing, of the wrong type or out of bounds.
    """
    try:
        return RunInfo(
            id=run,
            folder=folder,
            recipe=_recipe(plain["recipe"]),
            corpus=_text(plain["corpus"]),
            characters=_count(plain["characters"]),
            vocabulary=_count(plain["vocabulary"]),
            fingerprint=_text(plain["fingerprint"]),
            device=_text(plain["device"]),
            created=_time(plain["created"]),
            updated=_time(plain["updated"]),
            status=_status(plain["state"]),
            epoch=_count(plain["epoch"]),
            minibatch=_count(plain["minibatch"]),
            perplexity=measured(plain["perplexity"]),
            best=measured(plain["best"]),
            seconds=_time(plain["seconds"]),
            diverged=_place(plain["diverged"]),
            held_out=_held_out(plain.get("held_out")),
            valid_perplexity=measured(plain.get("valid_perplexity")),
            best_held_out=_best_held_out(plain.get("best_held_out")),
            sweep=_text(plain.get("sweep", "")),
        )
    except (KeyError, TypeError, LyrictermError) as error:
        raise ValueError(str(error)) from error


def measured(value: Any, low: float = 0) -> float:
    """A measured amount of at least ``low``; "inf" is infinity, null is NaN.

    Raises:
        ValueError: if it is anything else.
    """
    if value is None:
        return math.nan
    if type(value) is float and low <= value and -math.inf < value < math.inf:
        # The usual case first: there are thousands in a list of runs.
        return value
    return math.inf if value == "inf" else _number(value, low)


def _number(value: Any, low: float = 0) -> float:
    if isinstance(value, bool) or not isinstance(value, int | float):
        raise ValueError("no number")
    try:
        number = float(value)
    except OverflowError as error:
        raise ValueError("too large") from error
    if not (low <= number and math.isfinite(number)):
        raise ValueError("out of bounds")
    return number


def _time(value: Any) -> float:
    number = _number(value)
    if number > _MAX_TIME:
        raise ValueError("out of bounds")
    return number


def _count(value: Any) -> int:
    if isinstance(value, bool) or not isinstance(value, int) or not 0 <= value <= _MAX_COUNT:
        raise ValueError("no count")
    return value


def _text(value: Any) -> str:
    if not isinstance(value, str) or len(value) > _MAX_TEXT:
        raise ValueError("no text")
    return value


def _status(value: Any) -> RunStatus:
    status = RunStatus(value)
    if status not in ON_DISK:
        raise ValueError("no state of a run on disk")
    return status


def _place(value: Any) -> tuple[int, int] | None:
    if value is None:
        return None
    if not isinstance(value, list) or len(value) != 2:
        raise ValueError("no place")
    return _count(value[0]), _count(value[1])


def _held_out(value: Any) -> HeldOutFacts | None:
    if value is None:
        return None
    return HeldOutFacts(
        characters=_count(value["characters"]),
        unknown=_count(value["unknown"]),
        unknown_kinds=_count(value["unknown_kinds"]),
        frequencies=measured(value["frequencies"]),
        bigram=measured(value["bigram"]),
        total=_count(value.get("total", 0)),
    )


def _best_held_out(value: Any) -> BestHeldOut | None:
    if value is None:
        return None
    return BestHeldOut(_count(value["epoch"]), measured(value["held_out"]), measured(value["training"]))


def _recipe(value: Any) -> Recipe:
    if not isinstance(value, dict):
        raise ValueError("no recipe")
    return recipe_from_dict(value)
