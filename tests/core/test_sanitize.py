"""Foreign text can neither steer the terminal nor hide in it, and takes the cells it is said to take."""

from __future__ import annotations

import unicodedata

import pytest
from hypothesis import example, given
from hypothesis import strategies as st
from rich.cells import cell_len
from wcwidth import wcwidth

from lyricterm.core.errors import LyrictermError
from lyricterm.core.sanitize import brief, one_line, outgoing, quoted, safe, visible

ANY_TEXT = st.text(st.characters(exclude_categories=()))
TRICKY = st.text(
    st.sampled_from("a你 \u3000e\u0301\u0e33\u1100\u1161\u11a8🎵\u200d\ufe0f\u20e3\ufffd\x1b\n\u202e🏽🇨\u3164\u0903")
)
SHOWN = "\N{REPLACEMENT CHARACTER}"

# Unicode TR 9: what turns the direction of the text around it.
BIDIRECTIONAL = "\u061c\u200e\u200f\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069"
# DerivedCoreProperties.txt: Default_Ignorable_Code_Point, of the assigned ones all that is not of category Cf.
IGNORABLE = "\u034f\u115f\u1160\u17b4\u17b5\u180b\u180d\u180f\u3164\ufe00\ufe0f\uffa0\U000e0100\U000e01ef"
BLANK_LOOKING = "\u2800\U0001d159\u00ad\u200b\u200c\u200d\u2060\ufeff\U000e0001\U000e0041"
JOINTS = "\u200d\ufe0e\ufe0f\U0001f1e6\U0001f1ff\U0001f3fb\U0001f3ff"
UNKNOWN = "\ue000\U000f0000\U0010fffd\u0378\ufffe\U0010ffff\ud800\udcff\udfff"
CONTROLS = "".join(map(chr, [*range(0x20), *range(0x7F, 0xA0)])) + "\u2028\u2029"


@given(ANY_TEXT | TRICKY)
def test_the_length_stays(text: str) -> None:
    assert len(safe(text)) == len(one_line(text)) == len(text)


@given(ANY_TEXT | TRICKY)
def test_twice_is_as_once(text: str) -> None:
    assert safe(safe(text)) == safe(text)
    assert one_line(one_line(text)) == one_line(text)


@given(ANY_TEXT | TRICKY)
def test_nothing_that_steers_or_cannot_be_seen_is_left(text: str) -> None:
    for shown in (safe(text), one_line(text)):
        left = {unicodedata.category(character) for character in shown}
        assert not left & {"Cc", "Cf", "Cs", "Cn", "Co", "Zl", "Zp"}
        assert not set(shown) & set(IGNORABLE + BLANK_LOOKING + JOINTS)


@given(ANY_TEXT | TRICKY)
@example("\u0301")
@example(" \u0301\u0301")
@example("a\ufe0f\u20e3")
def test_the_cells_are_those_of_the_characters(text: str) -> None:
    shown = one_line(text)
    assert cell_len(shown) == sum(wcwidth(character) for character in shown)
    for before, after in zip("\n" + shown, shown, strict=False):
        assert wcwidth(after) or not (before.isspace() or before == SHOWN)


@pytest.mark.slow
def test_each_character_alone_has_cells_and_so_have_all_letters() -> None:
    for code in range(0x110000):
        character = chr(code)
        shown = safe(character)
        assert wcwidth(shown) == cell_len(shown) > 0, hex(code)
        if shown == SHOWN != character:
            hidden = unicodedata.category(character)[0] in "CZM" or character in BLANK_LOOKING or not wcwidth(character)
            regional = 0x1F1E6 <= code <= 0x1F1FF or 0x1F3FB <= code <= 0x1F3FF
            assert hidden or regional or character == "\u115f", hex(code)


@pytest.mark.parametrize(
    "character", [*BIDIRECTIONAL, *IGNORABLE, *BLANK_LOOKING, *JOINTS, *UNKNOWN, *CONTROLS], ids=ascii
)
def test_known_offenders(character: str) -> None:
    assert safe(f"分{character}开") == f"分{SHOWN}开"
    assert one_line(f"分{character}开") == ("分 开" if character in "\n\r\t" else f"分{SHOWN}开")


def test_one_line_puts_spaces_for_line_ends_and_tabs() -> None:
    assert one_line("a\nb\r\nc\td") == "a b  c d"
    assert one_line("a\x0bb\x0cc\x85d\u2028e\u2029f") == f"a{SHOWN}b{SHOWN}c{SHOWN}d{SHOWN}e{SHOWN}f"


@pytest.mark.parametrize(
    "text",
    [
        *("", "想要有你在我身边", "don't — “stop”", "\u3000全\u00a0角", "é e\u0301 한 🎵", "\u1112\u1161\u11ab"),
        *(
            "Trần Tie\u0302\u0301ng Vie\u0323\u0302t",
            "สวัสดี",
            "हिन्दी",
            "שָׁלוֹם",
            "العربية",
            "𠮷野家",
            "❤ ☎ ① ½ ﷺ",
            "1\u20e3",
        ),
    ],
)
def test_lyrics_stay_as_they_are(text: str) -> None:
    assert safe(text) == one_line(text) == text


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("\u0301a", f"{SHOWN}a"),
        ("a \u0301", f"a {SHOWN}"),
        ("a\u200d\u0301\u0302", f"a{SHOWN}{SHOWN}{SHOWN}"),
        ("\u1161a", f"{SHOWN}a"),
        ("a" + "\u0301" * 20, "a" + "\u0301" * 8 + SHOWN * 12),
        ("👩\u200d👧", f"👩{SHOWN}👧"),
        ("👍🏽", f"👍{SHOWN}"),
        ("❤\ufe0f", f"❤{SHOWN}"),
        ("1\ufe0f\u20e3", f"1{SHOWN}{SHOWN}"),
        ("🇨🇳", SHOWN * 2),
    ],
)
def test_marks_and_joints(text: str, shown: str) -> None:
    assert safe(text) == shown


@pytest.mark.parametrize(
    ("character", "name"),
    [
        *((" ", "␣"), ("\n", "↵"), ("\t", "␣"), ("\u3000", "U+3000"), ("\xa0", "U+00A0"), ("\x1b", "U+001B")),
        *(("\u200b", "U+200B"), ("\u3164", "U+3164"), ("\ufffd", "U+FFFD"), ("\U000e0041", "U+E0041")),
        *(("\udcff", "U+DCFF"), ("\u0301", "◌\u0301"), ("é", "é"), ("分", "分"), ("[", "["), ("🎵", "🎵")),
    ],
)
def test_a_character_by_a_name_that_can_be_seen(character: str, name: str) -> None:
    assert visible(character) == name
    assert safe(name) == name
    assert name.strip()


@given(ANY_TEXT, st.integers(10, 60))
def test_brief_is_short_and_keeps_both_ends(text: str, most: int) -> None:
    short = brief(text, most)
    assert len(short) == min(len(text), most)
    assert short == one_line(short)
    if len(text) > most:
        assert short[: most // 3] == one_line(text[: most // 3])
        assert text[-1:] == short[-1:] or short[-1:] in (SHOWN, " ") or unicodedata.category(text[-1])[0] == "M"
        assert "…" in short


def test_an_error_is_safe_whatever_it_names() -> None:
    assert str(LyrictermError("no \x1b[2J\u202e\n.")) == f"no {SHOWN}[2J{SHOWN} ."


@pytest.mark.parametrize("text", ["👩\u200d👧", "👍🏽", "❤\ufe0f", "می\u200cخواهم", "🇨🇳", "分开 é", "e\u0301"])
def test_data_leave_as_they_are(text: str) -> None:
    assert outgoing(text) == text


@given(st.text())
def test_data_that_leave_steer_nothing(text: str) -> None:
    line = outgoing(text)
    assert len(line) == len(text)
    assert outgoing(line) == line
    line.encode("utf-8")
    assert not {unicodedata.category(char) for char in line} & {"Cc", "Zl", "Zp"}
    assert not {unicodedata.bidirectional(char) for char in line} & {
        "LRE",
        "RLE",
        "LRO",
        "RLO",
        "PDF",
        "LRI",
        "RLI",
        "FSI",
        "PDI",
    }


@pytest.mark.parametrize(
    ("value", "shown"),
    [
        ("", "''"),
        ("/tmp/my\\ songs.txt", "'/tmp/my\\ songs.txt'"),
        ("it's", '"it\'s"'),
        ("a\x1bb", "'a\ufffdb'"),
        (3.5, "3.5"),
        (["a"], "['a']"),
    ],
)
def test_what_was_typed_is_quoted_as_it_was_typed(value: object, shown: str) -> None:
    assert quoted(value) == shown
    assert len(quoted("x" * 1_000)) == 62
