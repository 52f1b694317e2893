"""One run in one ``.safetensors`` file: weights, vocabulary, recipe and position. No pickle anywhere.

The metadata key ``lyricterm`` holds a JSON object; the tensors are the five parameters by name, the
carried state as ``state.0`` (``state.1``) where an epoch is under way, and nothing else.
"""

from __future__ import annotations

import contextlib
import hashlib
import json
import math
import os
import stat
import tempfile
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any

import torch
from safetensors import SafetensorError, safe_open
from safetensors.torch import save_file
from torch import Tensor

from lyricterm.engine import device as devices
from lyricterm.engine.cells import CELLS
from lyricterm.engine.cells.base import State
from lyricterm.engine.completion import Writer
from lyricterm.engine.corpus import Corpus, locate
from lyricterm.engine.model import Model, Weights, shapes
from lyricterm.engine.sampling import SAMPLINGS
from lyricterm.engine.trainer import EpochSums, Trainer
from lyricterm.engine.vocabulary import Vocabulary
from lyricterm.errors import CheckpointError, LyrictermError
from lyricterm.i18n import _
from lyricterm.paths import CORPORA
from lyricterm.recipe import Recipe, as_plain, from_plain
from lyricterm.text import one_line

KEY = "lyricterm"
VERSION = 1
_MAX_COUNT = 2**53
_MAX_NAME = 60
"""Characters, of up to 4 bytes each, that a temporary file's name takes from the checkpoint's."""


@dataclass(frozen=True)
class Checkpoint:
    """What a checkpoint file holds."""

    recipe: Recipe
    vocabulary: Vocabulary
    fingerprint: str
    """SHA-256 of the text that was trained on."""
    epoch: int
    minibatch: int
    sums: EpochSums
    weights: Weights
    state: State


def fingerprint(corpus: Corpus) -> str:
    """SHA-256 of a corpus's text."""
    return hashlib.sha256(corpus.text.encode()).hexdigest()


def capture(trainer: Trainer) -> Checkpoint:
    """A copy of where a run stands."""
    corpus = trainer.recipe.corpus
    if corpus not in CORPORA:
        corpus = str(locate(corpus).resolve())
    state = trainer.engine.state if trainer.minibatch and trainer.carries_state else ()
    return Checkpoint(
        recipe=replace(trainer.recipe, corpus=corpus),
        vocabulary=trainer.vocabulary,
        fingerprint=fingerprint(trainer.corpus),
        epoch=trainer.epoch,
        minibatch=trainer.minibatch,
        sums=replace(trainer.sums),
        weights=Weights(*(weight.detach().to("cpu", copy=True) for weight in trainer.model.weights)),
        state=tuple(part.detach().to("cpu", copy=True) for part in state),
    )


def resume(checkpoint: Checkpoint, recipe: Recipe, corpus: Corpus) -> Trainer:
    """A trainer that goes on where the checkpoint stopped.

    Args:
        recipe: the checkpoint's, with hot axes changed as wanted.
        corpus: the text of ``recipe.corpus``.

    Raises:
        CheckpointError: if the text is not the one that was trained on, or the position does not exist.
    """
    if fingerprint(corpus) != checkpoint.fingerprint:
        sentence = _("The corpus {name} is not the text this run was trained on; give that text with --corpus.")
        raise CheckpointError(sentence.format(name=one_line(corpus.name)))
    old = checkpoint.recipe
    trainer = Trainer(replace(recipe, sampling=old.sampling, steps=old.steps, batch=old.batch), corpus)
    model = trainer.model
    flat = model.parameters.flat.clone()
    for parameter, saved in zip(model.weights, checkpoint.weights, strict=True):
        parameter.copy_(saved)
    flat.copy_(model.parameters.flat)
    try:
        trainer.restore(checkpoint.epoch, checkpoint.minibatch, replace(checkpoint.sums), checkpoint.state, flat)
    except ValueError as error:
        raise CheckpointError(_("The checkpoint's position in the epoch does not exist.")) from error
    trainer.change({"sampling": recipe.sampling, "steps": recipe.steps, "batch": recipe.batch})
    return trainer


def writer(checkpoint: Checkpoint) -> Writer:
    """A writer with the checkpoint's model, on the CPU."""
    recipe = checkpoint.recipe
    model = Model(len(checkpoint.vocabulary), recipe.hidden, CELLS[recipe.cell].gates, torch.device("cpu"))
    for parameter, saved in zip(model.weights, checkpoint.weights, strict=True):
        parameter.copy_(saved)
    return Writer(model, recipe.cell, checkpoint.vocabulary)


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
        sentence = _("{path} is a directory; give the path of a file to save to.")
        raise CheckpointError(sentence.format(path=one_line(str(path))))
    if not stat.S_ISREG(mode):
        sentence = _("{path} is not a regular file; give the path of a file to save to.")
        raise CheckpointError(sentence.format(path=one_line(str(path))))


def save(checkpoint: Checkpoint, path: Path) -> None:
    """Write a checkpoint; the file at ``path`` is always a whole one, the old or the new.

    Raises:
        CheckpointError: if it cannot be written; what was there before is still there.
    """
    tensors = dict(checkpoint.weights._asdict())
    tensors |= {f"state.{i}": part for i, part in enumerate(checkpoint.state)}
    tensors = {name: tensor.contiguous() for name, tensor in tensors.items()}
    temporary = path.parent / f".{path.name[:_MAX_NAME]}.{os.getpid()}"
    try:
        save_file(tensors, temporary, {KEY: json.dumps(_header(checkpoint))})
        with temporary.open("rb") as stream:
            os.fsync(stream.fileno())
        os.replace(temporary, path)
    except (OSError, SafetensorError) as error:
        with contextlib.suppress(OSError):
            temporary.unlink()
        raise CheckpointError(_not_saved(path, error)) from error


def load(path: Path) -> Checkpoint:
    """Read a checkpoint; sizes and shapes are checked against its recipe before any tensor is read.

    Raises:
        CheckpointError: if the file is missing, cut off, foreign, or of another shape.
    """
    shown = one_line(str(path))
    try:
        mode = path.stat().st_mode
        if stat.S_ISDIR(mode):
            raise CheckpointError(_("{path} is a directory, not a checkpoint file.").format(path=shown))
        if not stat.S_ISREG(mode):
            raise CheckpointError(_("{path} is not a regular file.").format(path=shown))
        with safe_open(path, framework="pt") as file:
            header = _read_header(file.metadata(), shown)
            return _read(file, header, shown)
    except FileNotFoundError as error:
        sentence = _("There is no checkpoint {path}; make one with lyricterm train --save {path}.")
        raise CheckpointError(sentence.format(path=shown)) from error
    except SafetensorError as error:
        sentence = _("{path} is no whole .safetensors file (it is cut off, or something else); train and save again.")
        raise CheckpointError(sentence.format(path=shown)) from error
    except OSError as error:
        sentence = _("{path} cannot be read: {reason}.")
        raise CheckpointError(sentence.format(path=shown, reason=error.strerror or error)) from error


def _header(checkpoint: Checkpoint) -> dict[str, Any]:
    return {
        "version": VERSION,
        "recipe": as_plain(checkpoint.recipe),
        "vocabulary": "".join(checkpoint.vocabulary.characters),
        "fingerprint": checkpoint.fingerprint,
        "epoch": checkpoint.epoch,
        "minibatch": checkpoint.minibatch,
        "sums": asdict(checkpoint.sums),
    }


def _read_header(metadata: dict[str, str] | None, shown: str) -> dict[str, Any]:
    foreign = _("{path} is a .safetensors file, but not one that lyricterm wrote.").format(path=shown)
    try:
        header = json.loads((metadata or {})[KEY])
        version = header["version"]
    except (KeyError, TypeError, ValueError, RecursionError) as error:
        raise CheckpointError(foreign) from error
    if version != VERSION:
        sentence = _("{path} has checkpoint format {version}; this lyricterm reads format {ours}.")
        raise CheckpointError(sentence.format(path=shown, version=one_line(str(version))[:20], ours=VERSION))
    return dict(header)


def _read(file: Any, header: dict[str, Any], shown: str) -> Checkpoint:
    try:
        recipe = from_plain(header["recipe"])
        vocabulary = _vocabulary(header["vocabulary"])
        sums = _sums(header["sums"])
        epoch, minibatch = _count(header["epoch"]), _count(header["minibatch"])
        mark = str(header["fingerprint"])
    except (KeyError, TypeError, ValueError, ArithmeticError, AttributeError, LyrictermError) as error:
        sentence = _("{path} has a damaged header; train and save again.")
        raise CheckpointError(sentence.format(path=shown)) from error
    cell = CELLS[recipe.cell]
    sizes = shapes(len(vocabulary), recipe.hidden, cell.gates)
    names = set(file.keys())
    carries = minibatch > 0 and SAMPLINGS[recipe.sampling].carries_state
    carried = [f"state.{i}" for i in range(cell.states)] if carries else []
    sizes |= dict.fromkeys(carried, (recipe.batch, recipe.hidden))
    _check_shapes(file, names, sizes, shown)
    with devices.memory_errors():
        tensors: dict[str, Tensor] = {name: file.get_tensor(name) for name in sizes}
    if not all(bool(tensor.isfinite().all()) for tensor in tensors.values()):
        sentence = _("{path} holds weights that are not finite; it cannot be used.")
        raise CheckpointError(sentence.format(path=shown))
    return Checkpoint(
        recipe,
        vocabulary,
        mark,
        epoch,
        minibatch,
        sums,
        Weights(*(tensors[name] for name in Weights._fields)),
        tuple(tensors[name] for name in carried),
    )


def _vocabulary(characters: str) -> Vocabulary:
    vocabulary = Vocabulary.of(characters)
    if not vocabulary.characters or "".join(vocabulary.characters) != characters:
        raise ValueError(characters)
    return vocabulary


def _sums(saved: dict[str, Any]) -> EpochSums:
    sums = EpochSums()
    for name, zero in asdict(sums).items():
        setattr(sums, name, _count(saved[name]) if isinstance(zero, int) else _amount(saved[name]))
    return sums


def _count(number: int) -> int:
    if int(number) != number or not 0 <= number <= _MAX_COUNT:
        raise ValueError(number)
    return int(number)


def _amount(number: float) -> float:
    if not 0 <= float(number) < math.inf:
        raise ValueError(number)
    return float(number)


def _check_shapes(file: Any, names: set[str], sizes: dict[str, Any], shown: str) -> None:
    for name, size in sizes.items():
        if name not in names:
            sentence = _("{path} lacks the tensor {name}; train and save again.")
            raise CheckpointError(sentence.format(path=shown, name=name))
        found = file.get_slice(name)
        if tuple(found.get_shape()) != tuple(size) or found.get_dtype() != "F32":
            sentence = _("{path}: the tensor {name} is {found}, but the recipe in the file wants {wanted}.")
            raise CheckpointError(
                sentence.format(
                    path=shown,
                    name=name,
                    found=f"{found.get_dtype()} {list(found.get_shape())}",
                    wanted=f"F32 {list(size)}",
                )
            )


def _not_saved(path: Path, error: Exception) -> str:
    sentence = _("{path} cannot be written: {reason}; choose another path.")
    reason = getattr(error, "strerror", None) or error
    return sentence.format(path=one_line(str(path)), reason=reason)
