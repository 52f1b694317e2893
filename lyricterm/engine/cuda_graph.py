"""Recording a fixed sequence of device operations as a CUDA graph, to be replayed without launching each again."""

from __future__ import annotations

from collections.abc import Callable

import torch

_WARM_UPS = 3
"""Times that torch's documentation has the operations run before they are recorded."""


def recorded(work: Callable[[], None]) -> Callable[[], None]:
    """Run ``work`` a few times, record it, and return what replays it; it must use the same memory at each call.

    Raises:
        RuntimeError: if an operation in it cannot be recorded.
    """
    stream = torch.cuda.Stream()  # type: ignore[no-untyped-call]
    stream.wait_stream(torch.cuda.current_stream())
    with torch.cuda.stream(stream):
        for _warm_up in range(_WARM_UPS):
            work()
    torch.cuda.current_stream().wait_stream(stream)
    graph = torch.cuda.CUDAGraph()
    with torch.cuda.graph(graph, capture_error_mode="thread_local"):
        work()
    return graph.replay
