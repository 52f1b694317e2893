"""``torchrun -m lyricterm train``: one run, kept by rank 0; what happens when a rank is lost."""

from __future__ import annotations

import os
import re
import signal
import socket
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from lyricterm.core.run_status import RunStatus
from lyricterm.engine import checkpoint
from lyricterm.engine.distributed import PATIENCE
from lyricterm.storage.atomic_write import read_lines
from lyricterm.storage.run_log import RESUMED, read_curve
from lyricterm.storage.run_store import RunFolder, Store
from tests.cli.calls import LINE, Call, ended, wait_until

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


def test_a_rank_that_does_not_answer_is_lost_in_less_than_half_a_minute() -> None:
    assert PATIENCE < 30


@pytest.mark.parametrize(("lost", "how"), [(1, signal.SIGKILL), (1, signal.SIGSTOP), (0, signal.SIGSTOP)])
def test_a_rank_that_is_lost_or_hangs_ends_the_others_and_the_run_is_kept(
    tiny: list[str], lost: int, how: signal.Signals
) -> None:
    process = launched(*tiny, *LONG)
    wait_until(trained(1))
    ranks = workers(process)
    os.kill(ranks[lost], how)
    wait_until(lambda: workers(process).keys() <= {lost})
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
    process = launched(*tiny, *LONG, restarts=1)
    wait_until(trained(1))
    first = workers(process)
    os.kill(first[0], signal.SIGKILL)
    wait_until(lambda: len(workers(process)) == 2 and not set(workers(process).values()) & set(first.values()))
    (info,) = Store().runs()
    wait_until(trained(info.epoch + 1))
    for pid in workers(process).values():
        os.kill(pid, signal.SIGINT)
    ended(process)
    (info,) = Store().runs()
    assert info.status is RunStatus.INTERRUPTED
    curve = RunFolder(info.folder).curve_file
    assert [row.epoch for row in read_curve(curve).epochs] == list(range(1, info.epoch + 1))
    assert any(RESUMED in row for row in read_lines(curve))


def by_hand(folder: Path, rank: int, port: int, *words: str) -> subprocess.Popen[str]:
    """One of two ranks, started in a folder of its own as a launcher on its machine would."""
    met = {"RANK": str(rank), "WORLD_SIZE": "2", "MASTER_ADDR": "127.0.0.1", "MASTER_PORT": str(port)}
    met |= {"TORCHELASTIC_RUN_ID": "by hand", "OMP_NUM_THREADS": "1", "PYTHONPATH": str(ROOT)}
    return subprocess.Popen(
        [sys.executable, *words, "train", "--corpus", "songs.txt"],
        cwd=folder, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, env=os.environ | met,
    )  # fmt: skip


OLDER = "import sys, lyricterm; lyricterm.__version__ = '0.0.1'; from lyricterm.cli import main; sys.exit(main())"


@pytest.mark.parametrize(
    ("words", "other", "sentence"),
    [
        ("今天没有歌词 ", ("-m", "lyricterm"), r"Rank 1 has another text than rank 0 \(\w+, not \w+\)\."),
        (LINE, ("-c", OLDER), r"Rank 1 has another version of lyricterm than rank 0 \(0\.0\.1, not .+\)\."),
    ],
)
def test_ranks_that_differ_end_with_one_sentence(
    tmp_path: Path, words: str, other: tuple[str, ...], sentence: str
) -> None:
    folders = tmp_path / "first", tmp_path / "second"
    for folder, line in zip(folders, (LINE, words), strict=True):
        folder.mkdir()
        (folder / "songs.txt").write_text(line * 200, encoding="utf-8")
    with socket.create_server(("127.0.0.1", 0)) as found:
        port = found.getsockname()[1]
    first = by_hand(folders[0], 0, port, "-m", "lyricterm")
    second = by_hand(folders[1], 1, port, *other)
    ends = [ended(first), ended(second)]
    assert [end.code for end in ends] == [1, 1]
    told = "".join(end.err for end in ends)
    assert re.fullmatch(f"lyricterm: {sentence}\n", told), told
    assert Store().runs() == []


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
