"""``lyricterm runs``: what is kept, as a person and as a program reads it."""

from __future__ import annotations

import math
import os
import pty
import re
import shutil
import signal
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest
from rich.cells import cell_len
from rich.filesize import decimal

import lyricterm
from lyricterm.cli.runs_tables import print_list, when
from lyricterm.core.run_status import RunStatus
from lyricterm.core.settings import Recipe
from lyricterm.reports.describe import variant
from lyricterm.storage.atomic_write import append_lines
from lyricterm.storage.lock import Lock
from lyricterm.storage.run_cache import Broken, Library
from lyricterm.storage.run_store import Store
from tests.cli.calls import Call, strict
from tests.storage.kept import NOON, folder_of, info_of, kept

Caller = Callable[..., Call]

ROOT = Path(lyricterm.__file__).parents[1]
ODD = Recipe(
    sampling="consecutive", activation="relu", clipping=False, hidden=64, cell="gru", corpus="/tmp/歌词歌词.txt"
)


@pytest.fixture
def store() -> Store:
    return Store()


def columns(call: Call) -> list[list[str]]:
    """The printed table's cells."""
    return [re.split(r"\s{2,}", line.strip()) for line in call.out.splitlines()]


def test_nothing_is_kept_yet(call: Caller) -> None:
    for flags in ([], ["--json"]):
        done = call("runs", *flags)
        assert (done.code, done.out) == (0, "")
        assert done.sentence() == "lyricterm: there are no runs yet; lyricterm train or the lab makes one."


def test_the_list(call: Caller, store: Store) -> None:
    old = kept(store, 0, checkpoint=1_000_000, status=RunStatus.FINISHED, epoch=200, perplexity=2.412)
    new = kept(
        store,
        5,
        checkpoint=2_500_000,
        status=RunStatus.DIVERGED,
        perplexity=math.inf,
        corpus="歌词歌词.txt",
        recipe=ODD,
    )
    store.pin(new, True)
    done = call("runs")
    assert done.code == 0
    assert columns(done) == [
        ["run", "state", "epoch", "perplexity", "settings", "size", "when"],
        [
            f"{new.id}*",
            "diverged",
            "4/200",
            "∞",
            f"{new.spoken} · consecutive ReLU no clip 歌词歌词.txt gru hidden units 64",
            "2.5 MB",
            "2023-11",
        ],
        [old.id, "finished", "200/200", "2.41", f"{old.spoken} · random tanh clip 5", "1.0 MB", "2023-11"],
    ]
    assert done.sentence() == "lyricterm: 2 runs, 3.5 MB; * marks a pinned one"


def test_piped_columns_are_aligned_by_cells(call: Caller, store: Store) -> None:
    kept(store, 0)
    kept(store, 1, recipe=ODD, corpus="歌词歌词.txt")
    lines = call("runs").out.splitlines()
    ends = {cell_len(line[: re.search(r"\d k?B|size", line).end()]) for line in lines}  # type: ignore[union-attr]
    assert len(ends) == 1


def test_json(call: Caller, store: Store) -> None:
    kept(store, 0, perplexity=math.nan, best=math.inf, checkpoint=None)
    info = kept(store, 1, diverged=(4, 7))
    done = call("runs", "--json")
    newest, oldest = done.rows
    assert (newest["id"], newest["diverged"], newest["epochs"], newest["pinned"]) == (info.id, [4, 7], 200, False)
    assert newest["checkpoint"] == str(folder_of(info).checkpoint_file)
    assert newest["recipe"]["hidden"] == 256
    assert (oldest["perplexity"], oldest["best"], oldest["checkpoint"]) == (None, "inf", None)
    assert newest.keys() == oldest.keys()
    assert done.sentence() == f"lyricterm: 2 runs, {decimal(newest['size'] + oldest['size'])}"


def test_broken_runs_are_told_and_hinder_nothing(call: Caller, store: Store) -> None:
    info = kept(store)
    store.create(NOON + 60)
    done = call("runs")
    assert [row[0] for row in columns(done)] == ["run", info.id]
    total, broken = done.err.splitlines()
    assert "1 run, " in total
    assert "has no run.json" in broken


@pytest.mark.parametrize("language", ["en", "zh"])
def test_the_table_fits_the_terminal(store: Store, language: str) -> None:
    info = kept(store, 0, recipe=ODD, corpus="歌词歌词.txt", status=RunStatus.INTERRUPTED, perplexity=123_456.0)
    kept(store, 1, recipe=Recipe(epochs=10_000_000), epoch=9_999_999, minibatch=0)
    store.pin(info, True)
    mine, theirs = pty.openpty()
    environment = dict(os.environ) | {"COLUMNS": "80", "NO_COLOR": "1"}
    arguments = [sys.executable, "-m", "lyricterm", "runs", "--lang", language]
    with subprocess.Popen(arguments, cwd=ROOT, stdout=theirs, stderr=subprocess.DEVNULL, env=environment) as process:
        os.close(theirs)
        printed = b""
        try:
            while chunk := os.read(mine, 65_536):
                printed += chunk
        except OSError:
            # How Linux says that the other end is closed.
            pass
        finally:
            os.close(mine)
        assert process.wait(60) == 0
    lines = re.sub(r"\x1b\[[0-9;]*m", "", printed.decode()).splitlines()
    assert [line for line in lines if cell_len(line) > 80] == []
    assert f"{info.id}*" in "\n".join(lines)
    # Nothing is cut off, though some is folded.
    assert {character for line in lines for character in line} >= set("gru歌词.txt")
    assert "9999999" in "".join(lines)


@pytest.mark.parametrize("width", [40, 60, 80, 120])
def test_no_number_is_cut_on_a_narrow_terminal(
    store: Store, width: int, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """What has no room beside the others stands below them; of the rest whole columns go."""
    info = kept(store, 0, recipe=ODD, corpus="歌词歌词.txt", perplexity=123_456.0, checkpoint=5_000_000)
    monkeypatch.setattr("sys.stdout.isatty", lambda: True, raising=False)
    monkeypatch.setenv("COLUMNS", str(width))
    print_list([info])
    title, line, *rows = re.sub(r"\x1b\[[0-9;]*m", "", capsys.readouterr().out).splitlines()
    assert all(cell_len(row) <= width for row in (title, line, *rows))
    assert rows[0].split()[0] == info.id
    assert "123,456" in rows[0].split()
    assert {"gru", "hidden", "units", "64"} <= set(" ".join(rows).split())
    assert set(title.split()) <= {"run", "state", "epoch", "perplexity", "settings", "size", "when"}


def test_show(call: Caller, store: Store) -> None:
    info = kept(store, recipe=Recipe(hidden=64, epochs=40), status=RunStatus.DIVERGED, diverged=(4, 7), best=9.5)
    folder = folder_of(info)
    figures = {"loss": 2.5, "seconds": 0.25, "chars_per_second": 80_000.0, "grad_norm": 7.5, "clipped": 0.5}
    append_lines(folder.curve_file, [{"epoch": epoch, "perplexity": 100.0 - epoch} | figures for epoch in range(1, 31)])
    append_lines(folder.curve_file, [{"epoch": 30, "perplexity": math.inf} | figures | {"clipped": math.nan}])
    append_lines(
        folder.curve_file,
        [{"mark": {"epoch": 20.5, "minibatch": 9, "axis": "clipping", "old": True, "new": False}}],
    )
    append_lines(
        folder.samples_file,
        [
            {"epoch": epoch, "perplexity": 50.5, "prefix": prefix, "text": f"我{epoch}\x1b[2J\n"}
            for epoch in (10, 20)
            for prefix in ("分开", "不分开")
        ],
    )
    done = call("runs", "show", info.id)
    assert (done.code, done.err) == (0, "")
    facts, epochs, marks, samples, advice = done.out.split("\n\n")
    told = dict(line.split(": ", 1) for line in facts.splitlines())
    assert told["run"] == info.id
    assert told["state"] == "diverged, epoch 4 of 40; it overflowed in epoch 4, minibatch 7"
    assert told["perplexity"] == "10.5, at best 9.50"
    assert told["corpus"] == "demo-zh, 20,000 characters, 1,312 distinct"
    assert told["settings"] == "hidden units 64, epochs 40"
    assert told["folder"] == str(info.folder)
    rows = [line.split() for line in epochs.splitlines()[1:]]
    assert [row[0] for row in rows] == [str(number) for number in range(21, 31)]
    assert rows[0] == ["21", "79.0", "2.50", "0.25", "80,000", "7.50", "50", "%"]
    assert rows[-1] == ["30", "∞", "2.50", "0.25", "80,000", "7.50", "–"]
    assert marks == "in epoch 21: clipping on → off"
    assert samples.splitlines() == ["epoch 20, perplexity 50.5", " - 分开我20�[2J ", " - 不分开我20�[2J "]
    assert advice == f"Go on with lyricterm train --resume {info.id}\n"


def test_how_to_go_on(call: Caller, store: Store) -> None:
    finished = kept(store, 0, status=RunStatus.FINISHED)
    pruned = kept(store, 1, checkpoint=None)
    running = kept(store, 2)
    lock = Lock(folder_of(running).lock_file)
    assert lock.acquire()
    last = [call("runs", "show", info.id).out.splitlines()[-1] for info in (finished, pruned, running)]
    lock.release()
    assert last[0].endswith(f"lyricterm train --resume {finished.id} --epochs 400")
    assert "--resume" not in last[1] + last[2]
    assert "checkpoint is gone" in last[1]
    assert "being trained" in last[2]


NOT_HELD_OUT = {"valid_perplexity": None, "valid_loss": None}


def test_show_json(call: Caller, store: Store) -> None:
    info = kept(store)
    figures = {"loss": 2.5, "seconds": 0.25, "chars_per_second": 80_000.0, "grad_norm": math.nan, "clipped": 0.5}
    append_lines(folder_of(info).curve_file, [{"epoch": 1, "perplexity": math.inf} | figures, {"mark": {}}])
    append_lines(folder_of(info).samples_file, [{"epoch": 1, "perplexity": 2.0, "prefix": "分", "text": "\ud800"}])
    for flags in (["show", "last", "--json"], ["--json", "show", "last"]):
        (line,) = call("runs", *flags).out.splitlines()
        row = strict(line)
        assert row["id"] == info.id
        assert row["curve"] == [{"epoch": 1, "perplexity": "inf"} | figures | {"grad_norm": None} | NOT_HELD_OUT]
        assert row["marks"] == []
        assert [sample["prefix"] for sample in row["samples"]] == ["分"]


def test_show_cannot_steer_the_terminal(call: Caller, store: Store) -> None:
    folder = store.create(NOON)
    evil = "\x1b]0;title\x07\u202e\n"
    recipe = Recipe(corpus=evil + "x", prefixes=(evil,))
    folder.write(info_of(folder, corpus=evil, device=evil, recipe=recipe, fingerprint=evil))
    append_lines(folder.curve_file, [{"mark": {"epoch": 1, "minibatch": 1, "axis": evil, "old": evil, "new": [evil]}}])
    for arguments in (["runs"], ["runs", "show", folder.id]):
        done = call(*arguments)
        assert done.code == 0
        assert all(line.isprintable() for line in done.out.splitlines())


def test_rm(call: Caller, store: Store) -> None:
    stays, one, two = (kept(store, number, checkpoint=5_000_000) for number in range(3))
    done = call("runs", "rm", one.id, "last", two.id)
    assert (done.code, done.out) == (0, "")
    assert [line.split("(")[0] for line in done.err.splitlines()] == [
        f"lyricterm: removed {run.id} " for run in (one, two)
    ]
    assert "5.0 MB" in done.err
    assert [info.id for info in store.runs()] == [stays.id]


def test_rm_removes_all_or_nothing(call: Caller, store: Store) -> None:
    plain, pinned, running = (kept(store, number) for number in range(3))
    store.pin(pinned, True)
    lock = Lock(folder_of(running).lock_file)
    assert lock.acquire()
    reasons = ((pinned.id, 1, "is pinned"), (running.id, 1, "is being trained"), ("x", 2, "There is no run x"))
    for other, code, why in reasons:
        done = call("runs", "rm", plain.id, other)
        assert (done.code, done.out) == (code, "")
        assert why in done.sentence()
    assert "is being trained" in call("runs", "rm", "--force", running.id).sentence()
    assert len(store.runs()) == 3
    lock.release()
    assert call("runs", "rm", "--force", pinned.id).code == 0
    assert {info.id for info in store.runs()} == {plain.id, running.id}


def test_pin_unpin_and_path(call: Caller, store: Store) -> None:
    info = kept(store)
    assert call("runs", "pin", info.id[:6]) == Call(0, "", f"lyricterm: pinned {info.id}\n")
    assert store.find("last").pinned
    assert call("runs", "show", "last").out.startswith(f"run: {info.id} (pinned)\n")
    assert call("runs", "unpin", "last").code == 0
    assert not store.find("last").pinned
    assert call("runs", "path", "last") == Call(0, f"{info.folder}\n", "")


@pytest.mark.parametrize("action", ["show", "rm", "path", "pin", "unpin"])
def test_no_such_run(call: Caller, store: Store, action: str) -> None:
    assert "no runs yet" in call("runs", action, "last").sentence()
    kept(store)
    for name in ("x", "../runs", "/", ".."):
        done = call("runs", action, name)
        assert (done.code, done.out) == (2, "")
        assert "There is no run" in done.sentence()
    assert call("runs", action).code == 2
    assert call("runs", "dance").code == 2


def test_a_curve_that_cannot_be_read(call: Caller, store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    info = kept(store)

    def deny(path: Path) -> None:
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr("lyricterm.storage.run_log.read_curve", deny)
    done = call("runs", "show", "last")
    assert (done.code, done.sentence()) == (1, f"lyricterm: The run {info.id} cannot be read: Permission denied.")


@pytest.mark.parametrize(
    ("recipe", "words"),
    [
        (Recipe(), "random tanh clip 5"),
        (Recipe(theta=0.5, epochs=7, pred_len=9, threads="2", device="cpu", prefixes=("x",)), "random tanh clip 0.5"),
        (ODD, "consecutive ReLU no clip song.txt gru hidden units 64"),
        (Recipe(seed=3, lr=0.1, detach=False), "random tanh clip 5 detach off learning rate 0.1 seed 3"),
        (Recipe(max_chars=1_000_000_000), "random tanh clip 5 characters all"),
    ],
)
def test_a_variant_in_words(store: Store, recipe: Recipe, words: str) -> None:
    assert variant(info_of(store.create(NOON), recipe=recipe, corpus="song.txt")) == words


@pytest.mark.parametrize(("days", "form"), [(0, r"\d\d:\d\d"), (40, r"\d\d-\d\d"), (400, r"\d{4}-\d\d")])
def test_times(days: int, form: str) -> None:
    now = 1_688_212_800.0
    assert re.fullmatch(form, when(now - 86_400 * days, now))
    assert re.fullmatch(r"2023-\d\d", when(NOON, now - 400 * 86_400)), "a clock that has gone back"


def test_who_trains_a_run_is_said(call: Callable[..., Call], tiny: list[str], monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("LOGNAME", "USER", "LNAME", "USERNAME"):
        monkeypatch.delenv(name, raising=False)
    assert call("train", *tiny).code == 0
    info = Store().find("last")
    lock = Lock(folder_of(info).lock_file)
    assert lock.acquire()
    try:
        listed, shown = call("runs"), call("runs", "show", "last")
        (row,) = call("runs", "--json").rows
    finally:
        lock.release()
    me = subprocess.run(["id", "-un"], capture_output=True, text=True, check=True).stdout.strip()
    who = f"{me}@{os.uname().nodename}, {os.getpid()}"
    assert (row["running"], row["trained_by"]) == (True, who)
    assert f"● {info.id} is in use by {who}" in listed.err
    assert " ●" in listed.out
    assert who in shown.out
    assert "●" not in call("runs").out


def test_watch_without_a_terminal_says_so_and_an_unknown_run_first(
    call: Callable[..., Call], tiny: list[str], tmp_path: Path
) -> None:
    unknown = call("watch", "nothing")
    assert (unknown.code, "There is no run nothing" in unknown.sentence()) == (2, True)
    assert call("train", *tiny).code == 0
    done = call("watch")
    assert (done.code, done.out) == (1, "")
    assert "watch needs a terminal; lyricterm runs show" in done.sentence()
    elsewhere = tmp_path / "mounted"
    shutil.copytree(call("runs", "path", "last").out.strip(), elsewhere)
    assert call("watch", elsewhere).sentence().endswith("watch needs a terminal.")


def test_two_words_name_a_run_that_has_no_name(call: Caller, store: Store) -> None:
    info = kept(store, 0)
    kept(store, 1)
    assert re.fullmatch("[a-z]+-[a-z]+", info.spoken)
    assert call("runs", "path", info.spoken).out.strip() == str(info.folder)
    assert call("runs", "name", info.spoken, "mine").code == 0
    assert store.find(info.id).spoken == "mine"
    assert [row["spoken"] for row in call("runs", "--json").rows][1] == "mine"


@pytest.mark.parametrize("before", [[], ["--"]])
def test_a_name_that_looks_like_a_flag_is_told_so(call: Caller, store: Store, before: list[str]) -> None:
    info = kept(store)
    done = call("runs", "name", "last", *before, "-v2")
    assert (done.code, store.find(info.id).name) == (2, "")
    assert done.sentence() == "lyricterm: A run's name cannot begin with a hyphen, as -v2 does; leave the hyphen out."


def test_a_name_of_several_words_needs_quotes(call: Caller, store: Store) -> None:
    info = kept(store)
    done = call("runs", "name", "last", "my", "run")
    assert (done.code, store.find(info.id).name) == (2, "")
    assert "lyricterm runs name RUN 'my run'" in done.sentence()
    assert call("runs", "name", "last", "my run", "--lang", "en").code == 0
    assert store.find(info.id).name == "my run"


def test_a_folder_that_cannot_be_read_is_told(call: Caller, store: Store) -> None:
    store.root.parent.mkdir(parents=True, exist_ok=True)
    store.root.write_text("a file")
    for command in (["runs"], ["runs", "--json"], ["runs", "show", "last"], ["complete", "a"], ["write"], ["watch"]):
        done = call(*command)
        assert (done.code, done.out) == (1, "")
        assert "cannot be read: Not a directory." in done.sentence()
    (broken,) = Library(store).scan()
    assert isinstance(broken, Broken)
    assert "cannot be read: Not a directory." in broken.sentence


@pytest.mark.parametrize("arguments", [["runs"], ["runs", "--json"], ["runs", "show", "last"], ["corpus"], ["--help"]])
def test_stdout_may_be_closed(store: Store, arguments: list[str]) -> None:
    kept(store)
    command = [
        sys.executable,
        "-c",
        "import os, sys; os.close(1); os.execv(sys.executable, [sys.executable, *sys.argv[1:]])",
    ]
    done = subprocess.run(
        [*command, "-m", "lyricterm", *arguments], cwd=ROOT, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0
    assert "Traceback" not in done.stderr


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM, signal.SIGHUP])
def test_a_polite_signal_ends_a_command_with_130(
    call: Caller, monkeypatch: pytest.MonkeyPatch, number: signal.Signals
) -> None:
    before = signal.getsignal(number)

    def interrupted(_store: Store) -> None:
        signal.raise_signal(number)

    monkeypatch.setattr(Store, "listing", interrupted)
    try:
        done = call("runs")
    finally:
        # What has ended a program stays silent to its end, and this one goes on.
        for each in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
            signal.signal(each, signal.default_int_handler if each == signal.SIGINT else signal.SIG_DFL)
        signal.signal(number, before)
    assert (done.code, done.out, done.err) == (130, "", "")
