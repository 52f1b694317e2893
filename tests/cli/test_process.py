"""The program as a process: signals, pipes, terminals and exit codes, which only a process has."""

from __future__ import annotations

import os
import pty
import select
import signal
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import NoReturn

import pytest

import lyricterm
from lyricterm.cli.narration import TextNarrator
from lyricterm.cli.train_session import Training
from lyricterm.core.errors import StoppedError
from lyricterm.core.settings import Recipe
from tests.cli.calls import Call, strict

Caller = Callable[..., Call]

ROOT = Path(lyricterm.__file__).parents[1]
PATIENCE = 120


def _start(*arguments: object, **options: int) -> subprocess.Popen[str]:
    streams: dict[str, int] = {"stdin": subprocess.DEVNULL, "stdout": subprocess.PIPE, "stderr": subprocess.PIPE}
    return subprocess.Popen(  # type: ignore[call-overload, no-any-return]
        [sys.executable, "-m", "lyricterm", *map(str, arguments)],
        cwd=ROOT,
        # Unbuffered output fails at other places.
        env={name: value for name, value in os.environ.items() if name != "PYTHONUNBUFFERED"},
        text=True,
        encoding="utf-8",
        **(streams | options),
    )


def _end(process: subprocess.Popen[str]) -> Call:
    try:
        out, err = process.communicate(timeout=PATIENCE)
    finally:
        process.kill()
    return Call(process.returncode, out or "", err or "")


def _read_until(process: subprocess.Popen[str], event: str) -> None:
    assert process.stdout is not None
    for line in process.stdout:
        if strict(line)["event"] == event:
            return
    pytest.fail(f"no {event}: {process.stderr.read() if process.stderr else ''}")


def test_ctrl_c_finishes_the_minibatch_saves_and_exits_130(call: Caller, tiny: list[str], tmp_path: Path) -> None:
    path = tmp_path / "model.safetensors"
    process = _start("train", *tiny, "--epochs", 10_000_000, "--pred-period", 10_000_000, "--json", "--save", path)
    _read_until(process, "epoch")
    process.send_signal(signal.SIGINT)
    done = _end(process)
    assert done.code == 130
    assert done.sentence() == f"lyricterm: saved {path}"
    # What was buffered while waiting for the epoch is lost, so the first of these lines may be cut.
    last = strict(done.out.splitlines()[-1])
    assert last["event"] == "saved"
    resumed = call("train", "--resume", path, "--epochs", last["epoch"] + 1, "--json")
    assert resumed.code == 0
    assert [row["epoch"] for row in resumed.events("epoch")] == [last["epoch"] + 1]


@pytest.mark.slow
@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM, signal.SIGHUP], ids=lambda number: number.name)
def test_a_signal_keeps_the_run_and_says_how_to_go_on(call: Caller, tiny: list[str], number: signal.Signals) -> None:
    process = _start("train", *tiny, "--epochs", 10_000_000, "--json")
    _read_until(process, "epoch")
    process.send_signal(number)
    done = _end(process)
    assert done.code == 130
    name = done.sentence().split()[-1]
    (kept,) = call("runs", "--json").rows
    assert (kept["spoken"], kept["state"]) == (name, "interrupted")
    resumed = call("train", "--resume", name, "--epochs", kept["epoch"] + 1, "--json")
    assert [row["epoch"] for row in resumed.events("epoch")] == [kept["epoch"] + 1]


def test_a_reader_that_has_seen_enough(tiny: list[str], tmp_path: Path) -> None:
    path = tmp_path / "model.safetensors"
    process = _start("train", *tiny, "--epochs", 10_000_000, "--json", "--save", path)
    _read_until(process, "started")
    assert process.stdout is not None
    process.stdout.close()
    process.stdout = None
    done = _end(process)
    assert done.code == 130
    assert done.sentence() == f"lyricterm: saved {path}"


@pytest.mark.parametrize("arguments", [["corpus"], ["--help"]], ids=" ".join)
def test_a_reader_that_never_read(arguments: list[str]) -> None:
    read, write = os.pipe()
    os.close(read)
    process = _start(*arguments, stdout=write)
    os.close(write)
    done = _end(process)
    # argparse forgives a write that fails.
    assert done.code in ((130,) if arguments == ["corpus"] else (0, 130))
    assert done.err == ""


@pytest.mark.slow
@pytest.mark.skipif(not Path("/dev/full").exists(), reason="there is no /dev/full")
@pytest.mark.parametrize("command", ["corpus", "train"])
def test_a_full_disk_behind_the_output(tiny: list[str], command: str) -> None:
    with open("/dev/full", "w", encoding="utf-8") as full:
        done = _end(_start(command, *(tiny if command == "train" else []), stdout=full.fileno()))
    assert done.code == 1
    sentence = "the output cannot be written: No space left on device; make room, or print elsewhere."
    assert done.err.splitlines()[-1] == f"lyricterm: {sentence}"
    assert "Traceback" not in done.err
    assert "ignored" not in done.err


@pytest.mark.slow
@pytest.mark.parametrize("closed", [">&-", "<&- 2>&-"])
def test_streams_that_are_closed(tiny: list[str], closed: str) -> None:
    command = [sys.executable, "-m", "lyricterm", *tiny, "--epochs", "1"]
    done = subprocess.run(
        ["sh", "-c", f'exec "$@" {closed}', "sh", *command], cwd=ROOT, capture_output=True, text=True, timeout=PATIENCE
    )
    assert done.returncode == 0
    assert "Traceback" not in done.stderr
    assert "lyricterm:" not in done.stdout


def test_the_lab_between_pipes_trains(tiny: list[str]) -> None:
    done = _end(_start(*tiny, "--epochs", 1))
    assert done.code == 0
    assert done.out.startswith("epoch 1, perplexity ")
    assert "no terminal" in done.err.splitlines()[0]


def test_exit_codes_reach_the_shell(tiny: list[str], tmp_path: Path) -> None:
    assert _end(_start("corpus", tmp_path / "nothing")).code == 1
    assert _end(_start("--nothing")).code == 2


def test_version() -> None:
    assert _end(_start("--version")) == Call(0, f"lyricterm {lyricterm.__version__}\n", "")


def _read_all(terminal: int, process: subprocess.Popen[str]) -> str:
    """What the process writes to the terminal until it ends."""
    shown = b""
    while process.poll() is None or select.select([terminal], [], [], 0)[0]:
        if not select.select([terminal], [], [], PATIENCE)[0]:
            break
        try:
            part = os.read(terminal, 1 << 16)
        except OSError:
            # Linux says so when the last writer has closed its end.
            break
        if not part:
            break
        shown += part
    return shown.decode()


def test_a_terminal_on_stderr_shows_a_progress_bar_and_leaves_stdout_clean(tiny: list[str]) -> None:
    ours, theirs = pty.openpty()
    process = _start("train", *tiny, "--epochs", 300, "--pred-period", 300, stderr=theirs)
    os.close(theirs)
    shown = _read_all(ours, process)
    os.close(ours)
    done = _end(process)
    assert done.code == 0
    assert "300/300" in shown
    assert "100 %" in shown
    assert "finished 300 epochs" in shown
    assert [line[:5] for line in done.out.splitlines()] == ["epoch", " - 分开"]


EARLY = """
import os, signal, sys
from lyricterm.__main__ import main

class Early:
    def find_spec(self, name, path=None, target=None):
        if name == "lyricterm.cli.output":
            for _ in range(3):
                os.kill(os.getpid(), signal.SIGINT)

sys.meta_path.insert(0, Early())
sys.argv = ["lyricterm", "runs"]
sys.exit(main())
"""
"""Ctrl+C, three times, while the command line is still being imported."""


def test_ctrl_c_while_the_program_starts() -> None:
    done = subprocess.run([sys.executable, "-c", EARLY], cwd=ROOT, capture_output=True, text=True, timeout=PATIENCE)
    assert (done.returncode, done.stdout, done.stderr) == (130, "", "")


def test_whoever_stops_the_reading_of_a_text_has_interrupted(capsys: pytest.CaptureFixture[str]) -> None:
    def prepare(_recipe: Recipe) -> NoReturn:
        signal.raise_signal(signal.SIGINT)
        raise StoppedError("The reading of the text was stopped.")

    with TextNarrator() as narrator:
        assert Training(narrator, Recipe(), prepare, None, None).run() == 130
    assert capsys.readouterr().err == "lyricterm: The reading of the text was stopped.\n"
