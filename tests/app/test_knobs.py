"""The knobs of decoding in the prompt, the seed, and several completions to choose from."""

from __future__ import annotations

import math

import pytest

from lyricterm.app.completion_request import DIALS, MOST, OWN, CompletionRequest
from lyricterm.core.commands import Complete
from lyricterm.core.decoding import GREEDY, KNOBS, Decoding
from lyricterm.core.errors import DecodingError
from lyricterm.core.run_data import Candidate
from tests.app.desk import SMALLEST, USUAL, WIDE, Desk, completed, studio

ANSWER = "你我在身边有的话说天空"
OTHERS = (Candidate("话说" * 5, (0.5,) * 10), Candidate("天空" * 5, (0.25,) * 10))


def wished(desk: Desk) -> tuple[Decoding, int, int]:
    """What the lab was asked for last."""
    asked = [command for command in desk.sent if isinstance(command, Complete)][-1]
    return asked.decoding, asked.seed, asked.count


async def test_knobs_are_turned_while_one_types() -> None:
    async with studio(USUAL) as desk:
        await desk.press("/", "a")
        assert wished(desk) == (GREEDY, 0, 1)
        assert not desk.widget("#knobs").display
        await desk.press("ctrl+t")
        shown = "\n".join(desk.panel("#knobs"))
        for knob in DIALS.values():
            assert knob.short in shown
        await desk.press("up")
        assert wished(desk) == (Decoding(temperature=1.0), 0, 1)
        await desk.press("down")
        assert wished(desk)[0] == Decoding(temperature=0.9)
        assert desk.title("#prompt") == "prompt · temperature 0.9 · seed 0"
        await desk.press("right", "4", "0")
        assert wished(desk)[0] == Decoding(temperature=0.9, top_k=40)
        # A letter belongs to the lyric, and no key of the studio is one here.
        await desk.press("s")
        assert desk.panel("#typed")[0].startswith("as")
        assert desk.setting("sampling") == "random"
        await desk.press("ctrl+g")
        assert wished(desk) == (GREEDY, 0, 1)
        await desk.press("ctrl+t", "ctrl+t")
        assert not desk.widget("#knobs").display
        assert desk.widget("#typed").has_focus


async def test_a_value_is_checked_as_it_is_typed() -> None:
    async with studio(USUAL) as desk:
        await desk.press("/", "a", "ctrl+t", "right", "right", "1", ".", "5")
        assert "--top-p must be a number above 0 and up to 1, not 1.5." in "\n".join(desk.panel("#knobs"))
        assert wished(desk)[0] == Decoding(top_p=1)
        await desk.press("backspace", "backspace", "backspace")
        assert wished(desk)[0] == GREEDY
        await desk.press("0", ".", "8")
        assert wished(desk)[0] == Decoding(top_p=0.8)
        assert "must be" not in desk.text()
        await desk.press("delete")
        assert wished(desk)[0] == GREEDY
        await desk.press("x", "ctrl+t", "9", "9", "9", ".", ".", "escape")
        assert "must be" not in desk.text()
        assert desk.widget("#typed").has_focus


async def test_one_key_draws_again() -> None:
    async with studio(USUAL) as desk:
        await desk.press("/", "a", "ctrl+r")
        assert wished(desk) == (Decoding(temperature=1.0), 1, 1)
        assert desk.title("#prompt") == "prompt · temperature 1 · seed 1"
        await desk.press("ctrl+n", "ctrl+r")
        assert wished(desk) == (Decoding(temperature=1.0), 4, 3)


@pytest.mark.parametrize("size", [USUAL, WIDE])
async def test_one_of_several_completions_is_taken_over(size: tuple[int, int]) -> None:
    async with studio(size) as desk:
        await desk.press("/", "a", "ctrl+n")
        assert wished(desk)[2] == 3
        await desk.hear(completed("a", ANSWER, others=OTHERS))
        shown = "\n".join(desk.panel("#candidates"))
        for mean in (math.log(0.5), math.log(0.25)):
            assert f"−{-mean:.2f}" in shown
        for text in (ANSWER, "话说" * 5, "天空" * 5):
            assert text in shown
        assert desk.panel("#typed")[0].startswith("a" + ANSWER)
        await desk.press("down", "down")
        assert desk.panel("#typed")[0].startswith("a天空")
        await desk.press("down", "up", "up")
        assert desk.panel("#typed")[0].startswith("a话说")
        region = desk.widget("#candidates").content_region
        await desk.click("#candidates", *((0, 2) if size == USUAL else (region.width - 2, 1)))
        assert desk.panel("#typed")[0].startswith("a天空")
        await desk.press("enter")
        assert "a" + "天空" * 5 in desk.lyrics()
        await desk.press("right")
        assert desk.panel("#typed")[0].startswith("a天空天空")
        await desk.press("ctrl+n")
        assert wished(desk)[2] == 1


async def test_the_smallest_terminal_has_room_for_a_knob() -> None:
    async with studio(SMALLEST) as desk:
        await desk.press("/", "a", "ctrl+n", "ctrl+t", "up")
        await desk.hear(completed("a", ANSWER, others=OTHERS))
        assert "temp 1.2" in desk.text()
        assert desk.panel("#typed")[0].startswith("a" + ANSWER[:5])
        assert "close" in desk.lines()[-1] or "back" in desk.lines()[-1]


async def test_the_mouse_turns_a_knob() -> None:
    async with studio(USUAL) as desk:
        await desk.press("/", "a", "ctrl+t")
        at = desk.panel("#knobs")[0].index("min-p")
        await desk.click("#knobs", at)
        await desk.press("up")
        assert wished(desk)[0] == Decoding(min_p=0.05)


@pytest.mark.parametrize("name", DIALS)
def test_every_dial_steps_up_and_down_within_its_range(name: str) -> None:
    request, seen = CompletionRequest(), []
    for direction in [1] * 14 + [-1] * 30:
        request = request.stepped(name, direction)
        seen.append(request.value(name))
    assert seen[0] is not None
    for value in seen:
        if value is not None:
            DIALS[name].check(value)
    ups = [value for value in seen[:14] if value is not None]
    assert ups == sorted(ups)
    assert seen[-1] == (OWN[name].low if name in OWN else None)


def test_beam_search_and_chance_exclude_each_other() -> None:
    request = CompletionRequest().turned("temperature", 0.7).turned("beam", 4)
    assert request.decoding == Decoding(beam=4)
    assert request.turned("count", MOST) == CompletionRequest(Decoding(beam=MOST), 0, MOST)
    assert request.turned("top_k", 3).decoding == Decoding(top_k=3)
    assert CompletionRequest(Decoding(temperature=0)).rerolled().decoding == Decoding(temperature=1.0)
    with pytest.raises(DecodingError, match="from 1 to 5"):
        request.turned("count", MOST + 1)
    assert {knob.first in knob.steps for knob in KNOBS.values()} == {True}
