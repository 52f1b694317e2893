"""Mutated texts and zip archives, against Python's own reading of them."""

from __future__ import annotations

import contextlib
import io
import random
import re
import zipfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from lyricterm.core.errors import CorpusError
from lyricterm.corpus import unpack
from lyricterm.corpus.text import Corpus
from lyricterm.corpus.zip_archive import leads_out
from tests.corpus import reading
from tests.fuzz.harness import fuzz
from tests.fuzz.mutate import mutants, set_zip_field

pytestmark = pytest.mark.slow

MAX_CHARS = 120
CONTROL = re.compile("[\x00-\x08\x0e-\x1a\x1c-\x1f]|^%PDF-")
MARKS = (b"\x1f\x8b", b"BZh", b"\xfd7zXZ\0", b"\xff\xfe", b"\xfe\xff", b"\0\0\xfe\xff")
"""How packed files and wide encodings begin."""
LYRICS = "风从窗边过\n你没有说话\r\n\n我数着雨点 a b c 🎵 e\u0301\n"
TEXTS = [
    *(LYRICS.encode(), LYRICS.encode() * 9, b"\xef\xbb\xbf" + LYRICS.encode(), b"only ASCII, some of it\n" * 12),
    *(b"x", ("a\0b" * 40).encode(), LYRICS.encode("utf-16"), "é".encode("latin-1") * 30),
    *(bytes(range(256)) * 2, b"%PDF-1.7\n%\xe2\xe3\xcf\xd3\n1 0 obj\n<< /Type /Catalog >>\nendobj\n" * 3),
]


def archive(members: dict[str, bytes], kind: int = zipfile.ZIP_DEFLATED, comment: bytes = b"") -> bytes:
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w", kind) as file:
        file.comment = comment
        for name, content in members.items():
            file.writestr(name, content)
    return packed.getvalue()


def streamed(zip64: bool) -> bytes:
    """Sizes behind the content, or in the larger fields."""

    class Pipe(io.BytesIO):
        def tell(self) -> int:
            raise OSError

    packed = io.BytesIO() if zip64 else Pipe()
    with (
        zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as file,
        file.open("a.txt", "w", force_zip64=zip64) as member,
    ):
        member.write(LYRICS.encode() * 3)
    return packed.getvalue()


TEXT = LYRICS.encode() * 3
ZIPS = [
    *(archive({"a.txt": TEXT}), archive({"a.txt": TEXT}, zipfile.ZIP_STORED), archive({"a.txt": b""})),
    *(streamed(False), streamed(True), archive({"歌/风.txt": TEXT, "c.jpg": b"\xff\xd8", "__MACOSX/._a.txt": b"\0"})),
    *(archive({"../../a.txt": TEXT}), archive({"a.txt": TEXT}, comment=b"PK\x05\x06" * 99)),
    *(archive({"a.txt": TEXT, "b.txt": TEXT}), archive({"a.txt": b"a" * 300_000})),
    *(archive({"a.txt": TEXT}, zipfile.ZIP_BZIP2), archive({"a.txt": TEXT}, zipfile.ZIP_LZMA)),
]


def load(path: Path) -> Corpus:
    return reading.load(path, MAX_CHARS, unicode="raw")


def is_reading_of(text: str, loaded: Corpus) -> None:
    kept = text[:MAX_CHARS].replace("\n", " ").replace("\r", " ")
    assert (loaded.text, loaded.total) == (kept, len(text))


def load_or_have_a_reason(path: Path) -> Corpus:
    """A text in UTF-8 is refused only if it is blank, has control characters, or begins as a packed file does."""
    try:
        return load(path)
    except CorpusError:
        content = path.read_bytes()
        with contextlib.suppress(UnicodeDecodeError):
            text = content.decode("utf-8-sig")
            blank = not text[:MAX_CHARS].strip()
            assert blank or CONTROL.search(text) or content.startswith((b"PK\x03\x04", *MARKS)), content
        raise


def check_text(content: bytes, loaded: Corpus) -> None:
    """What is UTF-8 is read as that; of anything else only whole characters come."""
    with contextlib.suppress(UnicodeDecodeError):
        if b"\0" not in content and not content.startswith(MARKS):
            is_reading_of(content.decode("utf-8-sig"), loaded)
    assert not re.search("[\ud800-\udfff]", str(loaded.text))


def check_zip(content: bytes, loaded: Corpus) -> None:
    with zipfile.ZipFile(io.BytesIO(content)) as file:
        members = [member for member in file.infolist() if is_lyrics(member.filename)]
        if len(members) == len(loaded.files) == 1:
            # zipfile also compares the name with a second copy of it.
            with contextlib.suppress(zipfile.BadZipFile):
                check_text(file.read(members[0]), loaded)


def is_lyrics(name: str) -> bool:
    """A .txt, and none of those that a Mac adds."""
    folders = name.split("/")
    hidden = any(part[:1] == "." or part[:8] == "__MACOSX" for part in folders)
    return name.lower().endswith(".txt") and not hidden and not leads_out(name)


LONG = pytest.mark.long


@pytest.mark.parametrize("count", [1_500, pytest.param(51_000, marks=LONG)])
def test_texts(count: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    loaded = refused = 0
    for seed, chunk in enumerate((1, 7, 1 << 20)):
        monkeypatch.setattr(unpack, "CHUNK", chunk)
        outcomes = fuzz(mutants(TEXTS, count // 3, seed), load_or_have_a_reason, check_text, tmp_path / "a.txt")
        loaded, refused = loaded + outcomes.loaded, refused + outcomes.refused
    assert loaded + refused == count
    assert loaded > count / 4
    assert refused > count / 4


@pytest.mark.parametrize("count", [1_000, pytest.param(35_000, marks=LONG)])
def test_zips(count: int, tmp_path: Path) -> None:
    outcomes = fuzz(mutants(ZIPS, count, 5, [set_zip_field], share=0.7), load, check_zip, tmp_path / "a.zip")
    assert outcomes.all == count
    assert outcomes.loaded > count / 20
    assert outcomes.refused > count / 4


@pytest.mark.parametrize("count", [500, pytest.param(15_000, marks=LONG)])
def test_whole_zips_of_mutated_texts_and_names(count: int, tmp_path: Path) -> None:
    outcomes = fuzz(whole_zips(count), load, check_zip, tmp_path / "lyrics")
    assert outcomes.all == count
    assert outcomes.loaded > count / 10
    assert outcomes.refused > count / 10


def whole_zips(count: int) -> Iterator[bytes]:
    """Sound archives of foreign names and texts."""
    rng = random.Random(6)
    names = mutants([b"a.txt", "歌/风.txt".encode()], count, 7)
    for name, text in zip(names, mutants(TEXTS, count, 8), strict=True):
        shown = rng.choice((name.decode("utf-8", "replace").replace("\0", "")[:999] or "x", "a.txt"))
        yield archive({shown: text}, rng.choice((zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED)))
