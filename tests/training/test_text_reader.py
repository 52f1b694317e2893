"""The reading of a text in the training loop: told of where it takes long, stopped from outside, nothing lost."""

from __future__ import annotations

from pathlib import Path

import pytest

from lyricterm.core.commands import Quit, Restart, StopReading
from lyricterm.core.events import Event, Failed, Loading, Noticed, Refused, Started, StatusChanged
from lyricterm.core.run_status import RunStatus
from lyricterm.core.settings import Recipe
from lyricterm.corpus.load import LoadReport, load
from lyricterm.corpus.text import Corpus
from lyricterm.training import text_reader
from lyricterm.training.resume import fresh
from lyricterm.training.session import Session
from tests.training.lab import becomes, drive, of, run_in_thread, tiny, when


@pytest.fixture
def endless(monkeypatch: pytest.MonkeyPatch) -> list[bool]:
    """Texts after the first are read without end; told when a reading ends."""
    readings: list[bool] = []

    def read(recipe: object, beyond: int = 0, report: LoadReport | None = None) -> Corpus:
        if recipe.corpus.endswith("tiny.txt"):  # type: ignore[attr-defined]
            return load(recipe, beyond, report)  # type: ignore[arg-type]
        assert report is not None
        try:
            while True:
                report(30, 100)
        finally:
            readings.append(True)

    monkeypatch.setattr(text_reader, "SHOWN_AFTER", 0.0)
    monkeypatch.setattr("lyricterm.corpus.load.load", read)
    return readings


def test_a_reading_is_stopped_and_the_run_under_way_goes_on(tmp_path: Path, endless: list[bool]) -> None:
    recipe = tiny(tmp_path, epochs=1_000_000)
    other = recipe.with_values({"corpus": "demo-en"})
    events = drive(
        recipe,
        becomes(RunStatus.TRAINING).send(Restart(other)),
        when(Loading, done=30, total=100).send(StopReading()),
        when(Refused),
        becomes(RunStatus.TRAINING),
    )
    assert endless == [True]
    assert [event.run for event in of(events, Started)] == [1]
    (refused,) = of(events, Refused)
    assert refused.sentence == "The reading of the text was stopped."
    after = events[events.index(refused) :]
    assert StatusChanged(1, RunStatus.TRAINING) in after


def test_a_short_reading_is_not_told_of_however_late_it_begins(monkeypatch: pytest.MonkeyPatch) -> None:
    told: list[Event] = []
    now = 100.0
    monkeypatch.setattr("lyricterm.training.text_reader.time.monotonic", lambda: now)

    def read(recipe: object, beyond: int = 0, report: LoadReport | None = None) -> Corpus:
        nonlocal now
        assert report is not None
        for seconds in (9.0, 0.4, 0.2):
            now += seconds
            report(30, 100)
        return load(Recipe())

    monkeypatch.setattr("lyricterm.corpus.load.load", read)
    prepare = text_reader.TextReading(told.append).watched(fresh, 1)
    prepare(Recipe(hidden=1))
    assert told == [Loading(1, 30, 100)]


def test_leaving_does_not_wait_for_a_reading(tmp_path: Path, endless: list[bool]) -> None:
    events: list[Event] = []

    def report(event: Event) -> None:
        events.append(event)
        if isinstance(event, Loading):
            session.send(Quit())

    session = Session(tiny(tmp_path).with_values({"corpus": "demo-en"}), report)
    run_in_thread(session.run)
    assert endless == [True]
    assert [event.sentence for event in of(events, Failed)] == ["The reading of the text was stopped."]


def test_what_was_noticed_while_reading_is_told(tmp_path: Path) -> None:
    recipe = tiny(tmp_path, epochs=1)
    path = Path(recipe.corpus)
    path.write_text(path.read_text("utf-8") + "e\u0301a\u200b", "utf-8")
    told = [event.sentence for event in of(drive(recipe, stop_at_end=True), Noticed)]
    assert "Characters that cannot be seen (zero-width, control) are left out: 1." in told
    assert "Characters that were written in pieces are put together (Unicode NFC)." in told
