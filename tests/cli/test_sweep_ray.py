"""``lyricterm sweep`` with Ray: on this machine, on a cluster that loses a node, ended and gone on with."""

from __future__ import annotations

import contextlib
import json
import os
import signal
import socket
import socketserver
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager
from pathlib import Path

import pytest

from lyricterm.core.errors import SweepError
from lyricterm.core.run_status import RunStatus
from lyricterm.engine import checkpoint
from lyricterm.storage.atomic_write import read_lines
from lyricterm.storage.run_log import RESUMED, read_curve, read_samples
from lyricterm.storage.run_store import RunFolder, Store
from lyricterm.sweep import record
from lyricterm.sweep.address import knock
from tests.cli.calls import PATIENCE, ended, wait_until

pytestmark = pytest.mark.cluster

ROOT = Path(__file__).parents[2]
TINY = (
    "--steps=5", "--batch=2", "--pred-len=5", "--prefix=分开", "--max-chars=200", "--valid=0", "--matmul=mkl",
    "--device=cpu",
)  # fmt: skip


@pytest.fixture(autouse=True)
def saves_often(clean_home: Path) -> None:
    (clean_home / "config" / "lyricterm").mkdir(parents=True)
    (clean_home / "config" / "lyricterm" / "config.toml").write_text("autosave = 0.5\n")


@pytest.fixture
def cluster() -> Iterator[subprocess.Popen[str]]:
    """Two nodes; the address is the first line of stdout, a line of stdin kills the second."""
    command = [sys.executable, "-W", "ignore", "-m", "tests.sweep.cluster"]
    pipes = {"stdin": subprocess.PIPE, "stdout": subprocess.PIPE, "stderr": subprocess.DEVNULL}
    process = subprocess.Popen(command, cwd=ROOT, text=True, **pipes)  # type: ignore[call-overload]
    yield process
    process.communicate("\n\n", timeout=PATIENCE)


def begun(*words: str, start_new_session: bool = False) -> subprocess.Popen[str]:
    return subprocess.Popen(
        [sys.executable, "-m", "lyricterm", "sweep", *words],
        cwd=ROOT, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, start_new_session=start_new_session,
    )  # fmt: skip


def test_every_run_of_a_sweep_is_an_ordinary_kept_run_and_hopeless_ones_are_stopped_early() -> None:
    # The learning rate of the second choice is far too low to learn anything.
    done = ended(
        begun(
            "--param", "lr=0.5,0.000001", "--seeds=2", "--epochs=9", "--pred-period=3", "--stop=asha", "--json", *TINY
        )
    )
    assert done.code == 0, done.err
    rows = {(row["lr"], row["seed"]): row for row in map(json.loads, done.out.splitlines())}
    assert set(rows) == {(lr, seed) for lr in (0.5, 0.000001) for seed in (0, 1)}
    infos = {info.id: info for info in Store().runs()}
    assert set(infos) == {row["run"] for row in rows.values()}
    for (lr, seed), row in rows.items():
        info = infos[row["run"]]
        folder = RunFolder(info.folder)
        assert (info.recipe.lr, info.recipe.seed, info.epoch) == (lr, seed, row["epoch"])
        assert [epoch.epoch for epoch in read_curve(folder.curve_file).epochs] == list(range(1, info.epoch + 1))
        assert [sample.epoch for sample in read_samples(folder.samples_file)] == list(range(3, info.epoch + 1, 3))
        assert checkpoint.load(folder.checkpoint_file).epoch == info.epoch
    assert {row["outcome"] for (lr, _seed), row in rows.items() if lr == 0.5} == {"finished"}
    # A seed is not hopeless while another one of its choice did well.
    hopeless = [row for (lr, _seed), row in rows.items() if lr != 0.5]
    assert "stopped early" in {row["outcome"] for row in hopeless}
    assert all(row["epoch"] < 9 for row in hopeless if row["outcome"] == "stopped early")


def test_a_cluster_that_loses_a_node_trains_its_runs_elsewhere_from_where_they_were(
    cluster: subprocess.Popen[str],
) -> None:
    assert cluster.stdin is not None
    assert cluster.stdout is not None
    address, _for_clients = cluster.stdout.readline().split()
    process = begun(
        "--param", "hidden=4,8", "--seeds=1", "--epochs=3000", "--pred-period=3000", "--address", address, *TINY
    )
    # Both are under way, and what they sent is on this machine.
    wait_until(lambda: sum(info.epoch > 0 for info in Store().runs()) == 2)
    cluster.stdin.write("\n")
    cluster.stdin.flush()
    assert cluster.stdout.readline().strip() == "killed"
    done = ended(process)
    assert done.code == 0, done.err
    infos = Store().runs()
    assert [(info.status, info.epoch, info.running) for info in infos] == [(RunStatus.FINISHED, 3000, False)] * 2
    files = [RunFolder(info.folder).curve_file for info in infos]
    assert [[row.epoch for row in read_curve(file).epochs] for file in files] == [list(range(1, 3001))] * 2
    # The one whose node was killed went on from what it had sent.
    resumed = [row for file in files for row in read_lines(file) if RESUMED in row]
    assert resumed
    assert all(0 < row[RESUMED] < 3000 for row in resumed)


def test_a_client_of_a_cluster_keeps_the_runs_here(cluster: subprocess.Popen[str]) -> None:
    assert cluster.stdout is not None
    _address, for_clients = cluster.stdout.readline().split()
    done = ended(begun("--param", "hidden=4,8", "--seeds=1", "--epochs=3", "--address", for_clients, "--json", *TINY))
    assert done.code == 0, done.err
    rows = [json.loads(line) for line in done.out.splitlines()]
    assert {(row["hidden"], row["epoch"], row["outcome"]) for row in rows} == {(4, 3, "finished"), (8, 3, "finished")}
    assert {info.id for info in Store().runs()} == {row["run"] for row in rows}


class _WebServer(socketserver.BaseRequestHandler):
    """Says at once what a web server says to words that it does not understand."""

    def handle(self) -> None:
        self.request.sendall(b"HTTP/1.1 400 Bad Request\r\n\r\n")


@contextlib.contextmanager
def _web_server() -> Iterator[int]:
    with socketserver.ThreadingTCPServer(("127.0.0.1", 0), _WebServer) as server:
        thread = threading.Thread(target=server.serve_forever, args=(0.01,))
        thread.start()
        yield server.server_address[1]
        server.shutdown()
        thread.join()


@contextlib.contextmanager
def _silence() -> Iterator[int]:
    """Calls are taken, and never answered."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        yield listener.getsockname()[1]


@pytest.mark.parametrize("listener", [_web_server, _silence])
@pytest.mark.parametrize("scheme", ["", "ray://"])
def test_something_else_than_ray_is_one_sentence(
    monkeypatch: pytest.MonkeyPatch, scheme: str, listener: Callable[[], AbstractContextManager[int]]
) -> None:
    monkeypatch.setattr("lyricterm.sweep.address._KNOCK_SECONDS", 0.5)
    with listener() as port:
        address = f"{scheme}127.0.0.1:{port}"
        with pytest.raises(SweepError, match=f"{address} answers, but not as a Ray cluster"):
            knock(address)
        monkeypatch.setenv("RAY_ADDRESS", address)
        with pytest.raises(SweepError, match=f"{address} answers, but not as a Ray cluster"):
            knock("auto")


def test_ctrl_c_leaves_what_is_done_and_the_sweep_goes_on() -> None:
    words = ("--param", "hidden=4,5,6", "--seeds=1", *TINY)
    process = begun(*words, "--epochs=1000000", "--pred-period=1000000", "--cpus-each=1")
    wait_until(lambda: any(info.epoch > 0 for info in Store().runs()))
    process.send_signal(signal.SIGINT)
    done = ended(process)
    assert done.code == 130, done.err
    assert "lyricterm sweep --resume" in done.err
    (before,) = [record.read(path) for path in (Path(os.environ["XDG_DATA_HOME"]) / "lyricterm" / "sweeps").iterdir()]
    assert set(before.outcomes) <= {RunStatus.INTERRUPTED, RunStatus.WAITING}
    kept = {info.id: info for info in Store().runs()}
    assert kept
    assert {info.status for info in kept.values()} == {RunStatus.INTERRUPTED}
    again = begun("--resume")
    wait_until(lambda: any(info.epoch > kept[info.id].epoch for info in Store().runs() if info.id in kept))
    again.send_signal(signal.SIGINT)
    assert ended(again).code == 130
    assert set(kept) <= {info.id for info in Store().runs()}


def test_a_signal_to_all_processes_at_once_ends_the_sweep_and_keeps_what_is_done() -> None:
    words = ("--param", "hidden=4,5", "--seeds=1", "--epochs=1000000", "--pred-period=1000000", *TINY)
    process = begun(*words, start_new_session=True)
    wait_until(lambda: any(info.epoch > 0 for info in Store().runs()))
    os.killpg(process.pid, signal.SIGTERM)
    done = ended(process)
    assert done.code == 130, done.err
    assert "lyricterm sweep --resume" in done.err
    assert {(info.status, info.running) for info in Store().runs()} == {(RunStatus.INTERRUPTED, False)}
    wait_until(lambda: not session(process.pid))


def test_a_killed_sweep_leaves_no_process_behind() -> None:
    process = begun("--param", "hidden=4", "--seeds=1", "--epochs=1000000", *TINY, start_new_session=True)
    wait_until(lambda: any(info.epoch > 0 for info in Store().runs()))
    process.kill()
    ended(process)
    wait_until(lambda: not session(process.pid))


def session(leader: int) -> list[int]:
    """The processes that were begun by the leader of a session or by whoever that has begun, and that still live."""
    found = []
    for path in Path("/proc").glob("[0-9]*/stat"):
        with contextlib.suppress(OSError):
            state, _parent, _group, its_session = path.read_bytes().rpartition(b")")[2].split()[:4]
            if int(its_session) == leader and state != b"Z":
                found.append(int(path.parent.name))
    return found


def test_more_processors_than_there_are_is_one_sentence() -> None:
    done = ended(begun("--param", "hidden=4", "--cpus-each=1024", *TINY))
    assert done.code == 1
    assert "Each run is to get 1,024 processors" in done.err.splitlines()[-1]
    assert Store().runs() == []


@pytest.mark.parametrize("address", ["ray://127.0.0.1:1", "auto"])
def test_an_unknown_cluster_is_one_sentence(address: str) -> None:
    done = ended(begun("--param", "hidden=4", "--address", address, *TINY))
    assert done.code == 1
    assert done.err.splitlines()[1:] == [
        f"lyricterm: No cluster answers at {address}; begin one with ray start --head, or leave --address out."
    ]
    assert Store().runs() == []
    assert list((Path(os.environ["XDG_DATA_HOME"]) / "lyricterm" / "sweeps").iterdir()) == []
