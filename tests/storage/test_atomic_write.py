"""Whole files and growing files, when any call of the operating system fails."""

from __future__ import annotations

import contextlib
import errno
import itertools
import json
import math
import os
import resource
import signal
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import lyricterm
from lyricterm.storage.atomic_write import append_lines, read_lines, read_regular, temporary_of, write_whole, writer_of

OLD, NEW = b"old content\n" * 40, b"the new content\n" * 50
ROWS: list[dict[str, Any]] = [{"epoch": 1, "perplexity": 12.5}, {"epoch": 2, "text": "分开"}]
CALLS = ("open", "write", "fsync", "close", "replace", "unlink", "fchmod", "fstat", "pread", "ftruncate")
ERRORS = [OSError(number, os.strerror(number)) for number in (errno.ENOSPC, errno.EIO, errno.EACCES, errno.EDQUOT)]
FAULTS: list[BaseException] = [*ERRORS, KeyboardInterrupt()]
ROOT = Path(lyricterm.__file__).parents[1]


class Os:
    """Counts the calls of ``os``, lets one of them fail, and remembers which were made."""

    def __init__(self, fails: int, fault: BaseException, done_first: bool) -> None:
        self._fails, self._fault, self._done_first = fails, fault, done_first
        self.made: list[str] = []
        self.succeeded: list[str] = []

    def wrap(self, name: str, real: Callable[..., Any]) -> Callable[..., Any]:
        def call(*arguments: Any, **named: Any) -> Any:
            self.made.append(name)
            failing = len(self.made) == self._fails
            # A file is closed even if close says that what was written has been lost.
            if not failing or self._done_first or name == "close":
                answer = real(*arguments, **named)
                self.succeeded.append(name)
                if not failing:
                    return answer
            raise self._fault

        return call


@contextlib.contextmanager
def faulty(fails: int, fault: BaseException, done_first: bool = False) -> Iterator[Os]:
    """The ``fails``-th call of ``os`` fails, before or after it has been carried out; 0 for none."""
    system = Os(fails, fault, done_first)
    with pytest.MonkeyPatch.context() as patch:
        for name in CALLS:
            patch.setattr(os, name, system.wrap(name, getattr(os, name)))
        yield system


def open_files() -> set[str]:
    return set(os.listdir("/proc/self/fd"))  # noqa: PTH208


def calls_of(work: Callable[[], None]) -> list[str]:
    with faulty(0, OSError()) as system:
        work()
    return system.made


@pytest.mark.parametrize("existing", [True, False], ids=["over an older file", "a new file"])
@pytest.mark.parametrize("fault", FAULTS, ids=repr)
def test_a_whole_file_survives_a_fault_in_any_call(tmp_path: Path, fault: BaseException, existing: bool) -> None:
    path = tmp_path / "run.json"

    def prepare() -> None:
        path.unlink(missing_ok=True)
        if existing:
            path.write_bytes(OLD)

    prepare()
    made = calls_of(lambda: write_whole(path, NEW))
    assert made.count("fsync") == 2, "the file and its folder"
    assert {"open", "write", "close", "replace"} <= set(made)
    before = open_files()
    for number in range(1, len(made) + 1):
        prepare()
        failed = False
        with faulty(number, fault) as system:
            try:
                write_whole(path, NEW)
            except (OSError, KeyboardInterrupt):
                failed = True
        # Permissions that cannot be set are no reason to lose the content.
        assert failed == (made[number - 1] != "fchmod" or isinstance(fault, KeyboardInterrupt)), made[number - 1]
        if "replace" in system.succeeded:
            assert path.read_bytes() == NEW
        elif existing:
            assert path.read_bytes() == OLD
        else:
            assert not path.exists()
        assert sorted(os.listdir(tmp_path)) in ([], ["home"], ["home", "run.json"]), made[number - 1]  # noqa: PTH208
    assert open_files() == before


@pytest.mark.parametrize("name", ["write", "fsync", "close", "replace"])
def test_an_interrupt_just_after_a_call_leaves_a_whole_file(tmp_path: Path, name: str) -> None:
    path = tmp_path / "run.json"
    made = calls_of(lambda: write_whole(path, OLD))
    for number in [place for place, call in enumerate(made, 1) if call == name]:
        path.write_bytes(OLD)
        with faulty(number, KeyboardInterrupt(), done_first=True) as system, pytest.raises(KeyboardInterrupt):
            write_whole(path, NEW)
        assert path.read_bytes() == (NEW if "replace" in system.succeeded else OLD)
        assert list(tmp_path.glob(".*")) == []


@pytest.mark.parametrize("fault", FAULTS, ids=repr)
@pytest.mark.parametrize("before", [b"", b'{"epoch": 0}\n', b'{"epoch": 0}\n{"epo'], ids=["empty", "whole", "torn"])
def test_a_growing_file_survives_a_fault_in_any_call(tmp_path: Path, fault: BaseException, before: bytes) -> None:
    path = tmp_path / "curve.jsonl"
    path.write_bytes(before)
    made = calls_of(lambda: append_lines(path, ROWS))
    grown = path.read_bytes()
    assert made.count("write") == 1, "all rows at once"
    files = open_files()
    for number in range(1, len(made) + 1):
        path.write_bytes(before)
        with faulty(number, fault) as system, pytest.raises(type(fault)):
            append_lines(path, ROWS)
        assert path.read_bytes() == (grown if "write" in system.succeeded else before)
    assert open_files() == files


@pytest.mark.parametrize("fault", FAULTS, ids=repr)
def test_half_a_row_is_taken_back(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, fault: BaseException) -> None:
    path = tmp_path / "curve.jsonl"
    append_lines(path, ROWS)
    before = path.read_bytes()
    real = os.write
    written: list[int] = []

    def write(handle: int, content: Any) -> int:
        if written:
            raise fault
        written.append(real(handle, content[:7]))
        return written[0]

    monkeypatch.setattr(os, "write", write)
    with pytest.raises(type(fault)):
        append_lines(path, ROWS)
    assert written == [7]
    assert path.read_bytes() == before


@pytest.mark.parametrize("most", [1, 7, 500])
def test_short_writes_are_carried_on(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, most: int) -> None:
    real = os.write
    monkeypatch.setattr(os, "write", lambda handle, content: real(handle, content[:most]))
    write_whole(tmp_path / "whole", NEW)
    append_lines(tmp_path / "lines", ROWS)
    monkeypatch.undo()
    assert (tmp_path / "whole").read_bytes() == NEW
    assert list(read_lines(tmp_path / "lines")) == ROWS


def test_writing_that_never_gets_on_is_an_error(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "whole").write_bytes(OLD)
    monkeypatch.setattr(os, "write", lambda handle, content: 0)
    with pytest.raises(OSError, match="Input/output"):
        write_whole(tmp_path / "whole", NEW)
    assert (tmp_path / "whole").read_bytes() == OLD


@contextlib.contextmanager
def disk_full_after(limit: int) -> Iterator[None]:
    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (limit, before[1]))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, before)


def test_a_disk_that_is_really_full(tmp_path: Path) -> None:
    whole, lines = tmp_path / "whole", tmp_path / "lines"
    whole.write_bytes(OLD)
    append_lines(lines, ROWS)
    before = lines.read_bytes()
    with disk_full_after(len(before) + 10):
        with pytest.raises(OSError, match="too large"):
            write_whole(whole, NEW)
        with pytest.raises(OSError, match="too large"):
            append_lines(lines, ROWS)
    assert (whole.read_bytes(), lines.read_bytes()) == (OLD, before)
    assert list(tmp_path.glob(".*")) == []


_REWRITER = """
import sys
from pathlib import Path
from lyricterm.storage.atomic_write import write_whole
print("ready", flush=True)
while True:
    for letter in (b"a", b"b"):
        write_whole(Path(sys.argv[1]), letter * 300_000)
"""


def test_a_killed_writer_leaves_a_whole_file(tmp_path: Path) -> None:
    path = tmp_path / "run.json"
    for _ in range(4):
        process = subprocess.Popen([sys.executable, "-c", _REWRITER, str(path)], cwd=ROOT, stdout=subprocess.PIPE)
        assert process.stdout is not None
        with process.stdout:
            process.stdout.readline()
            while not path.exists():
                assert process.poll() is None
            process.send_signal(signal.SIGKILL)
            process.wait()
        content = path.read_bytes()
        assert content in (b"a" * 300_000, b"b" * 300_000)
        assert {writer_of(part.name) for part in tmp_path.glob(".*")} <= {process.pid}
        for part in tmp_path.glob(".*"):
            part.unlink()


def test_folders_are_not_made(tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError):
        write_whole(tmp_path / "a" / "whole", NEW)
    assert not (tmp_path / "a").exists()


@pytest.mark.parametrize(("before", "after"), [(None, 0o640), (0o600, 0o600), (0o664, 0o664), (0o4755, 0o755)])
def test_permissions(tmp_path: Path, before: int | None, after: int) -> None:
    path = tmp_path / "whole"
    if before is not None:
        path.write_bytes(OLD)
        path.chmod(before)
    mask = os.umask(0o027)
    try:
        write_whole(path, NEW)
    finally:
        os.umask(mask)
    assert path.stat().st_mode & 0o7777 == after


@pytest.mark.parametrize("name", ["run.json", "长" * 85, "x" * 255])
def test_the_longest_names(tmp_path: Path, name: str) -> None:
    path = tmp_path / name
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(os, "getpid", lambda: 4_194_304)
        assert len(os.fsencode(temporary_of(path).name)) <= 255
        write_whole(path, NEW)
        assert writer_of(temporary_of(path).name) == 4_194_304
    assert path.read_bytes() == NEW


def test_a_temporary_file_of_an_earlier_process_with_this_id_is_no_hindrance(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "run.json"
    monkeypatch.setattr("lyricterm.storage.atomic_write._WRITES", itertools.repeat(1))
    temporary_of(path).write_bytes(NEW * 100)
    write_whole(path, NEW)
    assert path.read_bytes() == NEW
    assert list(tmp_path.glob(".*")) == []


def test_only_temporary_files_have_a_writer() -> None:
    names = (
        "run.json",
        ".part",
        ".run.json.part",
        "run.json.12.part",
        ".run.json.12.parts",
        ".run.json.x.part",
        "..12.part",
    )
    assert [writer_of(name) for name in names] == [None] * len(names)
    assert writer_of(".run.json.12.part") == 12
    assert writer_of(".run.json.12-7.part") == 12


def test_a_writer_that_hangs_does_not_share_its_temporary_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """It stands between its last byte and taking the file's place while another thread writes the same file."""
    path, replace = tmp_path / "run.json", os.replace
    hangs, goes_on = threading.Event(), threading.Event()

    def hang(source: Path, target: Path) -> None:
        if threading.current_thread() is slow:
            hangs.set()
            goes_on.wait(30)
        replace(source, target)

    monkeypatch.setattr(os, "replace", hang)
    slow = threading.Thread(target=write_whole, args=(path, OLD))
    slow.start()
    assert hangs.wait(30)
    write_whole(path, NEW)
    assert path.read_bytes() == NEW
    goes_on.set()
    slow.join(30)
    assert path.read_bytes() == OLD
    assert list(tmp_path.glob(".*")) == []


def test_neither_a_folder_nor_a_device_is_replaced(tmp_path: Path) -> None:
    (tmp_path / "folder").mkdir()
    os.mkfifo(tmp_path / "pipe")
    for name in ("folder", "pipe"):
        with pytest.raises(OSError, match=r"directory|Invalid"):
            write_whole(tmp_path / name, NEW)
    assert (tmp_path / "pipe").is_fifo()
    assert list(tmp_path.glob(".*")) == []


SCALARS = st.none() | st.booleans() | st.integers(-(2**60), 2**60) | st.floats() | st.text(max_size=20)
VALUES = st.recursive(SCALARS, lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner))


def plain(value: Any) -> Any:
    """What should come back: an oracle of its own."""
    if isinstance(value, float) and not math.isfinite(value):
        return {math.inf: "inf", -math.inf: "-inf"}.get(value)
    if isinstance(value, list):
        return [plain(item) for item in value]
    return {name: plain(item) for name, item in value.items()} if isinstance(value, dict) else value


@settings(deadline=None, max_examples=60)
@given(rows=st.lists(st.dictionaries(st.text(max_size=8), VALUES, max_size=4), max_size=5), cut=st.integers(0, 3))
def test_what_is_appended_is_read(
    tmp_path_factory: pytest.TempPathFactory, rows: list[dict[str, Any]], cut: int
) -> None:
    path = tmp_path_factory.mktemp("lines") / "curve.jsonl"
    append_lines(path, rows[:cut])
    append_lines(path, rows[cut:])
    assert list(read_lines(path)) == [plain(row) for row in rows]
    assert path.read_bytes().isascii() if rows else not path.exists()


def test_lone_surrogates_are_no_hindrance(tmp_path: Path) -> None:
    append_lines(tmp_path / "lines", [{"text": "\ud800分\udcff"}])
    assert list(read_lines(tmp_path / "lines")) == [{"text": "\ud800分\udcff"}]


@pytest.mark.parametrize("cut", [1, 5, 20, 21, 22])
def test_a_torn_line_costs_only_itself(tmp_path: Path, cut: int) -> None:
    path = tmp_path / "curve.jsonl"
    append_lines(path, [{"epoch": 1}, {"epoch": 2, "x": 1234567}])
    content = path.read_bytes()
    path.write_bytes(content[:-cut])
    append_lines(path, [{"epoch": 3}])
    read = [row["epoch"] for row in read_lines(path)]
    # Without its newline alone, the line is still whole.
    assert read == ([1, 2, 3] if cut == 1 else [1, 3])


def test_foreign_lines_are_skipped(tmp_path: Path) -> None:
    path = tmp_path / "curve.jsonl"
    deep = b"[" * 100_000 + b"]" * 100_000
    foreign = [b"", b"12", b"[]", b"null", b'{"a": NaN}', b'{"a": Infinity}', b"\xff\xfe", b'{"a": ', deep, b"9" * 5000]
    long = json.dumps({"text": "x" * (1 << 20)}).encode()
    fits = json.dumps({"text": "x" * ((1 << 20) - 20)}).encode()
    path.write_bytes(b"\n".join([b'{"n": 1}', *foreign, long, b'{"n": 2}\r', long * 3, fits, b'{"n": 3}', long]))
    read = list(read_lines(path))
    assert [row.get("n") for row in read] == [1, 2, None, 3]
    assert len(read[2]["text"]) == (1 << 20) - 20


def test_of_a_long_file_the_end_is_read(tmp_path: Path) -> None:
    path = tmp_path / "curve.jsonl"
    append_lines(path, [{"epoch": number} for number in range(100_000, 100_010)])
    line = len('{"epoch": 100000}\n')
    assert [row["epoch"] for row in read_lines(path, limit=3 * line)] == [100_007, 100_008, 100_009]
    assert [row["epoch"] for row in read_lines(path, limit=3 * line - 1)] == [100_008, 100_009]
    assert [row["epoch"] for row in read_lines(path, limit=3 * line + 1)] == [100_007, 100_008, 100_009]
    assert list(read_lines(path, limit=0)) == []


def test_what_is_no_file_yields_nothing(tmp_path: Path) -> None:
    (tmp_path / "folder").mkdir()
    (tmp_path / "file").write_bytes(b"")
    os.mkfifo(tmp_path / "pipe")
    before = open_files()
    for name in ("missing", "folder", "pipe", "file", "file/inner"):
        assert list(read_lines(tmp_path / name)) == []
    assert open_files() == before


def test_a_file_that_is_left_half_read_is_closed(tmp_path: Path) -> None:
    append_lines(tmp_path / "lines", ROWS)
    before = open_files()
    rows = read_lines(tmp_path / "lines")
    assert next(rows) == ROWS[0]
    assert open_files() != before
    rows.close()  # type: ignore[attr-defined]
    assert open_files() == before


def test_reading_a_whole_file_is_bounded(tmp_path: Path) -> None:
    path = tmp_path / "whole"
    path.write_bytes(NEW)
    assert read_regular(path, len(NEW)) == NEW
    with pytest.raises(OSError, match="too large"):
        read_regular(path, len(NEW) - 1)
    with pytest.raises(FileNotFoundError):
        read_regular(tmp_path / "missing", 10)


def test_a_link_stays_and_what_it_names_is_replaced(tmp_path: Path) -> None:
    target, link, loose = tmp_path / "real" / "a", tmp_path / "link", tmp_path / "loose"
    target.parent.mkdir()
    target.write_bytes(OLD)
    link.symlink_to(target)
    write_whole(link, NEW)
    assert (link.is_symlink(), target.read_bytes()) == (True, NEW)
    loose.symlink_to(tmp_path / "real" / "new")
    write_whole(loose, NEW)
    assert (loose.is_symlink(), loose.read_bytes()) == (True, NEW)
    assert list(tmp_path.rglob(".*.part")) == []
