"""Sessions set the number of threads of the whole process; each test gets it back as it was."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
import torch


@pytest.fixture(autouse=True)
def threads_as_before() -> Iterator[None]:
    """The process computes with as many threads after a test as before it."""
    before = torch.get_num_threads()
    yield
    torch.set_num_threads(before)
