"""What counts as a character, in a text and in what is typed."""

from __future__ import annotations

import unicodedata
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lyricterm.core.errors import CorpusError
from lyricterm.core.settings import Recipe
from lyricterm.corpus import characters
from lyricterm.corpus.beginnings import beginnings, fitting, usual
from lyricterm.corpus.characters import Typed, prepare
from lyricterm.corpus.text import Corpus
from tests.corpus.reading import load

RECIPES = [
    Recipe(),
    Recipe(unicode="raw"),
    Recipe(case="lower"),
    Recipe(newlines="keep", case="lower"),
    Recipe(script="simplified"),
]
typed = st.text(
    st.characters(exclude_categories=["Cs"]) | st.sampled_from("e\u0301한\u1112\u200b\r\n\t爱愛"), max_size=40
)


def corpus_of(folder: Path, text: str, **settings: object) -> Corpus:
    path = folder / "a.txt"
    path.write_bytes(text.encode())
    return load(path, **settings)  # type: ignore[arg-type]


@pytest.mark.parametrize("recipe", RECIPES, ids=lambda recipe: f"{recipe.unicode} {recipe.case} {recipe.script}")
@given(text=typed)
def test_what_is_typed_is_treated_as_the_text_is(recipe: Recipe, text: str) -> None:
    if recipe.script != "keep":
        pytest.importorskip("opencc")
    once = prepare(text, recipe).text
    assert prepare(once, recipe) == Typed(once)
    if recipe.newlines == "space":
        assert "\n" not in once
        assert "\r" not in once


def test_a_decomposed_text_is_composed_and_it_is_said(tmp_path: Path) -> None:
    text = unicodedata.normalize("NFD", "한국어 노래 é")
    found = corpus_of(tmp_path, text)
    assert found.text == "한국어 노래 é"
    assert "Unicode NFC" in found.notes[0]
    assert prepare(text, Recipe()) == Typed(str(found.text))
    assert prepare("a\x1b\u200bb\x1b", Recipe()) == Typed("ab", ("\x1b", "\u200b"))
    raw = corpus_of(tmp_path, text, unicode="raw")
    assert (raw.text, raw.notes) == (text, ())


def test_what_cannot_be_seen_is_left_out_and_counted(tmp_path: Path) -> None:
    found = corpus_of(tmp_path, "ra\u200bin\x07 \ufeffon\u202e \u200dthe roof\u00ad")
    assert found.text == "rain on the roof"
    assert "are left out: 6." in found.notes[0]


@pytest.mark.parametrize("whole", ["👨\u200d👩\u200d👧", "❤\ufe0f", "👍🏽", "क्\u200dष", "می\u200cخواهم", "🇨🇳"])
def test_what_belongs_to_a_character_stays(whole: str, tmp_path: Path) -> None:
    assert corpus_of(tmp_path, f"a {whole} b").text == f"a {whole} b"


def test_rare_line_ends_and_tabs(tmp_path: Path) -> None:
    assert corpus_of(tmp_path, "a\tb\u2028c\x85d\x0be").text == "a b c d e"
    assert corpus_of(tmp_path, "a\r\nb\rc\nd", newlines="keep").text == "a\nb\nc\nd"


def test_case_and_script(tmp_path: Path) -> None:
    assert corpus_of(tmp_path, "The RAIN", case="lower").text == "the rain"
    pytest.importorskip("opencc")
    assert corpus_of(tmp_path, "我們說愛", script="simplified").text == "我们说爱"
    assert corpus_of(tmp_path, "我们说爱", script="traditional").text == "我們說愛"


def test_script_without_its_package(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    import sys

    from lyricterm.corpus import characters

    characters._converter.cache_clear()
    monkeypatch.setitem(sys.modules, "opencc", None)
    with pytest.raises(CorpusError, match=r"pip install 'lyricterm\[zh\]'"):
        corpus_of(tmp_path, "爱", script="simplified")


def test_a_long_line_is_not_cut_between_a_letter_and_its_mark(tmp_path: Path) -> None:
    text = unicodedata.normalize("NFD", "é" * 700_000)
    path = tmp_path / "a.txt"
    path.write_bytes(text.encode())
    assert load(path, 10**9).text == "é" * 700_000


def test_what_an_expression_finds_is_left_out(tmp_path: Path) -> None:
    text = "(Chorus)\nrain (x2)\n作词：某人\nhttp://x.y\nwind\n"
    found = corpus_of(tmp_path, text, drop=(r"\([^)]*\)", "^作词.*", r"https?://\S+"))
    assert found.text == "rain  wind "
    assert found.total == len(text)
    assert "Matches of --drop that are left out: 4" in found.notes[0]


def test_an_expression_finds_what_is_in_the_file_and_repeated_lines_what_is_learnt(tmp_path: Path) -> None:
    path = tmp_path / "a.txt"
    path.write_text("CHORUS\nRain (Chorus)\nrain \nChorus line\n", "utf-8")
    found = load(path, case="lower", drop=("^[A-Z]+$", r"\(Chorus\)"), dedupe=True, newlines="keep")
    assert found.text == "rain \nchorus line\n"


def test_repeated_lines(tmp_path: Path) -> None:
    text = "rain\n\nwind\nrain\n\n rain \nsnow\n"
    found = corpus_of(tmp_path, text, dedupe=True)
    assert found.text == "rain  wind  snow "
    assert "Repeated lines that are left out: 2" in found.notes[0]
    assert corpus_of(tmp_path, text).repeated == pytest.approx(2 / 5)


def test_from_and_how_many(tmp_path: Path) -> None:
    text = "".join(chr(0x4E00 + i) for i in range(100))
    assert corpus_of(tmp_path, text, start=10, max_chars=5).text == text[10:15]
    assert corpus_of(tmp_path, text, start=95).text == text[95:]
    with pytest.raises(CorpusError, match="100 characters, and --from leaves out all of them"):
        corpus_of(tmp_path, text, start=100)


def test_rare_characters_become_one(tmp_path: Path) -> None:
    assert corpus_of(tmp_path, "aab\nbc", min_count=2).text == "aab\ufffdb\ufffd"


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("And the rain\nAnd the wind\nOh well\n\nOh well\nAnd the snow\nx", ("And the", "Oh well")),
        ("我说好\n你说别\n我说\n\n你来", ("我说", "你说")),
        ("새벽 다섯 시\n기차야 가거라\n기차야 가거라 조금만", ("기차야 가거라", "새벽 다섯")),
        ("only", ("only",)),
        ("\n \n", ()),
    ],
)
def test_frequent_beginnings(text: str, expected: tuple[str, ...]) -> None:
    assert beginnings(text) == expected


def test_prefixes_that_fit(tmp_path: Path) -> None:
    english = corpus_of(tmp_path, "And the rain\nAnd the wind\nOh well then\nOh well")
    assert fitting(Recipe(), english) == ("And the", "Oh well")
    assert fitting(Recipe(prefixes=("分开",)), english) == ("分开",)
    assert fitting(Recipe(prefixes=()), english) == ()
    assert usual(Recipe(prefixes=("分开",)), english) == ("And the", "Oh well")
    chinese = corpus_of(tmp_path, "我们不分开\n我们不分开了")
    assert fitting(Recipe(), chinese) == ("分开", "不分开")


def test_what_is_not_looked_at_is_never_changed_by_unicode() -> None:
    every = [chr(code) for code in range(0x20000) if not 0xD800 <= code < 0xE000]
    stays = {character for character in every if characters.stays_composed(character)}
    assert {"我", "한", "カ", "é", "’", "！"} < stays
    assert all(unicodedata.normalize("NFC", each) == each and not unicodedata.combining(each) for each in stays)
    parts = (unicodedata.normalize("NFD", each)[1:] for each in every if unicodedata.decomposition(each) or each > "가")
    assert not stays.intersection("".join(parts))


@pytest.mark.parametrize("text", ["e\u0301", "\u1112\u1161\u11ab", "か\u3099", "\u212b", "a\u0323\u0302"])
def test_a_long_text_in_pieces_is_put_together(text: str, tmp_path: Path) -> None:
    long = f"{text} x\n" * 20_000
    assert corpus_of(tmp_path, long, max_chars=10**9).text == unicodedata.normalize("NFC", long).replace("\n", " ")
