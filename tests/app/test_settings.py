"""The settings form: every value checked as it is typed, applied to the running model or to a new run."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import replace
from pathlib import Path

import pytest
from textual.widgets import Button, Input, Label

from lyricterm.app.run_state import RunState
from lyricterm.app.screens.settings import SettingsScreen, read
from lyricterm.core.commands import Change, Restart
from lyricterm.core.events import Event, Failed
from lyricterm.core.number_format import setting_value
from lyricterm.core.run_status import RunStatus
from lyricterm.core.settings import SETTINGS, Recipe, Value, show
from tests.app.desk import FACTS, SMALLEST, USUAL, WIDE, Desk, became, progress, started, studio

WRONG = {
    "hidden": {
        "0": "hidden units (--hidden) must be a whole number from 1 to 16,384, not 0.",
        "": "hidden units (--hidden) must be a whole number from 1 to 16,384, not ''.",
        "1.5": "hidden units (--hidden) must be a whole number from 1 to 16,384, not '1.5'.",
        "99999": "hidden units (--hidden) must be a whole number from 1 to 16,384, not 99999.",
        "many": "hidden units (--hidden) must be a whole number from 1 to 16,384, not 'many'.",
    },
    "theta": {
        "0": "theta (--clip) must be a number above 0 and up to 1,000,000,000, not 0.0.",
        "nan": "theta (--clip) must be a number above 0 and up to 1,000,000,000, not nan.",
        "-1": "theta (--clip) must be a number above 0 and up to 1,000,000,000, not -1.0.",
    },
    "lr": {"inf": "learning rate (--lr) must be a number above 0 and up to 1,000,000, not inf."},
    "steps": {"0": "time steps (--steps) must be a whole number from 1 to 10,000, not 0."},
    "batch": {"x": "batch size (--batch) must be a whole number from 1 to 65,536, not 'x'."},
    "epochs": {"-3": "epochs (--epochs) must be a whole number from 1 to 10,000,000, not -3."},
    "pred_period": {"0": "sample every (--pred-period) must be a whole number from 1 to 10,000,000, not 0."},
    "pred_len": {"10001": "sample length (--pred-len) must be a whole number from 1 to 10,000, not 10001."},
    "seed": {"-1": "seed (--seed) must be a whole number from 0 to 9,223,"},
    "max_chars": {"1": "characters (--max-chars) must be a whole number from 2 to 1,000,000,000, not 1."},
    "prefixes": {
        "|".join("a" * 17): "prefixes (--prefix) must be at most 16 texts of 1 to 1,000 characters each.",
    },
    "corpus": {
        "nowhere.txt": "There is no file nowhere.txt; give a file, a folder, a pattern, or a built-in text:",
        "~nobody-lives-here/a.txt": "There is no file ~nobody-lives-here/a.txt;",
        "a" * 300: "a" * 60,
        "": "corpus (--corpus) must be a name or a path, not ''.",
    },
}
HOT: dict[str, tuple[str, Value]] = {
    "lr": ("1e-3", 0.001),
    "theta": (" 2.5 ", 2.5),
    "steps": ("20", 20),
    "prefixes": ("想要|你", ("想要", "你")),
}


@asynccontextmanager
async def form(size: tuple[int, int] = USUAL) -> AsyncIterator[Desk]:
    """The studio with its settings open."""
    async with studio(size) as desk:
        await desk.press("e")
        yield desk


async def enter(desk: Desk, setting: str, text: str) -> None:
    """Put the cursor into a field and a text in place of what it holds."""
    desk.widget(f"#set-{setting.replace('_', '-')}").focus()
    await desk.press("home")
    await desk.press("ctrl+k")
    await desk.paste(text)


def said(desk: Desk) -> str:
    """The sentence below the fields, on one line."""
    return " ".join(" ".join(desk.panel("#summary")).split())


def problem(desk: Desk, setting: str) -> str:
    """What stands at a field, on one line."""
    told = desk.widget(f"#set-{setting.replace('_', '-')}-wrong")
    return " ".join(" ".join(desk.panel(f"#{told.id}")).split()) if told.display else ""


def button(desk: Desk) -> str:
    """What the button to accept says."""
    return desk.panel("#accept")[0].strip()


def can_accept(desk: Desk) -> bool:
    """Whether the button can be pressed."""
    field = desk.widget("#accept")
    assert isinstance(field, Button)
    return not field.disabled


async def test_every_setting_is_there_with_its_value() -> None:
    async with form(WIDE) as desk:
        labels = {str(label.content) for label in desk.app.screen.query(Label)}
        assert {declared.label for declared in SETTINGS.values()} <= labels
        shown = {field.value for field in desk.app.screen.query(Input)}
        assert {"分开|不分开", "20000", "off"} <= shown
        assert said(desk) == "Nothing is changed."
        assert button(desk) == "apply"


def test_the_choice_of_matrix_products_says_what_the_probe_chose() -> None:
    products = (("scores", "onednn"), ("step", "mkl"), ("step back", "mkl"))
    facts = replace(FACTS, matmul=products)
    form = SettingsScreen(RunState(Recipe(), facts=facts))
    assert [form._option("matmul", choice) for choice in ("auto", "mkl")] == ["auto (mkl ×2, onednn ×1)", "mkl"]
    forced = SettingsScreen(RunState(Recipe(matmul="mkl"), facts=facts))
    assert forced._option("matmul", "auto") == "auto"


@pytest.mark.slow
async def test_the_prefixes_of_an_english_text_are_shown_and_stay_no_wish() -> None:
    facts = replace(FACTS, usual_prefixes=("And the", "Oh|well"))
    async with studio(told=[replace(started(), facts=facts), progress()]) as desk:
        await desk.press("e")
        field = desk.app.screen.query_one("#set-prefixes", Input)
        assert field.value == r"And the|Oh\|well"
        assert said(desk) == "Nothing is changed."
        await enter(desk, "hidden", "64")
        assert "prefixes" not in said(desk)
        await desk.press("ctrl+s")
        assert desk.sent == [Restart(Recipe(hidden=64))], "the next text may have others"
        await desk.press("e")
        await enter(desk, "prefixes", "And the")
        await desk.press("ctrl+s")
        assert desk.sent[1:] == [Change((("prefixes", ("And the",)),))]
    assert RunState(Recipe(prefixes=("x",)), facts=facts).prefixes == ("x",)
    assert RunState(Recipe()).prefixes == Recipe().prefixes


@pytest.mark.slow
async def test_a_wrong_value_shows_its_sentence_as_it_is_typed() -> None:
    async with form() as desk:
        for setting, sentences in WRONG.items():
            for text, sentence in sentences.items():
                await enter(desk, setting, text)
                assert problem(desk, setting).startswith(sentence)
                assert said(desk) == "1 setting cannot be used as it is."
                assert not can_accept(desk)
            await enter(desk, setting, show(getattr(Recipe(), setting)))
            assert problem(desk, setting) == ""
            assert said(desk) == "Nothing is changed."
            assert can_accept(desk)


async def test_a_problem_stands_at_its_field_with_the_range_and_enter_goes_to_it() -> None:
    async with form() as desk:
        await enter(desk, "hidden", "0")
        field, told = desk.widget("#set-hidden").region, desk.widget("#set-hidden-wrong").region
        assert told.y == field.bottom
        assert "from 1 to" in problem(desk, "hidden")
        await enter(desk, "lr", "x")
        assert said(desk) == "2 settings cannot be used as they are."
        desk.widget("#set-seed").focus()
        await desk.press("ctrl+s")
        assert desk.app.focused is desk.widget("#set-lr") or desk.app.focused is desk.widget("#set-hidden")


@pytest.mark.slow
async def test_how_lyrics_are_chosen_is_sent_to_the_running_model() -> None:
    async with form() as desk:
        await enter(desk, "beam", "99")
        assert problem(desk, "beam").endswith("must be off, or a whole number from 1 to 64, not '99'.")
        await enter(desk, "beam", "4")
        await enter(desk, "temperature", "0.8")
        assert problem(desk, "beam").startswith("Beam search never draws")
        assert not can_accept(desk)
        await enter(desk, "beam", "off")
        assert said(desk) == "The running model goes on: temperature → 0.8"
        await desk.press("ctrl+s")
        assert desk.sent == [Change((("temperature", "0.8"),))]


async def test_a_wrong_value_cannot_be_accepted() -> None:
    async with form() as desk:
        await enter(desk, "hidden", "0")
        await desk.press("enter", "ctrl+s")
        await desk.click("#accept", 2)
        assert desk.sent == []
        assert desk.title("#settings") == "settings"


@pytest.mark.slow
async def test_a_right_value_is_sent_as_a_change_of_the_running_model() -> None:
    async with studio() as desk:
        for setting, (text, value) in HOT.items():
            await desk.press("e")
            await enter(desk, setting, text)
            assert button(desk) == "apply"
            assert said(desk) == f"The running model goes on: {SETTINGS[setting].label} → {setting_value(value)}"
            await desk.press("enter")
            assert desk.sent[-1] == Change(((setting, value),))
            assert desk.app.screen is desk.app.studio
        assert len(desk.sent) == len(HOT)


async def test_what_the_running_model_cannot_change_starts_a_new_run() -> None:
    async with form() as desk:
        await enter(desk, "lr", "0.5")
        await enter(desk, "hidden", "1,024")
        assert button(desk) == "start a new run"
        assert said(desk) == "A new run begins: hidden units → 1024, learning rate → 0.5"
        await desk.click("#accept", 2)
        assert desk.sent == [Restart(Recipe(hidden=1024, lr=0.5))]


@pytest.mark.slow
async def test_several_changes_go_together() -> None:
    async with form() as desk:
        await enter(desk, "lr", "0.5")
        await enter(desk, "epochs", "300")
        await desk.press("ctrl+s")
        assert desk.sent == [Change((("lr", 0.5), ("epochs", 300)))]
        assert desk.setting("lr") == "‹ 0.5 ›"


@pytest.mark.slow
async def test_what_is_chosen_from_a_list() -> None:
    async with form() as desk:
        desk.widget("#set-cell").focus()
        await desk.press("enter", "down", "enter")
        assert said(desk) == "A new run begins: cell → gru"
        await desk.press("ctrl+s")
        assert desk.sent == [Restart(Recipe(cell="gru"))]


@pytest.mark.slow
async def test_a_new_corpus(tmp_path: Path) -> None:
    path = tmp_path / "my lyrics.txt"
    path.write_text("分开", encoding="utf-8")
    async with form() as desk:
        await enter(desk, "corpus", str(tmp_path / "missing"))
        assert problem(desk, "corpus").startswith("There is no file ")
        await enter(desk, "corpus", str(path))
        assert button(desk) == "start a new run"
        await desk.press("ctrl+s")
        assert desk.sent == [Restart(Recipe(corpus=str(path)))]


async def test_cancelling_sends_nothing() -> None:
    async with form() as desk:
        await enter(desk, "seed", "5")
        await desk.click("#cancel", 2)
        assert desk.app.screen is desk.app.studio
        await desk.press("e")
        assert said(desk) == "Nothing is changed."
        await enter(desk, "lr", "5")
        await desk.press("escape")
        assert desk.app.screen is desk.app.studio
        assert desk.sent == []


@pytest.mark.slow
async def test_accepting_no_change_sends_nothing() -> None:
    async with form() as desk:
        await desk.press("ctrl+s")
        assert desk.sent == []
        assert desk.app.screen is desk.app.studio


@pytest.mark.slow
async def test_the_form_shows_what_was_asked_for_and_not_yet_confirmed() -> None:
    async with studio() as desk:
        await desk.press("s", "+", "e")
        assert "consecutive" in desk.panel("#set-sampling")[0]
        assert desk.panel("#set-lr")[0].strip() == "0.5"


async def test_a_run_that_could_not_begin_can_be_begun_with_the_same_settings() -> None:
    told: list[Event] = [became(RunStatus.FAILED), Failed(0, "There is no file lyrics.txt.")]
    async with studio(told=told) as desk:
        await desk.press("e", "ctrl+s")
        assert desk.sent == [Restart(Recipe())]


@pytest.mark.slow
async def test_letters_in_a_field_are_letters() -> None:
    async with form() as desk:
        await enter(desk, "prefixes", "")
        await desk.type("scadr?/[],. ")
        assert desk.sent == []
        assert desk.panel("#set-prefixes")[0].strip() == "scadr?/[],."


@pytest.mark.slow
@pytest.mark.parametrize("size", [USUAL, SMALLEST])
async def test_every_field_can_be_reached_where_there_is_less_room(size: tuple[int, int]) -> None:
    async with form(size) as desk:
        seen = ""
        for _field in SETTINGS:
            seen += "\n".join(desk.panel("#settings"))
            await desk.press("tab")
        assert "Nothing is changed." in seen
        assert "apply" in seen
        for declared in SETTINGS.values():
            assert declared.label in seen


@pytest.mark.slow
async def test_the_last_field_changes_too_in_a_small_terminal() -> None:
    async with form(SMALLEST) as desk:
        await enter(desk, "seed", "x")
        assert problem(desk, "seed").startswith("seed (--seed) must be")
        await enter(desk, "seed", "9")
        await desk.press("ctrl+s")
        assert desk.sent == [Restart(replace(Recipe(), seed=9))]


def test_a_pasted_path_is_the_path(tmp_path: Path) -> None:
    path = tmp_path / "my song.txt"
    path.write_text("la la la", "utf-8")
    for pasted in (str(path), f"'{path}'", f'"{path}" ', path.as_uri(), str(path).replace(" ", "\\ ")):
        assert read("corpus", pasted) == str(path)
