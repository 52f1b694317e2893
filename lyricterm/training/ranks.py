"""One run that several processes train together: what each of them begins with."""

from __future__ import annotations

import platform
import tempfile
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

from lyricterm import __version__
from lyricterm.core.errors import LyrictermError
from lyricterm.core.settings import Recipe, Value
from lyricterm.training.resume import MakeTrainer, Prepare, PreparedRun, fresh, from_file, source_of

if TYPE_CHECKING:
    from lyricterm.engine.distributed import World


@dataclass(frozen=True)
class RankStart:
    """What rank 0 tells the others."""

    recipe: Recipe
    checkpoint: bytes | None = None
    """The file that the run goes on from; None for a new run."""
    values: Mapping[str, Value] = field(default_factory=dict)
    """Settings to change in the run that goes on."""
    problem: str = ""
    """Why there is nothing to begin with."""


def begin(world: World, start: Callable[[], tuple[Recipe, Prepare]] | None = None) -> tuple[Recipe, Prepare]:
    """What this rank trains, and what prepares it; rank 0 has ``start``, the others are told.

    Raises:
        RanksError: on every rank, if one of them cannot begin, or has another version.
    """
    from lyricterm.engine.distributed import trainer_of

    world.agree(facts={"version of lyricterm": __version__, "version of torch": _torch_version()})
    prepare: Callable[..., PreparedRun] = fresh
    beginning = RankStart(Recipe())
    if start is not None:
        beginning, prepare = _started(start)
    beginning = world.tell(beginning)
    world.agree(beginning.problem)
    if start is None and beginning.checkpoint is not None:
        prepare = partial(_from_bytes, beginning.checkpoint, beginning.values)
    return beginning.recipe, partial(_agreeing, world, partial(prepare, make=trainer_of(world)))


def _started(start: Callable[[], tuple[Recipe, Prepare]]) -> tuple[RankStart, Callable[..., PreparedRun]]:
    """What there is to begin with; what is wrong is told, not raised, for the others wait for it."""
    try:
        recipe, prepare = start()
        return _beginning(recipe, prepare), prepare
    except LyrictermError as error:
        return RankStart(Recipe(), problem=str(error)), fresh
    except OSError as error:
        return RankStart(Recipe(), problem=error.strerror or str(error)), fresh


def _beginning(recipe: Recipe, prepare: Prepare) -> RankStart:
    source = source_of(prepare)
    if source is None:
        return RankStart(recipe)
    path, values = source
    return RankStart(recipe, path.read_bytes(), dict(values))


def _agreeing(world: World, prepare: Prepare, recipe: Recipe) -> PreparedRun:
    """Prepare, and make sure that every rank could, with the same text."""
    prepared, problem, facts = None, "", {}
    try:
        prepared = prepare(recipe)
        facts = {"text": prepared.trainer.corpus.fingerprint[:12]}
    except LyrictermError as error:
        problem = str(error)
    try:
        world.agree(problem, facts)
    except LyrictermError:
        if prepared is not None and prepared.location is not None:
            prepared.location.lock.release()
        raise
    assert prepared is not None
    return prepared


def _from_bytes(
    content: bytes, values: Mapping[str, Value], recipe: Recipe, make: MakeTrainer | None = None
) -> PreparedRun:
    """The run of a checkpoint that rank 0 has sent."""
    with tempfile.TemporaryDirectory(prefix="lyricterm-") as folder:
        path = Path(folder) / "checkpoint.safetensors"
        path.write_bytes(content)
        return from_file(path, None, values, None, recipe, make)


def _torch_version() -> str:
    from importlib.metadata import PackageNotFoundError, version

    try:
        return version("torch").partition("+")[0]
    except PackageNotFoundError:
        return platform.python_version()
