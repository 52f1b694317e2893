"""One run of a sweep, trained for a mailbox in this process; and what becomes of it on disk."""

from __future__ import annotations

import math
import threading
from dataclasses import replace
from pathlib import Path

import pytest

from lyricterm.core.run_status import RunStatus
from lyricterm.core.settings import Recipe, Value
from lyricterm.corpus.text import Corpus
from lyricterm.engine import checkpoint
from lyricterm.storage.lock import holder
from lyricterm.storage.run_log import read_curve, read_samples
from lyricterm.storage.run_store import RunFolder, RunInfo, Store
from lyricterm.sweep import record
from lyricterm.sweep.mailbox import Mailbox
from lyricterm.sweep.news import News
from lyricterm.sweep.plan import Planned
from lyricterm.sweep.receiver import Receiver
from lyricterm.sweep.trial_session import Judged, Task, TrialSession
from lyricterm.training.run_storage import RunStorage
from tests.training.lab import LINE

TEXT = Corpus("x", LINE * 8, len(LINE) * 8)
TINY = Recipe(
    corpus="x", hidden=4, steps=5, batch=2, epochs=3, pred_period=3, pred_len=5, prefixes=("分开",), valid="0",
    device="cpu", threads="1", matmul="mkl",
)  # fmt: skip


def task(recipe: Recipe = TINY, rungs: tuple[int, ...] = ()) -> Task:
    return Task(0, 0, recipe, "perplexity", rungs, 1_000.0)


def receiver_of(recipe: Recipe = TINY) -> Receiver:
    sweep = record.begin(recipe, [Planned((), recipe)], stops=True, metric="perplexity")
    return Receiver(sweep, RunStorage(Store()))


def trained(session: TrialSession) -> Judged:
    judged = session.to_next()
    session.end()
    return judged


def only() -> RunInfo:
    (info,) = Store().runs()
    assert holder(RunFolder(info.folder).lock_file) is None
    return info


def test_a_run_that_is_trained_elsewhere_is_an_ordinary_run_here() -> None:
    mailbox, receiver = Mailbox(), receiver_of()
    judged = trained(TrialSession(task(), TEXT, mailbox))
    receiver.take(mailbox.take())
    receiver.close()
    info = only()
    assert (info.status, info.epoch, info.sweep) == (RunStatus.FINISHED, 3, receiver.sweep.id)
    assert judged == Judged(3, info.perplexity, done=True)
    folder = RunFolder(info.folder)
    assert [row.epoch for row in read_curve(folder.curve_file).epochs] == [1, 2, 3]
    assert [sample.epoch for sample in read_samples(folder.samples_file)] == [3]
    assert checkpoint.load(folder.checkpoint_file).epoch == 3
    again = record.read(receiver.sweep.path)
    assert (again.outcomes, again.runs, again.planned) == ((RunStatus.FINISHED,), (info.id,), receiver.sweep.planned)
    assert again.to_do == ()


def test_a_run_waits_where_it_is_judged_and_ends_there_if_it_is_hopeless() -> None:
    mailbox, receiver = Mailbox(), receiver_of()
    session = TrialSession(task(rungs=(1, 2)), TEXT, mailbox)
    assert [(each.epoch, each.done) for each in (session.to_next(), session.to_next())] == [(1, False), (2, False)]
    session.end()
    receiver.take(mailbox.take())
    receiver.close()
    info = only()
    assert (info.status, info.epoch) == (RunStatus.INTERRUPTED, 2)
    assert receiver.sweep.outcomes == (RunStatus.STOPPED,)


def test_a_run_that_lost_its_machine_goes_on_from_what_it_sent_and_has_the_numbers_of_one_that_did_not() -> None:
    whole = Mailbox()
    trained(TrialSession(task(), TEXT, whole))
    (expected,) = whole.take()
    mailbox = Mailbox()
    lost = TrialSession(task(rungs=(2,)), TEXT, mailbox)
    lost.to_next()
    mailbox.end()
    lost.end()
    (news,) = mailbox.take()
    assert (news.outcome, news.epoch) == (RunStatus.INTERRUPTED, 2)
    assert news.run is not None
    again = Mailbox({0: news.run})
    trained(TrialSession(task(), TEXT, again))
    (end,) = again.take()
    assert (end.outcome, end.epoch, end.value) == (RunStatus.FINISHED, 3, expected.value)


def test_whoever_goes_on_with_a_sweep_knows_how_far_its_runs_had_come() -> None:
    mailbox, first = Mailbox(), receiver_of()
    trained(TrialSession(task(), TEXT, mailbox))
    first.take(mailbox.take())
    first.close()
    again = Receiver(record.read(first.sweep.path), RunStorage(Store()))
    assert again.news == first.news | {0: replace(first.news[0], machine="")}


def test_a_run_whose_sweep_was_killed_goes_on_with_what_it_is_judged_by() -> None:
    recipe = TINY.with_values({"valid": "0.3"})
    sweep = record.begin(recipe, [Planned((), recipe)], stops=True, metric="valid_perplexity")
    mailbox, receiver = Mailbox(), Receiver(sweep, RunStorage(Store()))
    begun = Task(0, 0, recipe, sweep.metric, (2,), 0.0)
    text = Corpus("x", LINE * 40, len(LINE) * 40)
    session = TrialSession(begun, text, mailbox)
    session.to_next()
    (news,) = mailbox.take()
    assert news.run is not None
    receiver.take([news])
    receiver.close()
    mailbox.end()
    session.end()
    killed = record.read(sweep.path)
    assert killed.outcomes == (RunStatus.TRAINING,)
    again = Receiver(killed.taken_up(), RunStorage(Store()))
    assert again.sweep.outcomes == (RunStatus.INTERRUPTED,)
    rows = read_curve(RunFolder(only().folder).curve_file).epochs
    assert (again.news[0].value, again.news[0].epoch) == (rows[-1].valid_perplexity, rows[-1].epoch)
    again.lose()
    assert again.news[0].epoch == rows[-1].epoch
    post = Mailbox(again.begun())
    trained(TrialSession(replace(begun, rungs=()), text, post))
    (end,) = post.take()
    again.take([end])
    again.close()
    assert end.outcome is RunStatus.FINISHED
    curve = read_curve(RunFolder(only().folder).curve_file).epochs
    assert end.best == min(row.valid_perplexity for row in curve) != min(row.perplexity for row in curve)


def test_a_run_that_diverges_is_over_and_infinitely_bad() -> None:
    mailbox = Mailbox()
    wild: dict[str, Value] = {
        "clipping": False,
        "activation": "relu",
        "lr": 2.0,
        "hidden": 64,
        "steps": 35,
        "batch": 1,
        "epochs": 50,
    }
    judged = trained(TrialSession(task(TINY.with_values(wild)), TEXT, mailbox))
    (news,) = mailbox.take()
    assert (news.outcome, judged.done, judged.value) == (RunStatus.DIVERGED, True, math.inf)


def test_a_run_that_cannot_begin_says_why() -> None:
    mailbox = Mailbox()
    judged = trained(TrialSession(task(TINY.with_values({"steps": 1_000})), TEXT, mailbox))
    (news,) = mailbox.take()
    assert (news.outcome, judged.done, news.run) == (RunStatus.FAILED, True, None)
    assert "The text has" in news.sentence


def test_a_sweep_that_has_ended_begins_no_more_runs() -> None:
    mailbox = Mailbox()
    mailbox.end()
    assert trained(TrialSession(task(), TEXT, mailbox)).done
    (news,) = mailbox.take()
    assert (news.outcome, news.epoch) == (RunStatus.INTERRUPTED, 0)


def test_a_sweep_that_ends_ends_a_run_where_it_waits_to_be_judged() -> None:
    mailbox = Mailbox()
    session = TrialSession(task(rungs=(1,)), TEXT, mailbox)
    session.to_next()
    mailbox.end()
    ended = threading.Thread(target=session.end)
    ended.start()
    ended.join(30)
    assert not ended.is_alive()
    assert mailbox.take()[0].outcome is RunStatus.INTERRUPTED


def test_news_keep_the_run_that_was_sent_before_them_and_nothing_follows_the_last() -> None:
    mailbox = Mailbox()
    mailbox.put(News(3, RunStatus.TRAINING, 1, run={"run.json": b"1"}))
    mailbox.put(News(3, RunStatus.TRAINING, 2))
    [news] = mailbox.take()
    assert (news.epoch, news.run) == (2, {"run.json": b"1"})
    assert mailbox.take() == []
    assert mailbox.latest(3) == {"run.json": b"1"}
    assert not mailbox.put(News(3, RunStatus.FINISHED, 4))
    assert mailbox.latest(3) is None
    assert mailbox.put(News(3, RunStatus.TRAINING, 0))
    assert [news.epoch for news in mailbox.take()] == [4]


def test_a_choice_is_judged_by_the_best_of_its_seeds() -> None:
    mailbox = Mailbox(judged={(1, 7): 30.0})
    assert [mailbox.judge(0, 7, value) for value in (50.0, 40.0, 60.0)] == [50.0, 40.0, 40.0]
    assert mailbox.judge(1, 7, 90.0) == 30.0
    assert mailbox.judge(0, 21, 90.0) == 90.0
    assert math.isnan(mailbox.judge(2, 7, math.nan))
    assert mailbox.judge(2, 7, 5.0) == 5.0


def test_what_cannot_be_written_waits(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    mailbox, receiver = Mailbox(), receiver_of()
    trained(TrialSession(task(), TEXT, mailbox))

    def full(*_arguments: object) -> None:
        raise OSError(28, "No space left on device")

    with monkeypatch.context() as broken:
        broken.setattr("lyricterm.sweep.receiver.unpack", full)
        receiver.take(mailbox.take())
    trouble = receiver.trouble
    assert trouble is not None
    receiver.take([])
    receiver.close()
    assert receiver.trouble is None
    assert only().epoch == 3
