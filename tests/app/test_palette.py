"""The palette: a word finds the thing that it names, in either language, and nothing else."""

from __future__ import annotations

from pathlib import Path
from urllib.parse import quote

import pytest
from textual.command import CommandList

from lyricterm.app.app import APP_ACTIONS
from lyricterm.app.palette_search import fit, place_of
from lyricterm.core.commands import Change, Restart
from lyricterm.core.i18n import LANGUAGES, translator
from tests.app.desk import WIDE, Desk, studio


@pytest.mark.parametrize(
    ("query", "score"),
    [
        ("", 0.0),
        ("learn", 1.0),
        ("learning rate: r", (1.0 + 0.9 + 0.9) / 3),
        ("RATE", 0.9),
        ("lr", 0.7),
        ("lr rate", 0.8),
        ("steps", 0.4),
        ("earning", 0.0),
        ("lr nothing", 0.0),
        ("调大", 0.9),
        ("学习率", 1.0),
    ],
)
def test_how_well_a_word_fits(query: str, score: float) -> None:
    titles = ("Learning rate: raise", "学习率：调大")
    assert fit(query, titles, ("lr",), ("larger steps",)) == pytest.approx(score)


def test_where_a_word_stands() -> None:
    assert place_of("run", "rerun, Run") == (7, 10)
    assert place_of("运行", "比较运行") == (2, 4)
    assert place_of("(", "a (b)") == (2, 3)
    assert place_of("un", "run") is None


def shown(desk: Desk) -> list[str]:
    """The titles that the palette lists, the best first."""
    options = desk.app.screen.query_one(CommandList).options
    return [str(option.prompt).splitlines()[0] for option in options]


async def finds(desk: Desk, query: str, first: list[str]) -> None:
    """Typed, a query lists these first."""
    await desk.press("ctrl+p")
    await desk.paste(query)
    await desk.until(lambda: shown(desk)[: len(first)] == first)


@pytest.mark.parametrize(
    ("query", "first"),
    [
        ("theme", ["Theme: dark", "Theme: light"]),
        ("lang", ["Language: English", "Language: 中文"]),
        ("export", ["Export  w"]),
        ("save", ["Export  w"]),
        ("clip", ["Clipping  c"]),
        ("lower", ["Theta: lower  [", "Learning rate: lower  -"]),
        ("resume", ["Pause or go on  Space", "Open the unfinished run  o"]),
        ("导出", ["Export  w"]),
        ("zzz", ["no command fits"]),
    ],
)
async def test_what_is_found_in_english(query: str, first: list[str]) -> None:
    async with studio(WIDE) as desk:
        await finds(desk, query, first)


@pytest.mark.parametrize("query", ["导出", "保存", "export", "save"])
async def test_both_languages_find_it_in_chinese(query: str) -> None:
    translator.use("zh")
    async with studio(WIDE) as desk:
        await finds(desk, query, ["导出  w"])


async def test_a_word_that_fits_nothing_does_nothing() -> None:
    async with studio(WIDE) as desk:
        await desk.press("ctrl+p")
        await desk.paste("rstrt")
        await desk.until(lambda: "no command fits" in desk.text())
        await desk.press("enter")
        await desk.until(lambda: desk.app.screen is desk.app.studio)
        assert desk.sent == []


async def test_the_keys_of_the_prompt_can_be_taken_from_the_palette() -> None:
    async with studio(WIDE) as desk:
        await desk.press("/", "a")
        await desk.choose("Leave")
        await desk.press("c")
        assert desk.sent[-1] == Change((("clipping", False),))


def test_each_language_has_an_action() -> None:
    assert {action.run for action in APP_ACTIONS if "language" in action.id} == {
        f"language('{code}')" for code in LANGUAGES
    }


@pytest.mark.parametrize("given", ["{path}", "'{path}' ", "{escaped}", "file://{quoted}"])
async def test_a_path_that_is_pasted_or_dropped_can_be_used_as_the_text(given: str, tmp_path: Path) -> None:
    path = tmp_path / "my songs.txt"
    path.write_text("la la la " * 100, encoding="utf-8")
    spelt = given.format(path=path, escaped=str(path).replace(" ", "\\ "), quoted=quote(str(path)))
    async with studio(WIDE) as desk:
        await finds(desk, spelt, ["Use this text: my songs.txt"])
        await desk.press("enter")
        await desk.until(lambda: bool(desk.sent))
        (command,) = desk.sent
        assert isinstance(command, Restart)
        assert command.recipe.corpus == str(path)


async def test_a_path_of_nothing_is_named_and_a_word_is_a_command_first(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "theme").write_text("la", encoding="utf-8")
    monkeypatch.chdir(tmp_path)
    async with studio(WIDE) as desk:
        await finds(desk, "/nowhere/songs.txt", ["there is no file /nowhere/songs.txt"])
        await desk.press("escape")
        await finds(desk, "theme", ["Theme: dark", "Theme: light", "Use this text: theme"])
