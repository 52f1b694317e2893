"""What stays on the screen until it is dealt with: divergence, a model gone astray, a run that failed."""

from __future__ import annotations

import pytest
from rich.cells import cell_len

from lyricterm.core.commands import Change, Complete, Resume, StepOnce
from lyricterm.core.events import Diverged, Event, Failed, Noticed, Refused, SaveFailed
from lyricterm.core.run_status import RunStatus
from lyricterm.core.settings import Recipe
from tests.app.desk import SMALLEST, USUAL, WIDE, Desk, became, completed, progress, sampled, series, started, studio

DIVERGED: tuple[Event, ...] = (became(RunStatus.DIVERGED), progress(), Diverged(1, 88, 6, "loss"))


def notice(desk: Desk) -> str:
    """The notice's words in one line."""
    return " ".join(" ".join(desk.panel("#notice")).split())


@pytest.mark.parametrize("size", [WIDE, USUAL, (40, 20)])
async def test_a_diverged_run_says_where_and_what_to_try(size: tuple[int, int]) -> None:
    async with studio(size) as desk:
        await desk.hear(*DIVERGED)
        told = notice(desk)
        assert "Diverged in epoch 88, minibatch 6: the loss is not finite." in told
        assert "Recover with clipping on (b), or lower the learning rate (-)" in told
        assert told.endswith("restart (r).")
        assert desk.lines()[1].startswith("  diverged  ")
        assert desk.panel("#prompt")[0].startswith("type the beginning of a lyric")
        assert "/ prompt" in desk.lines()[-1]


async def test_a_run_that_diverged_although_it_was_clipped_is_not_told_to_clip() -> None:
    async with studio(USUAL) as desk:
        await desk.hear(became(RunStatus.DIVERGED), progress(), Diverged(1, 88, 6, "loss", 7.5))
        told = notice(desk)
        assert "the loss is not finite although the gradient is clipped at 7.5." in told
        assert "Lower the learning rate (-) or theta ([) and go on (Space), or restart (r)." in told
        assert "with clipping" not in told


async def test_a_finished_run_says_what_is_next() -> None:
    recipe = Recipe(epochs=200, pred_period=50)
    async with studio(WIDE) as desk:
        await desk.hear(progress(recipe=recipe, epoch=200, minibatch=0, seconds_left=0.0), became(RunStatus.FINISHED))
        assert notice(desk) == (
            "Finished at epoch 200: perplexity 10.1. "
            "Space: 50 more epochs · /: type the beginning of a lyric · x: exercises"
        )
        assert "space more epochs" in desk.lines()[-1]
        assert "one step" not in desk.lines()[-1]
        await desk.press("n")
        assert StepOnce() not in desk.sent
        await desk.press("space")
        assert desk.sent[-2:] == [Change((("epochs", 250),)), Resume()]
        await desk.hear(became(RunStatus.TRAINING), progress())
        assert "Finished" not in notice(desk)
        assert "space pause" in desk.lines()[-1]


def toasts(desk: Desk) -> str:
    """What the toasts say."""
    return " ".join(notification.message for notification in desk.app._notifications)


async def test_a_toast_breaks_where_its_language_may_break() -> None:
    sentence = (
        "已复制 52 个字符：我们分开以后还会想起那个下雨的夜晚。如果剪贴板里没有内容，说明终端不允许程序复制（OSC 52）。"
    )
    async with studio(USUAL) as desk:
        await desk.hear(Noticed(1, sentence))
        await desk.until(lambda: bool(desk.app.screen.query("Toast")))
        await desk.settle()
        first, *rest = desk.panel("Toast")
        assert first.strip().startswith("已复制 52 个字符：我们")
        # The first line ends with a clause.
        assert first.rstrip().endswith("夜晚。")
        assert cell_len(rest[0].strip()) > 50
        # None is lost where the panels below begin and end.
        assert "".join("".join((first, *rest)).split()) == "".join(sentence.split())


@pytest.mark.parametrize("size", [(80, 15), (60, 15), SMALLEST])
async def test_in_a_low_terminal_a_notice_takes_one_line_and_the_rest_stays(size: tuple[int, int]) -> None:
    async with studio(size) as desk:
        await desk.hear(sampled(50, "分开", "你我"), *DIVERGED)
        assert desk.panel("#notice", border=True)[0].strip() == "Diverged: b recovers with clipping"
        assert desk.widget("#notice").region.height == 1
        assert desk.lines()[0].startswith("  diverged  ")
        assert desk.title("#perplexity").startswith("perplexity")
        assert len(desk.panel("#log")) >= 1
        assert desk.panel("#prompt")[0].startswith("type the beginning of a lyric")
        await desk.click("#notice", 3)
        assert "Recover with clipping on (b), or lower" in toasts(desk)


async def test_a_long_notice_of_a_low_terminal_is_cut_and_a_click_shows_it_all() -> None:
    sentence = "The run cannot be saved: " + "no space is left on the device, " * 4 + "so there."
    async with studio(SMALLEST) as desk:
        await desk.hear(SaveFailed(1, sentence))
        assert desk.panel("#notice")[0].rstrip().endswith("…")
        await desk.click("#notice", 3)
        assert toasts(desk) == sentence


async def test_the_diverged_model_still_completes() -> None:
    async with studio() as desk:
        await desk.hear(*DIVERGED)
        await desk.press("/")
        await desk.type("分开")
        assert desk.sent[-1] == Complete(2, "分开", 50)
        await desk.hear(completed("分开", "你我在身边"))
        assert desk.panel("#typed")[0].startswith("分开你我在身边")


async def test_divergence_stands_in_the_log() -> None:
    async with studio() as desk:
        await desk.hear(*DIVERGED)
        assert "× diverged in epoch 88, minibatch 6" in "\n".join(desk.panel("#log"))


async def test_the_notice_goes_when_the_run_goes_on() -> None:
    async with studio() as desk:
        await desk.hear(*DIVERGED)
        await desk.hear(became(RunStatus.TRAINING), progress())
        assert "Diverged in" not in desk.text()
        await desk.hear(*DIVERGED)
        await desk.hear(became(RunStatus.PREPARING), started(run=2), became(RunStatus.TRAINING))
        assert "Diverged in" not in desk.text()


async def test_a_gradient_that_overflowed_is_named() -> None:
    async with studio() as desk:
        await desk.hear(became(RunStatus.DIVERGED), Diverged(1, 1, 2, "gradient"))
        assert "Diverged in epoch 1, minibatch 2: the gradient is not finite." in notice(desk)


async def test_worse_than_guessing_is_said_while_the_run_goes_on() -> None:
    async with studio(recipe=Recipe(clipping=False)) as desk:
        await desk.hear(progress(recipe=Recipe(clipping=False), perplexity=series(40.0, 2_000.0)))
        assert "The perplexity is 2,000, worse than guessing (1,447): the gradient has exploded." in notice(desk)
        assert "Turn clipping on (c), lower the learning rate (-), or restart (r)." in notice(desk)
        await desk.press("c")
        assert "worse than guessing (1,447): the weights have grown too large." in notice(desk)
        assert "Turn clipping on" not in notice(desk)
        await desk.hear(progress())
        assert "worse than guessing" not in desk.text()


async def test_the_first_epoch_may_be_as_bad_as_guessing() -> None:
    async with studio() as desk:
        await desk.hear(progress(epoch=0, perplexity=series(2_000.0)))
        assert "worse than guessing" not in desk.text()


async def test_a_run_that_failed_names_the_reason_and_the_way_out() -> None:
    sentence = "There is no file nowhere.txt."
    async with studio(USUAL, told=[became(RunStatus.FAILED), Failed(0, sentence)]) as desk:
        assert notice(desk) == f"{sentence} Press e to change the settings."
        await desk.hear(became(RunStatus.PREPARING), started(), became(RunStatus.TRAINING))
        assert sentence not in desk.text()


async def test_foreign_words_in_a_notice_are_not_taken_for_markup() -> None:
    async with studio(USUAL, told=[Failed(0, "There is no file [bold]a[/bold][/].txt.")]) as desk:
        assert "There is no file [bold]a[/bold][/].txt." in notice(desk)


async def test_a_refused_command_is_told_in_a_toast() -> None:
    async with studio(WIDE) as desk:
        await desk.hear(Refused(1, "All [b]epochs[/b] are done; $raise [the] number."))
        await desk.until(lambda: "All [b]epochs[/b] are done; $raise [the] number." in desk.text())


async def test_a_notice_of_the_trainer_is_told_in_a_toast() -> None:
    async with studio(WIDE) as desk:
        await desk.hear(Noticed(1, "The [graph] could not be captured."))
        await desk.until(lambda: "The [graph] could not be captured." in desk.text())


async def test_a_refused_change_goes_back() -> None:
    async with studio(WIDE) as desk:
        await desk.press("s", "]")
        assert desk.setting("sampling") == "→ consecutive"
        assert desk.setting("theta") == "‹ 10 ›"
        await desk.hear(Refused(1, "The text is too short."))
        assert desk.setting("sampling") == "random"
        assert desk.setting("theta") == "‹ 5 ›"
        await desk.until(lambda: "The text is too short." in desk.text())


async def test_a_refused_restart_leaves_the_run_as_it_was() -> None:
    async with studio(WIDE) as desk:
        await desk.press("R")
        await desk.hear(
            became(RunStatus.PREPARING), Refused(1, "Out of memory."), became(RunStatus.TRAINING), progress()
        )
        assert "seed 0" in desk.lines()[0]
        assert desk.lines()[1].startswith("  training  epoch 88/200")


async def test_a_toast_stays_on_its_screen_and_off_what_is_below() -> None:
    async with studio(WIDE) as desk:
        await desk.hear(Refused(1, "Not so."))
        await desk.until(lambda: "Not so." in desk.text())
        (row,) = [y for y, line in enumerate(desk.lines()) if "Not so." in line]
        assert row < desk.widget("#log").region.y
        await desk.press("v")
        assert "Not so." not in desk.text()
        await desk.press("delete")
        await desk.until(lambda: "The run is not on disk." in desk.text())
        await desk.press("escape")
        assert "The run is not on disk." not in desk.text()
