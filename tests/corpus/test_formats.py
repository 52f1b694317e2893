"""Each kind of file gives its lyrics and nothing else."""

from __future__ import annotations

import bz2
import contextlib
import csv
import gzip
import io
import json
import lzma
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from lyricterm.core.errors import CorpusError
from lyricterm.corpus.formats import READERS
from tests.corpus.reading import load


def read(folder: Path, name: str, content: str | bytes, **settings: Any) -> str:
    """The lines that a file gives."""
    path = folder / name
    path.write_bytes(content.encode() if isinstance(content, str) else content)
    return str(load(path, 10**9, newlines="keep", **settings).text)


def refused(folder: Path, name: str, content: str | bytes, **settings: Any) -> str:
    with pytest.raises(CorpusError) as caught:
        read(folder, name, content, **settings)
    sentence = str(caught.value)
    assert name in sentence
    assert sentence.endswith(".")
    return sentence


LRC = """[ti:Some song]
[ar: Somebody]
[offset:+200]
[00:12.50]rain on the roof
[00:12.50]下雨了
[00:20.10][00:40.10]and on, and on
[00:30.00]<00:30.00>one <00:30.50>word <00:31.00>at a time
[00:35:20]

[00:50]the end
"""


def test_lrc_without_stamps_tags_and_translations_in_the_order_of_singing(tmp_path: Path) -> None:
    lyrics = "rain on the roof\nand on, and on\none word at a time\n\nand on, and on\nthe end\n"
    assert read(tmp_path, "a.lrc", LRC) == lyrics


def test_lrc_that_has_no_stamps(tmp_path: Path) -> None:
    assert read(tmp_path, "a.lrc", "[by:me]\none\n\n\ntwo\n") == "one\n\ntwo\n"


def test_lrc_with_line_ends_of_windows_and_rarer_kinds_of_stamps(tmp_path: Path) -> None:
    text = "\ufeff[ti:x]\r\n[00:02.00]\r\n[00:02.00]rain\r\non the roof\r\n[00:02.00]下雨了\r\n在屋顶\r\n"
    text += "[1:00:00.00]the end\r\n[00:-1.00]one, two\r\n"
    assert read(tmp_path, "a.lrc", text) == "one, two\nrain\non the roof\nthe end\n"


BILINGUAL = [("夜里下着雨", "It rains at night"), ("我在等你", "I wait for you"), ("风吹过窗", "wind / rain")]


@pytest.mark.parametrize("between", [" / ", "／", " | "])
def test_lrc_with_a_translation_behind_each_line(between: str, tmp_path: Path) -> None:
    pairs = [*BILINGUAL[:2], ("灯还亮着", "The lamp is on"), ("啊", "ah")]
    lines = [f"[00:0{n}.00]{line}{between}{other}\n" for n, (line, other) in enumerate(pairs)]
    (tmp_path / "a.lrc").write_text("".join(lines), "utf-8")
    found = load(tmp_path / "a.lrc", newlines="keep")
    assert found.text == "".join(f"{line}\n" for line, _other in pairs)
    assert found.notes == ("Lines in a second language beside the first are left out: 4.",)
    # Two of many lines are no translation, nor is anything in the same letters.
    plain = [f"[00:1{n}.00]rain / wind\n" for n in range(9)]
    kept = read(tmp_path, "b.lrc", "".join([*lines[:1], *plain]))
    assert kept == f"夜里下着雨{between}It rains at night\n" + "rain / wind\n" * 9


def test_lrc_whose_translations_stand_apart_are_counted(tmp_path: Path) -> None:
    first = [f"[00:0{n}.00]{words}\n" for n, (words, _other) in enumerate(BILINGUAL)]
    other = [f"[00:0{n}.00]{words}\n" for n, (_words, words) in enumerate(BILINGUAL)]
    for text in ("".join(first + other), "".join(map("".join, zip(first, other, strict=True)))):
        (tmp_path / "a.lrc").write_text(text, "utf-8")
        found = load(tmp_path / "a.lrc", newlines="keep")
        assert found.text == "夜里下着雨\n我在等你\n风吹过窗\n"
        assert found.notes == ("Lines in a second language beside the first are left out: 3.",)


def test_lrc_that_says_who_sings(tmp_path: Path) -> None:
    text = "[00:01.00]v1: <00:01.00> the <00:01.50> rain\n[00:02.00]v2: and wind\n[00:03.00]v for victory\n"
    assert read(tmp_path, "a.lrc", text) == "the rain\nand wind\nv for victory\n"


SRT = """1
00:00:01,000 --> 00:00:02,500
<i>Rain</i> &amp; wind
on the roof

2
00:00:03,000 --> 00:00:04,000 X1:1 X2:2
{\\an8}42

"""
VTT = """WEBVTT - a song

NOTE nobody sings this
nor this

STYLE
::cue { color: red }

intro
00:01.000 --> 00:02.500 align:start
<v Anna>Rain <00:01.500><c>on</c> the roof

00:03.000 --> 00:04.000
NOTE is sung here
"""


def test_subtitles(tmp_path: Path) -> None:
    assert read(tmp_path, "a.srt", SRT) == "Rain & wind\non the roof\n42\n"
    assert read(tmp_path, "a.srt", SRT.replace("\n", "\r\n")) == "Rain & wind\non the roof\n42\n"
    assert read(tmp_path, "a.vtt", VTT) == "Rain on the roof\nNOTE is sung here\n"


def test_subtitles_with_what_only_looks_like_a_mark(tmp_path: Path) -> None:
    cue = "00:00:01,000 --> 00:00:02,500\n"
    assert read(tmp_path, "a.srt", f"1\n{cue}5 < 6 > 2, I <3 you\n1999\n\n") == "5 < 6 > 2, I <3 you\n1999\n"
    assert read(tmp_path, "a.srt", f"1\n{cue}rain\n2\n{cue}wind\n") == "rain\nwind\n"


def cues(*words: str) -> str:
    return "".join(f"{n}\n00:00:0{n},000 --> 00:00:0{n},900\n{each}\n\n" for n, each in enumerate(words, 1))


def test_subtitles_in_two_languages_give_the_first(tmp_path: Path) -> None:
    pairs = cues(*map("\n".join, BILINGUAL))
    (tmp_path / "a.srt").write_text(pairs, "utf-8")
    found = load(tmp_path / "a.srt", newlines="keep")
    assert found.text == "夜里下着雨\n我在等你\n风吹过窗\n"
    assert found.notes == ("Lines in a second language beside the first are left out: 3.",)
    mixed = cues("I love you\n사랑해", "rain\non the roof", "wind", "you and me", "さくら\n夜桜")
    assert read(tmp_path, "b.srt", mixed) == "I love you\n사랑해\nrain\non the roof\nwind\nyou and me\nさくら\n夜桜\n"


ROLLING = """WEBVTT

00:00:00.000 --> 00:00:02.000 align:start position:0%
{blank}
the<00:00:00.320><c> rain</c>

00:00:02.000 --> 00:00:02.010 align:start position:0%
the rain
{blank}

00:00:02.010 --> 00:00:04.000 align:start position:0%
the rain
la<00:00:02.400><c> la</c>

00:00:04.000 --> 00:00:04.010 align:start position:0%
la la
{blank}

00:00:04.010 --> 00:00:06.000 align:start position:0%
la la
la<00:00:04.400><c> la</c>
""".format(blank=" ")


def test_subtitles_that_roll_up_give_each_line_once(tmp_path: Path) -> None:
    assert read(tmp_path, "a.vtt", ROLLING) == "the rain\nla la\nla la\n"
    assert read(tmp_path, "b.srt", cues("la la", "la la", "la la\nda")) == "la la\nla la\nla la\nda\n"


def test_markdown(tmp_path: Path) -> None:
    text = "---\ntitle: x\n---\n# A *song*\n\n> - **rain** on the `roof`\n```\nas [it](http://x.y/z) is\n```\n"
    text += "2 * 3 * 4 snake_case\n"
    assert read(tmp_path, "a.md", text) == "A song\n\nrain on the roof\nas it is\n2 * 3 * 4 snake_case\n"


ROWS = [["artist", "lyrics", "year"], ["A", "rain, rain\non the roof", "1999"], ["B", '"wind"', ""], ["C", "", "1"]]
LYRICS = 'rain, rain\non the roof\n"wind"\n'


def table(delimiter: str, rows: list[list[str]] = ROWS) -> str:
    text = io.StringIO()
    csv.writer(text, delimiter=delimiter, lineterminator="\n").writerows(rows)
    return text.getvalue()


@pytest.mark.parametrize(
    ("name", "delimiter"), [("a.csv", ","), ("a.csv", ";"), ("a.csv", "\t"), ("a.csv", "|"), ("a.tsv", "\t")]
)
def test_the_column_of_the_lyrics_in_a_table(name: str, delimiter: str, tmp_path: Path) -> None:
    assert read(tmp_path, name, table(delimiter)) == LYRICS
    assert read(tmp_path, name, table(delimiter), column="artist") == "A\nB\nC\n"


def test_the_column_is_found_by_its_length_where_its_name_says_nothing(tmp_path: Path) -> None:
    rows = [["a", "b"], *([str(i), "a long line of lyrics that goes on and on"] for i in range(9))]
    assert read(tmp_path, "a.csv", table(",", rows)).startswith("a long line of lyrics")
    assert read(tmp_path, "a.csv", "whatever\nrain\n") == "rain\n"


def test_a_table_that_names_its_delimiter_or_does_not_name_its_columns(tmp_path: Path) -> None:
    assert read(tmp_path, "a.csv", "sep=;\r\nname;lyrics\r\nA;rain, rain\r\n") == "rain, rain\n"
    songs = [f"{i},a long line of lyrics that goes on and on {i}" for i in range(3)]
    assert read(tmp_path, "a.csv", "\n".join(songs)).splitlines() == [song[2:] for song in songs]


def test_a_table_whose_lyrics_are_not_plain_to_see(tmp_path: Path) -> None:
    sentence = refused(tmp_path, "a.csv", "one,two\nrain,wind\n")
    assert "Name it with --column; there are: one, two." in sentence
    assert "has no column three; it has: one, two." in refused(tmp_path, "a.csv", "one,two\nr,w\n", column="three")
    assert "is empty" in refused(tmp_path, "a.csv", "")
    assert "is not a table, line 2" in refused(tmp_path, "a.csv", "lyrics\n" + "x" * (1 << 25))


SONGS = [{"title": "A", "lyrics": "rain\nrain"}, {"title": "B", "lyrics": ["wind", "and snow"]}, {"title": "C"}]
JSON = {
    "songs": SONGS,
    "a list under a name": {"version": 1, "songs": SONGS},
    "columns": {"title": ["A", "B", "C"], "lyrics": ["rain\nrain", "wind\nand snow", None]},
    "texts": ["rain\nrain", "wind\nand snow"],
    "deep within": {"about": {"n": 2}, "data": {"album": {"songs": SONGS}}},
    "songs under their titles": {"A": {"lyrics": "rain\nrain"}, "B": {"lyrics": ["wind", "and snow"]}},
    "columns as pandas writes them": {
        "title": {"0": "A", "1": "B"},
        "lyrics": {"0": "rain\nrain", "1": "wind\nand snow"},
    },
    "lines with their times": [{"lyrics": [{"t": 0, "text": "rain"}, {"t": 1, "text": "rain"}]}, *SONGS[1:]],
    "lines in an object": {"songs": [{"lyrics": {"lines": ["rain", "rain"]}}, *SONGS[1:]]},
    "one song": {"tags": ["rock"], "lyrics": "rain\nrain\nwind\nand snow"},
}


@pytest.mark.parametrize("kind", JSON)
def test_json(kind: str, tmp_path: Path) -> None:
    assert read(tmp_path, "a.json", json.dumps(JSON[kind])) == "rain\nrain\nwind\nand snow\n"


@pytest.mark.parametrize("ending", [".jsonl", ".ndjson"])
def test_json_lines(ending: str, tmp_path: Path) -> None:
    text = "\n".join(map(json.dumps, SONGS)) + "\n\n"
    assert read(tmp_path, f"a{ending}", text) == "rain\nrain\nwind\nand snow\n"
    assert read(tmp_path, f"a{ending}", text, column="title") == "A\nB\nC\n"


@pytest.mark.parametrize(
    ("name", "content", "words"),
    [
        ("a.json", "[1,\n2,\n}", "is not JSON, line 3"),
        ("a.jsonl", '"rain"\n"wind\n', "is not JSON, line 2"),
        ("a.json", "[" * 100_000, "holds no list of songs"),
        ("a.json", "9" * 10_000, "holds no list of songs"),
        ("a.json", "{}", "has no text in it"),
        ("a.json", '[{"a": 1, "b": 2}]', "Name it with --column; there are: a, b."),
    ],
)
def test_json_that_holds_no_songs(name: str, content: str, words: str, tmp_path: Path) -> None:
    assert words in refused(tmp_path, name, content)


def test_json_of_titles_with_their_lyrics(tmp_path: Path) -> None:
    songs = {"A": "rain on the roof and on the sea, all night", "B": "wind in the trees and over the hill, all day"}
    assert read(tmp_path, "a.json", json.dumps(songs)).splitlines() == [*songs.values()]


def test_a_lone_surrogate_in_json_is_left_out(tmp_path: Path) -> None:
    assert read(tmp_path, "a.json", '["rain \\ud800on the roof"]') == "rain on the roof\n"


def test_parquet(tmp_path: Path) -> None:
    pyarrow = pytest.importorskip("pyarrow")
    parquet = pytest.importorskip("pyarrow.parquet")
    path = tmp_path / "a.parquet"
    columns = {"artist": ["A", "B", "C"], "lyrics": ["rain\nrain", "wind", None], "year": [1, 2, 3]}
    parquet.write_table(pyarrow.table(columns), path)
    found = load(path, newlines="keep")
    assert found.text == "rain\nrain\nwind\n"
    assert found.files[0].encoding == ""
    assert load(path, newlines="keep", column="artist").text == "A\nB\nC\n"
    assert "it has: artist, lyrics" in refused(tmp_path, "a.parquet", path.read_bytes(), column="year")
    assert "is not a Parquet file" in refused(tmp_path, "a.parquet", b"PAR1 nonsense")


def test_parquet_of_categories_and_of_lists_of_lines(tmp_path: Path) -> None:
    pyarrow = pytest.importorskip("pyarrow")
    parquet = pytest.importorskip("pyarrow.parquet")
    texts = pyarrow.array(["rain", None, "wind", "rain"])
    for column in (texts.dictionary_encode(), texts.cast(pyarrow.large_string())):
        parquet.write_table(pyarrow.table({"artist": [*"ABCD"], "lyrics": column}), tmp_path / "a.parquet")
        assert load(tmp_path / "a.parquet", newlines="keep").text == "rain\nwind\nrain\n"
    parquet.write_table(pyarrow.table({"lyrics": [["rain", "wind"], None, ["sea", None]]}), tmp_path / "b.parquet")
    assert load(tmp_path / "b.parquet", newlines="keep").text == "rain\nwind\nsea\n"


def test_parquet_without_its_package(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "pyarrow", None)
    assert "pip install 'lyricterm[parquet]'" in refused(tmp_path, "a.parquet", b"PAR1")


@pytest.mark.parametrize(("ending", "pack"), [(".gz", gzip.compress), (".bz2", bz2.compress), (".xz", lzma.compress)])
def test_packed_files(ending: str, pack: Callable[[bytes], bytes], tmp_path: Path) -> None:
    packed = pack(LRC.encode())
    assert read(tmp_path, f"a.lrc{ending}", packed).startswith("rain on the roof\n")
    assert read(tmp_path, f"b.lrc{ending}", packed + pack(b"[09:00]encore")).endswith("the end\nencore\n")
    assert read(tmp_path, "c", pack(b"rain")) == "rain"
    for cut in (5, len(packed) // 2, len(packed) - 1):
        assert "damaged or cut off" in refused(tmp_path, f"a.lrc{ending}", packed[:cut])
    assert "damaged or cut off" in refused(tmp_path, f"a.txt{ending}", b"rain on the roof")


def test_every_format_takes_an_empty_file_and_nonsense(tmp_path: Path) -> None:
    for ending in READERS:
        for content in (b"", b"\n", b"\xff\xfe", b"{", b'"', b"-->\n<\n[", b"a,b\n\n"):
            path = tmp_path / f"a{ending}"
            path.write_bytes(content)
            with contextlib.suppress(CorpusError):
                assert str(load(path).text).strip()
