"""One run in one ``.safetensors`` file: weights, vocabulary, recipe and position. No pickle anywhere.

The metadata key ``lyricterm`` holds the header, a JSON object. The tensors are the parameters by name (see
``shape``); the same as ``kept.…``, the last that gave a finite loss; ``state.0`` and so on, the carried state, where
an epoch is under way; ``past.…`` and ``past.state.0``, where the gradient's reach begins, if it reaches behind the
minibatch under way; ``best.…``, the best epoch's, where it was asked for; ``optimizer.0.…`` and so on, what the
optimiser remembers, by parameter; and nothing else.
"""

from __future__ import annotations

import contextlib
import itertools
import math
import os
import stat
import tempfile
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import torch
from safetensors import SafetensorError, safe_open
from safetensors.torch import save as to_bytes
from torch import Tensor

from lyricterm.core.errors import CheckpointError
from lyricterm.core.i18n import _
from lyricterm.core.sanitize import one_line
from lyricterm.core.settings import Recipe
from lyricterm.engine import device as devices
from lyricterm.engine.cells import CELLS, shape_of
from lyricterm.engine.cells.base import State
from lyricterm.engine.checkpoint_header import (
    NO_SLOTS,
    VERSION,
    CheckpointHeader,
    DamagedHeaderError,
    Slots,
    decode,
    encode,
    read,
    slots_of,
)
from lyricterm.engine.model import Weights
from lyricterm.engine.remembered import Remembered
from lyricterm.engine.trainer_state import TrainerState
from lyricterm.engine.undetached import Past, ReachStart
from lyricterm.engine.vocabulary import Vocabulary
from lyricterm.storage import atomic_write

KEY = "lyricterm"
_KEPT, _PAST, _BEST, _SLOT = "kept.", "past.", "best.", "optimizer."
_MAX_HEADER = 16 << 20
"""Bytes; a vocabulary of every Unicode character takes 15 million."""
_MAX_NAME = 60
"""Characters, of up to 4 bytes each, that a temporary file's name takes from the checkpoint's."""


@dataclass(frozen=True)
class Checkpoint:
    """What a checkpoint file holds."""

    recipe: Recipe
    """As the run trains."""
    asked: Recipe
    """The same with the changes that wait for the next epoch."""
    vocabulary: Vocabulary
    fingerprint: str
    """SHA-256 of the text that was trained on."""
    standing: TrainerState
    record: dict[str, Any]
    """What the run's watcher wants to find again; plain JSON values, not checked here."""

    @property
    def epoch(self) -> int:
        """Epochs done."""
        return self.standing.epoch

    @property
    def minibatch(self) -> int:
        """Minibatches done in the epoch under way."""
        return self.standing.minibatch


def check_writable(path: Path) -> None:
    """Find out before training whether a checkpoint can be written there.

    Raises:
        CheckpointError: if not.
    """
    try:
        with contextlib.suppress(FileNotFoundError):
            _check_regular(path, path.stat().st_mode)
        handle, probe = tempfile.mkstemp(prefix=f".{path.name[:_MAX_NAME]}.", dir=path.parent)
        os.close(handle)
        os.unlink(probe)
    except (OSError, ValueError) as error:
        raise CheckpointError(_not_saved(path, error)) from error


def _check_regular(path: Path, mode: int) -> None:
    if stat.S_ISDIR(mode):
        sentence = _("{path} is a folder; give the path of a file to save to.")
        raise CheckpointError(sentence.format(path=one_line(str(path))))
    if not stat.S_ISREG(mode):
        sentence = _("{path} is not a regular file; give the path of a file to save to.")
        raise CheckpointError(sentence.format(path=one_line(str(path))))


def save(checkpoint: Checkpoint, path: Path) -> None:
    """Write a checkpoint; the file at ``path`` is always a whole one, the old or the new.

    Raises:
        CheckpointError: if it cannot be written; what was there before is still there.
    """
    try:
        write(checkpoint, path)
    except OSError as error:
        raise CheckpointError(_not_saved(path, error)) from error


def write(checkpoint: Checkpoint, path: Path) -> None:
    """As ``save``, but says only what the operating system says.

    Raises:
        OSError: if it cannot be written.
    """
    with devices.memory_errors():
        content = to_bytes(_tensors(checkpoint.standing), {KEY: encode(_header(checkpoint))})
    atomic_write.write_whole(path, content)


def load(path: Path) -> Checkpoint:
    """Read a checkpoint; sizes and shapes are checked against its recipe before any tensor is read.

    Raises:
        CheckpointError: if the file is missing, cut off, foreign, or of another shape.
        DeviceError: if there is no room for what it holds.
    """
    shown = one_line(str(path))
    try:
        _check_openable(path, shown)
        with devices.memory_errors(), atomic_write.utf8_name(path) as name, safe_open(name, framework="pt") as file:
            header = _read_header(file.metadata(), shown)
            return _read(file, header, shown)
    except FileNotFoundError as error:
        sentence = _("There is no checkpoint {path}; make one with lyricterm train --save {path}.")
        raise CheckpointError(sentence.format(path=shown)) from error
    except SafetensorError as error:
        raise CheckpointError(_not_whole(shown)) from error
    except (OSError, ValueError) as error:
        sentence = _("{path} cannot be read: {reason}.")
        reason = getattr(error, "strerror", None) or error
        raise CheckpointError(sentence.format(path=shown, reason=reason)) from error


def _check_openable(path: Path, shown: str) -> None:
    mode = path.stat().st_mode
    if stat.S_ISDIR(mode):
        raise CheckpointError(_("{path} is a folder, not a checkpoint file.").format(path=shown))
    if not stat.S_ISREG(mode):
        raise CheckpointError(_("{path} is not a regular file; give the path of a checkpoint file.").format(path=shown))
    with path.open("rb") as stream:
        if int.from_bytes(stream.read(8), "little") > _MAX_HEADER:
            raise CheckpointError(_not_whole(shown))


def _header(checkpoint: Checkpoint) -> CheckpointHeader:
    standing = checkpoint.standing
    past = standing.past
    return CheckpointHeader(
        checkpoint.recipe,
        checkpoint.asked,
        checkpoint.vocabulary,
        checkpoint.fingerprint,
        standing.epoch,
        standing.minibatch,
        standing.sums,
        standing.unreported,
        (past.beginning.minibatch, past.variants) if past else None,
        checkpoint.record,
        standing.best,
        arithmetic=standing.arithmetic,
        memory=slots_of(standing.memory),
        past_memory=slots_of(past.beginning.memory) if past else NO_SLOTS,
        plateau=standing.plateau,
        shuffle=standing.shuffle,
    )


def _tensors(standing: TrainerState) -> dict[str, Tensor]:
    tensors = standing.weights.named | _named(_KEPT, standing.kept) | _states("", standing.state)
    if standing.past is not None:
        tensors |= _named(_PAST, standing.past.beginning.weights) | _states(_PAST, standing.past.beginning.state)
    tensors |= _slots("", standing.memory)
    if standing.past is not None:
        tensors |= _slots(_PAST, standing.past.beginning.memory)
    if standing.best.weights is not None:
        tensors |= _named(_BEST, standing.best.weights)
    return {name: tensor.contiguous() for name, tensor in tensors.items()}


def _named(prefix: str, weights: Weights) -> dict[str, Tensor]:
    return {prefix + name: tensor for name, tensor in weights.named.items()}


def _slots(prefix: str, memory: Remembered) -> dict[str, Tensor]:
    pairs = (_named(f"{prefix}{_SLOT}{i}.", slot) for i, slot in enumerate(memory.slots))
    return {name: tensor for named in pairs for name, tensor in named.items()}


def _states(prefix: str, state: State) -> dict[str, Tensor]:
    return {f"{prefix}state.{i}": part for i, part in enumerate(state)}


def _read_header(metadata: dict[str, str] | None, shown: str) -> CheckpointHeader:
    try:
        header = decode((metadata or {}).get(KEY, ""))
    except DamagedHeaderError as error:
        sentence = _("{path} is a .safetensors file, but not one that lyricterm wrote.")
        raise CheckpointError(sentence.format(path=shown)) from error
    version = header["version"]
    if isinstance(version, bool) or version != VERSION:
        sentence = _("{path} has checkpoint format {version}; this lyricterm reads format {ours}.")
        raise CheckpointError(sentence.format(path=shown, version=one_line(str(version)[:20]), ours=VERSION))
    try:
        return read(header)
    except DamagedHeaderError as error:
        sentence = _("{path} has a damaged header; train and save again.")
        raise CheckpointError(sentence.format(path=shown)) from error


def _read(file: Any, header: CheckpointHeader, shown: str) -> Checkpoint:
    sizes = _sizes(header)
    _check_shapes(file, sizes, shown)
    tensors = _read_tensors(file, sizes, shown)
    past = None
    if header.past is not None:
        first, variants = header.past
        past = Past(
            ReachStart(
                first, _weights(tensors, _PAST), _state(tensors, _PAST), _memory(tensors, _PAST, header.past_memory)
            ),
            variants,
        )
    standing = TrainerState(
        header.epoch,
        header.minibatch,
        header.sums,
        _state(tensors, ""),
        _weights(tensors, ""),
        _weights(tensors, _KEPT),
        past,
        header.unreported,
        replace(header.best, weights=_weights(tensors, _BEST) if header.has_best else None),
        header.arithmetic,
        _memory(tensors, "", header.memory),
        header.plateau,
        header.shuffle,
    )
    return Checkpoint(header.recipe, header.asked, header.vocabulary, header.fingerprint, standing, header.record)


def _sizes(header: CheckpointHeader) -> dict[str, tuple[int, ...]]:
    """The tensors that a checkpoint with this header must hold, by name."""
    recipe = header.recipe
    parameters = shape_of(recipe, len(header.vocabulary)).sizes
    count = recipe.layers * CELLS[recipe.cell].states
    states = {f"state.{i}": (recipe.batch, recipe.hidden) for i in range(count)}
    sizes: dict[str, tuple[int, ...]] = dict(parameters)
    sizes |= {_KEPT + name: size for name, size in parameters.items()}
    if header.carries_state:
        sizes |= states
    if header.has_best:
        sizes |= {_BEST + name: size for name, size in parameters.items()}
    sizes |= _slot_sizes("", header.memory, parameters) | _slot_sizes(_PAST, header.past_memory, parameters)
    if header.past is not None:
        sizes |= {_PAST + name: size for name, size in parameters.items()}
        sizes |= {_PAST + name: size for name, size in states.items() if header.past[0]}
    return sizes


def _slot_sizes(prefix: str, memory: Slots, parameters: dict[str, tuple[int, ...]]) -> dict[str, tuple[int, ...]]:
    return {f"{prefix}{_SLOT}{i}.{name}": size for i in range(memory.count) for name, size in parameters.items()}


def _read_tensors(file: Any, sizes: dict[str, tuple[int, ...]], shown: str) -> dict[str, Tensor]:
    devices.check_room(4 * sum(math.prod(size) for size in sizes.values()), torch.device("cpu"))
    with devices.memory_errors():
        tensors: dict[str, Tensor] = {name: file.get_tensor(name) for name in sizes}
        finite = all(bool(tensor.isfinite().all()) for tensor in tensors.values())
    if not finite:
        sentence = _("{path} holds weights that are not finite; it cannot be used.")
        raise CheckpointError(sentence.format(path=shown))
    return tensors


def _weights(tensors: dict[str, Tensor], prefix: str) -> Weights:
    # The parameters' own names have no point.
    return Weights({name: tensors[prefix + name] for name in tensors if "." not in name})


def _memory(tensors: dict[str, Tensor], prefix: str, slots: Slots) -> Remembered:
    vectors = tuple(_weights(tensors, f"{prefix}{_SLOT}{i}.") for i in range(slots.count))
    return Remembered(slots.optimizer, vectors, slots.steps)


def _state(tensors: dict[str, Tensor], prefix: str) -> State:
    names = (f"{prefix}state.{i}" for i in itertools.count())
    return tuple(tensors[name] for name in itertools.takewhile(tensors.__contains__, names))


def _check_shapes(file: Any, sizes: dict[str, tuple[int, ...]], shown: str) -> None:
    names = set(file.keys())
    for name, size in sizes.items():
        if name not in names:
            sentence = _("{path} lacks the tensor {name}; train and save again.")
            raise CheckpointError(sentence.format(path=shown, name=name))
        found = file.get_slice(name)
        if tuple(found.get_shape()) != size or found.get_dtype() != "F32":
            sentence = _("{path}: the tensor {name} is {found}, but the settings in the file need {wanted}.")
            raise CheckpointError(
                sentence.format(
                    path=shown,
                    name=name,
                    found=f"{found.get_dtype()} {list(found.get_shape())}",
                    wanted=f"F32 {list(size)}",
                )
            )


def _not_whole(shown: str) -> str:
    sentence = _("{path} is not a complete .safetensors file (it is cut off, or something else); train and save again.")
    return sentence.format(path=shown)


def _not_saved(path: Path, error: Exception) -> str:
    sentence = _("{path} cannot be written: {reason}; choose another path.")
    reason = getattr(error, "strerror", None) or error
    return sentence.format(path=one_line(str(path)), reason=reason)
