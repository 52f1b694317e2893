"""Watching a run that another session trains: what is shown is what it wrote, and nothing of it changes."""

from __future__ import annotations

import math
import shutil
import time
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest

from lyricterm.core.commands import Change, Complete, Inspect, Pause, Quit, Restart
from lyricterm.core.errors import RunError
from lyricterm.core.events import (
    Completed,
    Diverged,
    Event,
    Failed,
    Generated,
    Inspected,
    Progress,
    Refused,
    SamplesRestored,
    Started,
    StatusChanged,
    Stopped,
    Watched,
)
from lyricterm.core.inspection import AskVocabulary, NotShown, VocabularyShown
from lyricterm.core.run_status import RunStatus
from lyricterm.core.settings import Recipe
from lyricterm.engine import checkpoint, snapshot
from lyricterm.engine.sampling import SAMPLINGS
from lyricterm.storage.lock import Lock
from lyricterm.storage.run_store import RunFolder, RunInfo, Store
from lyricterm.training.run_storage import RunStorage
from lyricterm.training.session import Session
from lyricterm.training.watch_session import WatchSession, minibatches_of
from lyricterm.training.watched_run import STALE, WatchedRun, find_run
from tests.training.lab import of, tiny


def trained(folder: Path, store: Store, source: RunInfo | None = None, **changes: object) -> RunInfo:
    """A run that has been trained to its end."""
    from lyricterm.training.resume import fresh, from_run

    recipe, prepare = from_run(source, {"epochs": 4}) if source else (tiny(folder, **changes), fresh)
    Session(recipe, lambda event: None, prepare=prepare, stop_at_end=True, storage=RunStorage(store)).run()
    return store.find("last")


class Watcher:
    """A session that is looked at step by step, in the test's own thread."""

    def __init__(self, store: Store, info: RunInfo, clock: Callable[[], float] = time.time) -> None:
        self.heard: list[Event] = []
        self.session = WatchSession(WatchedRun(store, info, clock), self.heard.append)

    def look(self) -> list[Event]:
        """Look once; what was reported."""
        self.heard.clear()
        self.session._guard(self.session.look)
        return list(self.heard)

    def asks(self, command: object) -> list[Event]:
        self.heard.clear()
        self.session.obey(command)  # type: ignore[arg-type]
        return list(self.heard)


@pytest.fixture
def store(tmp_path: Path) -> Store:
    return Store(tmp_path / "runs")


@pytest.fixture
def info(tmp_path: Path, store: Store) -> RunInfo:
    return trained(tmp_path, store, epochs=2, pred_period=1, prefixes=("分开",))


def test_a_run_is_shown_as_it_was_trained(store: Store, info: RunInfo) -> None:
    events = Watcher(store, info).look()
    (begun,) = of(events, Started)
    assert (begun.recipe, begun.facts.vocabulary, begun.epoch) == (info.recipe, info.vocabulary, 2)
    (restored,) = of(events, SamplesRestored)
    assert [sample.epoch for sample in restored.samples] == [1, 2]
    assert [event.status for event in of(events, StatusChanged)] == [RunStatus.FINISHED]
    (progress,) = of(events, Progress)
    saved = checkpoint.load(RunFolder(info.folder).checkpoint_file)
    assert (progress.epoch, progress.minibatch) == (saved.epoch, saved.minibatch) == (2, 0)
    assert progress.perplexity.latest == info.perplexity
    assert len(progress.loss.points) == 2 * progress.minibatches
    assert [event.sentence for event in of(events, Watched)] == ["watching · nobody trains it now"]


def test_what_has_not_changed_is_not_told_again(store: Store, info: RunInfo) -> None:
    watcher = Watcher(store, info)
    watcher.look()
    assert watcher.look() == []


def test_what_is_new_is_told(tmp_path: Path, store: Store, info: RunInfo) -> None:
    watcher = Watcher(store, info)
    watcher.look()
    trained(tmp_path, store, info)
    events = watcher.look()
    assert [(event.epoch, event.sample.prefix) for event in of(events, Generated)] == [(3, "分开"), (4, "分开")]
    (progress,) = of(events, Progress)
    assert progress.epoch == 4
    assert len(progress.perplexity.points) == 4


def test_epochs_after_the_latest_checkpoint_are_shown(store: Store, info: RunInfo) -> None:
    watcher = Watcher(store, info)
    watcher.look()
    row = '{"epoch": 3, "perplexity": 7.5, "loss": 2.0, "seconds": 2.0, "chars_per_second": 50.0, '
    with RunFolder(info.folder).curve_file.open("a") as file:
        file.write(row + '"grad_norm": 1.0, "clipped": 0.5}\n')
    (progress,) = of(watcher.look(), Progress)
    assert (progress.epoch, progress.perplexity.latest, len(progress.perplexity.points)) == (3, 7.5, 3)
    assert (progress.chars_per_second, progress.clipped) == (50.0, 0.5)


def test_completions_are_those_of_the_checkpoint(store: Store, info: RunInfo) -> None:
    watcher = Watcher(store, info)
    watcher.look()
    (answer,) = of(watcher.asks(Complete(7, "分开x", 12)), Completed)
    saved = checkpoint.load(RunFolder(info.folder).checkpoint_file)
    written = snapshot.writer(saved).complete("分开x", 12, saved.recipe.activation)
    assert (answer.request, answer.text, answer.unknown) == (7, written.text, ("x",))


def test_a_completion_says_what_is_copied_while_the_text_is_here(store: Store, info: RunInfo) -> None:
    watcher = Watcher(store, info)
    watcher.look()
    text = Path(info.recipe.corpus).read_text(encoding="utf-8").replace("\n", " ")[: info.recipe.max_chars]
    (answer,) = of(watcher.asks(Complete(1, "分开", 30)), Completed)
    runs = {text[place : place + 8] for place in range(len(text) - 7)}
    within = {
        place for start in range(23) if answer.text[start : start + 8] in runs for place in range(start, start + 8)
    }
    assert answer.copied is not None
    assert {place for start, end in answer.copied for place in range(start, end)} == within
    # Another text than it was trained on says nothing of the model.
    Path(info.recipe.corpus).write_text(text + "新", encoding="utf-8")
    other = Watcher(store, info)
    other.look()
    (answer,) = of(other.asks(Complete(1, "分开", 30)), Completed)
    assert answer.copied is None


def test_one_can_look_inside_while_the_text_is_here(tmp_path: Path, store: Store, info: RunInfo) -> None:
    watcher = Watcher(store, info)
    watcher.look()
    (shown,) = of(watcher.asks(Inspect(1, AskVocabulary())), Inspected)
    assert isinstance(shown.answer, VocabularyShown)
    assert len(shown.answer.characters) == info.vocabulary
    away = Watcher(store, info)
    away.look()
    Path(info.recipe.corpus).unlink()
    (refused,) = of(away.asks(Inspect(2, AskVocabulary())), Inspected)
    assert isinstance(refused.answer, NotShown)
    assert "There is no file" in refused.answer.sentence


@pytest.mark.parametrize(
    "command", [Change((("lr", 0.5),)), Pause(), Restart(Recipe())], ids=lambda c: type(c).__name__
)
def test_what_would_change_the_run_is_refused(store: Store, info: RunInfo, command: object) -> None:
    before = contents(store.root)
    watcher = Watcher(store, info)
    watcher.look()
    (refused,) = of(watcher.asks(command), Refused)
    assert "You are watching this run" in refused.sentence
    assert contents(store.root) == before


def contents(folder: Path) -> dict[str, bytes]:
    return {str(path): path.read_bytes() for path in folder.rglob("*") if path.is_file()}


def _on_disk(info: RunInfo, status: RunStatus, **more: object) -> None:
    RunFolder(info.folder).write(replace(info, status=status, **more))  # type: ignore[arg-type]


def test_a_run_that_somebody_trains_is_fresh_then_stale(store: Store, info: RunInfo) -> None:
    now = [time.time()]
    lock = Lock(RunFolder(info.folder).lock_file)
    assert lock.acquire()
    _on_disk(info, RunStatus.TRAINING)
    watcher = Watcher(store, info, lambda: now[0])
    events = watcher.look()
    assert [event.status for event in of(events, StatusChanged)] == [RunStatus.TRAINING]
    assert of(events, Watched)[-1].sentence.startswith("watching · new 0:0")
    now[0] += STALE + 1
    assert of(watcher.look(), Watched)[-1].sentence.startswith("watching · nothing new for 1:0")
    _on_disk(info, RunStatus.TRAINING, updated=info.updated + 1)
    assert of(watcher.look(), Watched)[-1].sentence == "watching · new 0:00 ago"
    lock.release()


def test_a_lock_that_cannot_be_seen_is_made_up_for_by_what_comes(store: Store, info: RunInfo) -> None:
    """As over a network: nobody seems to hold the run, but it is written to."""
    now = [time.time()]
    _on_disk(info, RunStatus.TRAINING)
    watcher = Watcher(store, info, lambda: now[0])
    assert of(watcher.look(), StatusChanged)[-1].status is RunStatus.TRAINING
    now[0] += STALE + 1
    events = watcher.look()
    assert of(events, StatusChanged)[-1].status is RunStatus.INTERRUPTED
    assert "nothing new" in of(events, Watched)[-1].sentence


def test_a_run_whose_trainer_is_known_to_be_dead_is_interrupted_at_once(store: Store, info: RunInfo) -> None:
    _on_disk(info, RunStatus.TRAINING)
    file = RunFolder(info.folder).lock_file
    file.write_bytes(file.read_bytes().rstrip() + b"1\n")
    events = Watcher(store, info).look()
    assert of(events, StatusChanged)[-1].status is RunStatus.INTERRUPTED
    assert of(events, Watched)[-1].sentence == "watching · nobody trains it now"


def test_a_run_that_diverged_says_where(store: Store, info: RunInfo) -> None:
    _on_disk(info, RunStatus.DIVERGED, diverged=(3, 4))
    assert of(Watcher(store, info).look(), Diverged) == [Diverged(1, 3, 4, "loss")]


def test_a_run_that_is_gone_is_said_to_be_and_stays_on_the_screen(store: Store, info: RunInfo) -> None:
    watcher = Watcher(store, info)
    watcher.look()
    shutil.rmtree(info.folder)
    events = watcher.look()
    assert of(events, Watched)[-1].sentence.startswith("watching · the run is gone: There is no run")
    assert of(events, Failed) == []
    assert of(watcher.asks(Complete(1, "分开", 5)), Completed)


def test_a_broken_checkpoint_is_said_once_and_the_one_before_still_completes(store: Store, info: RunInfo) -> None:
    watcher = Watcher(store, info)
    watcher.look()
    RunFolder(info.folder).checkpoint_file.write_bytes(b"no checkpoint")
    (refused,) = of(watcher.look(), Refused)
    assert "checkpoint" in refused.sentence
    assert watcher.look() == []
    assert of(watcher.asks(Complete(1, "分开", 5)), Completed)


def test_a_run_without_a_checkpoint_shows_its_curves(store: Store, info: RunInfo) -> None:
    RunFolder(info.folder).checkpoint_file.unlink()
    watcher = Watcher(store, info)
    (progress,) = of(watcher.look(), Progress)
    assert (progress.epoch, len(progress.perplexity.points), progress.perplexity.latest) == (2, 2, info.perplexity)
    assert of(watcher.asks(Complete(1, "分开", 5)), Completed) == []


def test_the_loop_ends_when_it_is_told_to(store: Store, info: RunInfo) -> None:
    watcher = Watcher(store, info)
    watcher.session.send(Quit())
    watcher.session.run()
    assert of(watcher.heard, Stopped) == [Stopped(1, 2, 0)]


@pytest.mark.parametrize("sampling", list(SAMPLINGS))
@pytest.mark.parametrize(("characters", "steps", "batch"), [(120, 5, 2), (121, 5, 2), (1_000, 7, 3), (36, 5, 6)])
def test_minibatches_are_counted_as_the_sampling_cuts_them(
    info: RunInfo, sampling: str, characters: int, steps: int, batch: int
) -> None:
    import torch

    plan = SAMPLINGS[sampling](torch.zeros(characters, dtype=torch.int32), batch, steps, 0)
    recipe = replace(info.recipe, sampling=sampling, steps=steps, batch=batch)
    assert minibatches_of(replace(info, recipe=recipe, characters=characters)) == max(1, len(plan))


def test_what_to_watch_may_be_a_name_a_runs_folder_or_a_folder_of_runs(
    tmp_path: Path, store: Store, info: RunInfo, monkeypatch: pytest.MonkeyPatch
) -> None:
    elsewhere = Store(tmp_path / "elsewhere")
    monkeypatch.chdir(tmp_path)
    for source, beside in ((info.id, store), ("last", store), (str(info.folder), elsewhere), ("runs", elsewhere)):
        assert find_run(source, beside)[1].folder == info.folder
    (tmp_path / "empty").mkdir()
    with pytest.raises(RunError, match="no run in empty"):
        find_run("empty", store)
    with pytest.raises(RunError, match="There is no run nothing"):
        find_run("nothing", store)


def test_the_time_left_is_that_of_the_latest_epochs(store: Store, info: RunInfo) -> None:
    (progress,) = of(Watcher(store, info).look(), Progress)
    assert progress.seconds_left == 0.0
    _on_disk(replace(info, recipe=replace(info.recipe, epochs=12)), RunStatus.PAUSED)
    (progress,) = of(Watcher(store, info).look(), Progress)
    assert progress.seconds_left is not None
    assert 0 < progress.seconds_left < math.inf
