"""The comparison, over runs on a disk and over the real trainer."""

from __future__ import annotations

import json
import math
import os
import re
import shutil
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from textual import events

from lyricterm.app.comparison import NOW
from lyricterm.app.screens.compare import LIVE_EVERY, READ_EVERY, CompareScreen
from lyricterm.app.widgets.plot import Plot
from lyricterm.core.commands import Open
from lyricterm.core.events import Diverged, RunSaved, SaveFailed
from lyricterm.core.run_data import HeldOutFacts
from lyricterm.core.run_status import RunStatus
from lyricterm.core.settings import Recipe
from lyricterm.storage.atomic_write import append_lines
from lyricterm.storage.lock import Lock
from lyricterm.storage.run_store import RunFolder, Store
from lyricterm.training.run_storage import RunStorage
from tests.app.desk import SMALLEST, TRAINING, USUAL, WIDE, Desk, became, progress, sampled, series, studio
from tests.app.real import small, training
from tests.app.shelf import row, shelved
from tests.storage.kept import NOON, folder_of, kept

FALLING = [1000.0 / epoch for epoch in range(1, 41)]
SLOWER = [1400.0 / epoch for epoch in range(1, 41)]
CONSECUTIVE = Recipe(sampling="consecutive")


@pytest.fixture
def store() -> Store:
    return Store()


@asynccontextmanager
async def compared(size: tuple[int, int] = WIDE, told: Any = (), **more: Any) -> AsyncIterator[Desk]:
    """The comparison, once the disk was read."""
    async with studio(size, told, **more) as desk:
        await desk.press("v")
        await read(desk)
        yield desk


async def read(desk: Desk) -> None:
    """Until the disk has been looked at from now on."""
    screen = desk.app.screen
    assert isinstance(screen, CompareScreen)
    before = screen.reads
    screen.read()
    screen.read()
    # One may have been under way.
    await desk.until(lambda: screen.reads >= before + 2)
    await desk.settle()


def rows(desk: Desk) -> list[list[str]]:
    """The table's cells, the marker first."""
    lines = [line.rstrip(" ▁▂▃▄▅▆▇█") for line in desk.panel("#runs")]
    return [[line[1:2], *re.split(r"\s{2,}", line[3:].strip())] for line in lines[1:] if line.strip()]


def line_of(desk: Desk, run: str) -> list[str]:
    # A second run of the same second has the first one's id and "-2".
    (found,) = [cells for cells in rows(desk) if cells[1] in (run, f"{run} ◆")]
    return found


async def test_runs_on_disk_stand_beside_each_other(store: Store) -> None:
    first = shelved(store, 0, FALLING)
    second = shelved(store, 1, SLOWER, recipe=CONSECUTIVE, status=RunStatus.DIVERGED, diverged=(41, 7))
    async with compared((160, 40)) as desk:
        assert desk.title("#runs") == "compare"
        assert desk.subtitle("#runs") == "2 runs · 2 drawn"
        titles = re.split(r"\s{2,}", desk.panel("#runs")[0].strip())
        assert titles == [
            *("run", "settings", "state", "epoch", "perplexity", "best", "s/epoch", "chars/s", "diverged"),
            "last sample",
        ]
        assert rows(desk) == [
            [
                "a",
                second.spoken,
                "consecutive",
                "diverged",
                "40/200",
                "35.0",
                "35.0",
                "0.50",
                "40,000",
                "41:7",
                "分开我1",
            ],
            ["b", first.spoken, "random", "finished", "40/200", "25.0", "25.0", "0.50", "40,000", "–", "分开我0"],
        ]


async def test_the_curves_have_axes_a_legend_and_the_lines_that_matter(store: Store) -> None:
    shelved(store, 0, FALLING)
    shelved(store, 1, SLOWER, recipe=CONSECUTIVE)
    async with compared() as desk:
        assert desk.title("#plot") == "perplexity, log scale, over epochs"
        drawn = desk.panel("#plot")
        text = "\n".join(drawn)
        assert "┄ 1,312 guessing ┄" in text
        assert "┄ 1 best ┄" in text
        assert [line[: line.index("┤")].strip() for line in drawn if "┤" in line][-1] == "1"
        assert re.split(r"\s+", drawn[-1].strip()) == ["0", "5", "10", "15", "20", "25", "30", "35", "40"]
        assert any(line.rstrip().endswith("a consecutive") for line in drawn)
        assert any(line.rstrip().endswith("b random") for line in drawn)
        # The curve that ends higher is the slower one; its letter stands at its end.
        ends = {letter: next(i for i, line in enumerate(drawn) if line.endswith(letter)) for letter in "ab"}
        assert ends["a"] < ends["b"]


async def test_seconds_instead_of_epochs(store: Store) -> None:
    shelved(store, 0, FALLING)
    async with compared() as desk:
        await desk.press("x")
        assert desk.title("#plot") == "perplexity, log scale, over seconds of training"
        assert desk.panel("#plot")[-1].split()[:2] == ["0:00", "0:02"]
        await desk.press("left")
        assert "after 0:20" in desk.text()
        assert "25.0 (epoch 40)" in desk.text()


async def test_a_cursor_reads_the_curves(store: Store) -> None:
    shelved(store, 0, FALLING)
    shelved(store, 1, SLOWER, recipe=CONSECUTIVE)
    async with compared() as desk:
        await desk.press("left")
        assert "epoch 40" in "\n".join(desk.panel("#plot"))
        assert re.search(r"a consecutive +35\.0", desk.text())
        await desk.press("shift+left")
        assert re.search(r"b random +27\.8", desk.text())
        assert "epoch 36" in desk.text()
        await desk.press("0")
        assert "epoch 36" not in desk.text()


async def test_zooming_shows_a_part(store: Store) -> None:
    shelved(store, 0, FALLING)
    async with compared() as desk:
        await desk.press("left", "plus", "plus", "plus")
        ticks = [float(tick) for tick in desk.panel("#plot")[-1].split()]
        assert min(ticks) > 20
        assert max(ticks) <= 40
        assert "guessing" not in desk.text()
        await desk.press("minus", "minus", "minus")
        assert desk.panel("#plot")[-1].split()[0] == "0"


async def test_the_mouse_reads_zooms_and_drags(store: Store) -> None:
    shelved(store, 0, FALLING)
    async with compared() as desk:
        plot = desk.widget("#plot")
        region = plot.content_region
        x, y = region.x + 58, region.y + 5
        told: dict[str, Any] = {"x": x, "y": y, "screen_x": x, "screen_y": y, "delta_x": 0, "delta_y": 0, "button": 0}
        told |= {"shift": False, "meta": False, "ctrl": False}
        await desk.pilot.hover(offset=(x, y))
        await desk.until(lambda: "epoch 19" in "\n".join(desk.panel("#plot")))
        assert re.search(r"a random tanh clip 5 +52\.6", desk.text())
        for _ in range(2):
            desk.app.screen._forward_event(events.MouseScrollUp(plot, **told))
            await desk.pilot.pause()
        await desk.until(lambda: ticks_of(desk)[0] > 0)
        before = ticks_of(desk)
        assert before[0] < 19 < before[-1]
        desk.app.screen._forward_event(events.MouseMove(plot, **(told | {"button": 1, "delta_x": 20})))
        await desk.until(lambda: ticks_of(desk)[0] < before[0])


def ticks_of(desk: Desk) -> list[float]:
    """The labels of the horizontal setting."""
    return [float(tick) for tick in desk.panel("#plot")[-1].split()]


async def test_flips_and_divergences_are_marked(store: Store) -> None:
    info = shelved(store, 0, [*FALLING[:20], math.inf, math.inf])
    mark = {"epoch": 10.5, "minibatch": 99, "axis": "clipping", "old": True, "new": False}
    append_lines(folder_of(info).curve_file, [{"mark": mark}, {"mark": mark | {"axis": "gone", "epoch": 15.0}}])
    append_lines(folder_of(info).curve_file, [{"diverged": [21, 3, "loss"]}])
    async with compared() as desk:
        drawn = "\n".join(desk.panel("#plot"))
        assert "▾ clipping on → off" in drawn
        assert drawn.count("▾") == 2
        assert drawn.count("×") == 1


async def test_choosing_by_key_and_by_mouse(store: Store) -> None:
    infos = [shelved(store, number, FALLING, recipe=Recipe(seed=number)) for number in range(6)][::-1]
    async with compared() as desk:
        assert "".join(cells[0] for cells in rows(desk)) == "abcd··"
        await desk.press("space")
        assert "".join(cells[0] for cells in rows(desk)) == "·bcd··"
        assert desk.subtitle("#runs") == "6 runs · 3 drawn"
        await desk.press("end", "space")
        await desk.until(lambda: line_of(desk, infos[-1].spoken)[0] == "a")
        await desk.click("#runs", 1, 5)
        assert line_of(desk, infos[4].spoken)[0] == "e"
        await desk.click("#runs", 1, 5)
        assert line_of(desk, infos[4].spoken)[0] == "·"
        assert any(line.rstrip().endswith("a seed 0") for line in desk.panel("#plot"))


async def test_more_than_there_are_letters_for(store: Store) -> None:
    for number in range(9):
        shelved(store, number, FALLING)
    async with compared() as desk:
        await desk.press("down", "down", "down", "down")
        for _ in range(4):
            await desk.press("space", "down")
        await desk.press("space")
        assert "8 curves are drawn already" in desk.text()
        assert desk.subtitle("#runs") == "9 runs · 8 drawn"


async def test_pinning_and_naming(store: Store) -> None:
    info = shelved(store, 0, FALLING)
    async with compared() as desk:
        await desk.press("p")
        await desk.until(lambda: store.find(info.id).pinned)
        await desk.until(lambda: line_of(desk, info.spoken)[1] == f"{info.spoken} ◆")
        await desk.press("n")
        assert desk.title(".dialog") == f"a name for {info.spoken}"
        await desk.type("my best")
        await desk.press("enter")
        await desk.until(lambda: "my best ◆" in desk.text())
        assert store.find("my best").id == info.id
        await desk.press("p")
        await desk.until(lambda: not store.find(info.id).pinned)
        await desk.press("n")
        await desk.press("ctrl+u")
        await desk.paste("x" * 61)
        await desk.press("enter")
        assert "at most 60 characters" in desk.text()
        await desk.press("escape")
        assert store.find(info.id).name == "my best"


async def test_removing_asks_once(store: Store) -> None:
    info, other = shelved(store, 0, FALLING), shelved(store, 1, FALLING)
    async with compared() as desk:
        await desk.press("delete")
        assert f"Remove the run {other.spoken} with its curves" in desk.text()
        await desk.press("escape")
        assert other.folder.exists()
        await desk.press("delete", "enter")
        await desk.until(lambda: len(rows(desk)) == 1)
        assert not other.folder.exists()
        assert rows(desk)[0][1] == info.spoken
        await desk.press("delete")
        await desk.click("#no", 2)
        assert info.folder.exists()


async def test_a_run_that_cannot_be_removed_is_said(store: Store) -> None:
    info = shelved(store, 0, FALLING)
    (info.folder / "theirs").touch()
    async with compared() as desk:
        await desk.press("delete", "enter")
        await desk.until(lambda: "other files, which are left there" in " ".join(desk.text().split()))


async def test_opening_a_run_goes_back_to_the_studio(store: Store) -> None:
    shelved(store, 0, FALLING)
    info = shelved(store, 1, FALLING)
    async with compared() as desk:
        await desk.press("enter")
        assert desk.sent == [Open(info.id)]
        assert desk.app.screen is desk.app.studio


async def test_two_clicks_open_a_run(store: Store) -> None:
    shelved(store, 0, FALLING)
    shelved(store, 1, FALLING)
    async with compared() as desk:
        region = desk.widget("#runs").content_region
        await desk.pilot.click(offset=(region.x + 10, region.y + 2), times=2)
        await desk.settle()
        assert [type(command) for command in desk.sent] == [Open]
        assert desk.app.screen is desk.app.studio


async def test_different_texts_are_not_comparable_and_still_shown(store: Store) -> None:
    shelved(store, 0, FALLING)
    shelved(store, 1, FALLING, vocabulary=26, fingerprint="cd" * 32, corpus="letters")
    async with compared() as desk:
        assert "not comparable" not in desk.text()
        await desk.press("down", "space")
        told = " ".join(desk.panel("#remark"))
        assert "texts of 26, 1,312 distinct characters: their perplexities are not comparable." in told
        assert "26 guessing" in desk.text()
        assert desk.subtitle("#runs") == "2 runs · 2 drawn"
        await desk.press("space")
        assert "not comparable" not in desk.text()


async def test_runs_of_other_formats_and_damaged_ones_say_so(store: Store) -> None:
    good = shelved(store, 0, FALLING)
    plain = json.loads(folder_of(good).run_file.read_text())
    for minute, content in ((1, plain | {"format": 99}), (2, plain | {"format": 0}), (3, "x")):
        store.create(NOON + 60 * minute).run_file.write_text(json.dumps(content))
    async with compared() as desk:
        table = "\n".join(desk.panel("#runs"))
        assert "was saved by a newer lyricterm; update lyricterm to use it." in table
        assert "was saved by an older lyricterm" in table
        assert "is damaged" in table
        assert line_of(desk, good.spoken)[0] == "a"
        await desk.press("end")
        for key in ("space", "enter", "p", "n", "delete", "y", "left", "x"):
            await desk.press(key)
            assert isinstance(desk.app.screen, CompareScreen)
        assert desk.sent == []
        assert len(list(store.root.iterdir())) == 4


async def test_foreign_curves_and_names_break_nothing(store: Store) -> None:
    info = shelved(store, 0, FALLING, corpus="[b]\x1b[2J")
    folder = folder_of(info)
    folder.name_file.write_text("[red]x[/]")
    append_lines(folder.samples_file, [{"epoch": 41, "perplexity": 1.0, "prefix": "[b]", "text": "\x1b[2J\u202e"}])
    with folder.curve_file.open("ab") as file:
        file.write(b'{"epoch": 41, "perplexity": 1e999}\n\xff\xfe\n{"epoch": 42,\n' + b"9" * 100_000 + b"\n")
        file.write(json.dumps(row(43, 0.0)).encode() + b"\n" + json.dumps(row(2**53, 1e308)).encode() + b"\n")
    async with compared() as desk:
        assert "[red]x[/]" in desk.text()
        assert "\x1b" not in desk.text()
        for key in ("left", "plus", "plus", "x", "left", "plus", "0"):
            await desk.press(key)


async def test_a_run_that_is_deleted_meanwhile_goes(store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    # The disk is not looked at between the deletion and the key.
    monkeypatch.setattr("lyricterm.app.screens.compare.READ_EVERY", 1e6)
    gone, stays = shelved(store, 0, FALLING), shelved(store, 1, FALLING)
    async with compared() as desk:
        await desk.press("end")
        shutil.rmtree(gone.folder)
        await desk.press("p")
        await desk.until(lambda: len(rows(desk)) == 1)
        assert rows(desk)[0][1] == stays.spoken
        # The notice that the run is gone lies over the panel's border.
        await desk.until(lambda: len(desk.app.screen.query("Toast")) == 1)
        desk.app.clear_notifications()
        await desk.until(lambda: desk.subtitle("#runs") == "1 run · 1 drawn")
        shutil.rmtree(stays.folder)
        await read(desk)
        assert rows(desk) == []
        for key in ("space", "enter", "p", "n", "delete", "y", "left", "plus", "x", "down", "end"):
            await desk.press(key)
        assert isinstance(desk.app.screen, CompareScreen)


@pytest.mark.skipif(os.geteuid() == 0, reason="root reads everything")
async def test_a_folder_that_cannot_be_read(store: Store) -> None:
    info = shelved(store, 0, FALLING)
    info.folder.chmod(0)
    async with compared() as desk:
        assert "cannot be read" in desk.text()
    info.folder.chmod(0o700)


async def test_too_small_for_curves_the_table_stands_alone(store: Store) -> None:
    info = shelved(store, 0, FALLING)
    async with compared(SMALLEST) as desk:
        assert " ".join(desk.panel("#remark")).strip() == "The curves need a terminal of 60×18."
        assert not desk.widget("#plot").display
        assert line_of(desk, info.spoken)[0] == "a"
        await desk.resize(*USUAL)
        assert desk.widget("#plot").display
        assert "The curves need" not in desk.text()
        await desk.resize(5, 3)
        await desk.resize(*SMALLEST)


@pytest.mark.parametrize("size", [(60, 18), USUAL, WIDE, (200, 60)])
@pytest.mark.parametrize("language", ["en", "zh"])
async def test_every_line_is_as_wide_as_the_screen(store: Store, size: tuple[int, int], language: str) -> None:
    from lyricterm.core.i18n import translator

    shelved(store, 0, FALLING, recipe=Recipe(hidden=64, clipping=False), corpus="歌词歌词.txt")
    shelved(store, 1, [1e300, *SLOWER], recipe=CONSECUTIVE)
    translator.use(language)
    async with compared(size) as desk:
        await desk.press("left")
        for selector in ("#runs", "#plot"):
            region = desk.widget(selector).region
            assert all(
                len(line.rstrip()) <= region.width and line[-1:] in "│╮╯" for line in desk.panel(selector, border=True)
            )
        assert any("●" in line for line in desk.panel("#plot"))


async def test_without_runs_it_says_what_to_do() -> None:
    async with compared() as desk:
        assert "Choose runs to draw with space." in desk.text()
        assert desk.subtitle("#runs") == "0 runs · 0 drawn"
        await desk.press("escape")
        assert desk.app.screen is desk.app.studio


async def test_the_studios_run_is_shown_without_a_disk() -> None:
    async with compared(told=(*TRAINING, sampled(50, "分开", "你我"), SaveFailed(1, "No space left."))) as desk:
        (line,) = rows(desk)
        assert line[:6] == ["a", "this run", "random tanh clip 5", "training", "88/200", "10.1"]
        assert "分开你我" in line
        assert any("\u2800" < character < "\u2900" for line in desk.panel("#plot") for character in line)
        await desk.press("p", "n", "delete")
        assert "The run is not on disk." in desk.text()
        await desk.press("x")
        assert "There are no timings of these runs." in desk.text()
        await desk.press("x", "enter")
        assert desk.sent == []
        assert desk.app.screen is desk.app.studio


async def test_the_studios_run_lives(store: Store) -> None:
    info = shelved(store, 0, FALLING, status=RunStatus.TRAINING)
    async with studio(WIDE, (*TRAINING, RunSaved(1, info.id, 40, 0))) as desk:
        await desk.press("v")
        await read(desk)
        assert line_of(desk, info.spoken)[4] == "88/200"
        assert len(rows(desk)) == 1
        await desk.hear(progress(epoch=90, perplexity=series(1400.0, 9.0, 8.5)))
        await desk.until(lambda: line_of(desk, info.spoken)[4:6] == ["91/200", "8.50"])
        await desk.press("left")
        assert re.search(r"epoch 90 *│", desk.text())
        assert "8.50" in desk.panel("#plot")[1]
        await desk.hear(became(RunStatus.DIVERGED), Diverged(1, 91, 2, "loss"))
        await desk.until(lambda: line_of(desk, info.spoken)[3] == "diverged")
        await desk.until(lambda: "×" in "\n".join(desk.panel("#plot")))


async def test_a_run_that_was_not_on_disk_keeps_its_letter_when_it_is(store: Store) -> None:
    async with compared(told=TRAINING) as desk:
        assert rows(desk)[0][:2] == ["a", "this run"]
        info = shelved(store, 0, FALLING, status=RunStatus.TRAINING)
        await desk.hear(RunSaved(1, info.id, 87, 5))
        await read(desk)
        assert [cells[:2] for cells in rows(desk)] == [["a", info.spoken]]


async def test_the_end_of_a_run_that_was_left_is_not_this_runs(store: Store) -> None:
    old = kept(store, 0)
    async with studio(told=TRAINING) as desk:
        await desk.hear(RunSaved(9, old.id, 1, 1))
        assert desk.app.studio.state.kept == ""
        assert NOW not in [info.id for info in store.runs()]


@pytest.mark.slow
async def test_a_thousand_runs_are_scrolled_through(store: Store) -> None:
    info = shelved(store, 0, FALLING)
    for number in range(1000):
        shutil.copytree(info.folder, store.root / f"copy-{number:04}")
    async with compared() as desk:
        assert desk.subtitle("#runs") == "1,001 runs · 4 drawn"
        await desk.press("end")
        assert any(info.spoken in line or "copy-" in line for line in desk.panel("#runs"))
        last = desk.panel("#runs")[-1]
        await desk.press("home")
        assert desk.panel("#runs")[-1] != last


async def test_the_palette_offers_what_the_keys_do(store: Store) -> None:
    info = shelved(store, 0, FALLING)
    async with compared() as desk:
        await desk.choose("Pin the run")
        await desk.until(lambda: store.find(info.id).pinned)
        await desk.choose("Epochs or seconds")
        assert "over seconds of training" in desk.title("#plot")


async def test_a_click_on_a_key_presses_it(store: Store) -> None:
    shelved(store, 0, FALLING)
    async with compared() as desk:
        await desk.click("#keys", desk.lines()[-1].index("epochs or seconds"))
        assert "over seconds of training" in desk.title("#plot")
        await desk.click("#keys", desk.lines()[-1].index("esc back"))
        assert desk.app.screen is desk.app.studio


@pytest.mark.slow
async def test_the_real_lab_compares_its_runs(tmp_path: Path, store: Store) -> None:
    recipe = small(tmp_path, epochs=20)
    async with training(recipe, storage=RunStorage(store)) as desk:
        await desk.until(lambda: any(info.status is RunStatus.FINISHED for info in store.runs()))
        desk.app.studio.restart(replace(recipe, sampling="consecutive"))
        await desk.until(lambda: len(store.runs()) == 2 and all(info.epoch == 20 for info in store.runs()))
        await desk.press("v")
        await read(desk)
        assert sorted(cells[0] for cells in rows(desk)) == ["a", "b"]
        text = "\n".join(desk.panel("#runs"))
        assert text.count("20/20") == 2
        assert "consecutive" in text
        assert text.count("春天") == 2
        for info in store.runs():
            last = json.loads(RunFolder(info.folder).curve_file.read_text().splitlines()[-1])
            assert line_of(desk, info.spoken)[5] == f"{last['perplexity']:.2f}"
        other = next(info for info in store.runs() if info.id != desk.app.studio.state.kept)
        await desk.press("down")
        assert rows(desk)[1][1] == other.spoken
        await desk.press("enter")
        await desk.until(lambda: desk.app.studio.state.kept == other.id)


async def test_the_real_lab_trains_on_while_runs_are_compared(tmp_path: Path, store: Store) -> None:
    async with training(small(tmp_path), storage=RunStorage(store)) as desk:
        await desk.press("v")
        await read(desk)
        await desk.until(lambda: bool(rows(desk)) and rows(desk)[0][0] == "a")

        def epoch() -> int:
            return int(rows(desk)[0][4].partition("/")[0].replace(",", ""))

        first = epoch()
        await desk.until(lambda: epoch() > first + 2)
        await desk.until(lambda: "a random tanh" in desk.text())
        await desk.press("escape")


async def test_the_held_out_text_is_a_dotted_line_in_the_run_s_colour(store: Store) -> None:
    known = HeldOutFacts(4_000, 12, 7, 301.0, 204.0)
    info = shelved(store, 0, FALLING, held_out=known, vocabulary=1_447)
    scored = [
        row(epoch, value) | {"valid_perplexity": 300.0 + 5 * abs(epoch - 9)} for epoch, value in enumerate(FALLING, 1)
    ]
    append_lines(folder_of(info).curve_file, scored)
    async with compared((200, 60)) as desk:
        plot = desk.app.screen.query_one(Plot)
        trained, held_out = plot.chart.series
        assert (held_out.dotted, held_out.colour, held_out.label) == (True, trained.colour, trained.label)
        assert min(held_out.values) == held_out.values[8] == 300.0
        drawn = desk.text()
        for words in ("301 frequencies", "204 bigram", "1,447 guessing", "⠂⠂ held out", "best 300, epoch 9"):
            assert words in drawn
        table = " ".join(desk.panel("#runs"))
        assert "held out" in table
        assert "455" in table
        await desk.press("h")
        assert [series.dotted for series in plot.chart.series] == [False]
        await desk.press("h")
        assert [series.dotted for series in plot.chart.series] == [False, True]


async def test_runs_of_exercises_are_listed_when_they_are_wanted(store: Store) -> None:
    own = shelved(store, 0, FALLING)
    for number in (1, 2):
        info = shelved(store, number, SLOWER)
        folder_of(info).exercise_file.write_text("clipping\n", encoding="utf-8")
        store.rename(info, f"clipping-tanh-{number}")
    async with compared() as desk:
        assert [line[1] for line in rows(desk)] == [own.spoken]
        assert "e: 2 of exercises" in desk.text()
        await desk.press("e")
        await read(desk)
        assert [line[1] for line in rows(desk)] == ["clipping-tanh-2", "clipping-tanh-1", own.spoken]
        assert "of exercises" not in desk.text()
        # A curve was drawn, so it stays the only one.
        (drawn,) = desk.app.screen.query_one(Plot).chart.series
        assert drawn.values[-1] == FALLING[-1]


async def test_runs_of_exercises_are_drawn_once_listed_where_nothing_is_drawn(store: Store) -> None:
    for number in (1, 2):
        info = shelved(store, number, SLOWER)
        folder_of(info).exercise_file.write_text("clipping\n", encoding="utf-8")
        store.rename(info, f"clipping-tanh-{number}")

    def drawn() -> list[str]:
        return sorted(series.name for series in desk.app.screen.query_one(Plot).chart.series)

    async with compared() as desk:
        assert drawn() == []
        await desk.press("e")
        await desk.until(lambda: len(drawn()) == 2)
        assert drawn() == ["clipping-tanh-1", "clipping-tanh-2"]
        assert max(desk.app.screen.query_one(Plot).chart.series[0].values) == max(SLOWER)
        # Not listed any more, they are not drawn either.
        await desk.press("e")
        await desk.until(lambda: not drawn())
        assert "e: 2 of exercises" in desk.text()


async def test_runs_that_differ_only_in_their_seed_stand_on_one_line_with_mean_and_range(store: Store) -> None:
    for number, (seed, hidden, last) in enumerate([(0, 64, 10.0), (1, 64, 40.0), (0, 256, 5.0)]):
        shelved(store, number, [*FALLING[:-1], last], recipe=Recipe(seed=seed, hidden=hidden))
    async with compared((200, 50)) as desk:
        assert len(rows(desk)) == 3
        await desk.press("g")
        await read(desk)
        assert [line[:7] for line in rows(desk)] == [
            ["a", store.runs()[0].spoken, "hidden units 256", "finished", "40/200", "5.00", "5.00"],
            ["b", "2 seeds", "hidden units 64", "finished", "40/200", "20.0 (10.0–40.0)", "16.0 (10.0–25.6)"],
        ]
        screen = desk.app.screen
        drawn = screen.query_one(Plot).chart.series
        assert [(series.label, series.colour, series.name, series.values[-1]) for series in drawn] == [
            ("a", 0, "hidden units 256", 5.0),
            ("b", 1, "hidden units 64", 40.0),
            ("", 1, "", 10.0),
        ]
        # What is done to one run is not done to several.
        await desk.press("down", "p", "enter")
        assert desk.app.screen is screen
        assert not any(info.pinned for info in store.runs())
        assert len(desk.app._notifications) == 2
        assert all("press g" in notification.message for notification in desk.app._notifications)
        await desk.press("g")
        await read(desk)
        assert len(rows(desk)) == 3


async def test_the_row_of_a_run_that_another_program_trains_is_at_most_two_seconds_old(store: Store) -> None:
    info = shelved(store, 0, FALLING, status=RunStatus.TRAINING)
    lock = Lock(folder_of(info).lock_file)
    assert lock.acquire()
    assert READ_EVERY + LIVE_EVERY <= 2
    async with compared((160, 40)) as desk:
        assert line_of(desk, info.spoken)[4:6] == ["40/200", "25.0"]
        # The other program has not saved the run again.
        append_lines(folder_of(info).curve_file, [row(41, 21.5)])
        await desk.until(lambda: line_of(desk, info.spoken)[4:6] == ["41/200", "21.5"])
    lock.release()
