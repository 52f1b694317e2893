"""The prompt: asked while typing, answered behind the typed text, kept, taken over, left."""

from __future__ import annotations

import unicodedata
from dataclasses import replace
from types import SimpleNamespace

import pytest
from textual.events import Key
from textual.widgets import Input

from lyricterm.app.screens import studio as studio_screen
from lyricterm.core.commands import Change, Complete
from lyricterm.core.events import Started
from lyricterm.core.run_status import RunStatus
from lyricterm.core.settings import MAX_PREFIX_CHARS, Recipe
from tests.app.desk import (
    FACTS,
    SMALLEST,
    TRAINING,
    USUAL,
    WIDE,
    Desk,
    became,
    completed,
    key_event,
    luminance,
    progress,
    sampled,
    started,
    studio,
)

HINT = "type the beginning of a lyric; the model goes on with it"
ANSWER = "你我在身边有的话说天空"


def asked(desk: Desk) -> list[str]:
    """The texts that the lab was asked to go on with."""
    return [command.typed for command in desk.sent if isinstance(command, Complete)]


def typed(desk: Desk) -> str:
    """What is typed and, behind it, the model's own."""
    return "".join(line.rstrip() for line in desk.panel("#typed"))


class Clock:
    """The studio's clock, moved by hand."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.now = 1_000.0
        monkeypatch.setattr(studio_screen, "time", SimpleNamespace(monotonic=lambda: self.now))


async def test_every_typed_character_asks_at_once() -> None:
    async with studio() as desk:
        await desk.press(*"/ab分")
        assert desk.sent == [Complete(1, "a", 50), Complete(2, "ab", 50), Complete(3, "ab分", 50)]
        assert typed(desk) == "ab分"
        await desk.press("backspace")
        assert asked(desk)[-1] == "ab"


async def test_as_many_characters_are_asked_for_as_the_recipe_says() -> None:
    recipe = Recipe(pred_len=7)
    async with studio(told=[started(recipe), progress(recipe=recipe)], recipe=recipe) as desk:
        await desk.press("/", "a")
        assert desk.sent == [Complete(1, "a", 7)]


async def test_letters_are_letters_in_the_prompt_and_keys_outside() -> None:
    everything = "sscadnrRe/?[],. +-=q"
    async with studio() as desk:
        await desk.press("/")
        await desk.type(everything)
        assert typed(desk) == everything
        assert {type(command) for command in desk.sent} == {Complete}
        assert desk.setting("sampling") == "random"
        await desk.press("escape", "s")
        assert desk.sent[-1] == Change((("sampling", "consecutive"),))
        assert typed(desk) == everything


async def test_escape_and_a_key_in_one_packet_leave_the_prompt_and_do_what_the_key_does() -> None:
    async with studio() as desk:
        await desk.press("/")
        await desk.type("ab")
        desk.app.post_message(Key("alt+s", "s"))
        await desk.until(lambda: desk.sent[-1] == Change((("sampling", "consecutive"),)))
        assert typed(desk) == "ab"


async def test_what_keys_would_do_is_shown_for_where_the_cursor_is() -> None:
    async with studio(WIDE) as desk:
        await desk.press("/")
        keys = desk.lines()[-1]
        assert "keep" in keys
        assert "take over" in keys
        assert "leave" in keys
        assert "restart" not in keys
        await desk.press("escape")
        assert "restart" in desk.lines()[-1]
        assert "take over" not in desk.lines()[-1]


async def test_wide_characters_are_typed_and_deleted() -> None:
    async with studio(USUAL) as desk:
        await desk.press("/")
        await desk.type("不分开")
        assert typed(desk) == "不分开"
        await desk.press("backspace", "backspace")
        assert typed(desk) == "不"
        assert asked(desk)[-1] == "不"


async def test_keys_that_come_together_are_taken_in_their_order() -> None:
    async with studio() as desk:
        await desk.press("/")
        for key in (*"abc", "backspace", *"de", "backspace", "backspace", "f", "left", "x", "ctrl+u", "y"):
            desk.app.post_message(key_event(key))
        await desk.settle()
        assert typed(desk) == "yf"


async def test_pasted_lines_become_one() -> None:
    async with studio() as desk:
        await desk.press("/", "a")
        await desk.paste("分开\n不\t想\x1b要")
        assert typed(desk) == "a分开 不 想\N{REPLACEMENT CHARACTER}要"
        assert asked(desk) == ["a", "a分开 不 想\N{REPLACEMENT CHARACTER}要"]


async def test_what_is_pasted_outside_of_the_prompt_goes_into_it() -> None:
    async with studio() as desk:
        await desk.paste("分开\n❤\ufe0f")
        assert asked(desk) == ["分开 ❤\ufe0f"]
        await desk.press("a")
        assert asked(desk)[-1] == "分开 ❤\ufe0fa"


async def test_a_paste_stops_at_the_longest_prefix() -> None:
    async with studio() as desk:
        await desk.press("/", "a")
        await desk.paste("分" * 2 * MAX_PREFIX_CHARS)
        assert asked(desk)[-1] == "a" + "分" * (MAX_PREFIX_CHARS - 1)


async def test_a_paste_takes_the_place_of_what_is_selected() -> None:
    async with studio() as desk:
        await desk.press("/")
        await desk.type("abc")
        await desk.press("shift+left", "shift+left")
        await desk.paste("分")
        assert typed(desk) == "a分"


async def test_the_hint_shows_while_nothing_is_typed() -> None:
    async with studio() as desk:
        await desk.press("/")
        assert HINT in desk.panel("#prompt")[0]
        await desk.press("a")
        assert HINT not in desk.text()
        await desk.press("backspace")
        assert HINT in desk.panel("#prompt")[0]
        assert asked(desk) == ["a"]


async def test_a_click_brings_the_cursor_too() -> None:
    async with studio() as desk:
        await desk.click("#typed", 3)
        await desk.type("分")
        assert typed(desk) == "分"


async def test_unknown_characters_are_marked_and_named() -> None:
    async with studio() as desk:
        await desk.press("/")
        await desk.type("分é开ßé")
        assert desk.title("#prompt") == "prompt · not in the vocabulary, skipped: é ß"
        marked = [char for char, style in desk.styles("#typed") if style.underline]
        assert marked == ["é", "ß", "é"]
        await desk.press("backspace", "backspace", "home", "right", "delete")
        assert desk.title("#prompt") == "prompt"


async def test_what_is_known_in_lower_case_is_known() -> None:
    async with studio() as desk:
        await desk.press("/")
        await desk.type("ABC")
        assert desk.title("#prompt") == "prompt"


async def test_brackets_are_no_markup_in_the_title() -> None:
    async with studio() as desk:
        await desk.press("/")
        await desk.type("[b]")
        assert desk.title("#prompt") == "prompt · not in the vocabulary, skipped: [ ]"


async def test_typed_before_the_vocabulary_is_known() -> None:
    async with studio(told=()) as desk:
        await desk.press("/")
        await desk.type("é分")
        assert desk.title("#prompt") == "prompt"
        await desk.hear(*TRAINING)
        assert desk.title("#prompt") == "prompt · not in the vocabulary, skipped: é"
        assert [char for char, style in desk.styles("#typed") if style.underline] == ["é"]


async def test_the_answer_stands_behind_the_typed_text() -> None:
    async with studio(WIDE) as desk:
        await desk.press("/")
        await desk.type("分开")
        await desk.hear(completed("分开", ANSWER))
        assert typed(desk) == "分开" + ANSWER
        assert desk.subtitle("#prompt") == "epoch 88 · perplexity 10.1 · brighter = surer"


@pytest.mark.parametrize("size", [WIDE, USUAL])
async def test_what_does_not_fit_is_wrapped_below(size: tuple[int, int]) -> None:
    answer = "".join(chr(0x4E00 + i) for i in range(90))
    async with studio(size) as desk:
        await desk.press("/")
        await desk.type("a")
        await desk.hear(completed("a", answer))
        assert typed(desk) == "a" + answer
        assert desk.panel("#typed")[1].strip()


async def test_no_more_than_fits_in_the_smallest_terminal() -> None:
    async with studio(SMALLEST) as desk:
        await desk.press("/", "a")
        await desk.hear(completed("a", ANSWER * 5))
        assert typed(desk) == ("a" + ANSWER * 5)[:18]


@pytest.mark.parametrize("size", [WIDE, USUAL, SMALLEST])
async def test_a_long_text_wraps_with_its_end_its_cursor_and_the_answer_in_sight(size: tuple[int, int]) -> None:
    async with studio(size) as desk:
        await desk.press("/")
        await desk.paste("分开" * 300 + "不想")
        await desk.hear(completed("分开" * 300 + "不想", ANSWER * 5))
        field = desk.widget("#typed")
        assert isinstance(field, Input)
        rows = [line.rstrip() for line in desk.panel("#typed")]
        cursor = field.cursor_screen_offset - field.content_region.offset
        assert 0 <= cursor.y < len(rows)
        assert len(rows) >= 2
        shown = "".join(rows)
        assert shown.startswith("分开" * 3)
        assert "分开不想" + ANSWER in shown
        # The beginning comes into sight with the cursor, and where the mouse points is found there.
        await desk.press("home")
        assert field.cursor_screen_offset == field.content_region.offset
        await desk.click("#typed", 5, 1)
        width = field.content_size.width // 2
        assert field.cursor_position == width + 2


async def test_another_answer_never_moves_what_is_typed() -> None:
    async with studio(SMALLEST) as desk:
        await desk.press("/")
        await desk.type("abc abc abc abc abc abc abc abc abc ab")
        assert typed(desk) == "ab"
        await desk.hear(completed("abc abc abc abc abc abc abc abc abc ab", "cdef" * 10))
        assert typed(desk) == ("ab" + "cdef" * 10)[: desk.widget("#typed").size.width]


async def test_the_typed_text_has_the_colour_that_prefixes_have_in_the_log() -> None:
    async with studio(told=[*TRAINING, sampled(50, "分开", ANSWER)]) as desk:
        await desk.press("/")
        await desk.type("分开")
        await desk.hear(completed("分开", ANSWER))
        await desk.press("escape")

        def colours(panel: str) -> list[object]:
            return [style.color for char, style in desk.styles(panel) if char in "分开" + ANSWER]

        log, prompt = colours("#log"), colours("#typed")
        assert log[:2] == prompt[:2]
        assert log[2] not in log[:2]
        assert prompt[-1] not in prompt[:2]


async def test_characters_in_pieces_are_known_as_the_model_knows_them() -> None:
    known = frozenset("한글éabc ❤\ufe0f")
    facts = replace(FACTS, characters_known=known)
    async with studio(told=[Started(1, Recipe(), facts), progress()]) as desk:
        await desk.press("/")
        await desk.type(unicodedata.normalize("NFD", "한글é") + "❤\ufe0f")
        assert desk.title("#prompt") == "prompt"
        assert not [char for char, style in desk.styles("#typed") if style.underline]
        await desk.type("x\u0301")
        # Both pieces of it are marked, and it is named once.
        assert desk.title("#prompt").startswith("prompt · not in the vocabulary, skipped: x")
        assert asked(desk)[-1].endswith("❤\ufe0fx\u0301")


async def test_the_hint_names_beginnings_that_the_text_has() -> None:
    facts = replace(FACTS, beginnings=("Hold me", "In the"))
    for size, hint in (
        (WIDE, "type the beginning of a lyric, such as “Hold me” or “In the”; the model goes on with it"),
        (SMALLEST, "type a beginning, such as “Hold me”"),
    ):
        async with studio(size, told=[Started(1, Recipe(), facts), progress()]) as desk:
            assert desk.panel("#prompt")[0].startswith(hint)


async def test_lyrics_of_blanks_can_be_seen() -> None:
    async with studio(told=[*TRAINING, sampled(50, "分开", "    ")]) as desk:
        await desk.press("/", "a")
        await desk.hear(completed("a", "   "))
        assert typed(desk) == "a␣␣␣"
        assert "分开␣␣␣␣" in "".join(desk.panel("#log"))


async def test_a_lyric_of_several_lines_stands_under_its_first() -> None:
    async with studio(told=[*TRAINING, sampled(50, "分开", ANSWER * 10)]) as desk:
        lines = [line for line in desk.panel("#log") if any(char in line for char in ANSWER)]
        assert len(lines) > 2
        assert all(line.startswith("  ") and line[2] != " " for line in lines)


@pytest.mark.parametrize("theme", ["dark", "light"])
async def test_surer_is_brighter(theme: str) -> None:
    answer = "".join(chr(0x4E00 + i) for i in range(70))
    async with studio(WIDE, theme=theme) as desk:
        await desk.press("/")
        await desk.type("a")
        await desk.hear(completed("a", answer))
        # Leave, so that the first character does not stand under the cursor.
        await desk.press("escape")
        drawn = [luminance(style) for char, style in desk.styles("#prompt") if char in answer]
        assert len(drawn) == 70
        assert drawn == sorted(drawn, reverse=theme == "light")
        assert len(set(drawn)) == 8


async def test_another_theme_shades_the_answer_anew() -> None:
    async with studio(WIDE) as desk:
        await desk.press("/", "a")
        await desk.hear(completed("a", ANSWER))
        await desk.press("escape")
        await desk.choose("Theme: light")
        drawn = [luminance(style) for char, style in desk.styles("#typed") if char in ANSWER]
        assert drawn == sorted(drawn, reverse=True)
        assert drawn[-1] < 60


async def test_the_answer_to_another_text_is_not_shown() -> None:
    async with studio() as desk:
        await desk.press("/")
        await desk.type("分开")
        await desk.hear(completed("不", ANSWER))
        assert typed(desk) == "分开"
        assert desk.subtitle("#prompt") == ""


async def test_an_answer_that_still_fits_is_shown_on() -> None:
    async with studio() as desk:
        await desk.press("/")
        await desk.type("分")
        await desk.hear(completed("分", ANSWER))
        await desk.type("你")
        assert typed(desk) == "分" + ANSWER
        await desk.type("x")
        assert typed(desk) == "分你x"


async def test_the_typed_text_stays_where_it_is_when_another_answer_comes() -> None:
    async with studio() as desk:
        await desk.press("/")
        await desk.type("分开")
        for answer in (ANSWER, ANSWER[::-1], ""):
            await desk.hear(completed("分开", answer))
            assert typed(desk) == "分开" + answer
        await desk.type("不")
        assert typed(desk) == "分开不"


async def test_enter_keeps_the_answer_in_the_log() -> None:
    async with studio() as desk:
        await desk.press("/")
        await desk.type("分开")
        await desk.hear(completed("分开", ANSWER))
        await desk.press("enter")
        log = [line.rstrip() for line in desk.panel("#log")]
        at = log.index("◆ kept · epoch 88 · perplexity 10.1")
        assert log[at + 1] == "  分开" + ANSWER
        assert typed(desk) == "分开" + ANSWER


async def test_enter_before_the_answer_keeps_it_when_it_comes() -> None:
    async with studio() as desk:
        await desk.press("/")
        await desk.type("分开")
        await desk.press("enter")
        assert "kept" not in "".join(desk.panel("#log"))
        request = desk.sent[-1]
        assert isinstance(request, Complete)
        await desk.hear(completed("分开", ANSWER[::-1], request=request.request - 1))
        assert "kept" not in "".join(desk.panel("#log"))
        await desk.hear(completed("分开", ANSWER, request=request.request, epoch=88))
        log = [line.rstrip() for line in desk.panel("#log")]
        assert log[log.index("◆ kept · epoch 89 · perplexity 10.1") + 1] == "  分开" + ANSWER
        await desk.hear(completed("分开", ANSWER, request=request.request + 1))
        assert "".join(desk.panel("#log")).count("kept") == 1


async def test_enter_in_an_empty_prompt_does_nothing() -> None:
    async with studio() as desk:
        await desk.press("/", "enter")
        assert desk.sent == []
        assert "kept" not in "".join(desk.panel("#log"))


async def test_the_right_arrow_takes_the_answer_over() -> None:
    async with studio() as desk:
        await desk.press("/")
        await desk.type("分开")
        await desk.press("right")
        assert asked(desk)[-1] == "分开"
        await desk.hear(completed("分开", ANSWER))
        await desk.press("left", "right")
        assert asked(desk)[-1] == "分开"
        await desk.press("right")
        assert asked(desk)[-1] == "分开" + ANSWER
        await desk.type("a")
        assert typed(desk) == "分开" + ANSWER + "a"


async def test_the_model_is_asked_again_as_it_learns_but_not_at_every_minibatch(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    clock = Clock(monkeypatch)
    async with studio() as desk:
        await desk.press("/", "a")
        await desk.hear(completed("a", ANSWER))
        for minibatch in (6, 7, 8):
            await desk.hear(progress(minibatch=minibatch))
        assert asked(desk) == ["a"]
        clock.now += 1.01 * studio_screen.ASK_AGAIN
        await desk.hear(progress(minibatch=9))
        await desk.hear(progress(minibatch=10))
        assert asked(desk) == ["a", "a"]
        clock.now += 1.01 * studio_screen.ASK_AGAIN
        await desk.hear(progress(minibatch=11))
        assert asked(desk) == ["a", "a", "a"]


async def test_a_model_that_has_just_stopped_is_asked_for_its_last_word(monkeypatch: pytest.MonkeyPatch) -> None:
    clock = Clock(monkeypatch)
    async with studio() as desk:
        await desk.press("/", "a")
        await desk.hear(completed("a", ANSWER))
        await desk.hear(became(RunStatus.PAUSED), progress(minibatch=6))
        assert asked(desk) == ["a"]
        clock.now += 1
        await desk.until(lambda: asked(desk) == ["a", "a"])


async def test_a_model_that_stands_still_is_not_asked_again(monkeypatch: pytest.MonkeyPatch) -> None:
    clock = Clock(monkeypatch)
    async with studio() as desk:
        await desk.press("/", "a")
        await desk.hear(completed("a", ANSWER))
        clock.now += 100
        await desk.hear(progress())
        assert asked(desk) == ["a"]


async def test_nobody_is_asked_for_an_empty_prompt(monkeypatch: pytest.MonkeyPatch) -> None:
    clock = Clock(monkeypatch)
    async with studio() as desk:
        clock.now += 100
        await desk.hear(progress(minibatch=6))
        assert desk.sent == []


async def test_a_new_run_is_asked_too(monkeypatch: pytest.MonkeyPatch) -> None:
    clock = Clock(monkeypatch)
    async with studio() as desk:
        await desk.press("/", "a")
        await desk.hear(completed("a", ANSWER))
        clock.now += 100
        await desk.hear(started(run=2), progress(run=2, epoch=0, minibatch=0))
        assert asked(desk) == ["a", "a"]
        assert typed(desk) == "a"


async def test_the_cursor_stands_on_the_first_character_of_the_answer() -> None:
    async with studio() as desk:
        await desk.press("/")
        await desk.type("分开")
        await desk.hear(completed("分开", ANSWER))
        field = desk.widget("#typed")
        assert isinstance(field, Input)
        field.cursor_blink = False
        await desk.settle()
        drawn = desk.styles("#typed")
        behind = [style.bgcolor for _char, style in drawn]
        assert [char for (char, _style), colour in zip(drawn, behind, strict=True) if colour != behind[0]] == ["你"]


async def test_what_is_copied_from_the_training_text_is_underlined_and_its_share_said() -> None:
    async with studio(WIDE) as desk:
        await desk.press("/")
        await desk.paste("分开")
        await desk.hear(completed("分开", "你我在身边有的话说天空", copied=((0, 8),)))
        drawn = desk.styles("#prompt")
        lined = "".join(char for char, style in drawn if style.underline and char.strip())
        assert lined == "你我在身边有的话"
        assert desk.subtitle("#prompt").endswith("brighter = surer · 73 % copied (underlined)")
        # What was typed further is no longer part of it.
        await desk.paste("你我")
        lined = "".join(char for char, style in desk.styles("#prompt") if style.underline and char.strip())
        assert lined == "在身边有的话"
        await desk.hear(completed("分开你我", "在身边", copied=()))
        assert desk.subtitle("#prompt").endswith("· 0 % copied")
