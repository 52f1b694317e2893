"""``train`` killed at any moment: little is lost, everything left is whole, and it goes on as if nothing had been."""

from __future__ import annotations

import json
import random
import signal
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

import pytest

import lyricterm
from lyricterm.engine import checkpoint
from lyricterm.storage.atomic_write import writer_of
from lyricterm.storage.lock import holder
from lyricterm.storage.run_log import read_curve, read_samples
from lyricterm.storage.run_store import RunFolder
from tests.kill.server import Fate, Order

pytestmark = pytest.mark.slow

ROOT = Path(lyricterm.__file__).parents[1]
LINE = "想要有你在我身边 分开不分开 "
MINIBATCHES = 11
PERIOD = 20
INTERVAL = 0.02
"""Seconds between two automatic saves."""
LIFE = 0.15
"""Seconds of training after which a process has been killed."""
MAX_CALLS = 100
"""Calls of the thread that keeps the run of which one is the last; a save takes twenty to thirty."""
FIRST_SAVES = 3
"""Saves of each run before it is killed for the first time."""

VARIANTS = {
    "random": "--epochs 120",
    "consecutive": "--epochs 120 --sampling consecutive --cell lstm",
    # A minibatch takes as long as all before it in its epoch.
    "not detached": "--epochs 40 --sampling consecutive --no-detach",
}


class Server:
    """Has command lines run, and killed."""

    def __init__(self) -> None:
        self._process = subprocess.Popen(
            [sys.executable, "-m", "tests.kill.server"],
            cwd=ROOT,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )

    def carry_out(self, order: Order) -> Fate:
        """Run it to its end."""
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        print(json.dumps(asdict(order)), file=self._process.stdin, flush=True)
        return Fate(**json.loads(self._process.stdout.readline()))

    def close(self) -> None:
        """No more orders."""
        assert self._process.stdin is not None
        self._process.stdin.close()
        assert self._process.wait(30) == 0
        assert self._process.stdout is not None
        self._process.stdout.close()


@pytest.fixture(scope="module")
def server() -> Iterator[Server]:
    server = Server()
    yield server
    server.close()


@dataclass(frozen=True)
class Place:
    """A position in a run, with the moment at which it was noted."""

    word: str
    epoch: int
    minibatch: int
    moment: float


@dataclass
class Chain:
    """One run, killed and resumed until it is done."""

    server: Server
    home: Path
    flags: list[str]
    kills: int = 0
    saves: list[int] = field(default_factory=list)
    """Of each killed process, how often it had saved."""
    told: dict[int, tuple[float, float]] = field(default_factory=dict)
    """Of each epoch that was printed, the loss and the norm of the gradient."""

    def run(
        self, arguments: list[str], *, after: float | None = None, at_call: int | None = None, saves: int = 0
    ) -> int:
        """Run a command line; returns its exit code."""
        environment = {f"XDG_{name}_HOME": str(self.home / name.lower()) for name in ("DATA", "STATE", "CONFIG")}
        command = ["train", *arguments, "--json"]
        order = Order(command, str(self.home), environment | {"HOME": str(self.home)}, INTERVAL, after, at_call, saves)
        code = self.server.carry_out(order).code
        assert (self.home / "stderr").read_text(encoding="utf-8") == ""
        for row in self._printed():
            if row["event"] == "epoch":
                figures = (row["loss"], row["grad_norm"])
                assert self.told.setdefault(row["epoch"], figures) == figures, "an epoch trained again differs"
        return code

    def die(self, dice: random.Random) -> bool:
        """Begin or resume the run and kill it; True if it was done before."""
        arguments = ["--resume", "last"] if self.folders else self.flags
        if not self.kills:
            code = self.run(arguments, at_call=dice.randint(1, MAX_CALLS), saves=FIRST_SAVES)
        elif dice.random() < 0.5:
            code = self.run(arguments, after=dice.uniform(0, LIFE))
        else:
            code = self.run(arguments, at_call=dice.randint(1, MAX_CALLS))
        if code != 0:
            assert code == -signal.SIGKILL
            self.kills += 1
            self.check_what_is_left()
            self.saves.append(len([place for place in self._trace() if place.word == "written"]))
        return code == 0

    @property
    def folders(self) -> list[RunFolder]:
        """Of the runs that have got as far as a checkpoint that is listed."""
        root = self.home / "data" / "lyricterm" / "runs"
        every = [RunFolder(path) for path in (root.iterdir() if root.exists() else [])]
        return [folder for folder in every if folder.run_file.exists() and folder.checkpoint_file.exists()]

    @property
    def folder(self) -> RunFolder:
        """The run's; there is one."""
        (folder,) = self.folders
        return folder

    def check_what_is_left(self) -> None:
        """After a kill."""
        trace = self._trace()
        written = [place for place in trace if place.word == "written"]
        if not self.folders:
            # It died before its first save was done, or while it was being listed.
            assert len(written) <= 1
            self._check_pace(trace)
            return
        folder = self.folder
        assert holder(folder.lock_file) is None
        saved = checkpoint.load(folder.checkpoint_file)
        if folder.best_file.exists():
            checkpoint.load(folder.best_file)
        captures = [place for place in trace if place.word == "capture"]
        on_disk = next(
            (c for c in reversed(captures) if (c.epoch, c.minibatch) == (saved.epoch, saved.minibatch)), None
        )
        if on_disk is not None:
            # At most one save is under way, and none is older than the interval before a minibatch begins.
            assert len([c for c in captures if c.moment > on_disk.moment]) <= 1
        else:
            # Nothing has been saved in this life: it came to one copy at most.
            assert len(written) == 0
            assert len(captures) <= 1
        self._check_pace(trace)
        epochs = {row.epoch for row in read_curve(folder.curve_file).epochs}
        assert epochs >= set(range(1, saved.epoch + 1)), "an epoch that will not be trained again is missing"
        samples = {row.epoch for row in read_samples(folder.samples_file)}
        assert samples >= set(range(PERIOD, saved.epoch + 1, PERIOD))

    def _check_pace(self, trace: list[Place]) -> None:
        """Once more than the interval has been trained since a save there is another, unless the disk is busy."""
        since, before, busy = None, None, False
        for place in trace:
            if place.word == "capture":
                since = None
            elif place.word == "busy":
                busy = True
            elif place.word == "step":
                since = place.moment if since is None else since
                # The look at the clock came after the minibatch before had begun.
                assert busy or before is None or before <= since + INTERVAL
                before, busy = place.moment, False

    def _trace(self) -> list[Place]:
        path = self.home / "trace"
        lines = path.read_text(encoding="utf-8").splitlines() if path.exists() else []
        words = [line.split() for line in lines]
        return [Place(word, int(epoch), int(minibatch), float(moment)) for word, epoch, minibatch, moment in words]

    def _printed(self) -> list[dict[str, Any]]:
        whole = (self.home / "stdout").read_text(encoding="utf-8", errors="replace").rpartition("\n")[0]
        return [json.loads(line) for line in whole.splitlines()]


def _flags(folder: Path, variant: str) -> list[str]:
    path = folder / "tiny.txt"
    path.write_text(LINE * 8, encoding="utf-8")
    size = f"--hidden 8 --steps 5 --batch 2 --pred-period {PERIOD} --pred-len 6 --prefix 分开"
    return ["--corpus", str(path), *size.split(), "--device", "cpu", "--threads", "1", *VARIANTS[variant].split()]


def _chain(server: Server, folder: Path, variant: str) -> Chain:
    folder.mkdir()
    return Chain(server, folder, _flags(folder, variant))


def _figures(chain: Chain) -> dict[int, tuple[float, float]]:
    return {row.epoch: (row.loss, row.grad_norm) for row in read_curve(chain.folder.curve_file).epochs}


@pytest.mark.parametrize("kills", [18, pytest.param(170, marks=pytest.mark.long)])
@pytest.mark.parametrize("variant", VARIANTS)
def test_killed_again_and_again(server: Server, tmp_path: Path, variant: str, kills: int) -> None:
    straight = _chain(server, tmp_path / "straight", variant)
    assert straight.run(straight.flags) == 0
    expected = _figures(straight)
    assert sorted(expected) == list(range(1, int(VARIANTS[variant].split()[1]) + 1))
    assert straight.told == expected

    # Not the same moments each time: there is nothing to hide.
    seed = random.randrange(10**6)
    print(f"seed {seed}")
    dice, done = random.Random(seed), 0
    for number in range(kills):
        chain = _chain(server, tmp_path / f"chain {number}", variant)
        while not (ended := chain.die(dice)) and done + chain.kills < kills:
            assert chain.kills < 200, "it does not get on"
        if not ended:
            assert chain.run(["--resume", "last"] if chain.folders else chain.flags) == 0
        assert _figures(chain) == expected
        # A fast machine may finish a run before its first kill is due; such a chain proves the figures only.
        assert all(saves >= FIRST_SAVES for saves in chain.saves[:1])
        assert chain.told == {epoch: expected[epoch] for epoch in chain.told}
        assert not [path for path in chain.folder.path.iterdir() if writer_of(path.name) is not None]
        done += chain.kills
        if done >= kills:
            return
    assert done, "no process was killed"
