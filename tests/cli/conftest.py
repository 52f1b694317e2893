"""The command line in this process, on a text that trains in milliseconds."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
import torch

from tests.cli.calls import LINE, Call


@pytest.fixture(autouse=True)
def threads_as_before() -> Iterator[None]:
    """The process computes with as many threads after a test as before it."""
    before = torch.get_num_threads()
    yield
    torch.set_num_threads(before)


@pytest.fixture
def text(tmp_path: Path) -> Path:
    """A text of 120 characters."""
    path = tmp_path / "tiny.txt"
    path.write_text(LINE * 8, encoding="utf-8")
    return path


@pytest.fixture
def call(capsys: pytest.CaptureFixture[str]) -> Callable[..., Call]:
    """Call the command line as a person does; the exit code and what was printed come back."""
    from lyricterm.cli import main

    def run(*arguments: object) -> Call:
        capsys.readouterr()
        try:
            code = main([str(argument) for argument in arguments])
        except SystemExit as stop:
            code = int(stop.code or 0)
        printed = capsys.readouterr()
        return Call(code, printed.out, printed.err)

    return run


@pytest.fixture
def tiny(text: Path) -> list[str]:
    """Flags of an experiment of milliseconds: two epochs of eleven minibatches."""
    flags = "--hidden 8 --steps 5 --batch 2 --epochs 2 --pred-period 1 --pred-len 6 --prefix 分开"
    return ["--corpus", str(text), *flags.split(), "--device", "cpu", "--threads", "1"]


@pytest.fixture
def saved(call: Callable[..., Call], tiny: list[str], tmp_path: Path) -> Path:
    """A checkpoint of two epochs."""
    path = tmp_path / "saved.safetensors"
    assert call("train", *tiny, "--save", path).code == 0
    return path
