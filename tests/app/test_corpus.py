"""The corpus screen: what is offered, what is said of a text, what cannot be used, and the run that begins on it."""

from __future__ import annotations

import os
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace

import pytest
from textual.widgets import Input, OptionList

from lyricterm.app.corpus_choice import recent_texts
from lyricterm.app.corpus_page import seconds_of
from lyricterm.app.run_state import RunState
from lyricterm.app.screens import corpus as module
from lyricterm.app.screens.corpus import CorpusScreen
from lyricterm.app.screens.dialogs import AskScreen
from lyricterm.app.screens.studio import StudioScreen
from lyricterm.app.widgets.file_tree import FileTree
from lyricterm.core.commands import Restart
from lyricterm.core.errors import CorpusError
from lyricterm.core.settings import Recipe
from lyricterm.core.visitor import VARIABLE, Visitor, told
from lyricterm.corpus.datasets import DATASETS
from lyricterm.corpus.preview import Preview
from tests.app.desk import FACTS, USUAL, WIDE, Desk, progress, studio

LYRICS = "the rain came down\nand the river rose\n" * 60


def about(desk: Desk) -> str:
    """What is said of the text, with the lines joined."""
    return " ".join(" ".join(desk.panel("#about")).split())


async def at(desk: Desk, corpus: str) -> None:
    """Move the cursor of the list to a text, and wait until it is read."""
    texts = desk.app.screen.query_one("#texts", OptionList)
    texts.highlighted = texts.get_option_index(corpus)
    await desk.settle()
    await desk.until(lambda: "first lines" in about(desk))


async def opened(desk: Desk) -> None:
    await desk.press("t")
    await desk.until(lambda: isinstance(desk.app.screen, CorpusScreen))
    await desk.until(lambda: "first lines" in about(desk))


async def typed(desk: Desk, path: str) -> None:
    """Another path in the field."""
    desk.app.screen.query_one("#path", Input).value = path
    await desk.settle()


async def test_a_text_is_looked_at_and_a_run_begins_on_it() -> None:
    async with studio(WIDE) as desk:
        await opened(desk)
        assert desk.title("#about") == "demo-zh"
        await at(desk, "demo-en")
        said = about(desk)
        text = (Path(__file__).parents[2] / "assets" / "lyrics-en.txt").read_text("utf-8")
        assert f"{len(text):,} characters · 1 file · UTF-8" in said
        assert f"these settings use 20,000 ({100 * 20_000 / len(text):.0f} %)" in said
        first = next(line for line in text.splitlines() if line.strip())
        assert first in said
        share = text[:20_000].replace("\n", " ").count("e") / 20_000
        assert any(line.startswith("e ") and f"{100 * share:.1f} %" in line for line in desk.panel("#about"))
        assert "for 200 epochs at this machine's speed" in said
        await desk.press("escape")
        assert isinstance(desk.app.screen, StudioScreen)
        assert desk.sent == []
        await opened(desk)
        await at(desk, "demo-en")
        await desk.press("enter")
        assert desk.sent == [Restart(replace(Recipe(), corpus="demo-en"))]
        assert isinstance(desk.app.screen, StudioScreen)


async def test_a_pasted_path_is_read_and_used(tmp_path: Path) -> None:
    path = tmp_path / "my songs.txt"
    path.write_text(LYRICS, "utf-8")
    async with studio(WIDE) as desk:
        await opened(desk)
        await desk.paste(f"'{path}'\n")
        await desk.until(lambda: "the rain came down" in about(desk))
        assert f"{len(LYRICS):,} characters" in about(desk)
        assert "98 % of the lines are repeated" in about(desk)
        await typed(desk, path.as_uri())
        await desk.press("enter")
        await desk.until(lambda: bool(desk.sent))
        assert desk.sent == [Restart(replace(Recipe(), corpus=str(path)))]


def _fifo(folder: Path) -> str:
    os.mkfifo(folder / "pipe.txt")
    return str(folder / "pipe.txt")


def _written(name: str, content: bytes) -> Callable[[Path], str]:
    def make(folder: Path) -> str:
        (folder / name).write_bytes(content)
        return str(folder / name)

    return make


def _empty_folder(folder: Path) -> str:
    (folder / "empty").mkdir()
    return str(folder / "empty")


BAD: dict[str, tuple[Callable[[Path], str], str]] = {
    "binary": (_written("a.txt", bytes(range(32)) * 900), "is not a text"),
    "empty folder": (_empty_folder, "holds no lyrics"),
    "fifo": (_fifo, "is not a regular file"),
    "device": (lambda folder: "/dev/zero", "is not a regular file"),
    "damaged zip": (_written("a.zip", b"PK\x03\x04" + b"no" * 99), "is a broken zip archive"),
    "no such column": (_written("a.csv", b"name,year\nx,1\n"), "column"),
    "short": (_written("s.txt", b"too short"), "The text has 9 characters, but one minibatch"),
    "nothing there": (lambda folder: str(folder / "nowhere.txt"), "There is no file"),
}


async def test_what_cannot_be_used_is_said_in_a_sentence_and_nothing_is_lost(tmp_path: Path) -> None:
    async with studio(WIDE) as desk:
        await opened(desk)
        await desk.press("/")
        for make, sentence in BAD.values():
            before = about(desk)
            await typed(desk, make(tmp_path))
            await desk.until(lambda before=before: about(desk) not in ("", before))  # type: ignore[misc]
            assert sentence in about(desk)
            assert "first lines" not in about(desk)
            await desk.press("enter")
            assert isinstance(desk.app.screen, CorpusScreen)
            assert desk.sent == []


async def test_files_are_chosen_in_a_tree(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    folder = tmp_path / "here" / "songs"
    folder.mkdir(parents=True)
    (folder / "one.lrc").write_text("".join(f"[{i:02}:01.00]the rain came down\n" for i in range(70)), "utf-8")
    (folder / "e\x1b[31mvil.txt").write_text(LYRICS, "utf-8")
    (folder / "picture.png").write_bytes(b"\x89PNG")
    (folder / ".hidden.txt").write_text(LYRICS, "utf-8")
    monkeypatch.chdir(folder.parent)
    async with studio(USUAL) as desk:
        await opened(desk)
        await desk.press("f")
        await desk.until(lambda: "songs" in " ".join(desk.panel("#files")))
        await desk.press("down")
        # A folder is a corpus, too.
        await desk.until(lambda: "2 files" in about(desk))
        await desk.press("right")
        await desk.until(lambda: "one.lrc" in " ".join(desk.panel("#files")))
        shown = " ".join(desk.panel("#files"))
        assert "vil" in shown
        assert "\x1b" not in shown
        assert "picture" not in shown
        assert "hidden" not in shown
        await desk.press("down", "down")
        await desk.until(lambda: "the rain came down" in about(desk))
        await desk.press("left", "left", "u")
        assert desk.app.screen.query_one(FileTree).path == tmp_path
        await desk.press("escape")
        assert not desk.app.screen.query(FileTree)
        assert isinstance(desk.app.screen, CorpusScreen)


async def test_a_visitor_sees_the_servers_texts_and_no_files(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    offered = tmp_path / "offered.txt"
    offered.write_text(LYRICS, "utf-8")
    monkeypatch.setenv(VARIABLE, told(Visitor({"class": str(offered)}))[VARIABLE])
    async with studio(WIDE) as desk:
        await opened(desk)
        listed = " ".join(desk.panel("#texts"))
        assert "class" in listed
        assert "jaychou" not in listed
        assert {"files", "path"}.isdisjoint(desk.lines()[-1].split())
        await desk.press("f", "/")
        await desk.paste("/etc/passwd")
        assert not desk.app.screen.query(FileTree)
        assert not desk.app.screen.query("#path")
        assert "passwd" not in about(desk)
        await at(desk, "class")
        await desk.press("enter")
        assert desk.sent == [Restart(replace(Recipe(), corpus="class"))]


async def test_a_data_set_is_fetched_after_a_question(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    here = tmp_path / "jaychou.txt"
    wrong = ["jaychou cannot be fetched: the server cannot be reached; try again when there is a network."]

    def fetch(name: str, report: Callable[[int, int], None]) -> Path:
        report(1, 2)
        if wrong:
            raise CorpusError(wrong.pop())
        here.write_text(LYRICS, "utf-8")
        return here

    monkeypatch.setattr(module, "fetch", fetch)
    monkeypatch.setattr("lyricterm.corpus.sources.datasets_folder", lambda: tmp_path)
    monkeypatch.setattr("lyricterm.corpus.fetch.datasets_folder", lambda: tmp_path)
    monkeypatch.setitem(DATASETS, "jaychou", replace(DATASETS["jaychou"], file=here.name))
    async with studio(WIDE) as desk:
        await opened(desk)
        texts = desk.app.screen.query_one("#texts", OptionList)
        texts.highlighted = texts.get_option_index("jaychou")
        await desk.until(lambda: "Enter fetches it" in about(desk))
        assert "under copyright" in about(desk)
        for sentence in ("the server cannot be reached", "the rain came down"):
            await desk.press("enter")
            assert isinstance(desk.app.screen, AskScreen)
            await desk.press("enter")
            await desk.until(lambda sentence=sentence: sentence in about(desk))  # type: ignore[misc]
        await desk.press("enter")
        assert desk.sent == [Restart(replace(Recipe(), corpus="jaychou"))]


async def test_a_long_reading_shows_how_far_it_is_and_is_stopped(monkeypatch: pytest.MonkeyPatch) -> None:
    stopped: list[bool] = []

    def slow(recipe: Recipe, report: Callable[[int, int], None]) -> Preview:
        try:
            while True:
                report(25, 100)
        finally:
            stopped.append(True)

    async with studio(WIDE) as desk:
        await opened(desk)
        monkeypatch.setattr(module, "preview", slow)
        await desk.press("down")
        await desk.until(lambda: "25 %" in about(desk))
        await desk.press("escape")
        await desk.until(lambda: bool(stopped))
        assert "The reading was stopped." in about(desk)
        stopped.clear()
        await desk.press("/", "x")
        await desk.until(lambda: "25 %" in about(desk))
        await desk.press("escape")
        await desk.until(lambda: bool(stopped))
        assert "The reading was stopped." in about(desk)
        assert desk.app.screen.query_one("#path").has_focus
        await desk.press("escape")
        assert isinstance(desk.app.screen, CorpusScreen)
        await desk.press("escape")
        assert isinstance(desk.app.screen, StudioScreen)


@pytest.mark.slow
async def test_the_settings_form_takes_a_text_from_the_screen() -> None:
    async with studio(WIDE) as desk:
        await desk.press("e", "ctrl+t")
        await desk.until(lambda: isinstance(desk.app.screen, CorpusScreen))
        await at(desk, "demo-ko")
        await desk.press("enter")
        assert desk.app.screen.query_one("#set-corpus", Input).value == "demo-ko"
        assert desk.sent == []


def test_recent_texts_are_those_that_are_still_there(tmp_path: Path) -> None:
    (tmp_path / "a.txt").write_text(LYRICS, "utf-8")
    (tmp_path / "b.txt").write_text(LYRICS, "utf-8")
    a, b, gone = (str(tmp_path / name) for name in ("a.txt", "b.txt", "gone.txt"))
    assert recent_texts([b, "demo-zh", gone, a, b, "jaychou"]) == (b, a)


def test_time_is_scaled_by_length_and_by_multiplications() -> None:
    recipe = Recipe(epochs=10, batch=2, steps=5, hidden=256)
    # An Elman network of 256 hidden units and 1,447 characters: W_xh, W_hh, b_h, W_hy, b_y.
    parameters = 1_447 * 256 + 256 * 256 + 256 + 256 * 1_447 + 1_447
    facts = replace(FACTS, vocabulary=1_447, parameters=parameters)
    state = RunState(recipe, facts=facts, progress=progress(recipe=recipe, chars_per_second=1_000.0))
    assert seconds_of(101, 1_447, state) == pytest.approx(10 * 100 / 1_000)
    # Measured on one core: 25,497 characters a second with 1,489 distinct ones, 99,226 with 58, 8,697 with 5,000.
    measured = replace(state, facts=replace(facts, vocabulary=1_489, parameters=2 * 1_489 * 256 + 256 * 257 + 1_489))
    for distinct, share in ((58, 25_497 / 99_226), (5_000, 25_497 / 8_697)):
        assert seconds_of(101, distinct, measured) == pytest.approx(share, rel=0.15)
    assert seconds_of(101, 60, RunState(recipe)) is None


def test_a_store_that_names_nothing_offers_nothing() -> None:
    assert recent_texts(run.corpus for run in [SimpleNamespace(corpus="demo-zh")]) == ()
