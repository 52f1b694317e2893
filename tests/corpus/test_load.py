"""Reading lyrics: what is taken from a file, and every file that cannot be read."""

from __future__ import annotations

import lzma
import os
import random
import re
import struct
import unicodedata
import zipfile
import zlib
from importlib import import_module
from pathlib import Path

import pytest

from lyricterm.core.errors import CorpusError
from lyricterm.core.paths import CORPORA, asset
from lyricterm.corpus import unpack
from lyricterm.corpus.length import MOST_DISTINCT, check_distinct
from lyricterm.corpus.text import Corpus
from lyricterm.corpus.unpack import ZSTANDARD
from tests.corpus.reading import load

LYRICS = "风从窗边过\n你没有说话\r\n\n我数着雨点 a b c\n" * 40


KINDS = [zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED, zipfile.ZIP_BZIP2, zipfile.ZIP_LZMA]


def refused(source: Path | str) -> str:
    """The one sentence with which a source is refused, which names it."""
    with pytest.raises(CorpusError) as caught:
        load(str(source), 20_000)
    sentence = str(caught.value)
    assert str(source) in sentence
    assert "\n" not in sentence
    assert sentence.endswith(".")
    assert len(sentence) < 300
    return sentence


def zipped(path: Path, members: dict[str, str | bytes], kind: int = zipfile.ZIP_DEFLATED) -> Path:
    with zipfile.ZipFile(path, "w", kind) as archive:
        for name, content in members.items():
            archive.writestr(name, content)
    return path


def written(path: Path, content: bytes) -> Path:
    path.write_bytes(content)
    return path


def test_newline_and_carriage_return_become_a_space_each(tmp_path: Path) -> None:
    path = written(tmp_path / "a.txt", "风\n雨\r\n山\r水\n\n海".encode())
    assert load(str(path), 100) == Corpus("a.txt", "风 雨  山 水  海", 11)


def test_first_characters_and_the_total(tmp_path: Path) -> None:
    path = written(tmp_path / "a.txt", LYRICS.encode())
    found = load(str(path), 33)
    assert found.text == LYRICS[:33].replace("\n", " ").replace("\r", " ")
    assert found.total == len(LYRICS)
    assert load(str(path), 10**9).text == LYRICS.replace("\n", " ").replace("\r", " ")


@pytest.mark.parametrize("max_chars", [5, 11, 12, 13, 400, 10_000])
def test_reading_in_pieces_changes_nothing(max_chars: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = written(tmp_path / "a.txt", LYRICS.encode())
    whole = load(str(path), max_chars)
    monkeypatch.setattr(unpack, "CHUNK", 3)
    assert load(str(path), max_chars) == whole


def test_byte_order_mark_is_not_text(tmp_path: Path) -> None:
    path = written(tmp_path / "a.txt", b"\xef\xbb\xbf" + "风".encode() * 20)
    assert load(str(path), 100) == Corpus("a.txt", "风" * 20, 20)


def test_name_cannot_steer_the_terminal(tmp_path: Path) -> None:
    path = written(tmp_path / "a\x1b[31m\nb.txt", "风".encode())
    assert load(str(path), 100).name == "a\ufffd[31m b.txt"


def test_home_is_found(clean_home: Path) -> None:
    written(clean_home / "mine.txt", "风".encode())
    assert load("~/mine.txt", 100).text == "风"


@pytest.mark.parametrize("kind", KINDS)
def test_zip_like_the_chapters(kind: int, tmp_path: Path) -> None:
    path = zipped(tmp_path / "jaychou_lyrics.txt.zip", {"jaychou_lyrics.txt": LYRICS}, kind)
    plain = load(str(written(tmp_path / "plain.txt", LYRICS.encode())), 500)
    assert load(str(path), 500) == Corpus("jaychou_lyrics.txt.zip", plain.text, plain.total)


def test_zip_without_the_suffix(tmp_path: Path) -> None:
    path = zipped(tmp_path / "lyrics", {"a.txt": "风" * 9})
    assert load(str(path), 100).text == "风" * 9


def test_what_a_mac_adds_to_a_zip_is_ignored(tmp_path: Path) -> None:
    members: dict[str, str | bytes] = {
        "songs/": b"",
        "songs/Lyrics.TXT": "风" * 9,
        "songs/.DS_Store": b"\0\1",
        "songs/._lyrics.txt": b"\0\1",
        "__MACOSX/songs/._lyrics.txt": b"\0\1",
        "__MACOSX/lyrics.txt": b"\0\1",
        ".hidden/other.txt": b"\0\1",
        "cover.jpg": b"\xff\xd8",
    }
    assert load(str(zipped(tmp_path / "mac.zip", members)), 100).text == "风" * 9


@pytest.mark.parametrize("name", ["missing.txt", "no/such/folder/a.txt", "missing.zip"])
def test_no_such_file(name: str, tmp_path: Path) -> None:
    assert "There is no file" in refused(tmp_path / name)


@pytest.mark.parametrize("source", ["~nobody-of-this-name/a.txt", "demo-xx", "a" * 5000, "\udcff.txt"])
def test_no_such_name(source: str) -> None:
    with pytest.raises(CorpusError, match=r"There is no file|cannot be read"):
        load(source, 100)


def test_not_a_regular_file() -> None:
    assert "not a regular file" in refused("/dev/null")


def test_file_that_may_not_be_read(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def deny(*arguments: object) -> None:
        raise PermissionError(13, "Permission denied")

    path = written(tmp_path / "a.txt", b"text")
    monkeypatch.setattr(os, "open", deny)
    assert "cannot be read: Permission denied" in refused(path)


@pytest.mark.parametrize("content", [b"", b" \n\r\n\t ", "\u3000\u3000\n".encode(), b"\xef\xbb\xbf", b"\xef\xbb\xbf\n"])
def test_nothing_in_it(content: bytes, tmp_path: Path) -> None:
    assert "has no text in it" in refused(written(tmp_path / "a.txt", content))
    assert "has no text in it" in refused(zipped(tmp_path / "a.zip", {"a.txt": content}))


@pytest.mark.parametrize("members", [{}, {"a.jpg": "风"}, {"a.txt/": b""}, {"__MACOSX/a.txt": "风"}, {".a.txt": "风"}])
def test_zip_with_no_text(members: dict[str, str | bytes], tmp_path: Path) -> None:
    assert "holds no lyrics; they end with .txt, .md, .lrc" in refused(zipped(tmp_path / "a.zip", members))


def test_zip_with_several_texts(tmp_path: Path) -> None:
    members: dict[str, str | bytes] = {f"{i}.txt": f"{i} 风\n" for i in (10, 9, 1)}
    members["2.lrc"] = "[00:01.00]2 雨"
    found = load(zipped(tmp_path / "a.zip", members))
    assert found.text == "1 风 2 雨 9 风 10 风 "
    assert [file.characters for file in found.files] == [4, 4, 4, 5]


def test_encrypted_zip(tmp_path: Path) -> None:
    content = bytearray(zipped(tmp_path / "a.zip", {"a.txt": LYRICS}).read_bytes())
    # The flags in the member's own header and in the directory; bit 0 says that it is encrypted.
    content[6] |= 1
    content[content.index(b"PK\x01\x02") + 8] |= 1
    assert "is protected by a password; unpack it" in refused(written(tmp_path / "locked.zip", bytes(content)))


@pytest.mark.parametrize("content", [b"", b"PK", b"PK\x03\x04", b"no zip at all", b"\0" * 5000])
def test_no_zip_though_it_is_called_one(content: bytes, tmp_path: Path) -> None:
    assert "is a broken zip archive" in refused(written(tmp_path / "a.zip", content))


def test_zip_whose_content_has_changed(tmp_path: Path) -> None:
    content = zipped(tmp_path / "a.zip", {"a.txt": "x" * 500}, zipfile.ZIP_STORED).read_bytes()
    changed = content.replace(b"xxx", b"xyx", 1)
    assert "a.txt is damaged or cut off" in refused(written(tmp_path / "b.zip", changed))


def test_zip_of_an_unknown_kind(tmp_path: Path) -> None:
    content = bytearray(zipped(tmp_path / "a.zip", {"a.txt": "风"}).read_bytes())
    content[8] = content[content.index(b"PK\x01\x02") + 10] = 99
    assert "which this Python does not read; unpack it" in refused(written(tmp_path / "b.zip", bytes(content)))


@pytest.mark.parametrize("suffix", [".zip", ".txt"])
def test_zip_cut_off_anywhere(suffix: str, tmp_path: Path) -> None:
    content = zipped(tmp_path / "a.zip", {"a.txt": LYRICS}).read_bytes()
    for length in range(4, len(content)):
        assert "is a broken zip archive" in refused(written(tmp_path / f"cut{suffix}", content[:length]))


@pytest.mark.parametrize("kind", KINDS)
def test_damaged_zip_is_refused_or_read(kind: int, tmp_path: Path) -> None:
    content = zipped(tmp_path / "a.zip", {"a.txt": LYRICS}, kind).read_bytes()
    rng = random.Random(kind)
    refusals = 0
    for _ in range(300):
        damaged = bytearray(content)
        for _ in range(rng.choice((1, 1, 3))):
            damaged[rng.randrange(len(damaged))] = rng.randrange(256)
        path = written(tmp_path / "damaged.zip", bytes(damaged))
        try:
            load(str(path), 20_000)
        except CorpusError:
            refusals += 1
    assert refusals > 100


def test_damaged_name_in_a_zip(tmp_path: Path) -> None:
    content = zipped(tmp_path / "a.zip", {"风.txt": "风"}).read_bytes()
    refused(written(tmp_path / "b.zip", content.replace("风.txt".encode(), b"\xff\xff\xff.txt")))


class TestDemo:
    """The built-in lyrics keep what was promised of them."""

    @pytest.fixture(scope="class")
    def raw(self) -> str:
        return asset(CORPORA["demo-zh"]).read_text(encoding="utf-8")

    @pytest.fixture(scope="class")
    def songs(self, raw: str) -> list[list[str]]:
        return [song.split("\n") for song in raw.removesuffix("\n").split("\n\n")]

    def test_loads_by_name(self, raw: str) -> None:
        found = load("demo-zh", 20_000)
        assert found == Corpus("demo-zh", raw[:20_000].replace("\n", " "), len(raw))

    def test_size(self, raw: str, songs: list[list[str]]) -> None:
        assert len(raw) >= 24_000
        assert len(songs) >= 80
        assert 1_200 <= len(set(raw)) <= 2_600

    def test_prefixes_occur_in_what_is_trained_on(self, raw: str) -> None:
        trained_on = raw[:20_000]
        assert "不分开" in trained_on
        assert "分开" in trained_on.replace("不分开", "")

    def test_one_blank_line_between_songs_and_none_within(self, raw: str, songs: list[list[str]]) -> None:
        assert "\n\n\n" not in raw
        assert raw.endswith("\n")
        assert all(line.strip() == line != "" for song in songs for line in song)

    def test_no_line_is_in_two_songs(self, songs: list[list[str]]) -> None:
        first: dict[str, int] = {}
        for number, song in enumerate(songs):
            for line in song:
                assert first.setdefault(line, number) == number, line

    def test_only_characters_of_chinese_and_spaces(self, raw: str) -> None:
        foreign = {
            character
            for character in set(raw) - {" ", "\n"}
            if not unicodedata.name(character).startswith("CJK UNIFIED IDEOGRAPH")
        }
        assert foreign == set()


@pytest.mark.parametrize(
    ("name", "least", "script"),
    [
        ("demo-en", 60_000, "LATIN"),
        ("demo-ja", 20_000, "CJK|HIRAGANA|KATAKANA|IDEOGRAPHIC"),
        ("demo-ko", 20_000, "HANGUL SYLLABLE"),
    ],
)
class TestDemosInOtherLanguages:
    @pytest.fixture
    def raw(self, name: str) -> str:
        return asset(CORPORA[name]).read_text(encoding="utf-8")

    def test_it_loads_whole_and_clean(self, name: str, least: int, script: str, raw: str) -> None:
        found = load(name, 10**9)
        assert found == Corpus(name, raw.replace("\n", " "), len(raw))
        assert found.total >= least
        assert found.notes == ()
        assert len(found.beginnings) == 2

    def test_its_letters_are_those_of_its_language(self, name: str, least: int, script: str, raw: str) -> None:
        letters = {character for character in set(raw) if unicodedata.category(character)[0] == "L"}
        foreign = {letter for letter in letters if not re.match(script, unicodedata.name(letter))}
        assert foreign <= {"ー"}

    def test_stanzas_of_whole_lines(self, name: str, least: int, script: str, raw: str) -> None:
        stanzas = raw.removesuffix("\n").split("\n\n")
        assert raw.endswith("\n")
        assert len(stanzas) > 300
        assert all(line.strip() == line != "" for stanza in stanzas for line in stanza.split("\n"))


def _member(method: int, packed: bytes, content: bytes) -> bytes:
    """A zip archive with one member, packed in a way that zipfile does not write."""
    name = b"song.txt"
    fields = struct.pack(
        "<HHHHHLLLHH", 20, 0, method, 0, 0, zlib.crc32(content), len(packed), len(content), len(name), 0
    )
    local = b"PK\x03\x04" + fields + name + packed
    entry = b"PK\x01\x02" + struct.pack("<H", 20) + fields + struct.pack("<HHHLL", 0, 0, 0, 0, 0) + name
    end = b"PK\x05\x06" + struct.pack("<HHHHLLH", 0, 0, 1, 1, len(entry), len(local), 0)
    return local + entry + end


def test_a_member_packed_with_xz(tmp_path: Path) -> None:
    content = "rain on the sea, 风从窗边过".encode()
    path = written(tmp_path / "xz.zip", _member(95, lzma.compress(content), content))
    assert load(path).text == content.decode()


@pytest.mark.skipif(ZSTANDARD, reason="this Python reads Zstandard")
def test_zstandard_is_named_where_python_cannot_read_it(tmp_path: Path) -> None:
    path = written(tmp_path / "z.zip", _member(93, b"\x28\xb5\x2f\xfd", b""))
    assert "is packed with Zstandard, which this Python does not read; unpack it" in refused(path)
    for name in ("song.txt.zst", "song.txt"):
        sentence = refused(written(tmp_path / name, b"\x28\xb5\x2f\xfd\x04\x58\x29\0\0rain on the sea, rain"))
        assert f"{name} is packed with Zstandard, which Python reads from 3.14 on; unpack it with zstd -d." in sentence


@pytest.mark.skipif(not ZSTANDARD, reason="this Python does not read Zstandard")
def test_zstandard_where_python_reads_it(tmp_path: Path) -> None:
    content = b"rain on the sea"
    packed = import_module("compression.zstd").compress(content)
    assert load(written(tmp_path / "z.zip", _member(93, packed, content))).text == content.decode()
    assert load(written(tmp_path / "song.txt.zst", packed)).text == content.decode()


@pytest.mark.parametrize("mapped", [False, True])
def test_many_different_characters_are_told_before_they_cost(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, *, mapped: bool
) -> None:
    if mapped:
        monkeypatch.setattr("lyricterm.corpus.gathered.MAPPED", 999)
    syllables = "".join(map(chr, range(0xAC00, 0xAC00 + 11_000)))
    path = written(tmp_path / "a.txt", (syllables + syllables[:3_000]).encode())
    sentence = (
        "The text has 11,000 different characters, and each minibatch takes time and memory for all of them; with "
        "--min-count 2 it has 3,001."
    )
    assert load(path).notes == (sentence,)
    found = load(path, min_count=2)
    assert (len(found.characters), found.notes) == (3_001, ())


def test_more_characters_than_there_are_in_all_scripts() -> None:
    check_distinct(MOST_DISTINCT)
    with pytest.raises(CorpusError) as caught:
        check_distinct(1_000_000)
    assert str(caught.value) == (
        "The text has 1,000,000 different characters, more than all scripts together, so it is probably no text; set "
        "its --encoding, or leave out rare characters with --min-count."
    )
