"""``lyricterm sweep`` without Ray: what is refused before anything starts, and the table."""

from __future__ import annotations

import math
import re
import sys
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace

import pytest

from lyricterm.cli import sweep_tables
from lyricterm.core.errors import SweepError
from lyricterm.core.paths import sweeps_folder
from lyricterm.core.run_status import RunStatus
from lyricterm.core.settings import Recipe
from lyricterm.storage.run_store import Store
from lyricterm.sweep import record
from lyricterm.sweep.cluster import connected
from lyricterm.sweep.news import News
from lyricterm.sweep.params import parse_params
from lyricterm.sweep.plan import plan
from lyricterm.sweep.record import Sweep
from lyricterm.sweep.room import lacking
from lyricterm.sweep.search import Machines, fitted
from tests.cli.calls import Call

Caller = Callable[..., Call]


@pytest.fixture
def installed(monkeypatch: pytest.MonkeyPatch) -> None:
    """As if the extra were there."""
    monkeypatch.setattr("lyricterm.cli.sweep.check_installed", lambda: None)


def begun(*params: str, seeds: int = 2, **settings: int) -> Sweep:
    base = Recipe(epochs=9).with_values(settings)
    sweep = record.begin(base, plan(base, parse_params(params), 4, seeds), stops=True, metric="perplexity")
    sweep.write()
    return sweep


def test_without_ray_it_says_which_extra_brings_it(call: Caller, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("lyricterm.sweep.cluster.find_spec", lambda _name: None)
    done = call("sweep", "--param", "hidden=4")
    assert (done.code, done.sentence()) == (
        1,
        "lyricterm: sweep needs its extra; install it with: pip install 'lyricterm[sweep]'",
    )


@pytest.mark.usefixtures("installed")
@pytest.mark.parametrize(
    ("words", "sentence"),
    [
        ([], "Say what to try, such as --param hidden=64,256"),
        (["--param", "hiden=4"], "There is no setting called 'hiden'; did you mean hidden?"),
        (["--param", "hidden=0"], "hidden units (--hidden) must be a whole number from 1 to 16,384, not 0."),
        (["--param", "steps=5,10000"], "The text has 20,000 characters, but one minibatch"),
        (["--param", "corpus=demo-zh,none.txt"], "none.txt"),
        (["--param", "lr=0.1", "--samples", "3"], "--samples draws from ranges"),
        (["--param", "lr=0.1", "--seeds", "0"], "--seeds must be a whole number from 1 to 1,000, not 0."),
        (["--param", "lr=0.1", "--cpus-each", "0"], "--cpus-each must be a whole number from 1 to 1,024, not 0."),
        (["--param", "lr=0.1", "--gpus-each", "-1"], "--gpus-each must be a number from 0 to 64, not -1."),
        (["--param", "lr=0.1", "--gpus-each", "1.5"], "a whole number, or a part of one GPU such as 0.5, not 1.5."),
        (["--param", "device=cpu,cuda"], "--device cuda needs a GPU for each run"),
        (
            ["--param", "lr=0.1", "--by", "valid_perplexity", "--valid", "0"],
            "--by valid_perplexity judges by a held-out",
        ),
        (["--param", "=3"], "--param must be NAME=VALUE,VALUE"),
        (["--resume"], "There is no sweep to go on with"),
        (["--resume", "../x"], "There is no sweep ../x"),
        (["--resume", "--param", "lr=0.1"], "--resume goes on with a sweep as it was begun: leave --param out."),
        (["--resume", "--epochs", "3"], "leave the settings out."),
    ],
)
def test_what_cannot_be_is_one_sentence_before_anything_starts(call: Caller, words: list[str], sentence: str) -> None:
    done = call("sweep", *words)
    is_there_nothing = sentence.startswith(("The text has", "none.txt", "--by valid", "There is no sweep"))
    assert (done.code, done.out) == (1 if is_there_nothing else 2, "")
    assert sentence in done.sentence()
    assert Store().runs() == []
    assert not sweeps_folder().exists()


@pytest.mark.usefixtures("installed")
def test_a_sweep_that_is_done_has_nothing_to_go_on_with(call: Caller) -> None:
    sweep = begun("hidden=4", seeds=1)
    sweep.with_run(0, RunStatus.FINISHED, "x").write()
    assert call("sweep", "--resume").sentence() == f"lyricterm: all runs of the sweep {sweep.id} are done"


@pytest.mark.usefixtures("installed")
def test_two_do_not_train_one_sweep(call: Caller) -> None:
    sweep = begun("hidden=4", seeds=1)
    lock = sweep.lock()
    assert lock.acquire()
    assert "is being trained by another lyricterm" in call("sweep", "--resume").sentence()
    lock.release()


@pytest.mark.parametrize(
    ("cpus", "gpus", "sentence"),
    [
        (1, 0.0, ""),
        (8, 0.0, ""),
        (4, 2.0, ""),
        (64, 0.0, "Each run is to get 64 processors, and no machine has as many; take --cpus-each 8 or less."),
        (1, 3.0, "Each run is to get 3 GPUs, and no machine has as many; take --gpus-each 2 or less."),
        (
            8,
            0.5,
            "Each run is to get processors and GPUs (8 and 0.5), and no machine has as many of both; ask for less.",
        ),
    ],
)
def test_what_no_machine_has_is_one_sentence(cpus: int, gpus: float, sentence: str) -> None:
    resources = [{"CPU": 8.0}, {"CPU": 4.0, "GPU": 2.0}, {"CPU": 99.0, "GPU": 99.0}]
    nodes = [{"Alive": each["CPU"] < 99, "Resources": each} for each in resources]
    assert lacking(SimpleNamespace(nodes=lambda: nodes), cpus, gpus) == sentence


def test_a_ray_that_does_not_start_is_one_sentence(monkeypatch: pytest.MonkeyPatch) -> None:
    def init(**_options: object) -> None:
        # Ray's own words on an overloaded machine, and its own kind of exception.
        raise Exception("The current node timed out during startup.")

    monkeypatch.setitem(sys.modules, "ray", SimpleNamespace(init=init, shutdown=lambda: None))
    sentence = "Ray cannot begin here (The current node timed out during startup.); give the address of a cluster"
    with pytest.raises(SweepError, match=re.escape(sentence)), connected(""):
        pass


def test_without_a_gpu_no_run_gets_one() -> None:
    nodes = [{"Alive": True, "Resources": {"CPU": 2.0}}]
    assert lacking(SimpleNamespace(nodes=lambda: nodes), 1, 0.5).startswith("No machine has a GPU that Ray finds")
    assert fitted(Recipe(), Machines(cpus=3)) == Recipe(threads="3", device="cpu")
    assert fitted(Recipe(), Machines(gpus=0.5)) == Recipe(threads="1")
    chosen = Recipe(threads="2", device="mps")
    assert fitted(chosen, Machines(cpus=3)) == chosen


def test_what_stdout_gets_does_not_go_to_the_live_table(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("FORCE_COLOR", "1")
    sweep = begun("hidden=4", seeds=1)
    live, show = sweep_tables.live_table()
    with live:
        show(sweep, {})
        print('{"hidden": 4}')
    out, err = capsys.readouterr()
    assert out == '{"hidden": 4}\n'
    assert "hidden units" in err


def test_a_damaged_sweep_is_one_sentence() -> None:
    sweep = begun("hidden=4", seeds=1)
    (sweep.path / "sweep.json").write_text('{"format": 1, "runs": 3}')
    with pytest.raises(SweepError, match="cannot be read; delete"):
        record.find("")


def test_what_was_written_down_of_a_sweep_comes_back() -> None:
    sweep = begun("hidden=4,8", "lr=log:0.01..1", "cell=rnn,gru", seed=5)
    assert record.find("") == record.find(sweep.id) == sweep


def test_a_line_sums_up_the_seeds_that_came_furthest_and_the_best_stands_first(
    capsys: pytest.CaptureFixture[str],
) -> None:
    sweep = begun("hidden=4,8,16", "clipping=off", seeds=3)
    known = {
        0: News(0, RunStatus.FINISHED, 9, 40.0, 40.0),
        1: News(1, RunStatus.FINISHED, 9, 10.0, 8.0),
        4: News(4, RunStatus.FINISHED, 9, 40.0, 32.0),
        7: News(7, RunStatus.STOPPED, 3, 700.0, 700.0),
        2: News(2, RunStatus.DIVERGED, 1, math.inf, 50.0),
        5: News(5, RunStatus.TRAINING, 4, 30.0, 30.0, "box"),
        8: News(8, RunStatus.INTERRUPTED, 2, 30.0, 30.0),
    }
    outcomes = list(sweep.outcomes)
    for place, news in known.items():
        outcomes[place] = news.outcome
    sweep = replace(sweep, outcomes=tuple(outcomes))
    sweep_tables.print_table(sweep, known)
    lines = [" ".join(line.split()) for line in capsys.readouterr().out.splitlines() if line.strip("─ ")]
    assert lines == [
        "5 of 9 runs are over; training on box",
        "hidden units clipping seeds epoch perplexity best",
        "8 off 2 finished, 1 stopped early 9 20.0 (10.0–40.0) 16.0 (8.00–32.0)",
        "4 off 1 finished, 2 waiting 9 40.0 40.0",
        "16 off 1 diverged, 1 training, 1 interrupted 4 ∞ (30.0–∞) ∞ (30.0–∞)",
    ]


def test_runs_by_settings_have_one_line(call: Caller, tmp_path: Path) -> None:
    from tests.storage.kept import kept

    store = Store()
    for number, (seed, hidden, perplexity) in enumerate([(0, 64, 10.0), (1, 64, 40.0), (0, 256, 5.0)]):
        recipe = Recipe(seed=seed, hidden=hidden)
        kept(store, number, recipe=recipe, perplexity=perplexity, best=perplexity / 2, sweep="20261126-120000")
    done = call("runs", "--by-settings")
    rows = [" ".join(line.split()) for line in done.out.splitlines()]
    assert rows[0] == "seeds epoch perplexity best settings newest"
    assert rows[1].startswith("1 3 5.00 2.50 random tanh clip 5 ")
    assert rows[2].startswith("2 3 20.0 (10.0–40.0) 10.0 (5.00–20.0) random tanh clip 5 hidden units 64 ")
    assert "sweep: 20261126-120000" in call("runs", "show", "last").out
