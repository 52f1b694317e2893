"""Every way to change the running experiment: keys, mouse, palette. Each sends one command and shows at once."""

from __future__ import annotations

from dataclasses import replace

import pytest
from rich.color import Color

from lyricterm.app.actions import title_of
from lyricterm.app.screens.studio import StudioScreen
from lyricterm.core.commands import Change, Command, Pause, Restart, Resume, StepOnce
from lyricterm.core.i18n import translator
from lyricterm.core.run_status import RunStatus
from lyricterm.core.settings import Recipe, Value
from tests.app.desk import SMALLEST, USUAL, WIDE, Desk, became, mark, progress, studio


def change(setting: str, value: Value) -> Change:
    """A change of one setting."""
    return Change(((setting, value),))


Row = tuple[str, str, str, Value, str]
"""A key, the label of its setting, the setting, what the key makes of it, and how that is shown."""

FLIPS: list[Row] = [
    ("s", "sampling", "sampling", "consecutive", "→ consecutive"),
    ("c", "clipping", "clipping", False, "off"),
    ("a", "activation", "activation", "relu", "ReLU"),
    ("d", "detach", "detach", False, "off"),
]
NUDGES: list[Row] = [
    ("[", "theta", "theta", 2.0, "‹ 2 ›"),
    ("]", "theta", "theta", 10.0, "‹ 10 ›"),
    ("-", "lr", "lr", 0.1, "‹ 0.1 ›"),
    ("+", "lr", "lr", 0.5, "‹ 0.5 ›"),
    ("=", "lr", "lr", 0.5, "‹ 0.5 ›"),
    (",", "lyrics", "pred_period", 20, "‹ every 20 ›"),
    (".", "lyrics", "pred_period", 100, "‹ every 100 ›"),
]
FLIPPED = Recipe(sampling="consecutive", clipping=False, activation="relu", detach=False, cell="gru")
PALETTE: list[tuple[str, Command]] = [
    ("Pause or go on", Pause()),
    ("One step", StepOnce()),
    ("Sampling", change("sampling", "consecutive")),
    ("Clipping", change("clipping", False)),
    ("Theta: raise", change("theta", 10.0)),
    ("Theta: lower", change("theta", 5.0)),
    ("Activation", change("activation", "relu")),
    ("Detach", change("detach", False)),
    ("Learning rate: raise", change("lr", 0.5)),
    ("Learning rate: lower", change("lr", 0.2)),
    ("Lyrics more often", change("pred_period", 20)),
    ("Lyrics less often", change("pred_period", 50)),
    ("Cell", Restart(FLIPPED)),
    ("Restart with the same seed", Restart(FLIPPED)),
    ("Restart with a new seed", Restart(replace(FLIPPED, seed=1))),
]
"""Taken one after the other, what each title sends."""


@pytest.mark.parametrize(("key", "label", "setting", "value", "shown"), FLIPS + NUDGES)
async def test_a_key_sends_its_change_and_shows_it_at_once(
    key: str, label: str, setting: str, value: Value, shown: str
) -> None:
    async with studio() as desk:
        await desk.press(key)
        assert desk.sent == [change(setting, value)]
        assert desk.setting(label) == shown


async def test_the_cell_starts_a_new_run_and_comes_round() -> None:
    async with studio() as desk:
        await desk.press("l", "l", "l")
        assert desk.sent == [Restart(Recipe(cell=cell)) for cell in ("gru", "lstm", "rnn")]
        await desk.press("l")
        assert desk.setting("cell") == "gru"


async def test_layers_dropout_and_embedding_stand_in_the_panel() -> None:
    recipe = Recipe(layers=2, dropout=0.25, embedding=64)
    async with studio(WIDE, recipe=recipe) as desk:
        await desk.hear(progress(recipe=recipe))
        text = desk.text()
        assert "layers 2 · dropout 0.25" in text
        assert "embedding 64" in text


async def test_a_flip_is_flipped_back() -> None:
    async with studio() as desk:
        for key, label, setting, value, shown in FLIPS:
            before = desk.setting(label)
            await desk.press(key)
            assert desk.setting(label) == shown
            await desk.press(key)
            assert desk.setting(label) == before
            assert desk.sent[-2:] == [change(setting, value), change(setting, getattr(Recipe(), setting))]


async def test_numbers_step_along_the_ladder_without_waiting_for_the_trainer() -> None:
    async with studio() as desk:
        await desk.press("-", "-", "-", "+")
        assert desk.sent == [change("lr", value) for value in (0.1, 0.05, 0.02, 0.05)]
        assert desk.setting("lr") == "‹ 0.05 ›"


async def test_a_number_at_its_end_stays() -> None:
    async with studio() as desk:
        await desk.press(*",,,,,,,")
        assert desk.sent == [change("pred_period", n) for n in (20, 10, 5, 2, 1)]
        assert desk.setting("lyrics") == "‹ every 1 ›"


@pytest.mark.parametrize("size", [WIDE, USUAL])
async def test_sampling_waits_for_the_next_epoch_and_says_so(size: tuple[int, int]) -> None:
    async with studio(size) as desk:
        await desk.press("s")
        assert desk.setting("sampling") == "→ consecutive"
        assert desk.subtitle("#settings-panel") == "→ from the next epoch"
        await desk.hear(progress(pending=(("sampling", "consecutive"),)))
        assert desk.setting("sampling") == "→ consecutive"
        flip = mark("sampling", "random", "consecutive", epoch=88.0)
        await desk.hear(progress(recipe=Recipe(sampling="consecutive"), epoch=88, marks=(flip,)))
        assert desk.setting("sampling") == "consecutive"
        assert desk.subtitle("#settings-panel") == ""
        assert "epoch 89 · sampling random → consecutive" in " ".join(" ".join(desk.panel("#log")).split())


async def test_a_hot_change_is_not_said_to_wait() -> None:
    async with studio() as desk:
        await desk.press("c")
        assert desk.subtitle("#settings-panel") == ""


async def test_what_has_no_effect_is_quiet() -> None:
    async with studio() as desk:
        assert grounds(desk, "#setting-clipping") != grounds(desk, "#setting-detach")
        await desk.press("s")
        assert grounds(desk, "#setting-clipping") == grounds(desk, "#setting-detach")


async def test_every_alternative_is_shown_and_what_is_off_warns() -> None:
    async with studio() as desk:
        for setting, words in (("sampling", "random consecutive"), ("clipping", "on off"), ("activation", "tanh ReLU")):
            assert desk.panel(f"#setting-{setting}")[0].rstrip().endswith(words)
        on = grounds(desk, "#setting-clipping")
        await desk.press("c")
        assert grounds(desk, "#setting-clipping") != on
        await desk.press("s")
        assert desk.panel("#setting-sampling")[0].rstrip().endswith("random →consecutive")


async def test_without_room_for_the_panel_the_toggles_stand_in_a_line() -> None:
    async with studio((60, 15)) as desk:
        assert line(desk) == "s random consecutive  c clip θ 5 off  a tanh ReLU  lr 0.2"
        live, other = look(desk, "random"), look(desk, "consecutive")
        assert live[1] != other[1]
        assert {look(desk, word) for word in ("random", "θ5", "tanh")} == {live}
        assert {look(desk, word) for word in ("consecutive", "off", "ReLU")} == {other}
        await desk.press("s", "c", "a")
        assert line(desk) == "random →consecutive  clip θ 5 off  tanh ReLU  detach on off"
        assert look(desk, "random") == look(desk, "ReLU") == live
        # What is off warns, and so does what waits, without a ground of its own.
        assert look(desk, "off")[1] not in (live[1], other[1])
        assert look(desk, "→")[1] == other[1]
        assert look(desk, "→")[0] == look(desk, "off")[1]
        await desk.click("#settings-line", line(desk).index("clip") + 1)
        await desk.click("#settings-line", line(desk).index("detach") + 1)
        assert desk.sent[-2:] == [change("clipping", True), change("detach", False)]
        await desk.resize(*USUAL)
        assert not desk.widget("#settings-line").display


async def test_the_smallest_terminal_has_every_toggle() -> None:
    async with studio(SMALLEST) as desk:
        assert line(desk) == "rand consec  clip θ 5 off  tanh ReLU"
        await desk.hear(progress(pending=(("sampling", "consecutive"),)))
        assert line(desk) == "rand→consec c on off tanh ReLU d on off"
        await desk.hear(progress(recipe=Recipe(sampling="consecutive", detach=False)))
        assert line(desk) == "rand consec c on off tanh ReLU d on off"
        translator.use("zh")
        desk.app.studio.reword()
        await desk.settle()
        assert line(desk) == "随机 相邻 c 开 关 tanh ReLU d 开 关"


def line(desk: Desk) -> str:
    """The line of settings."""
    return desk.panel("#settings-line")[0].strip()


def look(desk: Desk, word: str) -> tuple[Color | None, Color | None]:
    """The colour of a word of the line of settings, and that of its ground."""
    drawn = desk.styles("#settings-line")
    style = drawn["".join(char for char, _style in drawn).index(word)][1]
    return style.color, style.bgcolor


def grounds(desk: Desk, row: str) -> set[object]:
    """The colours behind a row."""
    return {style.bgcolor for _char, style in desk.styles(row)}


async def test_pausing_going_on_and_stepping() -> None:
    async with studio() as desk:
        assert "space pause" in desk.lines()[-1]
        await desk.press(" ")
        await desk.hear(became(RunStatus.PAUSED))
        assert "space go on" in desk.lines()[-1]
        await desk.press("n", " ")
        assert desk.sent == [Pause(), StepOnce(), Resume()]


async def test_restarting() -> None:
    async with studio() as desk:
        await desk.press("c", "r")
        assert desk.sent[1:] == [Restart(Recipe(clipping=False))]
        await desk.press("R")
        assert desk.sent[2:] == [Restart(Recipe(clipping=False, seed=1))]


async def test_keys_before_the_trainer_is_ready() -> None:
    async with studio(told=()) as desk:
        await desk.press("s", "a", "]")
        assert desk.setting("sampling") == "→ consecutive" or desk.setting("sampling") == "consecutive"
        assert desk.setting("activation") == "ReLU"
        assert [type(command) for command in desk.sent] == [Change, Change, Change]


@pytest.mark.parametrize("size", [WIDE, USUAL])
async def test_a_click_on_a_row_flips_it(size: tuple[int, int]) -> None:
    async with studio(size) as desk:
        for _key, label, setting, value, shown in FLIPS:
            await desk.click(f"#setting-{setting}", 5)
            assert desk.sent[-1] == change(setting, value)
            assert desk.setting(label) == shown
        assert len(desk.sent) == len(FLIPS)


async def test_a_click_on_an_arrow_steps_the_number() -> None:
    steps: dict[str, tuple[Value, Value, Value]] = {
        "theta": (2.0, 5.0, 10.0),
        "lr": (0.1, 0.2, 0.5),
        "pred_period": (20, 50, 100),
    }
    async with studio() as desk:
        for setting, (down, here, up) in steps.items():
            row = f"#setting-{setting.replace('_', '-')}"
            expected = [(down, "‹"), (here, "›"), (up, "›")]
            for value, arrow in expected:
                await desk.click(row, desk.panel(row)[0].index(arrow))
                assert desk.sent[-1] == change(setting, value)


async def test_the_palette_offers_every_command() -> None:
    others = {
        "Settings",
        "Prompt",
        "Help",
        "Recover with clipping on",
        "Open the unfinished run",
        "Inside the model",
        "Close the offer",
        "Earlier lyrics",
        "Later lyrics",
    }
    others |= {"Compare runs", "Export", "Copy", "Exercises", "Text to train on"}
    offered = {title for title, _ in PALETTE} | others
    assert offered == {title_of(action) for action in StudioScreen.ACTIONS}


async def test_what_the_palette_offers_does_what_it_says() -> None:
    actions = {title_of(action): action.run for action in StudioScreen.ACTIONS}
    async with studio() as desk:
        for title, command in PALETTE:
            await desk.app.run_action(actions[title], desk.app.studio)
            assert desk.sent[-1] == command
        assert len(desk.sent) == len(PALETTE)


async def test_a_command_is_found_by_its_title() -> None:
    async with studio() as desk:
        for title, command in PALETTE[2:5]:
            await desk.choose(title)
            assert desk.sent[-1] == command


async def test_the_palette_opens_what_the_keys_open() -> None:
    async with studio() as desk:
        await desk.choose("Settings")
        assert "settings" in desk.title("#settings")
        await desk.press("escape")
        await desk.choose("Help")
        assert "help" in desk.title("#help")
        await desk.press("escape")
        await desk.choose("Prompt")
        await desk.type("分")
        assert desk.panel("#typed")[0].startswith("分")


async def test_a_command_that_is_not_there_is_said_not_to_be() -> None:
    async with studio() as desk:
        await desk.press("ctrl+p")
        await desk.paste("make coffee")
        await desk.until(lambda: "no command fits" in desk.text())
        await desk.press("enter")
        await desk.until(lambda: desk.app.screen is desk.app.studio)
        assert desk.sent == []


async def test_a_palette_is_not_opened_over_a_palette() -> None:
    async with studio() as desk:
        await desk.press("ctrl+p", "ctrl+p", "escape")
        assert desk.app.screen is desk.app.studio
