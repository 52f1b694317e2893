"""The three curves: their words, their marks, and numbers that are none."""

from __future__ import annotations

import math
from dataclasses import replace

import pytest

from lyricterm.app.run_state import ByHeart, RunState, apply
from lyricterm.core.memorised import BestHeldOut
from lyricterm.core.run_data import CurveData, HeldOutFacts
from lyricterm.core.settings import Recipe
from tests.app.desk import FACTS, SMALLEST, USUAL, WIDE, mark, progress, series, started, studio

PANELS = {"loss": "#loss", "perplexity": "#perplexity", "grad_norm": "#norm"}
INF, NAN = math.inf, math.nan


async def test_latest_best_and_range_at_120_columns() -> None:
    async with studio(WIDE) as desk:
        assert desk.title("#loss") == "loss 2.31"
        assert desk.title("#perplexity") == "perplexity 10.1 (1 … 1,447)"
        assert desk.title("#norm") == "gradient norm 1,240 · clipped 98 %"
        # Their ranges stand at their scales.
        assert desk.subtitle("#loss") == ""
        scale = [line[:4].strip(" █▁▂▃▄▅▆▇") for line in desk.panel("#loss")]
        assert (scale[0], scale[-1]) == ("7.20", "2.31")
        assert desk.subtitle("#perplexity") == "best 10.1"
        assert desk.subtitle("#norm") == ""
        assert desk.panel("#norm")[0].startswith("1,240 █") or desk.panel("#norm")[0].startswith("1,240  ")


async def test_latest_best_and_range_at_80_columns() -> None:
    async with studio(USUAL) as desk:
        assert desk.title("#loss") == "loss 2.31"
        assert desk.title("#perplexity") == "perplexity 10.1 / 1,447"
        assert desk.title("#norm") == "norm 1,240 · clip 98 %"
        # No room for a scale.
        assert desk.subtitle("#loss") == "2.31 … 7.20"
        assert desk.subtitle("#perplexity") == "best 10.1"
        assert desk.subtitle("#norm") == "3.00 … 1,240"


async def test_the_whole_words_where_there_is_room() -> None:
    async with studio((200, 60)) as desk:
        assert desk.title("#perplexity") == "perplexity 10.1 (1 best … 1,447 guessing)"


async def test_the_perplexity_alone_in_a_small_terminal() -> None:
    async with studio(SMALLEST) as desk:
        assert desk.title("#perplexity") == "perplexity 10.1 (1 … 1,447)"
        assert not desk.widget("#loss").display
        assert not desk.widget("#norm").display


async def test_the_perplexity_stands_between_certainty_and_guessing() -> None:
    async with studio(WIDE, told=[started()]) as desk:
        height = desk.widget("#perplexity").size.height
        for value, rows in ((1.0, 1), (math.sqrt(1447), height // 2 + 1), (1447.0, height)):
            await desk.hear(progress(perplexity=series(value, value)))
            panel = desk.panel("#perplexity")
            assert panel[0].startswith("1,447 ")
            assert panel[-1].startswith("    1 ")
            drawn = [line[6:] for line in panel]
            assert sum(bool(line.strip()) for line in drawn) == rows


def is_line(character: str) -> bool:
    return "\u2800" < character < "\u2900"


@pytest.mark.parametrize("size", [USUAL, WIDE, (200, 60)])
async def test_two_lines_where_text_is_held_out(size: tuple[int, int]) -> None:
    best = BestHeldOut(40, 250.0, 300.0)
    facts = replace(FACTS, held_out=HeldOutFacts(4_000, 12, 7, 301.0, 204.0))
    falling = series(1400.0, 100.0, 12.0, 5.0, 3.0, width=18)
    told = progress(perplexity=falling, held_out=series(379.0, 250.0, 561.0, width=29), best_held_out=best)
    async with studio(size, told=[replace(started(), facts=facts), told]) as desk:
        drawn = desk.styles("#perplexity")
        colours = {style.color for char, style in drawn if is_line(char)}
        assert len(colours) == 2
        words = "".join(desk.panel("#perplexity"))
        assert "▴" in words
        if size != USUAL:
            assert "guessing" in words
        assert desk.title("#perplexity").endswith("561")
        assert desk.subtitle("#perplexity").startswith("memorising since epoch 40")


@pytest.mark.parametrize(("size", "title"), [((60, 15), "text 5.00 · held out 561"), (SMALLEST, "5.00 · held out 561")])
async def test_both_curves_are_drawn_where_there_is_one_row(size: tuple[int, int], title: str) -> None:
    told = progress(perplexity=series(1400.0, 100.0, 5.0), held_out=series(379.0, 250.0, 561.0, width=29))
    async with studio(size, told=[started(), told]) as desk:
        bars = [style.color for char, style in desk.styles("#perplexity") if char in "▁▂▃▄▅▆▇█"]
        assert len(set(bars)) == 2
        assert bars == sorted(bars, key=bars.index)
        assert desk.title("#perplexity").endswith(title)


def test_that_a_model_memorises_is_said_once_for_each_best_epoch() -> None:
    told = progress(held_out=series(379.0, 250.0, 561.0, width=29), best_held_out=BestHeldOut(40, 250.0, 300.0))
    state = apply(apply(RunState(Recipe()), started()), told)
    assert state.entries[-1] == ByHeart(BestHeldOut(40, 250.0, 300.0), 87, 10.1, 561.0, keeps_best=False)
    again = apply(state, replace(told, minibatch=6))
    assert again.entries == state.entries
    later = apply(again, replace(told, epoch=120, best_held_out=BestHeldOut(100, 240.0, 30.0)))
    assert [type(entry) for entry in later.entries].count(ByHeart) == 2


async def test_a_falling_loss_falls() -> None:
    async with studio(WIDE) as desk:
        panel = [line[5:] for line in desk.panel("#loss")]
        heights = [sum(row[column] != " " for row in panel) for column in range(len(panel[0]))]
        assert heights == sorted(heights, reverse=True)
        assert heights[0] == len(panel)
        assert heights[-1] == 1


async def test_an_overflow_is_marked_where_it_happened() -> None:
    async with studio(WIDE, told=[started(), progress(loss=series(7.0, INF, 3.0))]) as desk:
        top = desk.panel("#loss")[0][5:]
        crossed = [column for column, char in enumerate(top) if char == "×"]
        assert len(crossed) == pytest.approx(len(top) / 3, abs=1)
        assert crossed == list(range(crossed[0], crossed[0] + len(crossed)))
        assert crossed[0] == pytest.approx(len(top) / 3, abs=1)


@pytest.mark.parametrize("size", [WIDE, USUAL])
async def test_flips_are_labelled_on_every_curve(size: tuple[int, int]) -> None:
    marks = (mark("sampling", "random", "consecutive"),)
    async with studio(size, told=[started(), progress(marks=marks)]) as desk:
        for panel in PANELS.values():
            assert "consecutive" in desk.panel(panel)[0]
            drawn = desk.styles(panel)
            label = next(style.color for char, style in drawn if char == "c")
            ticks = [char for char, style in drawn if style.color == label and char not in "consecutive"]
            assert 2 <= len(ticks) <= desk.widget(panel).size.height


async def test_what_marks_are_called() -> None:
    marks = (
        mark("clipping", True, False, epoch=5, minibatch=0),
        mark("theta", 5.0, 2.0, epoch=30, minibatch=2),
        mark("activation", "tanh", "relu", epoch=60, minibatch=4),
    )
    async with studio((200, 60), told=[started(), progress(marks=marks)]) as desk:
        labels = desk.panel("#loss")[0]
        assert [label.strip() for label in labels.split("▾")] == ["", "clipping off", "theta 2", "ReLU"]


async def test_the_newest_mark_keeps_its_label_where_there_is_no_room_for_all() -> None:
    marks = tuple(mark("lr", 0.1, 0.2 + i, epoch=40 + i / 10, minibatch=2) for i in range(9))
    async with studio(USUAL, told=[started(), progress(marks=marks)]) as desk:
        assert desk.panel("#perplexity")[0].strip(" ▾") == "learning rate 8.2"


ODD_POINTS = (
    ((INF,), "∞"),
    ((INF, INF, INF), "∞"),
    ((NAN,), "–"),
    ((2.0, NAN, INF), "∞"),
    ((INF, 2.0), "2.00"),
)


@pytest.mark.parametrize("name", PANELS)
async def test_what_is_not_finite_is_drawn_as_such(name: str) -> None:
    async with studio(WIDE, told=[started()]) as desk:
        panel = PANELS[name]
        for points, shown in ODD_POINTS:
            await desk.hear(progress(**{name: series(*points)}))
            assert desk.title(panel).split(" (")[0].split(" · ")[0].endswith(" " + shown)
            assert "×" in "".join(desk.panel(panel))
            assert "nan" not in desk.text()
            assert "inf" not in desk.text()
            assert "-∞" not in desk.text()


async def test_every_curve_of_odd_numbers_at_every_size() -> None:
    odd = [
        CurveData(),
        series(INF, INF),
        series(NAN, INF, 3.0),
        series(0.0),
        series(5e-324, 1.7e308),
        series(*([1.7e308] * 512)),
        CurveData((NAN,), 1, NAN, NAN, NAN),
    ]
    marks = (mark("lr", 1.0, 2.0),)
    async with studio(told=[started()]) as desk:
        for size in (SMALLEST, USUAL, (200, 60)):
            await desk.resize(*size)
            for loss, perplexity, norm in zip(odd, odd[1:] + odd, odd[2:] + odd, strict=False):
                told = progress(epoch=0, loss=loss, perplexity=perplexity, grad_norm=norm, marks=marks)
                await desk.hear(told)
                assert desk.title("#perplexity").startswith("perplexity ")


async def test_more_points_than_columns_are_averaged_and_stay_within_their_panel() -> None:
    loss = series(*[4.0] * 256, *[2.0] * 256)
    async with studio(USUAL, told=[started(), progress(loss=loss)]) as desk:
        upper, *_, lower = desk.panel("#loss")
        half = len(upper) // 2
        assert upper == "█" * half + " " * half
        assert lower == "█" * half + "▁" * half


async def test_a_spike_is_off_the_scale_at_once_and_said() -> None:
    async with studio(WIDE, told=[started(), progress(loss=series(7.0, 9_000.0, 5.0))]) as desk:
        for points in ((7.0, 9_000.0, 5.0), (7.0, 9_000.0)):
            await desk.hear(progress(loss=series(*points)))
            assert desk.panel("#loss")[0].startswith("7.00 ") or desk.panel("#loss")[0].startswith("     ")
            assert "↑" in desk.panel("#loss")[0]
            assert desk.subtitle("#loss") == "highest 9,000"
