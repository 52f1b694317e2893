"""Where to compute, and whether there is room."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator
from contextlib import contextmanager

import torch

from lyricterm.core.errors import DeviceError, OutOfMemoryError
from lyricterm.core.i18n import _
from lyricterm.core.settings import AUTO
from lyricterm.engine.free_memory import free_main_memory
from lyricterm.engine.shape import Shape

_FREE_SHARE = 0.9


_GPUS: dict[str, Callable[[], bool]] = {
    "cuda": torch.cuda.is_available,
    "mps": torch.backends.mps.is_available,
    "xpu": torch.xpu.is_available,
}


def is_there(name: str) -> bool:
    """Whether this torch can use a kind of GPU, given by its name in torch."""
    return _GPUS[name]()


def resolve(name: str) -> torch.device:
    """The device for a name that ``--device`` takes; auto means CUDA where it is there, else the CPU.

    Raises:
        DeviceError: if a GPU is asked for and absent.
    """
    if name == AUTO:
        return torch.device("cuda" if is_there("cuda") else "cpu")
    if name in _GPUS and not is_there(name):
        sentence = _("There is no {name} device that this PyTorch can use; take --device cpu or auto.")
        raise DeviceError(sentence.format(name=name.upper()))
    return torch.device(name)


def has_float64(device: torch.device) -> bool:
    """Whether it can compute in double precision."""
    return device.type != "mps"


def describe(device: torch.device) -> str:
    """The device as the header shows it."""
    if device.type == "cuda":
        return f"cuda {torch.cuda.get_device_name(device).removeprefix('NVIDIA ')}"
    return device.type


def synchronise(device: torch.device) -> None:
    """Wait until the device has done all that it was told."""
    if device.type != "cpu":
        getattr(torch, device.type).synchronize()


def free_bytes(device: torch.device) -> int | None:
    """Memory that can still be had, or None where it cannot be told."""
    if device.type == "mps":
        return int(torch.mps.recommended_max_memory()) - int(torch.mps.driver_allocated_memory())
    if device.type != "cpu":
        return int(getattr(torch, device.type).mem_get_info(device)[0])
    return free_main_memory()


def needed_bytes(shape: Shape, steps: int, batch: int) -> int:
    """About how much memory a run takes: three parameter vectors and the buffers of one minibatch, float32."""
    parameters = sum(map(math.prod, shape.sizes.values()))
    of_layers = shape.hidden * (shape.layers * (shape.gates + 4) + shape.gates + 1)
    buffers = steps * batch * (shape.vocabulary + of_layers + shape.embedding)
    return 4 * (3 * parameters + buffers)


def check_room(needed: int, device: torch.device) -> None:
    """Refuse a run that cannot fit, before anything is allocated.

    Raises:
        OutOfMemoryError: says how much is needed, how much is free, and what to make smaller.
    """
    free = free_bytes(device)
    if free is not None and needed > free * _FREE_SHARE:
        raise OutOfMemoryError(_out_of_memory(needed, free))


def _out_of_memory(needed: int, free: int) -> str:
    sentence = _(
        "Out of memory: these settings need about {needed:.1f} GB and {free:.1f} GB are free; "
        "make --hidden, --steps or --batch smaller."
    )
    return sentence.format(needed=needed / 1e9, free=free / 1e9)


@contextmanager
def memory_errors() -> Iterator[None]:
    """Turn any way in which an allocation fails into ``OutOfMemoryError``."""
    try:
        yield
    except (MemoryError, torch.OutOfMemoryError) as error:
        raise OutOfMemoryError(_ran_out()) from error
    except RuntimeError as error:
        if not any(words in str(error).lower() for words in ("out of memory", "allocate memory")):
            raise
        raise OutOfMemoryError(_ran_out()) from error


def _ran_out() -> str:
    return _("Out of memory: make --hidden, --steps or --batch smaller, or turn detach on.")
