"""Forks a process per command line, so that torch is imported once, and kills it when told to.

Run as a process of its own: one JSON object a line in (``Order``), one out (``Fate``). Nothing of torch has computed
before a fork. A child writes down what it does in its trace, in lines that outlive it.
"""

from __future__ import annotations

import json
import os
import random
import signal
import sys
import threading
import time
import traceback
from collections.abc import Callable
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, NoReturn

from lyricterm.storage.run_folder import RunFolder

CALLS = ("open", "write", "fsync", "replace", "unlink", "mkdir", "ftruncate", "pwrite", "close", "rmdir")
"""The calls of ``os`` at which the thread that keeps a run may be killed."""

WRITER = "run writer"
"""What that thread's name begins with."""

BEST = RunFolder(Path()).best_file.name
"""The file of the best epoch's weights, which is written beside a save."""


@dataclass(frozen=True)
class Order:
    """A command line to run."""

    arguments: list[str]
    folder: str
    """Where ``stdout``, ``stderr`` and ``trace`` are written."""
    environment: dict[str, str]
    interval: float
    """Seconds between two automatic saves."""
    after: float | None = None
    """Seconds after the first minibatch at which the process is killed."""
    at_call: int | None = None
    """The number of the call of ``os``, made by the thread that keeps the run, at which it is killed."""
    saves: int = 0
    """How often the run has been saved before the calls are counted."""


@dataclass(frozen=True)
class Fate:
    """How a process ended."""

    code: int
    """Its exit code, or the signal's number as a negative one."""


def main() -> None:
    """Carry out orders until there are no more."""
    import torch  # noqa: F401

    import lyricterm.cli.train
    import lyricterm.engine.checkpoint
    import lyricterm.engine.snapshot
    import lyricterm.training.session  # noqa: F401

    for line in sys.stdin:
        fate = _carry_out(Order(**json.loads(line)))
        print(json.dumps(asdict(fate)), flush=True)


def _carry_out(order: Order) -> Fate:
    child = os.fork()
    if child == 0:
        _be(order)
    if order.after is not None:
        _kill_later(child, order)
    return Fate(os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]))


def _kill_later(child: int, order: Order) -> None:
    assert order.after is not None
    trace = Path(order.folder) / "trace"
    while not _trains(trace):
        if os.waitid(os.P_PID, child, os.WEXITED | os.WNOHANG | os.WNOWAIT):
            return
        time.sleep(0.001)
    time.sleep(order.after)
    # It has not been waited for, so its id is still its own.
    os.kill(child, signal.SIGKILL)


def _trains(trace: Path) -> bool:
    return trace.exists() and b"step" in trace.read_bytes()[:4096]


def _be(order: Order) -> NoReturn:
    code = 99
    try:
        folder = Path(order.folder)
        os.environ.update(order.environment)
        os.dup2(os.open(os.devnull, os.O_RDONLY), 0)
        for number, name in ((1, "stdout"), (2, "stderr")):
            os.dup2(os.open(folder / name, os.O_WRONLY | os.O_CREAT | os.O_TRUNC), number)
        code = _run(order, os.open(folder / "trace", os.O_WRONLY | os.O_CREAT | os.O_TRUNC | os.O_APPEND))
        sys.stdout.flush()
    except BaseException:
        traceback.print_exc()
    finally:
        sys.stderr.flush()
        os._exit(code)


def _run(order: Order, trace: int) -> int:
    from lyricterm.cli import main as command
    from lyricterm.cli import train
    from lyricterm.storage.run_store import Store
    from lyricterm.training.run_storage import RunStorage

    # Shorter than a person may set it.
    vars(train)["storage_of"] = lambda namespace: RunStorage(Store(), interval=order.interval)
    _trace(os.write, trace)
    if order.at_call is not None:
        _kill_at(order.at_call, order.saves)
    return command(order.arguments)


def _trace(write: Callable[[int, bytes], int], trace: int) -> None:
    """Write down each minibatch that begins, each copy for a checkpoint, and each save that was put off."""
    from lyricterm.engine import checkpoint, snapshot
    from lyricterm.engine.trainer import Trainer
    from lyricterm.training.run_writer import RunWriter

    def note(word: str, epoch: int, minibatch: int) -> None:
        write(trace, f"{word} {epoch} {minibatch} {time.monotonic()}\n".encode())

    advance, capture, save, ask = Trainer.advance, snapshot.capture, checkpoint.write, vars(RunWriter)["busy"].fget

    def traced_advance(trainer: Trainer, most: int) -> Any:
        note("step", trainer.epoch, trainer.minibatch)
        return advance(trainer, most)

    def traced_capture(trainer: Trainer, *arguments: Any) -> Any:
        note("capture", trainer.epoch, trainer.minibatch)
        return capture(trainer, *arguments)

    def traced_save(saved: checkpoint.Checkpoint, path: Path) -> None:
        save(saved, path)
        note("best" if path.name == BEST else "written", saved.epoch, saved.minibatch)

    def traced_busy(writer: RunWriter) -> bool:
        busy = bool(ask(writer))
        if busy:
            note("busy", 0, 0)
        return busy

    patches: list[tuple[Any, str, Any]] = [
        (Trainer, "advance", traced_advance),
        (snapshot, "capture", traced_capture),
        (checkpoint, "write", traced_save),
        (RunWriter, "busy", property(traced_busy)),
    ]
    for owner, name, traced in patches:
        setattr(owner, name, traced)


def _kill_at(number: int, saves: int) -> None:
    """Kill this process at one of the calls of the thread that keeps the run, once it has been saved so often.

    It dies before the call, after it, or half way through a write.
    """
    from lyricterm.engine import checkpoint

    made = saved = 0
    dice = random.Random(number)

    def wrap(name: str, real: Callable[..., Any]) -> Callable[..., Any]:
        def call(*arguments: Any, **named: Any) -> Any:
            nonlocal made
            if saved < saves or not threading.current_thread().name.startswith(WRITER):
                return real(*arguments, **named)
            made += 1
            if made == number:
                moment = dice.choice(("before", "after", "half"))
                if name == "write" and moment == "half":
                    real(arguments[0], bytes(arguments[1])[: len(arguments[1]) // 2])
                elif moment != "before":
                    real(*arguments, **named)
                os.kill(os.getpid(), signal.SIGKILL)
            return real(*arguments, **named)

        return call

    def count(written: checkpoint.Checkpoint, path: Path) -> None:
        nonlocal saved
        save(written, path)
        saved += path.name != BEST

    save = checkpoint.write
    vars(checkpoint)["write"] = count
    for name in CALLS:
        setattr(os, name, wrap(name, getattr(os, name)))


if __name__ == "__main__":
    main()
