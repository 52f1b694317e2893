"""Work that nothing else waits for at once: on an NVIDIA GPU it runs beside the chain of time steps."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager, nullcontext
from typing import Protocol

import torch


class Aside(Protocol):
    """Where such work is done."""

    def begun(self) -> AbstractContextManager[None]:
        """In the block, operations are put beside those that follow it."""

    def wait(self) -> None:
        """Whatever comes next on the device finds that work done."""


class InTurn:
    """Nothing runs beside anything else."""

    def begun(self) -> AbstractContextManager[None]:
        """As if there were no block."""
        return nullcontext()

    def wait(self) -> None:
        """It is done already."""


class SecondStream:
    """A stream of its own; a CUDA graph that records both keeps them side by side."""

    def __init__(self) -> None:
        self._stream = torch.cuda.Stream()  # type: ignore[no-untyped-call]

    @contextmanager
    def begun(self) -> Iterator[None]:
        """After all that was asked for so far, beside all that comes."""
        self._stream.wait_stream(torch.cuda.current_stream())
        with torch.cuda.stream(self._stream):
            yield

    def wait(self) -> None:
        """The current stream waits for this one."""
        torch.cuda.current_stream().wait_stream(self._stream)


def aside(device: torch.device) -> Aside:
    """A second stream on an NVIDIA GPU."""
    return SecondStream() if device.type == "cuda" else InTurn()
