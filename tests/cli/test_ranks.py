"""``torchrun -m lyricterm train``: one run, kept by rank 0; what happens when a rank is lost."""

from __future__ import annotations

import os
import re
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from lyricterm.core.run_status import RunStatus
from lyricterm.engine import checkpoint
from lyricterm.storage.run_log import read_curve
from lyricterm.storage.run_store import RunFolder, Store
from tests.cli.calls import Call, ended, wait_until

pytestmark = pytest.mark.cluster

ROOT = Path(__file__).parents[2]


@pytest.fixture(autouse=True)
def saves_often(clean_home: Path) -> None:
    (clean_home / "config" / "lyricterm").mkdir(parents=True)
    (clean_home / "config" / "lyricterm" / "config.toml").write_text("autosave = 1\n")


def launched(*words: object, ranks: int = 2, restarts: int = 0) -> subprocess.Popen[str]:
    """torchrun, as a person starts it."""
    launcher = [
        "-m",
        "torch.distributed.run",
        "--standalone",
        f"--nproc-per-node={ranks}",
        f"--max-restarts={restarts}",
    ]
    return subprocess.Popen(
        [sys.executable, *launcher, "-m", "lyricterm", "train", *map(str, words)],
        cwd=ROOT, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, env=os.environ | {"OMP_NUM_THREADS": "1"},
    )  # fmt: skip


def workers(process: subprocess.Popen[str]) -> dict[int, int]:
    """The ranks' processes: rank to process id."""
    found = {}
    for path in Path("/proc").glob("[0-9]*/environ"):
        try:
            environment = dict(part.split("=", 1) for part in path.read_text().split("\0") if "=" in part)
            parent = int(re.search(r"PPid:\s+(\d+)", (path.parent / "status").read_text())[1])  # type: ignore[index]
        except (OSError, ValueError):
            continue
        if "RANK" in environment and parent == process.pid:
            found[int(environment["RANK"])] = int(path.parent.name)
    return found


def trained(epoch: int) -> Callable[[], bool]:
    """Whether so many epochs are on disk."""
    return lambda: any(info.epoch >= epoch for info in Store().runs())


def test_two_ranks_make_the_run_of_one_process(call: Callable[..., Call], tiny: list[str]) -> None:
    together = ended(launched(*tiny, "--json"))
    assert together.code == 0, together.err
    (info,) = Store().runs()
    assert (info.status, info.epoch) == (RunStatus.FINISHED, 2)
    alone = call("train", *tiny, "--json")
    assert [row["perplexity"] for row in together.events("epoch")] == pytest.approx(
        [row["perplexity"] for row in alone.events("epoch")], rel=1e-4
    )
    assert together.events("sample") == alone.events("sample")


@pytest.mark.parametrize(
    ("flags", "sentence"),
    [
        (["--batch", "3"], "A batch of 3 examples cannot be shared equally by 2 ranks; take --batch 2 or 4."),
        (["--corpus", "nothing.txt"], "nothing.txt"),
        (["--resume", "nothing"], "There is no run nothing"),
    ],
)
def test_what_cannot_begin_is_said_once_by_rank_0(tiny: list[str], flags: list[str], sentence: str) -> None:
    done = ended(launched(*tiny, *flags))
    assert done.code != 0
    assert done.err.count("lyricterm: ") == done.err.count(sentence) == 1, done.err
    assert Store().runs() == []


LONG = ("--epochs", "1000000", "--pred-period", "1000000")


@pytest.mark.parametrize(("lost", "how"), [(1, signal.SIGKILL), (1, signal.SIGSTOP), (0, signal.SIGSTOP)])
def test_a_rank_that_is_lost_or_hangs_ends_the_others_and_the_run_is_kept(
    tiny: list[str], lost: int, how: signal.Signals
) -> None:
    process = launched(*tiny, *LONG)
    wait_until(trained(1))
    ranks = workers(process)
    begun = time.monotonic()
    os.kill(ranks[lost], how)
    wait_until(lambda: workers(process).keys() <= {lost})
    assert time.monotonic() - begun < 30
    if how is signal.SIGSTOP:
        # torchrun would wait for it for half a minute.
        os.kill(ranks[lost], signal.SIGKILL)
    done = ended(process)
    assert done.code != 0
    assert done.err.count("Another rank was lost") == 1, done.err
    (info,) = Store().runs()
    assert info.checkpoint is not None
    assert checkpoint.load(info.checkpoint).epoch == info.epoch > 0


def test_a_run_that_is_started_again_goes_on(tiny: list[str]) -> None:
    process = launched(*tiny, "--epochs", "400", "--pred-period", "1000000", restarts=1)
    wait_until(trained(1))
    os.kill(workers(process)[0], signal.SIGKILL)
    done = ended(process)
    assert done.code == 0, done.err
    (info,) = Store().runs()
    assert (info.status, info.epoch) == (RunStatus.FINISHED, 400)
    curve = read_curve(RunFolder(info.folder).curve_file)
    assert [row.epoch for row in curve.epochs] == list(range(1, 401))


def test_ctrl_c_ends_all_ranks_after_the_same_minibatch_and_the_run_goes_on_alone(
    call: Callable[..., Call], tiny: list[str]
) -> None:
    process = launched(*tiny, *LONG, "--sampling", "consecutive")
    wait_until(trained(1))
    for pid in workers(process).values():
        os.kill(pid, signal.SIGINT)
    done = ended(process)
    assert "Another rank was lost" not in done.err
    (info,) = Store().runs()
    assert info.status is RunStatus.INTERRUPTED
    again = call("train", "--resume", "last", "--epochs", str(info.epoch + 2))
    assert again.code == 0, again.err
