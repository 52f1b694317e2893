"""Which encoding a text has; nothing is replaced silently."""

from __future__ import annotations

import codecs
import random
from pathlib import Path

import pytest

from lyricterm.core.errors import CorpusError
from lyricterm.core.paths import CORPORA, asset
from tests.corpus.reading import load

SIMPLIFIED = "我把旧的雨伞还给你 街角的灯一盏一盏亮起来\n你说别走 我说好 风从窗边过\n"
TRADITIONAL = "我把舊的雨傘還給你 街角的燈一盞一盞亮起來\n你說別走 我說好 風從窗邊過\n"
JAPANESE = "まだ暗い町の始発のホーム\n缶のコーヒーで指をあたためる\n駅員さんのあくびがひとつ\n"
KOREAN = "새벽 다섯 시 작은 시골역\n대합실 난로 먼저 깨어나\n표를 끊는 손 호호 불면서\n"
FRENCH = "J'ai laissé la fenêtre ouverte à l'été\noù la mer chantait déjà, là-bas, où naît la forêt\n"
ENGLISH = "You left your coat on the train\nand the line runs on\n"

LEGACY = {
    "gb18030": (SIMPLIFIED, "GB18030"),
    "big5": (TRADITIONAL, "Big5"),
    "shift_jis": (JAPANESE, "Shift-JIS"),
    "euc_jp": (JAPANESE, "EUC-JP"),
    "euc_kr": (KOREAN, "EUC-KR"),
    "latin-1": (FRENCH, "Latin-1"),
}


SHORT = {
    "gb18030": ("分开以后想念\n", "夜色慢慢落下\n", "风吹过红的山坡\n"),
    "big5": ("分開以後想念妳\n", "夜裡的風輕輕吹過\n", "愛情像海一樣深\n我還記得妳說的話\n"),
    "shift_jis": ("さよならの空\n", "風が静かに揺れている\n"),
    "euc_jp": ("さよならの空\n", "風が静かに揺れている\n"),
    "euc_kr": ("사랑해요\n", "푸른 하늘 아래 우리는 걷는다\n"),
    "latin-1": ("café\n", "déjà vu, mon cher\n", "schöne Grüße\n", "¿dónde estás, niña?\n"),
}
RUSSIAN = "Река течет за темный холм\nи я стою и жду тебя\n"
CZECH = "Řeka teče pomalu za kopec\na já tu stojím a čekám\nnoc padá, hvězdy září\npříliš dlouho mlčíš\n"
POLISH = "Rzeka płynie powoli za wzgórze\na ja stoję i czekam\nnoc zapada, gwiazdy świecą\nże też mówisz tak cicho\n"
FURTHER = {
    "cp1251": (RUSSIAN, "Windows-1251"),
    "koi8-r": (RUSSIAN, "KOI8-R"),
    "cp866": (RUSSIAN.upper(), "CP866"),
    "iso8859_5": (RUSSIAN, "ISO-8859-5"),
    "koi8-u": ("Я йду до тебе через ніч\nі світло в твоєму вікні\nа їхні голоси стихають\n", "KOI8-U"),
    "cp1253": ("Το ποτάμι κυλάει αργά\nκαι εγώ περιμένω ακόμα\n", "Windows-1253"),
    "cp874": ("แม่น้ำไหลไปช้าๆ ใต้แสงจันทร์\nฉันยังรอเธออยู่ตรงนี้\n", "Windows-874"),
    "cp1255": ("הנהר זורם לאט בלילה\nואני מחכה לך כאן\n", "Windows-1255"),
    "cp1256": ("النهر يجري ببطء في الليل\nوأنا أنتظرك هنا\n", "Windows-1256"),
    "cp1250": (CZECH, "Windows-1250"),
    "cp852": (POLISH, "CP852"),
    "iso8859_2": (POLISH, "ISO-8859-2"),
    "cp1254": ("Nehir yavaşça akıyor\nben seni bekliyorum\nşehir uyuyor, yıldızlar düşüyor\n", "Windows-1254"),
    "cp1257": ("Upė lėtai teka už kalno\nir aš stoviu ir laukiu tavęs\nžvaigždės krinta į jūrą\n", "Windows-1257"),
    "mac_roman": (FRENCH + "où es-tu allé, mon frère, après la fête?\n", "Mac Roman"),
}


def lines(text: str) -> str:
    return text.replace("\n", " ")


@pytest.mark.parametrize("encoding", LEGACY)
@pytest.mark.parametrize("times", [1, 50])
def test_it_is_found_with_its_confidence(encoding: str, times: int, tmp_path: Path) -> None:
    text, name = LEGACY[encoding]
    path = tmp_path / "a.txt"
    path.write_bytes((text * times).encode(encoding))
    found = load(path)
    assert found.text == lines(text * times)
    (file,) = found.files
    assert file.encoding == name
    assert 0.5 < file.confidence <= 1


@pytest.mark.parametrize(("encoding", "text"), [(name, text) for name, texts in SHORT.items() for text in texts])
def test_one_short_line_is_enough_and_is_said_to_be_a_guess(encoding: str, text: str, tmp_path: Path) -> None:
    path = tmp_path / "a.txt"
    path.write_bytes(text.encode(encoding))
    found = load(path)
    assert found.text == lines(text)
    assert found.files[0].encoding == LEGACY[encoding][1]
    assert found.files[0].confidence < 0.999


@pytest.mark.parametrize("text", ["사랑해요\n", "café\n", "分開以後\n"])
def test_a_few_letters_leave_a_doubt_that_a_person_hears_of(text: str, tmp_path: Path) -> None:
    path = tmp_path / "a.txt"
    path.write_bytes(text.encode({"c": "latin-1", "사": "euc_kr"}.get(text[0], "big5")))
    (note,) = load(path).notes
    assert "% sure); if that looks wrong, set --encoding." in note


@pytest.mark.parametrize("times", [1, 9])
@pytest.mark.parametrize("encoding", FURTHER)
def test_letters_of_one_byte_are_found_too(encoding: str, times: int, tmp_path: Path) -> None:
    text, name = FURTHER[encoding]
    path = tmp_path / "a.txt"
    path.write_bytes((text * times).encode(encoding))
    found = load(path)
    assert found.text == lines(text * times)
    assert found.files[0].encoding == name


@pytest.mark.parametrize("word", ["n\xbcght", "b\xdd\xf0l", "\xa6\xac\xa9 you"])
def test_letters_that_no_language_has_so_are_not_read_with_confidence(word: str, tmp_path: Path) -> None:
    path = tmp_path / "a.txt"
    path.write_bytes(f"I sing {word} and {word} all day\n".encode("latin-1") * 9)
    try:
        sentence = " ".join(load(path).notes)
    except CorpusError as refused:
        sentence = str(refused)
    assert "--encoding" in sentence


@pytest.mark.parametrize("encoding", LEGACY)
def test_it_is_found_after_a_megabyte_of_english(encoding: str, tmp_path: Path) -> None:
    text, name = LEGACY[encoding]
    whole = ENGLISH * 40_000 + text * 9
    path = tmp_path / "a.txt"
    path.write_bytes(whole.encode(encoding))
    found = load(path, 10**9)
    assert found.text == lines(whole)
    assert found.files[0].encoding == name


@pytest.mark.parametrize("encoding", ["utf-8-sig", "utf-16", "utf-32", "utf-16-le", "utf-16-be", "utf-32-le"])
@pytest.mark.parametrize("text", [SIMPLIFIED, ENGLISH, KOREAN], ids=["Chinese", "English", "Korean"])
def test_unicode_with_its_mark_or_without(encoding: str, text: str, tmp_path: Path) -> None:
    path = tmp_path / "a.txt"
    path.write_bytes((text * 20).encode(encoding))
    found = load(path)
    assert found.text == lines(text * 20)
    assert found.files[0].encoding.startswith(encoding.removesuffix("-sig")[:6].upper())
    assert found.files[0].confidence == 1


def test_big_endian_with_its_mark(tmp_path: Path) -> None:
    path = tmp_path / "a.txt"
    path.write_bytes(codecs.BOM_UTF16_BE + SIMPLIFIED.encode("utf-16-be"))
    assert load(path).text == lines(SIMPLIFIED)


def test_bytes_that_are_no_characters_are_counted_and_named_with_their_line(tmp_path: Path) -> None:
    path = tmp_path / "a.txt"
    good = SIMPLIFIED.encode() * 30
    path.write_bytes(good + b"\xe9\xff" + "雨\n".encode() + b"x\x80\n")
    found = load(path)
    assert found.text == lines(SIMPLIFIED * 30 + "雨\nx\n")
    assert "bytes that are not UTF-8 and are left out: 3 (line 61, 62)" in found.notes[0]


def test_a_text_that_is_cut_off_within_a_character(tmp_path: Path) -> None:
    path = tmp_path / "a.txt"
    path.write_bytes((SIMPLIFIED * 9).encode()[:-2])
    found = load(path)
    assert found.text == lines(SIMPLIFIED * 9)[:-2]
    assert "bytes that are not UTF-8 and are left out: 2" in found.notes[0]


def test_a_legacy_text_with_a_broken_byte(tmp_path: Path) -> None:
    path = tmp_path / "a.txt"
    path.write_bytes((SIMPLIFIED * 40).encode("gb18030") + b"\xff\n")
    found = load(path)
    assert found.text == lines(SIMPLIFIED * 40 + "\n")
    assert "bytes that are not GB18030 and are left out: 1 (line 81)" in " ".join(found.notes)


@pytest.mark.parametrize("name", ["gb18030", "GBK", "gb2312"])
def test_it_can_be_set(name: str, tmp_path: Path) -> None:
    path = tmp_path / "a.txt"
    path.write_bytes(SIMPLIFIED.encode("gb18030"))
    assert load(path, encoding=name).text == lines(SIMPLIFIED)


def test_what_is_set_holds_even_if_it_is_wrong(tmp_path: Path) -> None:
    path = tmp_path / "a.txt"
    path.write_bytes(FRENCH.encode("utf-8"))
    assert str(load(path, encoding="latin-1").text).startswith("J'ai laissÃ©")


@pytest.mark.parametrize("name", ["nonsense", "hex", "rot13", "base64", "undefined", "a" * 500, "\udcff", "gb 18030 x"])
def test_an_encoding_that_is_none(name: str, tmp_path: Path) -> None:
    path = tmp_path / "a.txt"
    path.write_text("abc")
    with pytest.raises(CorpusError, match="There is no encoding") as caught:
        load(path, encoding=name)
    assert len(str(caught.value)) < 250


@pytest.mark.parametrize(
    "content",
    [
        b"\x89PNG\r\n\x1a\n" + bytes(range(256)) * 9,
        b"\x7fELF" + b"\0\1\2" * 99,
        b"\0" * 999,
        random.Random(0).randbytes(5_000),
    ],
    ids=["PNG", "ELF", "NULs", "anything"],
)
def test_a_binary_file(content: bytes, tmp_path: Path) -> None:
    path = tmp_path / "a.txt"
    path.write_bytes(content)
    with pytest.raises(CorpusError, match=r"is not a text .* give a file of lyrics"):
        load(path)


def test_the_built_in_lyrics_survive_their_own_legacy_encoding(tmp_path: Path) -> None:
    text = asset(CORPORA["demo-zh"]).read_text(encoding="utf-8")
    path = tmp_path / "a.txt"
    path.write_bytes(text.encode("gb18030"))
    assert load(path, 10**9).text == load("demo-zh", 10**9).text
