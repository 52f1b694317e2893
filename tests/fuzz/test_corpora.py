"""Mutated texts and zip archives, against Python's own reading of them."""

from __future__ import annotations

import contextlib
import io
import random
import zipfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from lyricterm.core.errors import CorpusError
from lyricterm.engine import corpus
from lyricterm.engine.corpus import Corpus
from tests.fuzz.harness import fuzz
from tests.fuzz.mutate import mutants, set_zip_field

MAX_CHARS = 120
LYRICS = "风从窗边过\n你没有说话\r\n\n我数着雨点 a b c 🎵 e\u0301\n"
TEXTS = [
    *(LYRICS.encode(), LYRICS.encode() * 9, b"\xef\xbb\xbf" + LYRICS.encode(), b"only ASCII, some of it\n" * 12),
    *(b"x", ("a\0b" * 40).encode(), LYRICS.encode("utf-16"), "é".encode("latin-1") * 30),
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
    return corpus.load(str(path), MAX_CHARS)


def is_reading_of(text: str, loaded: Corpus) -> None:
    kept = text[:MAX_CHARS].replace("\n", " ").replace("\r", " ")
    assert (loaded.text, loaded.total) == (kept, len(text))


def load_or_have_a_reason(path: Path) -> Corpus:
    """A plain text is refused only if Python cannot decode it either, or if it is blank or full of NULs."""
    try:
        return load(path)
    except CorpusError:
        content = path.read_bytes()
        with contextlib.suppress(UnicodeDecodeError):
            text = content.decode("utf-8-sig")
            blank = not text[:MAX_CHARS].strip()
            assert blank or "\0" in text or content.startswith(b"PK\x03\x04"), content
        raise


def check_text(content: bytes, loaded: Corpus) -> None:
    is_reading_of(content.decode("utf-8-sig"), loaded)


def check_zip(content: bytes, loaded: Corpus) -> None:
    with zipfile.ZipFile(io.BytesIO(content)) as file:
        (member,) = [member for member in file.infolist() if is_lyrics(member.filename)]
        is_reading_of(file.read(member).decode("utf-8-sig"), loaded)


def is_lyrics(name: str) -> bool:
    """A .txt, and none of those that a Mac adds."""
    folders = name.split("/")
    return name.lower().endswith(".txt") and not any(part[:1] == "." or part[:8] == "__MACOSX" for part in folders)


LONG = pytest.mark.long


@pytest.mark.parametrize("count", [1_500, pytest.param(51_000, marks=LONG)])
def test_texts(count: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    loaded = refused = 0
    for seed, chunk in enumerate((1, 7, 1 << 20)):
        monkeypatch.setattr(corpus, "_CHUNK", chunk)
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
