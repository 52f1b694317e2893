"""Files that lie, never end, or want more memory and time than there is: refused before any of it is spent."""

from __future__ import annotations

import bz2
import gzip
import io
import lzma
import os
import resource
import stat
import struct
import zipfile
import zlib
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO

import pytest

from lyricterm.core.errors import CorpusError
from lyricterm.core.sanitize import one_line
from lyricterm.corpus import load as reader
from lyricterm.corpus import sources, unpack
from tests.corpus.reading import load
from tests.fuzz.harness import bounded

LYRICS = "风从窗边过 你没有说话\n" * 40
MEGABYTE = 1 << 20
LOCAL, CENTRAL, END = b"PK\x03\x04", b"PK\x01\x02", b"PK\x05\x06"


@pytest.fixture(autouse=True)
def little_memory() -> Iterator[None]:
    """No more than 256 MB on top of what there is."""
    with bounded(256 * MEGABYTE):
        yield


def refused(source: Path | str) -> str:
    with pytest.raises(CorpusError) as caught:
        load(str(source), 20_000)
    sentence = str(caught.value)
    assert sentence.isprintable()
    assert sentence.endswith(".")
    assert len(sentence) < 700
    return sentence


def written(path: Path, content: bytes) -> Path:
    path.write_bytes(content)
    return path


def sparse(path: Path, size: int, start: bytes = b"") -> Path:
    """A file that claims a size and takes no room."""
    path.write_bytes(start)
    os.truncate(path, size)
    return path


def archive(members: dict[str, bytes], comment: bytes = b"", kind: int = zipfile.ZIP_DEFLATED) -> bytes:
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w", kind) as file:
        file.comment = comment
        for name, content in members.items():
            file.writestr(name, content)
    return packed.getvalue()


def set_fields(content: bytes, local: dict[int, tuple[str, int]], central: dict[int, tuple[str, int]]) -> bytes:
    """The archive with fields of its first local header and its directory's first entry set, by their offsets."""
    changed = bytearray(content)
    for signature, fields in ((LOCAL, local), (CENTRAL, central)):
        start = content.index(signature)
        for offset, (form, value) in fields.items():
            struct.pack_into(form, changed, start + offset, value)
    return bytes(changed)


def declare(content: bytes, size: int) -> bytes:
    """The archive with another unpacked size, in both places."""
    return set_fields(content, {22: ("<I", size)}, {24: ("<I", size)})


def bomb(size: int, kind: int = zipfile.ZIP_DEFLATED) -> bytes:
    """An archive of one text of zeros, packed a thousandfold and more."""
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w", kind) as file, file.open("a.txt", "w") as member:
        for _ in range(size // MEGABYTE):
            member.write(b"a" * MEGABYTE)
    return packed.getvalue()


class TestSize:
    def test_text_above_the_limit_is_not_even_opened(self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(reader, "chunks", lambda *arguments: pytest.fail("it is read"))
        path = sparse(tmp_path / "a.txt", 2_000_000_001, b"text")
        assert "has more than 2,000 MB; cut the text into smaller files" in refused(path)

    def test_zip_above_the_limit_is_not_even_opened(self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(zipfile, "ZipFile", lambda *arguments: pytest.fail("it is opened"))
        assert "has more than 2,000 MB" in refused(sparse(tmp_path / "a.zip", 1 << 40, LOCAL))

    @pytest.mark.parametrize("declared", [2_000_000_001, 2**31, 2**32 - 2])
    def test_bomb_is_refused_by_what_it_declares(self, declared: int, tmp_path: Path) -> None:
        path = written(tmp_path / "a.zip", declare(archive({"song.txt": b"a"}), declared))
        assert "a.zip: song.txt has more than 2,000 MB" in refused(path)

    def test_bomb_whose_size_stands_in_the_zip64_field(self, tmp_path: Path) -> None:
        name, packed = b"a.txt", zlib.compress(b"a" * 99)[2:-4]
        extra = struct.pack("<HHQ", 1, 8, 2**60)
        fields = (20, 0, 8, 0, 0, 1, len(packed), 2**32 - 1, len(name), len(extra))
        local = LOCAL + struct.pack("<5H3I2H", *fields) + name + extra + packed
        entry = CENTRAL + struct.pack("<H5H3I5H2I", 45, *fields, 0, 0, 0, 0, 0) + name + extra
        end = END + struct.pack("<4H2IH", 0, 0, 1, 1, len(entry), len(local), 0)
        assert "has more than 2,000 MB" in refused(written(tmp_path / "a.zip", local + entry + end))

    def test_bomb_that_declares_little_gives_no_more_than_it_declares(self, tmp_path: Path) -> None:
        content = bomb(400 * MEGABYTE)
        assert len(content) < MEGABYTE
        for declared in (0, 1, 1000, 5 * MEGABYTE):
            assert "damaged or cut off" in refused(written(tmp_path / "a.zip", declare(content, declared)))

    def test_member_that_declares_more_than_it_has(self, tmp_path: Path) -> None:
        content = archive({"a.txt": LYRICS.encode()})
        size = len(LYRICS.encode())
        assert load(str(written(tmp_path / "a.zip", declare(content, size))), 9).total == len(LYRICS)
        for declared in (size + 1, 10**9):
            assert "damaged or cut off" in refused(written(tmp_path / "a.zip", declare(content, declared)))

    def test_one_that_repeats_itself_is_no_bomb(self, tmp_path: Path) -> None:
        found = load(str(written(tmp_path / "a.zip", bomb(120 * MEGABYTE))), 1000)
        assert (found.text, found.total) == ("a" * 1000, 120 * MEGABYTE)

    @pytest.mark.parametrize("kind", [zipfile.ZIP_BZIP2, zipfile.ZIP_LZMA])
    def test_bomb_of_a_kind_that_unpacks_all_at_once(self, kind: int, tmp_path: Path) -> None:
        content = bomb(80 * MEGABYTE, kind)
        assert len(content) < MEGABYTE
        with bounded(64 * MEGABYTE):
            found = load(written(tmp_path / "a.zip", content), 10)
        assert (found.text, found.total) == ("a" * 10, 80 * MEGABYTE)

    @pytest.mark.parametrize("open_it", [gzip.open, bz2.open, lzma.open])
    def test_packed_texts_are_counted_while_they_are_unpacked(
        self, open_it: Callable[..., IO[bytes]], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(unpack, "MAX_BYTES", 20 * MEGABYTE)
        path = tmp_path / "a.txt.packed"
        with open_it(path, "wb") as file:
            for _ in range(21):
                file.write(b"a" * MEGABYTE)
        assert path.stat().st_size < MEGABYTE
        assert "has more than" in refused(path)

    def test_a_dictionary_of_gigabytes(self, tmp_path: Path) -> None:
        content = bytearray(archive({"a.txt": b"a" * 1000}, kind=zipfile.ZIP_LZMA))
        struct.pack_into("<I", content, 30 + 5 + 4 + 1, 2**32 - 1)
        assert "damaged" in refused(written(tmp_path / "a.zip", bytes(content)))

    def test_file_that_grows_while_it_is_read(self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        path = written(tmp_path / "a.txt", b"a" * 50)
        add = unpack.Meter.add

        def grow(meter: unpack.Meter, count: int, shown: str) -> None:
            with path.open("ab") as end:
                end.write(b"b" * 50)
            add(meter, count, shown)

        monkeypatch.setattr(unpack, "CHUNK", 10)
        monkeypatch.setattr(unpack, "MAX_BYTES", 10_000)
        monkeypatch.setattr(unpack.Meter, "add", grow)
        assert "has more than 0 MB" in refused(path)

    def test_file_that_shrinks_while_it_is_read(self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        path = written(tmp_path / "a.txt", b"you and me " * 100_000)
        chunks = unpack.chunks

        def cut(stream: IO[bytes], meter: unpack.Meter, shown: str) -> Iterator[bytes]:
            os.truncate(path, 30)
            return chunks(stream, meter, shown)

        monkeypatch.setattr(reader, "chunks", cut)
        assert load(str(path), 1000).text == ("you and me " * 3)[:30]

    def test_too_many_characters_for_the_memory(self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
        path = sparse(tmp_path / "a.txt", 160 * MEGABYTE, LYRICS.encode() * 1000)
        with pytest.raises(CorpusError, match="does not fit into memory; take fewer characters"):
            load(str(path), 10**9, unicode="raw")
        assert load(str(path), 100).total > 100 * MEGABYTE
        assert not list(tmp_path.glob("lyricterm/texts/.spool-*"))


class TestDirectory:
    def test_many_files_are_not_looked_through(self, tmp_path: Path) -> None:
        entry = archive({"a.jpg": b""})
        start = entry.index(CENTRAL)
        one = entry[start : entry.index(END)]
        path = tmp_path / "a.zip"
        with path.open("wb") as file:
            file.write(entry[:start])
            for _ in range(100):
                file.write(one * 10_000)
            file.write(END + struct.pack("<4H2IH", 0, 0, 0xFFFF, 0xFFFF, len(one) * 1_000_000, start, 0))
        assert "holds too many files to look through" in refused(path)

    def test_as_many_as_anybody_has(self, tmp_path: Path) -> None:
        members = {f"covers/{i}.jpg": b"" for i in range(5_000)} | {"a.txt": LYRICS.encode()}
        assert load(str(written(tmp_path / "a.zip", archive(members))), 9).total == len(LYRICS)

    @pytest.mark.parametrize("size", [0, 1, 2**31, 2**32 - 1])
    def test_list_of_contents_of_a_claimed_size(self, size: int, tmp_path: Path) -> None:
        content = bytearray(archive({"a.txt": LYRICS.encode()}))
        struct.pack_into("<I", content, content.index(END) + 12, size)
        refused(written(tmp_path / "a.zip", bytes(content)))

    def test_longest_comment(self, tmp_path: Path) -> None:
        content = archive({"a.txt": LYRICS.encode()}, comment=b"\x1b" * 65_535)
        assert load(str(written(tmp_path / "a.zip", content)), 9).total == len(LYRICS)

    def test_comment_that_looks_like_the_end_of_another_archive(self, tmp_path: Path) -> None:
        content = archive({"a.txt": LYRICS.encode()}, comment=END * 9_000)
        assert "broken zip" in refused(written(tmp_path / "a.zip", content))

    @pytest.mark.parametrize(
        "name", ["../../etc/x.txt", "/etc/passwd.txt", "..\\..\\x.txt", "C:\\x.txt", "a/../b.txt", "\x1b[2J\u202e.txt"]
    )
    def test_path_in_a_zip_leads_nowhere(self, name: str, tmp_path: Path) -> None:
        folder = tmp_path / "deep" / "deeper"
        folder.mkdir(parents=True)
        path = written(folder / "a.zip", archive({name: LYRICS.encode()}))
        before = sorted(tmp_path.rglob("*"))
        if name != "\x1b[2J\u202e.txt":
            assert "this name leads out of the archive" in refused(path)
        else:
            found = load(str(path), 100)
            assert (found.name, found.total) == ("a.zip", len(LYRICS))
        assert sorted(tmp_path.rglob("*")) == before

    def test_names_that_steer_are_shown_safely_and_briefly(self, tmp_path: Path) -> None:
        members = {f"\x1b]0;x\x07\u202e{i}" + "n" * 30_000 + ".txt": b"a" for i in range(3)}
        names = [file.name for file in load(written(tmp_path / "a.zip", archive(members))).files]
        assert len(names) == 3
        assert all(name == one_line(name) and len(name) < 400 for name in names)

    @pytest.mark.filterwarnings("ignore:Duplicate name")
    def test_two_of_the_same_name(self, tmp_path: Path) -> None:
        packed = io.BytesIO()
        with zipfile.ZipFile(packed, "w") as file:
            file.writestr("a.txt", "a")
            file.writestr("a.txt", "b")
        assert load(written(tmp_path / "a.zip", packed.getvalue())).text == "a b"

    def test_name_that_is_no_utf8_is_not_taken_for_the_text(self, tmp_path: Path) -> None:
        content = archive({"风.txt": b"a"}).replace("风.txt".encode(), b"\xff\xff\xff.txt")
        assert "is a broken zip" in refused(written(tmp_path / "a.zip", content))

    def test_member_behind_a_data_descriptor(self, tmp_path: Path) -> None:
        class Pipe(io.BytesIO):
            def tell(self) -> int:
                raise OSError

        packed = Pipe()
        with zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as file:
            file.writestr("a.txt", LYRICS)
        assert packed.getvalue()[6] & 8
        assert load(str(written(tmp_path / "a.zip", packed.getvalue())), 9).total == len(LYRICS)

    def test_zip64(self, tmp_path: Path) -> None:
        packed = io.BytesIO()
        with zipfile.ZipFile(packed, "w") as file, file.open("a.txt", "w", force_zip64=True) as member:
            member.write(LYRICS.encode())
        assert load(str(written(tmp_path / "a.zip", packed.getvalue())), 9).total == len(LYRICS)

    def test_something_before_the_archive(self, tmp_path: Path) -> None:
        path = written(tmp_path / "a.zip", b"#!/bin/sh\n" * 99 + archive({"a.txt": LYRICS.encode()}))
        assert load(str(path), 9).total == len(LYRICS)


class TestText:
    def test_some_nul_characters_are_left_out_and_counted(self, tmp_path: Path) -> None:
        path = written(tmp_path / "a.txt", ("风\0雨 on and on\0" + "山" * 30).encode())
        found = load(path, 9)
        assert (found.text, found.total) == ("风雨 on and", 44)
        assert "cannot be seen (zero-width, control) are left out: 2" in found.notes[0]
        assert load(path, 9, unicode="raw").text == "风\0雨 on an"

    @pytest.mark.parametrize(
        "bad",
        [
            b"\xed\xa0\xbd\xed\xb8\x80",
            b"\xc0\x80",
            b"\xc1\xbf",
            b"\xe0\x80\xaf",
            b"\xf0\x80\x80\xaf",
            b"\xf4\x90\x80\x80",
        ],
        ids=["surrogate pair", "long NUL", "long DEL", "long slash", "longer slash", "beyond Unicode"],
    )
    def test_what_utf8_forbids(self, bad: bytes, tmp_path: Path) -> None:
        path = written(tmp_path / "a.txt", LYRICS.encode() + bad)
        found = load(path)
        assert found.text == LYRICS.replace("\n", " ")
        assert f"bytes that are not UTF-8 and are left out: {len(bad)} (line 41)" in found.notes[0]

    def test_character_on_the_edge_of_two_pieces(self, tmp_path: Path) -> None:
        for extra in range(4):
            text = "a" * (MEGABYTE - extra) + "🎵风" * 9
            found = load(str(written(tmp_path / "a.txt", text.encode())), 10**9)
            assert found.text == text


def made(folder: Path) -> Path:
    folder.mkdir()
    return folder


def fifo(folder: Path) -> Path:
    os.mkfifo(folder / "a.txt")
    return folder / "a.txt"


def loop(folder: Path) -> Path:
    (folder / "a.txt").symlink_to(folder / "b.txt")
    (folder / "b.txt").symlink_to(folder / "a.txt")
    return folder / "a.txt"


def dangling(folder: Path) -> Path:
    (folder / "a.txt").symlink_to(folder / "nowhere")
    return folder / "a.txt"


PLACES: dict[str, tuple[Callable[[Path], Path | str], str]] = {
    "pipe": (fifo, "not a regular file"),
    "endless device": (lambda folder: "/dev/zero", "not a regular file"),
    "terminal": (lambda folder: "/dev/tty", "not a regular file"),
    "empty folder": (lambda folder: folder, "holds no lyrics"),
    "folder called a zip": (lambda folder: made(folder / "a.zip"), "holds no lyrics"),
    "link to itself": (loop, "cannot be read: Too many levels of symbolic links; choose another file."),
    "link to nothing": (dangling, "There is no file"),
    "below a file": (lambda folder: written(folder / "a", b"text") / "b.txt", "There is no file"),
    "long name": (lambda folder: folder / ("a" * 300), "cannot be read: File name too long"),
    "long path": (lambda folder: f"{folder}/" + "a/" * 5_000, "cannot be read: File name too long"),
    "lone surrogate": (lambda folder: f"{folder}/a\ud800", "There is no file"),
    "escape": (lambda folder: f"{folder}/\x1b[31m\n\u202e", "There is no file"),
}


@pytest.mark.parametrize("kind", PLACES)
def test_places_that_are_no_file(kind: str, tmp_path: Path) -> None:
    make, words = PLACES[kind]
    assert words in refused(make(tmp_path))


def test_pipe_that_takes_the_files_place_is_not_waited_for(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = fifo(tmp_path)
    monkeypatch.setattr(sources, "_mode", lambda name: stat.S_IFREG)
    assert "not a regular file" in refused(path)


@pytest.mark.skipif(not Path("/proc/self/status").exists(), reason="there is no /proc")
def test_file_of_no_size_that_has_text(tmp_path: Path) -> None:
    assert load("/proc/self/status", 5).text == "Name:"


def test_name_that_steers(tmp_path: Path) -> None:
    path = written(tmp_path / "\x1b[2J\u202ea\n\udcff\u3164.txt", b"text")
    assert load(str(path), 9).name == "\ufffd[2J\ufffda \ufffd\ufffd.txt"


def test_nobody_may_read_it(tmp_path: Path) -> None:
    path = written(tmp_path / "a.txt", b"text")
    path.chmod(0)
    if os.access(path, os.R_OK):
        assert stat.S_IMODE(path.stat().st_mode) == 0
        assert load(str(path), 9).text == "text"
    else:
        assert "cannot be read: Permission denied; choose another file." in refused(path)


@contextmanager
def few_files() -> Iterator[None]:
    before = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (0, before[1]))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_NOFILE, before)


def test_no_file_can_be_opened(tmp_path: Path) -> None:
    path = written(tmp_path / "a.txt", b"text")
    with few_files():
        sentence = refused(path)
    assert "cannot be read: Too many open files" in sentence
