"""Tables and lines of JSON as people have them: damaged, quoted by halves, with two columns of one name."""

from __future__ import annotations

import csv
import io
import json
from pathlib import Path

import pytest

from lyricterm.core.errors import CorpusError
from tests.corpus.reading import load

LINE = "the river runs along the hill and I am waiting here for you"


def read(folder: Path, name: str, content: str, column: str = "auto") -> tuple[str, tuple[str, ...]]:
    """The lines that a file gives, and what is said of it."""
    path = folder / name
    path.write_bytes(content.encode())
    found = load(path, 10**9, newlines="keep", column=column)
    return str(found.text), found.notes


def test_lines_that_are_not_json_are_left_out_counted_and_the_first_is_named(tmp_path: Path) -> None:
    songs = [json.dumps({"lyrics": f"{LINE} {number}"}) for number in range(9)]
    text, notes = read(tmp_path, "a.jsonl", "\n".join([*songs[:3], '{"lyrics": "cut', *songs[3:], "", "oops"]))
    assert text == "".join(f"{LINE} {number}\n" for number in range(9))
    assert notes == (f"{tmp_path}/a.jsonl: lines that are not JSON and are left out: 2; the first is line 4.",)


@pytest.mark.parametrize("lines", ["a\nb\n3\n", "one\n" * 9_000 + "3\n", '"rain"\n"wind\n'])
def test_a_file_whose_lines_are_mostly_not_json_is_none(lines: str, tmp_path: Path) -> None:
    with pytest.raises(CorpusError, match=r"is not JSON, line [12]: "):
        read(tmp_path, "a.jsonl", lines)


def test_marks_at_the_beginning_of_a_cell_between_tabs_belong_to_its_words(tmp_path: Path) -> None:
    cells = ['"Hello" she said', '"Never mind', "plain line of a song", 'another "one" here', 'the last "one"']
    text, _notes = read(tmp_path, "a.tsv", "title\tlyrics\n" + "".join(f"A\t{cell}\n" for cell in cells))
    assert text.splitlines() == cells


@pytest.mark.parametrize("lyrics_first", [True, False])
def test_cells_between_tabs_that_are_quoted(tmp_path: Path, *, lyrics_first: bool) -> None:
    cells = [f"{LINE}\nsecond line", 'a "word" in marks', "a\ttab", '"', "plain"]
    rows = [["lyrics", "title"], *([cell, f"T{number}"] for number, cell in enumerate(cells))]
    written = io.StringIO()
    csv.writer(written, delimiter="\t").writerows(row if lyrics_first else row[::-1] for row in rows)
    text, _notes = read(tmp_path, "a.tsv", written.getvalue())
    assert text == "".join(f"{cell}\n" for cell in cells).replace("\t", " ")


def test_a_table_of_open_marks_is_read_in_one_go(tmp_path: Path) -> None:
    text, _notes = read(tmp_path, "a.tsv", "title\tlyrics\n" + f'A\t"{LINE}\n' * 20_000)
    assert text == f'"{LINE}\n' * 20_000


def test_a_cell_that_is_never_closed_is_named_by_the_line_where_it_begins(tmp_path: Path) -> None:
    head, rest = f"title,lyrics\nA,{LINE}\n", f"C,{LINE}\n"
    with pytest.raises(CorpusError, match="line 3: a quotation mark is never closed"):
        read(tmp_path, "a.csv", f'{head}B,"{LINE}\n{rest * 300}')
    cut_off, _notes = read(tmp_path, "b.csv", f'{head}B,"{LINE}\nand then')
    assert cut_off == f"{LINE}\n{LINE}\nand then\n"


def test_two_columns_of_one_name_are_told_apart(tmp_path: Path) -> None:
    table = f"a,title,a\nx,A,{LINE}\ny,B,{LINE}\n"
    assert read(tmp_path, "a.csv", table)[0] == f"{LINE}\n" * 2
    assert read(tmp_path, "a.csv", table, "a")[0] == "x\ny\n"
    assert read(tmp_path, "a.csv", table, "a.1")[0] == f"{LINE}\n" * 2


def rows_of(columns: str, cell: str) -> str:
    """A table of nine songs; in ``cell`` the song stands where S is."""
    return f"{columns}\n" + "".join(cell.replace("S", f"{LINE} {n}") + "\n" for n in range(9))


@pytest.mark.parametrize(
    ("columns", "cell"),
    [("title,lyrics,text", "x,,S"), ("title,text,lyrics", "x,S,"), ("title,lyrics,lyrics_clean", "x,,S")],
)
def test_a_column_that_is_called_lyrics_but_is_empty_is_not_the_one(columns: str, cell: str, tmp_path: Path) -> None:
    text, _notes = read(tmp_path, "a.csv", rows_of(columns, cell))
    assert text.splitlines() == [f"{LINE} {n}" for n in range(9)]


def test_lyrics_that_begin_far_down_are_found_where_no_other_column_is_so_called(tmp_path: Path) -> None:
    text, _notes = read(tmp_path, "a.csv", "title,lyrics\n" + "x,\n" * 99 + f"x,{LINE}\n")
    assert text == f"{LINE}\n"


def test_the_mark_that_all_rows_have_stands_between_the_cells(tmp_path: Path) -> None:
    text, _notes = read(tmp_path, "a.csv", 'title, artist;lyrics\nx;"rain, rain\n; wind"\ny;"wind"\n')
    assert text == "rain, rain\n; wind\nwind\n"


def test_lines_of_json_in_a_file_that_is_called_json(tmp_path: Path) -> None:
    songs = [json.dumps({"title": "x", "lyrics": f"{LINE} {n}"}) for n in range(9)]
    text, _notes = read(tmp_path, "a.json", "\n".join(songs))
    assert text.splitlines() == [f"{LINE} {n}" for n in range(9)]
    with pytest.raises(CorpusError, match="is not JSON, line 2: "):
        read(tmp_path, "b.json", '{"lyrics": "rain",\n"oops}\n')


def test_the_column_that_was_read_is_told(tmp_path: Path) -> None:
    for name, content in {
        "a.csv": rows_of("title,lyrics", "x,S"),
        "a.tsv": rows_of("title\tlyrics", "x\tS"),
        "a.json": json.dumps([{"title": "x", "lyrics": LINE}]),
    }.items():
        (tmp_path / name).write_text(content, "utf-8")
        assert [file.column for file in load(tmp_path / name).files] == ["lyrics"]


def test_one_nul_does_not_make_plain_letters_ideographs(tmp_path: Path) -> None:
    text, notes = read(tmp_path, "a.txt", "rain on the ro\0of again\n")
    assert text == "rain on the roof again\n"
    assert len(notes) == 1
