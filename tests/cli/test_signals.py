"""``train`` told to end, to stop and to go on, and left without a reader or a terminal: the run is kept."""

from __future__ import annotations

import os
import pty
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from lyricterm.core.run_status import RunStatus
from lyricterm.engine import checkpoint
from lyricterm.storage.lock import holder
from lyricterm.storage.run_log import read_curve
from lyricterm.storage.run_store import RunFolder, RunInfo, Store
from tests.cli.calls import strict
from tests.cli.test_process import PATIENCE, ROOT, _end, _read_until, _start

pytestmark = pytest.mark.slow

ENDLESS = ("--epochs", "10000000", "--pred-period", "10000000")


def kept() -> RunInfo:
    """The run on disk: one, whole, that nobody holds."""
    (info,) = Store().runs()
    folder = RunFolder(info.folder)
    assert holder(folder.lock_file) is None
    saved = checkpoint.load(folder.checkpoint_file)
    assert (saved.epoch, saved.minibatch) == (info.epoch, info.minibatch)
    assert [row.epoch for row in read_curve(folder.curve_file).epochs] == list(range(1, saved.epoch + 1))
    return info


def figures(folder: Path) -> list[tuple[float, float]]:
    return [(row.loss, row.grad_norm) for row in read_curve(RunFolder(folder).curve_file).epochs]


@pytest.mark.slow
def test_stopped_and_gone_on_with(tiny: list[str]) -> None:
    arguments = ["train", *tiny, "--epochs", "300", "--pred-period", "300", "--json"]
    assert _end(_start(*arguments)).code == 0
    # In a group of its own, with this process as a parent outside: a group that nobody could wake is never stopped.
    process = _start(*arguments, process_group=0)
    _read_until(process, "epoch")
    process.send_signal(signal.SIGTSTP)
    stopped = os.waitid(os.P_PID, process.pid, os.WSTOPPED)
    assert stopped is not None
    assert stopped.si_status == signal.SIGTSTP
    process.send_signal(signal.SIGCONT)
    done = _end(process)
    assert (done.code, done.err) == (0, "")
    assert strict(done.out.splitlines()[-1])["event"] == "finished"
    stopped_run, straight = Store().runs()
    assert (stopped_run.status, straight.status) == (RunStatus.FINISHED, RunStatus.FINISHED)
    assert len(figures(straight.folder)) == 300
    assert figures(stopped_run.folder) == figures(straight.folder)


def test_a_reader_that_has_seen_one_line(tiny: list[str]) -> None:
    command = 'python=$1; shift; ( "$python" -m lyricterm "$@"; echo $? >&2 ) | head -1'
    done = subprocess.run(
        ["sh", "-c", command, "sh", sys.executable, "train", *tiny, *ENDLESS, "--json"],
        cwd=ROOT,
        capture_output=True,
        text=True,
        timeout=PATIENCE,
    )
    assert strict(done.stdout)["event"] == "started"
    assert done.stderr == "130\n"
    assert kept().status is RunStatus.INTERRUPTED


@pytest.mark.parametrize("hangup", [True, False], ids=["and a hangup comes", "without a word"])
def test_the_terminal_goes(tiny: list[str], hangup: bool) -> None:
    ours, theirs = pty.openpty()
    process = _start("train", *tiny, "--epochs", "10000000", "--pred-period", "10", stdout=theirs, stderr=theirs)
    os.close(theirs)
    while b"epoch" not in os.read(ours, 1 << 16):
        pass
    os.close(ours)
    if hangup:
        process.send_signal(signal.SIGHUP)
    assert process.wait(PATIENCE) == 130
    assert kept().status is RunStatus.INTERRUPTED


def test_nohup_is_respected(tiny: list[str]) -> None:
    process = subprocess.Popen(
        ["nohup", sys.executable, "-m", "lyricterm", "train", *tiny, *ENDLESS, "--json"],
        cwd=ROOT,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    _read_until(process, "epoch")
    process.send_signal(signal.SIGHUP)
    for _ in range(20):
        _read_until(process, "epoch")
    process.send_signal(signal.SIGTERM)
    assert _end(process).code == 130
    assert kept().status is RunStatus.INTERRUPTED


def test_ctrl_c_again_and_again(tiny: list[str]) -> None:
    process = _start("train", *tiny, *ENDLESS, "--json")
    _read_until(process, "epoch")
    for _ in range(5):
        process.send_signal(signal.SIGINT)
    done = _end(process)
    assert done.code == 130
    assert "Traceback" not in done.err


def test_paths_that_are_no_utf_8(tiny: list[str], tmp_path: Path) -> None:
    folder = tmp_path / os.fsdecode(b"d\xff")
    folder.mkdir()
    saved = folder / "model.safetensors"
    assert _end(_start("train", *tiny, "--save", str(saved))).code == 0
    done = _end(_start("train", "--resume", str(saved), "--epochs", "3", "--json"))
    assert (done.code, strict(done.out.splitlines()[-1])["event"]) == (0, "finished")
    assert _end(_start("complete", "a", "--checkpoint", str(saved))).code == 0
