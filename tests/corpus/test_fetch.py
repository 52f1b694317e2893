"""Fetching a data set from a server on this machine that does all that servers do."""

from __future__ import annotations

import errno
import hashlib
import os
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread

import pytest

from lyricterm.core.errors import CorpusError
from lyricterm.core.paths import datasets_folder
from lyricterm.corpus import datasets, fetch
from lyricterm.corpus.datasets import Copy, DataSet
from tests.corpus.reading import load

CONTENT = b"rain on the roof\n" * 5_000
SUM = hashlib.sha256(CONTENT).hexdigest()
PAGE = b"<html>Please log in</html>"


class Server(BaseHTTPRequestHandler):
    """The path says what is to go wrong."""

    def do_GET(self) -> None:
        match self.path:
            case "/good":
                self._send(CONTENT)
            case "/login":
                self.send_response(302)
                self.send_header("Location", "/page")
                self.end_headers()
            case "/page":
                self._send(PAGE)
            case "/other":
                self._send(CONTENT[::-1])
            case "/endless":
                self._send(CONTENT * 100)
            case "/cut":
                self._send(CONTENT[:40_000], claimed=len(CONTENT))
            case "/silent":
                self._send(CONTENT[:40_000], claimed=len(CONTENT))
                # Until whoever asked has gone.
                self.rfile.read()
            case _:
                self.send_error(404)

    def _send(self, content: bytes, claimed: int = 0) -> None:
        self.send_response(200)
        self.send_header("Content-Length", str(claimed or len(content)))
        self.end_headers()
        try:
            self.wfile.write(content)
        except OSError:
            return
        if claimed:
            self.close_connection = True

    def log_message(self, format: str, *arguments: object) -> None:  # noqa: A002
        """Say nothing."""


@pytest.fixture(scope="module")
def address() -> Iterator[str]:
    server = ThreadingHTTPServer(("127.0.0.1", 0), Server)
    thread = Thread(target=server.serve_forever)
    thread.start()
    yield f"http://127.0.0.1:{server.server_address[1]}"
    server.shutdown()
    thread.join()
    server.server_close()


@pytest.fixture(autouse=True)
def own_cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    for name in ("http_proxy", "HTTP_PROXY", "all_proxy", "ALL_PROXY"):
        monkeypatch.delenv(name, raising=False)


def offer(monkeypatch: pytest.MonkeyPatch, *urls: str) -> None:
    """The data set ``songs`` at these addresses."""
    copies = tuple(Copy(url, len(CONTENT), SUM) for url in urls)
    monkeypatch.setitem(datasets.DATASETS, "songs", DataSet("songs.txt", copies, "For study."))


def left() -> list[str]:
    return sorted(path.name for path in datasets_folder().iterdir()) if datasets_folder().exists() else []


def test_it_is_fetched_once_and_then_used(address: str, monkeypatch: pytest.MonkeyPatch) -> None:
    offer(monkeypatch, f"{address}/good")
    assert fetch.fetched("songs") is None
    with pytest.raises(CorpusError, match="fetch it with lyricterm corpus fetch songs"):
        load("songs")
    told: list[tuple[int, int]] = []
    path = fetch.fetch("songs", lambda come, size: told.append((come, size)))
    assert path.read_bytes() == CONTENT
    assert told[-1] == (len(CONTENT), len(CONTENT))
    assert fetch.fetched("songs") == path
    found = load("songs", 16)
    assert (found.name, found.text) == ("songs", "rain on the roof")
    offer(monkeypatch, "http://127.0.0.1:9/nobody")
    assert fetch.fetch("songs") == path


def test_the_second_source_where_the_first_fails(address: str, monkeypatch: pytest.MonkeyPatch) -> None:
    offer(monkeypatch, f"{address}/missing", f"{address}/good")
    assert fetch.fetch("songs").read_bytes() == CONTENT


WRONG = {
    "/missing": "the server answers 404",
    "/login": r"something else was sent \(perhaps the login page",
    "/other": "something else was sent",
    "/endless": "something else was sent",
    "/cut": "the transfer was cut off",
}


@pytest.mark.parametrize("path", WRONG)
@pytest.mark.parametrize("before", [False, True], ids=["first", "again"])
def test_nothing_is_half_written(path: str, before: bool, address: str, monkeypatch: pytest.MonkeyPatch) -> None:
    good = b"the last good copy"
    if before:
        datasets_folder().mkdir(parents=True)
        (datasets_folder() / "songs.txt").write_bytes(good)
    offer(monkeypatch, address + path)
    with pytest.raises(CorpusError, match=f"songs cannot be fetched: {WRONG[path]}.*--from FILE"):
        fetch.fetch("songs")
    assert left() == (["songs.txt"] if before else [])
    if before:
        assert (datasets_folder() / "songs.txt").read_bytes() == good


def test_no_network(monkeypatch: pytest.MonkeyPatch) -> None:
    offer(monkeypatch, "http://127.0.0.1:9/nobody", "http://nowhere.invalid/x")
    with pytest.raises(CorpusError, match="the server cannot be reached; try again when there is a network"):
        fetch.fetch("songs")
    assert left() == []


def test_a_server_that_falls_silent(address: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(fetch, "_PATIENCE", 1.0)
    offer(monkeypatch, f"{address}/silent")
    with pytest.raises(CorpusError, match="the transfer was cut off; try again"):
        fetch.fetch("songs")
    assert left() == []


def test_a_server_that_would_take_hours(address: str, monkeypatch: pytest.MonkeyPatch) -> None:
    hours = iter(range(0, 10**9, 3600))
    monkeypatch.setattr(fetch, "monotonic", lambda: next(hours))
    offer(monkeypatch, f"{address}/good")
    with pytest.raises(CorpusError, match="the transfer was cut off; try again"):
        fetch.fetch("songs")
    assert left() == []


def test_a_full_disk(address: str, monkeypatch: pytest.MonkeyPatch) -> None:
    import pooch

    class Full:
        def __init__(self, **options: object) -> None: ...

        def __call__(self, *arguments: object, **more: object) -> None:
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    monkeypatch.setattr(pooch, "HTTPDownloader", Full)
    offer(monkeypatch, f"{address}/good")
    with pytest.raises(CorpusError, match="it cannot be written: No space left on device"):
        fetch.fetch("songs")
    assert left() == []


def test_a_copy_that_a_person_has(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    offer(monkeypatch, "http://127.0.0.1:9/nobody")
    mine = tmp_path / "mine.txt"
    mine.write_bytes(CONTENT + b"x")
    with pytest.raises(CorpusError, match="is not the file of songs"):
        fetch.adopt("songs", mine)
    assert left() == []
    mine.write_bytes(CONTENT)
    assert fetch.adopt("songs", mine).read_bytes() == CONTENT
    for wrong, words in (
        (tmp_path / "nothing", "No such file"),
        (tmp_path, "is not a regular file"),
        ("~x\0", "cannot be"),
    ):
        with pytest.raises(CorpusError, match=words):
            fetch.adopt("songs", Path(wrong))
    assert left() == ["songs.txt"]


def test_a_copy_that_cannot_be_kept(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    offer(monkeypatch, "http://127.0.0.1:9/nobody")
    mine = tmp_path / "mine.txt"
    mine.write_bytes(CONTENT)
    (tmp_path / "cache").write_text("no folder", "utf-8")
    with pytest.raises(CorpusError, match=r"songs cannot be saved in .*datasets: "):
        fetch.adopt("songs", mine)


def test_a_name_that_nobody_knows() -> None:
    with pytest.raises(CorpusError, match="There is no data set opera; there is: jaychou"):
        fetch.fetch("opera")
