"""The log: newest in view, left alone when scrolled back, wrapped anew at every width, bounded."""

from __future__ import annotations

import math
from dataclasses import replace

import pytest
from rich.cells import cell_len
from textual.events import MouseScrollUp

from lyricterm.app import run_state
from lyricterm.core.events import Diverged, Generated
from lyricterm.core.memorised import BestHeldOut
from lyricterm.core.run_data import HeldOutFacts, Sample
from lyricterm.core.run_status import RunStatus
from lyricterm.core.settings import Recipe
from lyricterm.reports.held_out import held_out_counts
from tests.app.desk import FACTS, SMALLEST, USUAL, WIDE, Desk, became, mark, progress, sampled, series, started, studio


def log(desk: Desk) -> list[str]:
    """The visible lines of the log, without its scrollbar."""
    return [line.rstrip(" ▁▂▃▄▅▆▇█") for line in desk.panel("#log")]


def newest(desk: Desk) -> str:
    """The lowest line that is not empty."""
    return [line for line in log(desk) if line][-1]


async def many(desk: Desk, count: int, first: int = 0) -> None:
    """Samples of different epochs."""
    await desk.hear(*(sampled(epoch, "分开", f" 第{epoch}次") for epoch in range(first, first + count)))


async def test_a_sample_has_its_epoch_its_perplexity_and_its_prefix() -> None:
    async with studio() as desk:
        await desk.hear(sampled(50, "分开", " 你在我身边"), sampled(50, "不分开", " 有的话说"))
        at = log(desk).index("epoch 50 · perplexity 49.4")
        assert log(desk)[at + 1 : at + 3] == ["  分开 你在我身边", "  不分开 有的话说"]
        prefix = [char for char, style in desk.styles("#log") if style.bold]
        assert "".join(prefix) == "分开不分开"


async def test_an_empty_log_says_what_to_look_at_and_what_to_press() -> None:
    async with studio(USUAL, told=[started(), became(RunStatus.TRAINING), progress(epoch=0)]) as desk:
        hint = log(desk)[log(desk).index("") :]
        assert hint[1:3] == ["The first lyrics come after epoch 1.", ""]
        assert [line.split()[0] for line in hint[3:6]] == ["c", "/", "x"]
        await desk.hear(became(RunStatus.PAUSED))
        assert "Press Space to train." in log(desk)
        await desk.hear(sampled(1, "分开", "天空"))
        assert [line for line in log(desk) if line][-2:] == ["epoch 1 · perplexity 49.4", "  分开天空"]
        assert not any("Press Space" in line or line.startswith("x ") for line in log(desk))


async def test_the_hint_takes_the_room_there_is_and_no_more() -> None:
    async with studio(SMALLEST, told=[started(), became(RunStatus.TRAINING), progress(epoch=0)]) as desk:
        assert all(len(line) <= SMALLEST[0] for line in log(desk))
    async with studio(WIDE, told=[started(), became(RunStatus.TRAINING), progress(epoch=3)]) as desk:
        assert "Lyrics appear here as the model learns." in log(desk)


async def test_each_epoch_has_one_heading() -> None:
    async with studio() as desk:
        await desk.hear(*(sampled(epoch, prefix, "天空") for epoch in (50, 100) for prefix in ("分开", "不分开")))
        assert [line for line in log(desk) if line.startswith("epoch")] == [
            "epoch 50 · perplexity 49.4",
            "epoch 100 · perplexity 49.4",
        ]


async def test_steering_characters_in_lyrics_do_not_reach_the_terminal() -> None:
    async with studio() as desk:
        await desk.hear(sampled(50, "分\x1b[31m开", "a\u202eb\nc\x07[red]d[/red]"))
        assert newest(desk) == "  分\ufffd[31m开a\ufffdb↵c\ufffd[red]d[/red]"


async def test_what_a_run_began_with() -> None:
    recipe = Recipe(sampling="consecutive", activation="relu", clipping=False, hidden=64, seed=3)
    async with studio(WIDE, told=[started(), started(recipe, run=2)]) as desk:
        told = [line.strip() for line in " ".join(filter(None, log(desk))).split("▶ ")[1:]]
        assert told[0] == "new run · random · tanh · θ 5 · nothing held out"
        words = "new run · consecutive · ReLU · no clipping · hidden units 64 · seed 3 · nothing held out"
        assert told[1].startswith(words)


async def test_what_is_held_out_and_when_the_model_memorises() -> None:
    known = HeldOutFacts(4_000, 12, 7, 301.0, 204.0)
    rising = {"held_out": series(379.0, 250.0, 561.0, width=29), "best_held_out": BestHeldOut(40, 250.0, 300.0)}
    begun = replace(started(), facts=replace(FACTS, held_out=known))
    async with studio(WIDE, told=[begun, progress(recipe=Recipe(keep="best"), **rising)]) as desk:
        log = " ".join(" ".join(desk.panel("#log")).split())
        assert "held out: 4,000 characters, scored after each epoch; 12 more (7 different ones) do not occur" in log
        assert held_out_counts(replace(known, unknown=1, unknown_kinds=1)).endswith(
            "1 more does not occur in the training text and is left out"
        )
        assert "since epoch 40 the perplexity of the training text falls (10.1)" in log
        assert "the held-out text rises (250 → 561)" in log
        assert "The run will end with the weights of epoch 40." in log


async def test_what_a_lyric_copies_from_the_training_text_is_underlined_and_its_share_said() -> None:
    copied = Sample(50, 49.4, "分开", "你我在身边有的话说天空", 8 / 11, copied_at=((1, 9),))
    async with studio(WIDE) as desk:
        await desk.hear(Generated(1, copied), sampled(50, "不分开", "天空"))
        lined = "".join(char for char, style in desk.styles("#log") if style.underline)
        assert lined == "我在身边有的话说"
        assert [line for line in log(desk) if line][-2:] == [
            "  分开你我在身边有的话说天空 · 73 % copied",
            "  不分开天空",
        ]


async def test_flips_are_told_once() -> None:
    first = mark("clipping", True, False, epoch=10.5, minibatch=5)
    second = mark("lr", 0.2, 0.5, epoch=12.0, minibatch=9)
    async with studio() as desk:
        await desk.hear(progress(marks=(first,)), progress(marks=(first,)))
        await desk.hear(progress(marks=(first, second)))
        marks = ["▼ epoch 11 · clipping on → off", "▼ epoch 13 · learning rate 0.2 → 0.5"]
        assert [line for line in log(desk) if line.startswith("▼")] == marks


@pytest.mark.parametrize("size", [WIDE, USUAL, SMALLEST])
async def test_the_newest_is_in_view(size: tuple[int, int]) -> None:
    async with studio(size) as desk:
        for epoch in range(0, 40, 4):
            await many(desk, 4, epoch)
            assert newest(desk) == f"  分开 第{epoch + 3}次"


async def test_all_at_once_before_anything_is_drawn() -> None:
    async with studio(USUAL, told=[started(), *(sampled(epoch, "分", f"{epoch}") for epoch in range(99))]) as desk:
        assert newest(desk) == "  分98"


async def test_scrolled_back_it_stays_and_at_the_end_it_follows_again() -> None:
    async with studio(USUAL) as desk:
        await many(desk, 30)
        await desk.click("#log", 1)
        await desk.press("home")
        await desk.pilot.wait_for_scheduled_animations()
        assert log(desk)[0].startswith("▶ new run · random · tanh · θ 5")
        before = log(desk)
        await many(desk, 30, 30)
        assert log(desk) == before
        await desk.press("end")
        await desk.pilot.wait_for_scheduled_animations()
        assert newest(desk) == "  分开 第59次"
        await many(desk, 1, 60)
        assert newest(desk) == "  分开 第60次"


async def test_the_mouse_wheel_scrolls_back_too() -> None:
    async with studio(USUAL) as desk:
        await many(desk, 30)
        widget = desk.widget("#log")
        await desk.pilot._post_mouse_events([MouseScrollUp], widget=widget, offset=(3, 3), button=0)
        await desk.pilot.wait_for_scheduled_animations()
        before = log(desk)
        assert newest(desk) != "  分开 第29次"
        await many(desk, 3, 30)
        assert log(desk) == before


async def test_a_notice_does_not_push_the_newest_out_of_view() -> None:
    async with studio(USUAL) as desk:
        await many(desk, 30)
        await desk.hear(became(RunStatus.DIVERGED), Diverged(1, 88, 6, "loss"))
        assert newest(desk) == "× diverged in epoch 88, minibatch 6"
        await desk.hear(became(RunStatus.TRAINING))
        await many(desk, 1, 30)
        assert newest(desk) == "  分开 第30次"


async def test_another_width_wraps_anew() -> None:
    text = "".join(chr(0x4E00 + i) for i in range(60))
    async with studio(WIDE) as desk:
        await desk.hear(sampled(50, "分开", text))
        for size in (USUAL, (200, 60), (66, 24)):
            await desk.resize(*size)
            width = desk.widget("#log").scrollable_content_region.width
            lines = [line for line in log(desk) if line]
            lyric = lines[next(i for i, line in enumerate(lines) if line.startswith("  分开")) :]
            assert "".join(line.removeprefix("  ") for line in lyric) == "分开" + text
            assert all(cell_len(line) <= width for line in lyric)
            assert len(lyric) == math.ceil((cell_len(text) + 4) / ((width - 2) // 2 * 2))


async def test_another_height_keeps_the_newest_in_view() -> None:
    async with studio(WIDE) as desk:
        await many(desk, 30)
        for size in (USUAL, (200, 60), SMALLEST, (80, 12), WIDE):
            await desk.resize(*size)
            assert newest(desk) == "  分开 第29次"


async def test_the_oldest_are_forgotten(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(run_state, "MAX_ENTRIES", 20)
    async with studio(USUAL) as desk:
        await many(desk, 50)
        assert newest(desk) == "  分开 第49次"
        await desk.click("#log", 1)
        await desk.press("home")
        await desk.pilot.wait_for_scheduled_animations()
        assert log(desk)[:2] == ["epoch 30 · perplexity 49.4", "  分开 第30次"]


async def test_forgetting_does_not_move_what_is_read(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(run_state, "MAX_ENTRIES", 40)
    async with studio(USUAL) as desk:
        await many(desk, 40)
        await desk.click("#log", 1)
        await desk.press("pageup", "pageup")
        await desk.pilot.wait_for_scheduled_animations()
        before = log(desk)
        await many(desk, 10, 40)
        assert log(desk) == before


async def test_another_theme_colours_what_is_there_already() -> None:
    async with studio(WIDE) as desk:
        await many(desk, 2)
        dark = {style.color for _char, style in desk.styles("#log")}
        await desk.choose("Theme: light")
        assert dark.isdisjoint({style.color for _char, style in desk.styles("#log")})


async def test_pages_of_lyrics_without_going_there_first() -> None:
    async with studio(USUAL) as desk:
        assert desk.subtitle("#log") == ""
        for epoch in range(1, 40):
            await desk.hear(sampled(epoch, "分开", "天空"))
        assert desk.subtitle("#log") == "PageUp earlier · PageDown later"
        assert "epoch 39" in "\n".join(desk.panel("#log"))
        await desk.press("pageup")
        assert "epoch 39" not in "\n".join(desk.panel("#log"))
        await desk.press("/", "pagedown")
        assert "epoch 39" in "\n".join(desk.panel("#log"))


async def test_what_is_skipped_of_a_prefix_is_named_once_in_a_run() -> None:
    def told(epoch: int, prefix: str, run: int = 1) -> Generated:
        return Generated(run, Sample(epoch, 49.4, prefix, "想想", unknown=("é", "\n")))

    async with studio(WIDE) as desk:
        await desk.hear(told(50, "分é\n"), told(50, "不é\n"), told(100, "分é\n"))
        assert desk.lyrics().count("not in the vocabulary, skipped: é ↵") == 2
        await desk.hear(started(run=2), told(50, "分é\n", run=2))
        assert desk.lyrics().count("not in the vocabulary, skipped: é ↵") == 3
