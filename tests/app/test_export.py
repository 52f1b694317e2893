"""Taking along: files from a dialog, texts to the clipboard."""

from __future__ import annotations

import csv
import json
import os
from pathlib import Path
from xml.dom import minidom

import pytest

from lyricterm.app.screens.export import KINDS, ExportScreen
from lyricterm.core.events import RunSaved
from lyricterm.core.run_status import RunStatus
from lyricterm.storage.run_store import Store
from lyricterm.training.run_storage import RunStorage
from tests.app.desk import SMALLEST, TRAINING, USUAL, WIDE, Desk, completed, progress, sampled, series, studio
from tests.app.real import small, training
from tests.app.shelf import shelved
from tests.app.test_compare import FALLING, SLOWER, compared


@pytest.fixture
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An empty folder to work in."""
    folder = tmp_path / "here"
    folder.mkdir()
    monkeypatch.chdir(folder)
    return folder


async def opened(desk: Desk) -> None:
    """The dialog."""
    await desk.press("w")
    await desk.until(lambda: isinstance(desk.app.screen, ExportScreen))
    await desk.settle()


async def written(desk: Desk, path: Path) -> None:
    """Until a file is there and said to be."""
    await desk.until(lambda: path.exists() and "Written: " in desk.text())


def said(desk: Desk, sentence: str) -> bool:
    """The dialog says this, however it is wrapped."""
    if not desk.app.screen.query("#told"):
        return False
    return sentence.replace(" ", "") in "".join("".join(desk.panel("#told")).split())


async def put(desk: Desk, kind: str, name: str) -> None:
    """Fill in the dialog and accept it."""
    from textual.widgets import Select

    select = desk.widget("#kind")
    assert isinstance(select, Select)
    select.value = kind
    await desk.settle()
    await desk.press("ctrl+u")
    await desk.paste(name)
    await desk.press("ctrl+s")


@pytest.mark.parametrize("size", [SMALLEST, USUAL, WIDE])
async def test_the_dialog_offers_a_free_name_here(here: Path, size: tuple[int, int]) -> None:
    async with studio(size) as desk:
        await opened(desk)
        assert desk.title("#export") == "export"
        shown = "\n".join(desk.panel("#export"))
        assert "lyricterm-" in shown
        assert ".html" in shown
        assert "in/" in "".join(shown.split())
        await desk.press("escape")
        assert list(here.iterdir()) == []


async def test_the_name_follows_what_is_chosen_unless_it_was_typed(here: Path) -> None:
    from textual.widgets import Input, Select

    async with studio() as desk:
        await opened(desk)
        kind, path = desk.widget("#kind"), desk.widget("#path")
        assert isinstance(kind, Select)
        assert isinstance(path, Input)
        for name, (_words, ending) in KINDS.items():
            kind.value = name
            await desk.settle()
            assert path.value.endswith(ending)
        await desk.press("ctrl+u")
        await desk.type("mine")
        kind.value = "report"
        await desk.settle()
        assert path.value == "mine"


async def test_curves_and_samples_of_all_that_are_drawn(here: Path) -> None:
    store = Store()
    infos = [shelved(store, 0, FALLING), shelved(store, 1, SLOWER)]
    async with compared() as desk:
        await opened(desk)
        await put(desk, "curves-csv", "curves.csv")
        await written(desk, here / "curves.csv")
        await opened(desk)
        await put(desk, "samples-json", "samples.jsonl")
        await desk.until(lambda: (here / "samples.jsonl").exists())
        await opened(desk)
        await put(desk, "report", "report.html")
        await desk.until(lambda: (here / "report.html").exists())
    with (here / "curves.csv").open(newline="", encoding="utf-8") as file:
        rows = list(csv.DictReader(file))
    assert {row["run"] for row in rows} == {info.id for info in infos}
    assert [float(row["perplexity"]) for row in rows if row["run"] == infos[0].id] == FALLING
    samples = [json.loads(line) for line in (here / "samples.jsonl").read_text(encoding="utf-8").splitlines()]
    assert sorted(sample["text"] for sample in samples) == ["我0", "我1"]
    assert (here / "report.html").read_text(encoding="utf-8").count("<svg") == 2


async def test_the_screen_as_a_picture_is_without_the_dialog(here: Path) -> None:
    async with studio(WIDE) as desk:
        await opened(desk)
        await put(desk, "screen", "screen.svg")
        await written(desk, here / "screen.svg")
    picture = (here / "screen.svg").read_text(encoding="utf-8")
    words = "".join(
        node.firstChild.nodeValue or ""
        for node in minidom.parseString(picture).getElementsByTagName("text")
        if node.firstChild is not None
    ).replace("\xa0", " ")
    assert "perplexity 10.1" in words
    assert "export" not in words


async def test_what_is_there_is_replaced_only_when_asked_twice(here: Path) -> None:
    shelved(Store(), 0, FALLING)
    (here / "x.csv").write_text("before")
    async with compared() as desk:
        await opened(desk)
        await put(desk, "curves-csv", "x.csv")
        await desk.until(lambda: "There is a file x.csv already" in desk.text())
        assert (here / "x.csv").read_text() == "before"
        await desk.press("ctrl+s")
        await desk.until(lambda: (here / "x.csv").read_text() != "before")


@pytest.mark.parametrize(
    ("name", "sentence"),
    [
        ("nowhere/x.csv", "nowhere/x.csv cannot be written: No such file or directory."),
        ("folder", "folder cannot be written: Is a directory."),
        ("~nobody-at-all/x", "cannot be written"),
        ("x" * 300, "cannot be written: File name too long."),
    ],
)
async def test_an_unwritable_path_is_said_and_nothing_typed_is_lost(here: Path, name: str, sentence: str) -> None:
    from textual.widgets import Input, Select

    shelved(Store(), 0, FALLING)
    (here / "folder").mkdir()
    async with compared() as desk:
        await opened(desk)
        await put(desk, "samples-csv", name)
        await desk.until(lambda: said(desk, sentence))
        kind, path = desk.widget("#kind"), desk.widget("#path")
        assert isinstance(kind, Select)
        assert isinstance(path, Input)
        assert (kind.value, path.value) == ("samples-csv", name)
        await desk.press("ctrl+u")
        await desk.paste("good.csv")
        await desk.press("enter")
        await written(desk, here / "good.csv")
    assert sorted(path.name for path in here.iterdir()) == ["folder", "good.csv"]


async def test_a_full_disk_is_said_and_what_was_there_stays(here: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    shelved(Store(), 0, FALLING)
    (here / "x.csv").write_text("before")

    def full(*_arguments: object) -> int:
        raise OSError(28, "No space left on device")

    async with compared() as desk:
        await opened(desk)
        await put(desk, "curves-csv", "x.csv")
        await desk.until(lambda: "There is a file x.csv already" in desk.text())
        with monkeypatch.context() as patched:
            patched.setattr("lyricterm.storage.atomic_write._write", full)
            await desk.press("ctrl+s")
            await desk.until(lambda: "No space left on device" in desk.text())
        assert (here / "x.csv").read_text() == "before"
        assert [path.name for path in here.iterdir()] == ["x.csv"]


async def test_without_a_run_there_is_nothing_to_write(here: Path) -> None:
    async with studio(told=()) as desk:
        await opened(desk)
        await desk.press("enter")
        await desk.until(lambda: "There is no run to write yet." in desk.text())
        assert list(here.iterdir()) == []


async def test_a_run_that_is_not_on_disk_is_written_as_far_as_it_is_known(here: Path) -> None:
    told = progress(epoch=3, perplexity=series(1400.0, 300.0, 49.0))
    async with studio(told=(*TRAINING, told, sampled(2, "分开", "你我"))) as desk:
        await opened(desk)
        await put(desk, "curves-json", "x.jsonl")
        await desk.until((here / "x.jsonl").exists)
        await opened(desk)
        await put(desk, "samples-json", "y.jsonl")
        await desk.until((here / "y.jsonl").exists)
    rows = [json.loads(line) for line in (here / "x.jsonl").read_text().splitlines()]
    assert [(row["epoch"], row["perplexity"], row["loss"]) for row in rows] == [
        (1, 1400.0, None),
        (2, 300.0, None),
        (3, 49.0, None),
    ]
    assert json.loads((here / "y.jsonl").read_text())["text"] == "你我"


async def test_a_run_that_is_gone_is_said(here: Path) -> None:
    async with studio(told=(*TRAINING, RunSaved(1, "20231114-221320", 1, 1))) as desk:
        await opened(desk)
        await desk.press("enter")
        await desk.until(lambda: "There is no run 20231114-221320" in desk.text())
        assert list(here.iterdir()) == []


@pytest.mark.skipif(os.geteuid() == 0, reason="root writes everywhere")
async def test_a_folder_that_takes_no_files(here: Path) -> None:
    here.chmod(0o500)
    async with studio() as desk:
        await opened(desk)
        await desk.press("enter")
        await desk.until(lambda: "Permission denied" in desk.text())
    here.chmod(0o700)


async def test_the_real_run_is_written_as_it_is_on_disk(here: Path, tmp_path: Path) -> None:
    store = Store()
    async with training(small(tmp_path, epochs=5), storage=RunStorage(store)) as desk:
        await desk.until(lambda: bool(desk.app.studio.state.kept) and store.runs()[0].status is RunStatus.FINISHED)
        await opened(desk)
        await put(desk, "curves-json", "x.jsonl")
        await desk.until((here / "x.jsonl").exists)
    rows = [json.loads(line) for line in (here / "x.jsonl").read_text().splitlines()]
    assert [row["epoch"] for row in rows] == [1, 2, 3, 4, 5]
    assert all(row["loss"] > 0 for row in rows)


async def test_copying_what_is_there_to_copy() -> None:
    async with studio(told=()) as desk:
        await desk.press("y")
        assert "There is no text to copy yet." in desk.text()
        await desk.hear(*TRAINING, sampled(50, "分开", "你我"))
        await desk.press("y")
        assert desk.app.clipboard == "分开你我"
        await desk.press("/")
        await desk.type("想")
        await desk.hear(completed("想", "要有你\x1b[2J"))
        await desk.press("enter")
        await desk.press("escape", "y")
        assert desk.app.clipboard == "想要有你\N{REPLACEMENT CHARACTER}[2J"
        assert "Copied 8 characters" in desk.text()
        await desk.press("/", "ctrl+u", "escape")
        await desk.hear(sampled(51, "分开", "天空"))
        await desk.press("y")
        # The one that was kept, though there are newer samples.
        assert desk.app.clipboard == "想要有你\N{REPLACEMENT CHARACTER}[2J"


async def test_the_terminal_is_told_what_to_copy(monkeypatch: pytest.MonkeyPatch) -> None:
    async with studio(told=(*TRAINING, sampled(50, "分", "开"))) as desk:
        driver = desk.app._driver
        assert driver is not None
        told: list[str] = []
        monkeypatch.setattr(driver, "write", told.append)
        await desk.press("y")
        assert "\x1b]52;c;5YiG5byA\a" in told


async def test_copying_the_sample_of_a_run() -> None:
    shelved(Store(), 0, FALLING)
    shelved(Store(), 1, FALLING)
    async with compared() as desk:
        await desk.press("down", "y")
        assert desk.app.clipboard == "分开我0"


async def test_the_palette_offers_it(here: Path) -> None:
    async with studio(WIDE, (*TRAINING, sampled(50, "分", "开"))) as desk:
        await desk.choose("Copy")
        assert desk.app.clipboard == "分开"
        await desk.choose("Export")
        await desk.until(lambda: isinstance(desk.app.screen, ExportScreen))
        await desk.press("escape")
        await desk.choose("Compare runs")
        await desk.until(lambda: desk.title("#runs") == "compare")
