"""Which files a corpus is made of, and in which order."""

from __future__ import annotations

import gzip
import io
import os
import zipfile
from pathlib import Path
from typing import Any

import pytest

from lyricterm.core.errors import CorpusError
from lyricterm.core.text_settings import join_corpus, split_corpus
from lyricterm.core.visitor import VARIABLE, Visitor, told
from lyricterm.corpus.folders import natural
from lyricterm.corpus.sources import absolute, check_there
from lyricterm.corpus.zip_archive import Archive
from tests.corpus.reading import load


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Songs in folders, and what else lies there."""
    for name, content in {
        "track 10.txt": b"ten",
        "track 2.txt": b"two\n",
        "Album/1.lrc": b"[00:01.00]one",
        "cover.jpg": b"\xff\xd8",
        ".hidden.txt": b"hidden",
        ".git/x.txt": b"hidden",
        "broken.txt": b"\x7fELF" + b"\0\1\2" * 99,
    }.items():
        path = tmp_path / "songs" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content)
    return tmp_path / "songs"


def test_a_folder_in_natural_order_without_what_is_no_lyrics(folder: Path) -> None:
    found = load(folder)
    assert (found.name, found.text, found.total) == ("songs", "one two ten", 11)
    assert [Path(file.name).name for file in found.files] == ["1.lrc", "track 2.txt", "track 10.txt"]
    (note,) = found.notes
    assert "could not be read and are left out: 1." in note
    assert "broken.txt is not a text" in note


def test_a_pattern(folder: Path) -> None:
    assert load(folder / "track*.txt").text == "two ten"
    assert load(folder / "**" / "*.lrc").text == "one "


def test_several(folder: Path) -> None:
    several = join_corpus([str(folder / "track 10.txt"), str(folder / "Album")])
    found = load(several)
    assert (found.name, found.text) == ("track 10.txt, Album", "ten one ")


def test_a_file_that_is_named_itself_is_not_skipped(folder: Path) -> None:
    with pytest.raises(CorpusError, match="is not a text"):
        load(folder / "broken.txt")
    with pytest.raises(CorpusError, match="is not a text"):
        load(join_corpus([str(folder / "track 2.txt"), str(folder / "broken.txt")]))


def test_a_folder_that_cannot_be_read_as_a_whole(folder: Path) -> None:
    for path in folder.rglob("*"):
        if path.name.startswith("track") or path.suffix == ".lrc":
            path.unlink()
    with pytest.raises(CorpusError, match=r"broken\.txt is not a text"):
        load(folder)


def test_what_is_not_there(folder: Path) -> None:
    for name in (folder / "nothing*.txt", join_corpus([str(folder), str(folder / "missing.txt")])):
        with pytest.raises(CorpusError, match="There is no file"):
            load(name)
        with pytest.raises(CorpusError, match="There is no file"):
            check_there(str(name))
    for name in ("demo-zh", str(folder), str(folder / "*.txt"), str(folder / "track 2.txt")):
        check_there(name)


def test_a_name_with_a_bar(tmp_path: Path) -> None:
    path = tmp_path / "a|b.txt"
    path.write_text("rain")
    assert load(path).text == "rain"
    assert load(join_corpus([str(path), str(path)])).text == "rain rain"
    assert load(absolute(str(path))).text == "rain"


@pytest.mark.parametrize("names", [["a"], ["a", "b c"], ["a|b", "c"], ["a|b"]])
def test_several_names_are_one_setting(names: list[str]) -> None:
    assert list(split_corpus(join_corpus(names))) == names


def test_it_is_the_same_wherever_one_starts(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(folder)
    assert absolute("demo-zh") == "demo-zh"
    assert absolute("Album|track*.txt") == f"{folder / 'Album'}|{folder / 'track*.txt'}"


def test_natural_order() -> None:
    names = ["b", "A10", "a2", "a", "10", "9", "a02b"]
    assert sorted(names, key=natural) == ["9", "10", "a", "a2", "a02b", "A10", "b"]


def test_links_that_go_round(folder: Path) -> None:
    (folder / "again").symlink_to(folder)
    assert load(folder).text == "one two ten"


def test_a_pattern_of_all_folders_does_not_follow_links_that_go_round(folder: Path) -> None:
    for name in ("a", "b", "Album/c"):
        (folder / name).symlink_to(folder, target_is_directory=True)
    found = load(folder / "**" / "*.lrc")
    assert [file.name for file in found.files] == [str(folder / "Album" / "1.lrc")]
    names = [Path(file.name).name for file in load(folder.parent / "*" / "**" / "*.txt").files]
    assert names == ["track 2.txt", "track 10.txt"]


def test_archives_within_an_archive_and_packed_members(tmp_path: Path) -> None:
    path, inner = tmp_path / "a.zip", io.BytesIO()
    with zipfile.ZipFile(inner, "w") as archive:
        archive.writestr("song.txt", "rain")
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("inner.zip", inner.getvalue())
    with pytest.raises(CorpusError, match=r"a\.zip: inner\.zip is an archive within an archive; unpack it\."):
        load(path)
    with zipfile.ZipFile(path, "a") as archive:
        archive.writestr("songs.csv.gz", gzip.compress(b"name,lyrics\nA,wind\n"))
    found = load(path)
    assert found.text == "wind "
    assert "left out: 1. " in found.notes[0]
    assert "inner.zip is an archive within an archive" in found.notes[0]


def test_a_member_that_is_named_from_the_archives_folder(tmp_path: Path) -> None:
    path = tmp_path / "songs.zip"
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("./lyrics.txt", "rain on the sea")
    assert load(path).text == "rain on the sea"


_RAIN = b"rain on the roof\n"


@pytest.mark.parametrize(
    ("shown", "encoding", "within"),
    [
        ("歌词", "gbk", _RAIN),
        ("歌词", "utf-8", _RAIN),
        ("七里香", "big5", _RAIN),
        ("雨の歌", "shift_jis", _RAIN),
        ("비오는 밤의 노래", "euc_kr", _RAIN),
        ("Песня о дожде", "cp866", _RAIN),
        ("Noël à Genève", "cp437", _RAIN),
        # These bytes are two Chinese characters as well: the text decides.
        ("사랑", "cp949", "비가 오면 네가 생각나\n".encode()),
        ("사랑", "cp949", "비가 오면 네가 생각나\n".encode("cp949") * 3),
        ("荤尔", "gbk", "下雨的时候我想起你\n".encode()),
    ],
)
def test_a_name_in_an_archive_of_another_system_is_shown_as_it_was(
    shown: str, encoding: str, within: bytes, tmp_path: Path
) -> None:
    name = shown.encode(encoding)
    path, stand_in = tmp_path / "a.zip", b"X" * len(name)
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr(f"{stand_in.decode()}.txt", within)
    path.write_bytes(path.read_bytes().replace(stand_in, name))
    (file,) = load(path).files
    assert file.name == f"{path}: {shown}.txt"


def test_a_name_that_has_come_from_a_field_of_its_own_is_left_as_it_is(tmp_path: Path) -> None:
    with zipfile.ZipFile(tmp_path / "a.zip", "w") as archive:
        archive.writestr("a.txt", "rain")
    with (tmp_path / "a.zip").open("rb") as file:
        assert Archive(file, "a.zip").show(zipfile.ZipInfo("雨の歌.txt")) == "a.zip: 雨の歌.txt"


def test_a_folder_within_that_may_not_be_listed_is_named_and_skipped(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    listing = os.scandir

    def scandir(path: str) -> Any:
        if str(path) == str(folder / "Album"):
            raise PermissionError(13, "Permission denied", str(path))
        return listing(path)

    monkeypatch.setattr(os, "scandir", scandir)
    (folder / "broken.txt").unlink()
    for corpus in (folder, folder / "**" / "*.txt"):
        found = load(corpus)
        assert found.text == "two ten"
        (note,) = found.notes
        assert "left out: 1. " in note
        assert "songs/Album cannot be read: Permission denied" in note
    with pytest.raises(CorpusError, match="Album cannot be read: Permission denied"):
        load(folder / "Album")


OTHER_KINDS = {
    "pdf": (b"%PDF-1.7\n1 0 obj", "is a document .PDF."),
    "rtf": (b"{\\rtf1\\ansi rain}", "is a document .RTF."),
    "tar": (b"song.txt".ljust(257, b"\0") + b"ustar\x0000" + b"\0" * 250 + b"rain", "is an archive .tar."),
    "7z": (b"7z\xbc\xaf\x27\x1c\0\4" + b"\0" * 99, "is an archive .7z."),
    "rar": (b"Rar!\x1a\x07\1\0" + b"\0" * 99, "is an archive .RAR."),
}


@pytest.mark.parametrize("kind", OTHER_KINDS)
@pytest.mark.parametrize("packed", [False, True])
def test_documents_and_other_archives_are_named(kind: str, tmp_path: Path, *, packed: bool) -> None:
    content, sentence = OTHER_KINDS[kind]
    path = tmp_path / ("a.txt.gz" if packed else "a.txt")
    path.write_bytes(gzip.compress(content) if packed else content)
    with pytest.raises(CorpusError, match=f"{sentence}.*(save it as plain text|unpack it)"):
        load(path)


@pytest.mark.parametrize("name", ["a.txt", "a.docx"])
def test_a_document_that_is_a_zip_archive_is_named(name: str, tmp_path: Path) -> None:
    with zipfile.ZipFile(tmp_path / name, "w") as archive:
        archive.writestr("[Content_Types].xml", "<Types/>")
        archive.writestr("word/document.xml", "<w:t>rain</w:t>")
    with pytest.raises(CorpusError, match=r"is a document .*; save it as plain text, \.txt"):
        load(tmp_path / name)


def test_a_visitors_run_keeps_the_name_of_its_text_and_tells_no_path(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = folder / "track 2.txt"
    monkeypatch.setenv(VARIABLE, told(Visitor({"songs": str(path)}))[VARIABLE])
    assert absolute("songs") == "songs"
    assert load("songs").name == "songs"
    # As in a run of the server's, which visitors may go on from.
    assert absolute(str(path)) == str(path)
    with pytest.raises(CorpusError, match="only this server's texts"):
        load(str(folder / "track 10.txt"))
