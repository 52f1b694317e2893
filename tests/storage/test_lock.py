"""A run's lock between real processes."""

from __future__ import annotations

import contextlib
import errno
import fcntl
import os
import shutil
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

import lyricterm
from lyricterm.storage.lock import Lock, holder, last_is_gone

ROOT = Path(lyricterm.__file__).parents[1]

_HOLD = """
import sys
from pathlib import Path
from lyricterm.storage.lock import Lock
lock = Lock(Path(sys.argv[1]))
print(lock.acquire(), flush=True)
sys.stdin.readline()
lock.release()
print("released", flush=True)
sys.stdin.readline()
"""

_COUNT = """
import sys
from pathlib import Path
from lyricterm.storage.lock import Lock
path, number = Path(sys.argv[1]), Path(sys.argv[2])
print("ready", flush=True)
sys.stdin.readline()
for _ in range(100):
    lock = Lock(path)
    while not lock.acquire():
        pass
    number.write_text(str(int(number.read_text()) + 1))
    lock.release()
"""

_OPEN = """
import contextlib, os
for name in os.listdir("/proc/self/fd"):
    with contextlib.suppress(OSError):
        print(os.readlink(f"/proc/self/fd/{name}"))
"""


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "lock"


@contextlib.contextmanager
def process(code: str, *arguments: Path) -> Iterator[subprocess.Popen[str]]:
    started = subprocess.Popen(
        [sys.executable, "-c", code, *map(str, arguments)],
        cwd=ROOT,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )
    with started:
        try:
            yield started
        finally:
            started.kill()


def heard(started: subprocess.Popen[str]) -> str:
    assert started.stdout is not None
    return started.stdout.readline().strip()


def tell(started: subprocess.Popen[str]) -> None:
    assert started.stdin is not None
    started.stdin.write("\n")
    started.stdin.flush()


def test_one_holds_it_at_a_time(path: Path) -> None:
    assert holder(path) is None
    first, second = Lock(path), Lock(path)
    assert first.acquire()
    assert first.acquire(), "held already"
    assert not second.acquire()
    assert holder(path) == os.getpid()
    first.release()
    first.release()
    assert holder(path) is None
    assert second.acquire()
    second.release()


def test_another_process_holds_it_until_it_gives_it_back(path: Path) -> None:
    with process(_HOLD, path) as other:
        assert heard(other) == "True"
        assert holder(path) == other.pid
        assert not Lock(path).acquire()
        tell(other)
        assert heard(other) == "released"
        mine = Lock(path)
        assert mine.acquire()
        assert holder(path) == os.getpid()
        mine.release()


def test_a_killed_holder_leaves_nothing_behind(path: Path) -> None:
    with process(_HOLD, path) as other:
        assert heard(other) == "True"
        other.send_signal(signal.SIGKILL)
        other.wait()
        assert holder(path) is None
        mine = Lock(path)
        assert mine.acquire()
        assert holder(path) == os.getpid()
        mine.release()


def test_a_killed_holder_is_known_to_be_gone_before_and_after_anybody_asks_how_it_ended(path: Path) -> None:
    assert not last_is_gone(path), "nobody has held it"
    with process(_HOLD, path) as other:
        assert heard(other) == "True"
        assert not last_is_gone(path)
        other.send_signal(signal.SIGKILL)
        os.waitid(os.P_PID, other.pid, os.WEXITED | os.WNOWAIT)
        assert last_is_gone(path)
        other.wait()
        assert last_is_gone(path)


def test_a_number_that_another_process_has_now_and_one_of_another_machine(path: Path) -> None:
    lock = Lock(path)
    assert lock.acquire()
    signature = path.read_bytes()
    lock.release()
    assert not last_is_gone(path), "this process is there"
    path.write_bytes(signature.rstrip() + b"1\n")  # It began at another time.
    assert last_is_gone(path)
    boot = Path("/proc/sys/kernel/random/boot_id").read_bytes().strip()
    path.write_bytes(signature.rstrip().replace(boot, b"x") + b"1\n")
    assert not last_is_gone(path)


def test_processes_exclude_each_other(path: Path, tmp_path: Path) -> None:
    number = tmp_path / "number"
    number.write_text("0")
    with process(_COUNT, path, number) as one, process(_COUNT, path, number) as two:
        for each in (one, two):
            assert heard(each) == "ready"
        for each in (one, two):
            tell(each)
        assert (one.wait(120), two.wait(120)) == (0, 0)
    assert number.read_text() == "200"


def test_no_file_stays_open_and_none_is_inherited(path: Path) -> None:
    before = set(os.listdir("/proc/self/fd"))  # noqa: PTH208
    lock, other = Lock(path), Lock(path)
    lock.acquire()
    other.acquire()
    holder(path)
    # The child itself closes nothing.
    done = subprocess.run([sys.executable, "-c", _OPEN], close_fds=False, capture_output=True, text=True, check=True)
    assert "pipe:" in done.stdout
    assert str(path) not in done.stdout
    lock.release()
    assert set(os.listdir("/proc/self/fd")) == before  # noqa: PTH208


@pytest.mark.parametrize("number", [errno.ENOLCK, errno.ENOTSUP, errno.EINVAL])
def test_where_there_are_no_locks_it_is_always_given(path: Path, monkeypatch: pytest.MonkeyPatch, number: int) -> None:
    def flock(handle: int, kind: int) -> None:
        raise OSError(number, os.strerror(number))

    monkeypatch.setattr(fcntl, "flock", flock)
    lock = Lock(path)
    assert lock.acquire()
    assert holder(path) is None
    lock.release()


def test_a_glance_of_somebody_else_is_waited_for(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    real = fcntl.flock
    refused: list[int] = []

    def flock(handle: int, kind: int) -> None:
        if len(refused) < 2:
            refused.append(kind)
            raise BlockingIOError(errno.EAGAIN, "busy")
        real(handle, kind)

    monkeypatch.setattr(fcntl, "flock", flock)
    lock = Lock(path)
    assert lock.acquire()
    assert len(refused) == 2
    lock.release()


def test_a_lock_that_is_removed_meanwhile_is_taken_anew(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    real = fcntl.flock
    removed: list[Path] = []

    def flock(handle: int, kind: int) -> None:
        real(handle, kind)
        if not removed:
            path.unlink()
            removed.append(path)

    monkeypatch.setattr(fcntl, "flock", flock)
    lock = Lock(path)
    assert lock.acquire()
    assert holder(path) == os.getpid(), "the lock is that of the file which is there now"
    lock.release()


def test_a_folder_that_is_removed_meanwhile(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    folder = tmp_path / "run"
    folder.mkdir()
    before = set(os.listdir("/proc/self/fd"))  # noqa: PTH208
    real = fcntl.flock

    def flock(handle: int, kind: int) -> None:
        real(handle, kind)
        shutil.rmtree(folder)

    monkeypatch.setattr(fcntl, "flock", flock)
    with pytest.raises(FileNotFoundError):
        Lock(folder / "lock").acquire()
    assert set(os.listdir("/proc/self/fd")) == before  # noqa: PTH208


def test_an_error_is_told_and_leaves_no_file_open(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def flock(handle: int, kind: int) -> None:
        raise OSError(errno.EIO, "broken")

    monkeypatch.setattr(fcntl, "flock", flock)
    before = set(os.listdir("/proc/self/fd"))  # noqa: PTH208
    with pytest.raises(OSError, match="broken"):
        Lock(path).acquire()
    assert holder(path) is None
    assert set(os.listdir("/proc/self/fd")) == before  # noqa: PTH208


@pytest.mark.parametrize("content", [b"", b"-5", b"x", b"\xff", b"\xb2", b"9" * 30])
def test_a_held_lock_with_a_foreign_content_is_held(path: Path, content: bytes) -> None:
    lock = Lock(path)
    assert lock.acquire()
    path.write_bytes(content)
    assert isinstance(holder(path), int)
    assert not last_is_gone(path)
    lock.release()


def test_a_full_disk_does_not_keep_from_locking(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def pwrite(*arguments: object) -> int:
        raise OSError(errno.ENOSPC, "full")

    monkeypatch.setattr(os, "pwrite", pwrite)
    lock = Lock(path)
    assert lock.acquire()
    assert holder(path) == 0
    lock.release()


def test_a_pipe_in_its_place_holds_nobody_up(path: Path) -> None:
    os.mkfifo(path)
    assert holder(path) is None
    path.unlink()
    path.mkdir()
    assert holder(path) is None
