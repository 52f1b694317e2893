"""What is written down of a sweep: what it is about, and how each of its runs stands."""

from __future__ import annotations

import shutil
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from itertools import count
from pathlib import Path
from typing import Any

from lyricterm.core.errors import LyrictermError, SweepError
from lyricterm.core.i18n import _
from lyricterm.core.paths import sweeps_folder
from lyricterm.core.run_data import Values
from lyricterm.core.run_status import RunStatus
from lyricterm.core.sanitize import one_line
from lyricterm.core.settings import Recipe, recipe_from_dict, recipe_to_dict
from lyricterm.core.strict_json import decoded, encoded
from lyricterm.storage.atomic_write import read_regular, write_whole
from lyricterm.storage.lock import Lock
from lyricterm.sweep.news import DONE
from lyricterm.sweep.plan import Planned

FORMAT = 1
_MAX_BYTES = 16 << 20
_FILE, _LOCK = "sweep.json", "lock"


@dataclass(frozen=True)
class Sweep:
    """A sweep as it stands."""

    path: Path
    """Its folder, whose name is its id."""
    base: Recipe
    planned: tuple[Planned, ...]
    stops: bool
    """Hopeless runs are stopped early."""
    metric: str
    """A name of ``METRICS``, by which runs are judged."""
    outcomes: tuple[RunStatus, ...]
    """Of the runs, as ``planned`` has them."""
    runs: tuple[str, ...]
    """Their ids on disk; empty before they are there."""
    created: float

    @property
    def id(self) -> str:
        """Its name."""
        return self.path.name

    @property
    def to_do(self) -> tuple[int, ...]:
        """The places of the runs that are not done."""
        return tuple(place for place, outcome in enumerate(self.outcomes) if outcome not in DONE)

    @cached_property
    def choices(self) -> tuple[int, ...]:
        """For each run the place of the first one with the same settings but for the seed."""
        first: dict[Values, int] = {}
        return tuple(first.setdefault(planned.values, place) for place, planned in enumerate(self.planned))

    def with_run(self, place: int, outcome: RunStatus, run: str) -> Sweep:
        """With how one run stands."""
        outcomes, runs = list(self.outcomes), list(self.runs)
        outcomes[place], runs[place] = outcome, run
        return replace(self, outcomes=tuple(outcomes), runs=tuple(runs))

    def taken_up(self) -> Sweep:
        """As it stands for whoever holds its lock: nobody trains a run of it."""
        interrupted = RunStatus.INTERRUPTED
        outcomes = (interrupted if outcome is RunStatus.TRAINING else outcome for outcome in self.outcomes)
        return replace(self, outcomes=tuple(outcomes))

    def write(self) -> None:
        """Write it down; ``OSError`` if that cannot be."""
        write_whole(self.path / _FILE, encoded(_to_dict(self)))

    def lock(self) -> Lock:
        """The lock that whoever goes on with the sweep holds."""
        return Lock(self.path / _LOCK)


def begin(base: Recipe, planned: Sequence[Planned], *, stops: bool, metric: str) -> Sweep:
    """A new sweep with a folder of its own, named after the local time.

    Raises:
        OSError: if it cannot be made.
    """
    now, root = time.time(), sweeps_folder()
    root.mkdir(parents=True, exist_ok=True)
    name = time.strftime("%Y%m%d-%H%M%S", time.localtime(now))
    for number in count(1):
        path = root / (name if number == 1 else f"{name}-{number}")
        try:
            path.mkdir()
            break
        except FileExistsError:
            continue
    nothing = (RunStatus.WAITING,) * len(planned), ("",) * len(planned)
    return Sweep(path, base, tuple(planned), stops, metric, *nothing, now)


def forget_unbegun(sweep: Sweep) -> None:
    """Remove what was written down of a sweep of which no run has begun."""
    if not any(sweep.runs) and set(sweep.outcomes) == {RunStatus.WAITING}:
        shutil.rmtree(sweep.path, ignore_errors=True)


def find(name: str) -> Sweep:
    """A sweep by its id; the newest that is not done if there is no name, else the newest.

    Raises:
        SweepError: if there is none, or it cannot be read.
    """
    if name:
        folder = sweeps_folder() / name
        if folder.parent != sweeps_folder() or not (folder / _FILE).is_file():
            sentence = _("There is no sweep {name}; the sweeps are in {path}.")
            raise SweepError(sentence.format(name=one_line(name)[:60], path=one_line(str(sweeps_folder()))))
        return read(folder)
    found = sorted(sweeps_folder().glob(f"*/{_FILE}"), key=lambda path: path.stat().st_mtime, reverse=True)
    if not found:
        raise SweepError(_("There is no sweep to go on with; lyricterm sweep --param NAME=VALUES begins one."))
    sweeps = [read(path.parent) for path in found]
    return next((sweep for sweep in sweeps if sweep.to_do), sweeps[0])


def read(folder: Path) -> Sweep:
    """The sweep in a folder.

    Raises:
        SweepError: if it cannot be read.
    """
    try:
        return _from_dict(folder, decoded(read_regular(folder / _FILE, _MAX_BYTES)))
    except (OSError, ValueError, KeyError, TypeError, AttributeError, LyrictermError) as error:
        sentence = _("The sweep {name} cannot be read; delete {path} if you do not need it.")
        raise SweepError(sentence.format(name=one_line(folder.name), path=one_line(str(folder)))) from error


def _to_dict(sweep: Sweep) -> dict[str, Any]:
    runs = zip(sweep.planned, sweep.outcomes, sweep.runs, strict=True)
    return {
        "format": FORMAT,
        "created": sweep.created,
        "recipe": recipe_to_dict(sweep.base),
        "stops": sweep.stops,
        "metric": sweep.metric,
        "runs": [
            {"values": dict(planned.values), "seed": planned.seed, "outcome": outcome.value, "run": run}
            for planned, outcome, run in runs
        ],
    }


def _from_dict(folder: Path, plain: Mapping[str, Any]) -> Sweep:
    if plain["format"] != FORMAT:
        raise ValueError(plain["format"])
    base = recipe_from_dict(plain["recipe"])
    rows = plain["runs"]
    return Sweep(
        folder,
        base,
        tuple(_planned(base, row["values"], row["seed"]) for row in rows),
        bool(plain["stops"]),
        str(plain["metric"]),
        tuple(RunStatus(row["outcome"]) for row in rows),
        tuple(str(row["run"]) for row in rows),
        float(plain["created"]),
    )


def _planned(base: Recipe, plain: Mapping[str, Any], seed: int) -> Planned:
    values: Values = tuple(plain.items())
    return Planned(values, base.with_values({**dict(values), "seed": seed}))
