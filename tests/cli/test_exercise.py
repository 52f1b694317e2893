"""``lyricterm exercise``: tables, JSON lines, a report, exit codes."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from lyricterm.exercises.catalogue import EXERCISES
from tests.cli.calls import EXPLOSIVE, Call


def test_without_a_name_they_are_listed(call: Callable[..., Call]) -> None:
    done = call("exercise")
    assert (done.code, done.err) == (0, "")
    lines = done.out.splitlines()
    assert [line.split()[0] for line in lines] == list(EXERCISES)
    assert lines[2].endswith("What happens to tanh and to ReLU when the gradient is not clipped?")
    rows = call("exercise", "--json").rows
    assert [row["exercise"] for row in rows] == list(EXERCISES)
    assert rows[0]["event"] == "exercise"


def test_a_table_and_a_verdict(call: Callable[..., Call], tiny: list[str]) -> None:
    done = call("exercise", "sampling", *tiny)
    assert done.code == 0
    lines = done.out.splitlines()
    assert lines[0] == "the runs"
    # No times: one run trained after the other.
    assert lines[1].split() == ["run", "perplexity", "state", "best"]
    assert lines[2].split()[0] == "random"
    assert "  2 epochs  " in lines[2]
    assert any("random, epoch 2" in line for line in lines)
    assert any(line.startswith(" - 分开") for line in lines)
    assert any("H_t = tanh(X_t W_xh + H_{t-1} W_hh + b_h)" in line for line in lines)
    told = done.err.splitlines()
    assert told[0].startswith("lyricterm: 6 runs to train; measured on this machine, they take about ")
    assert told[1] == "lyricterm: training random, seed 0 (1 of 6)"
    assert told[2].startswith("lyricterm: random reached perplexity")
    assert told[3] == "lyricterm: training consecutive, seed 0 (2 of 6)"


def test_json_lines(call: Callable[..., Call], tiny: list[str], text: Path) -> None:
    done = call(
        *("exercise", "clipping", "--json", "--seeds", 2, *tiny[:2], *EXPLOSIVE),
        *("--epochs", 8, "--device", "cpu", "--threads", 1),
    )
    assert done.code == 0
    *runs, verdict = done.rows
    assert [row["event"] for row in done.rows] == ["arm"] * 12 + ["verdict"]
    assert [row["seed"] for row in runs] == [0] * 6 + [1] * 6
    assert [row["arm"] for row in runs[:4]] == ["tanh clipped", "tanh unclipped", "ReLU clipped", "ReLU unclipped"]
    relu = runs[3]
    assert relu["axes"] == {"activation": "relu", "clipping": False}
    assert relu["state"] == "diverged"
    assert relu["diverged"]["epoch"] >= 1
    assert len(runs[0]["epochs"]) == 8
    assert (runs[0]["best_held_out"], runs[0]["best_held_out_epoch"]) == (None, None)
    assert runs[0]["minibatches"][0]["grad_norm"] == runs[1]["minibatches"][0]["grad_norm"]
    assert verdict["exercise"] == "clipping"
    assert "ReLU unclipped" in verdict["findings"]["overflowed"]
    assert len(verdict["why"]) == 2
    # The share of each sample that is copied, which verdicts tell.
    assert all(0 <= sample["copied"] <= 1 for row in runs for sample in row["samples"])
    assert verdict["tables"][0]["columns"][0] == "run"


def test_epochs_of_its_own_unless_told(call: Callable[..., Call], tiny: list[str]) -> None:
    flags = [*tiny[:2], "--hidden", "4", "--steps", "5", "--batch", "8", "--device", "cpu", "--threads", "1"]
    rows = call("exercise", "sampling", "--json", "--seeds", 1, *flags).events("arm")
    assert [len(row["epochs"]) for row in rows] == [EXERCISES["sampling"].epochs] * 2
    rows = call("exercise", "sampling", "--json", "--seeds", 1, *flags, "--epochs", 3).events("arm")
    assert [len(row["epochs"]) for row in rows] == [3, 3]


def test_a_report(call: Callable[..., Call], tiny: list[str], tmp_path: Path) -> None:
    path = tmp_path / "page.html"
    done = call("exercise", "pred-period", *tiny, "--report", path)
    assert done.code == 0
    assert done.err.splitlines()[-1] == f"lyricterm: wrote {path}"
    html = path.read_text(encoding="utf-8")
    assert "<svg" in html
    assert "分开" in html


def test_an_unwritable_report_is_told_before_anything_is_trained(call: Callable[..., Call], tmp_path: Path) -> None:
    done = call("exercise", "sampling", "--report", tmp_path / "missing" / "page.html")
    assert (done.code, done.out) == (1, "")
    assert "The report cannot be written to" in done.sentence()


def test_usage(call: Callable[..., Call]) -> None:
    done = call("exercise", "nothing")
    assert done.code == 2
    assert "invalid choice: 'nothing'" in done.err
    assert "invalid choice: 'no\\thing'" in call("exercise", "no\\thing").err
    assert call("exercise", "sampling", "--epochs", 0).code == 2


def test_an_arm_that_cannot_train(call: Callable[..., Call], tiny: list[str]) -> None:
    done = call("exercise", "sampling", *tiny[2:], "--corpus", "/nowhere.txt")
    assert (done.code, done.out) == (1, "")
    assert "There is no file /nowhere.txt" in done.err.splitlines()[-1]
    some = call("exercise", "hyperparameters", "--json", *tiny, "--steps", 40)
    assert some.code == 1
    assert "failed" in [row["state"] for row in some.events("arm")]
    assert len(some.events("verdict")) == 1


def test_no_name_of_a_setting_is_lost_between_flag_and_arm(call: Callable[..., Call], tiny: list[str]) -> None:
    rows = call("exercise", "sampling", "--json", *tiny, "--seed", 7, "--no-clip", "--cell", "gru").events("arm")
    assert [row["seed"] for row in rows] == [7, 7, 8, 8, 9, 9]
    for row in rows[:2]:
        assert (row["recipe"]["seed"], row["recipe"]["clipping"], row["recipe"]["cell"]) == (7, False, "gru")


def test_the_runs_are_kept_apart_from_ones_own(call: Callable[..., Call], tiny: list[str], tmp_path: Path) -> None:
    assert call("exercise", "sampling", *tiny, "--seeds", 1, "--no-keep-runs").code == 0
    assert call("runs").sentence().startswith("lyricterm: there are no runs yet")
    for _again in range(2):
        assert call("exercise", "sampling", *tiny, "--seeds", 1).code == 0
        own = call("runs")
        assert own.out == ""
        assert own.sentence() == "lyricterm: 2 runs of exercises are saved; lyricterm runs --exercises lists them"
    listed = call("runs", "--exercises").out
    assert "sampling-random-0" in listed
    assert "sampling-consecutive-0" in listed
    assert {row["exercise"] for row in call("runs", "--json").rows} == {"sampling"}
    assert "exercise: sampling" in call("runs", "show", "sampling-random-0").out
    table = tmp_path / "random.csv"
    assert call("runs", "export", "sampling-random-0", "--to", table).code == 0
    assert table.read_text(encoding="utf-8").count("sampling-random-0") == 2


@pytest.mark.slow
@pytest.mark.parametrize("how", [signal.SIGINT, signal.SIGTERM])
def test_ctrl_c_ends_cleanly(tiny: list[str], how: signal.Signals) -> None:
    command = [sys.executable, "-m", "lyricterm", "exercise", "sampling", "--json", *tiny, "--epochs", "1000000"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, env=os.environ) as child:
        assert child.stderr is not None
        assert "6 runs to train" in child.stderr.readline()
        assert "training random" in child.stderr.readline()
        child.send_signal(how)
        out, err = child.communicate(timeout=60)
    assert child.returncode == 130
    assert err == "lyricterm: stopped before all runs were done, so there is no verdict\n"
    assert [json.loads(line) for line in out.splitlines()] == []


def ignores(process: int, number: signal.Signals) -> bool:
    """Whether the signal does nothing to that process."""
    lines = Path(f"/proc/{process}/status").read_text(encoding="ascii").splitlines()
    mask = next(int(line.split()[1], 16) for line in lines if line.startswith("SigIgn:"))
    return bool(mask >> (number - 1) & 1)


@pytest.mark.slow
@pytest.mark.skipif(not Path("/proc/self/status").exists(), reason="there is no /proc to look into")
def test_nohup_is_respected(tiny: list[str]) -> None:
    command = ["nohup", sys.executable, "-m", "lyricterm", "exercise", "sampling", *tiny, "--epochs", "1000000"]
    pipes = {"stdin": subprocess.DEVNULL, "stdout": subprocess.PIPE, "stderr": subprocess.PIPE}
    with subprocess.Popen(command, **pipes, text=True, env=os.environ) as child:  # type: ignore[call-overload]
        assert child.stderr is not None
        assert "6 runs to train" in child.stderr.readline()
        assert "training random" in child.stderr.readline()
        assert ignores(child.pid, signal.SIGHUP)
        child.send_signal(signal.SIGHUP)
        child.send_signal(signal.SIGTERM)
        _out, err = child.communicate(timeout=60)
    assert child.returncode == 130
    assert err == "lyricterm: stopped before all runs were done, so there is no verdict\n"


@pytest.mark.parametrize("seeds", [0, 101, -3])
def test_seeds_out_of_bounds_are_refused(call: Callable[..., Call], tiny: list[str], seeds: int) -> None:
    done = call("exercise", "sampling", *tiny, "--seeds", seeds)
    assert done.code == 2
    assert f"--seeds must be a whole number from 1 to 100, not {seeds}." in done.err
