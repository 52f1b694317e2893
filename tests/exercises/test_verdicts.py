"""The conclusion is what the numbers say, whichever way they fall."""

from __future__ import annotations

import math
from dataclasses import replace

import pytest

from lyricterm.core.run_status import RunStatus
from lyricterm.exercises.catalogue import EXERCISES
from lyricterm.exercises.detach import growth
from lyricterm.exercises.hyperparameters import spread
from lyricterm.exercises.pred_period import loops, variety
from tests.exercises.results import overflowed, stepped, trained, verdict, waiting, wrote

CLIPPING_ARMS = ["tanh clipped", "tanh unclipped", "ReLU clipped", "ReLU unclipped"]


@pytest.mark.parametrize(
    ("random", "consecutive", "lower", "sentence"),
    [
        (49.0, 37.0, "consecutive", "Consecutive sampling got lower: perplexity 37.0 against 49.0 with random."),
        (37.0, 49.0, "random", "Random sampling got lower: perplexity 37.0 against 49.0 with consecutive."),
        (40.0, 40.5, "even", "Random and consecutive sampling got equally far: perplexity 40.0 and 40.5."),
    ],
)
def test_sampling(random: float, consecutive: float, lower: str, sentence: str) -> None:
    first, second = waiting("sampling")
    told = verdict("sampling", [trained(first, 800, random), trained(second, 700, consecutive)])
    assert told.conclusion == sentence
    assert told.findings["lower"] == lower
    assert len(told.why) == 2
    assert "H_{t-1} W_hh" in told.equation


def test_sampling_is_not_compared_with_an_arm_that_overflowed() -> None:
    first, second = waiting("sampling")
    told = verdict("sampling", [overflowed(first, 1, 7), trained(second, 700, 40)])
    assert told.conclusion == "The two cannot be compared, as not both of them learnt: consecutive did."
    assert told.told[0] == "random: the loss overflowed in epoch 1, minibatch 7."
    assert told.told[1] == "consecutive reached perplexity 40.0 in 2 epochs of 0.50 s each."
    assert told.findings["perplexity of random"] is None
    assert told.findings["perplexity of consecutive"] == 40


def test_clipping_that_decides() -> None:
    runs = waiting("clipping")
    assert [result.run.name for result in runs] == CLIPPING_ARMS
    results = [trained(runs[0], 157), overflowed(runs[1], 2, 3, "gradient"), trained(runs[2], 249)]
    told = verdict("clipping", [*results, overflowed(runs[3], 1, 7)])
    assert told.conclusion == "Clipping decides: with it both activations learn, without it neither does."
    assert "tanh unclipped: the gradient overflowed in epoch 2, minibatch 3." in told.told
    assert "ReLU unclipped: the loss overflowed in epoch 1, minibatch 7." in told.told
    assert told.findings["overflowed"] == "tanh unclipped, ReLU unclipped"


def test_clipping_that_saves_one_that_is_not_enough_and_that_is_not_needed() -> None:
    a, b, c, d = waiting("clipping")
    saved = verdict("clipping", [trained(a, 150), trained(b, 140), trained(c, 200), overflowed(d, 1, 7)])
    assert saved.conclusion == "Clipping saves ReLU unclipped; all others learn."
    # Worse than guessing is not learnt, even if nothing overflowed.
    worse = verdict("clipping", [trained(a, 150), trained(b, 140), trained(c, 200), trained(d, 5_000)])
    assert worse.conclusion == saved.conclusion
    assert "no better than guessing (1,000)" in worse.told[3]
    lost = verdict("clipping", [trained(a, 150), trained(b, 140), overflowed(c, 9, 1), overflowed(d, 1, 7)])
    assert lost.conclusion.startswith("Clipping was not enough for ReLU clipped; a lower learning rate")
    free = verdict("clipping", [trained(a, 150), trained(b, 100), trained(c, 200), trained(d, 120)])
    assert free.conclusion.startswith("Nothing overflowed, and the unclipped runs got lower")
    held = verdict("clipping", [trained(a, 100), trained(b, 150), trained(c, 120), trained(d, 200)])
    assert held.conclusion == "Nothing overflowed, yet the clipped runs got lower."
    alike = verdict("clipping", [trained(a, 100), trained(b, 101), trained(c, 120), trained(d, 120)])
    assert alike.conclusion.startswith("Nothing overflowed: with these settings clipping makes little difference")


def test_a_perplexity_that_overflows_while_the_loss_does_not() -> None:
    a, b, c, d = waiting("clipping")
    lost = trained(b, 900.0, math.inf, math.inf)
    epochs = (*lost.epochs[:2], replace(lost.epochs[2], loss=4321.0))
    told = verdict("clipping", [trained(a, 150), replace(lost, epochs=epochs), trained(c, 200), overflowed(d, 1, 7)])
    assert told.told[1] == (
        "tanh unclipped: the perplexity overflowed in epoch 2, though the loss stayed finite (at last 4,321 nats per "
        "character)."
    )
    assert told.conclusion.startswith("Clipping decides")


def test_norms_of_the_first_minibatches_are_tabled() -> None:
    runs = [trained(result, 100) for result in waiting("clipping")]
    runs[0] = stepped(runs[0], [0.1] * 20, [1.0] * 20, epochs=1)
    (_first, norms) = verdict("clipping", runs).tables
    assert norms.columns == ("run", "1", "2", "3", "5", "10", "20", "largest")
    assert norms.rows[0] == ("tanh clipped", "10.0", "20.0", "30.0", "50.0", "100", "200", "200")


@pytest.mark.parametrize(
    ("tanh", "relu", "lower", "begins"),
    [
        (50, 60, "tanh", "With clipping tanh gets lower: perplexity 50.0 against 60.0 with ReLU."),
        (60, 50, "relu", "With clipping ReLU gets lower: perplexity 50.0 against 60.0 with tanh."),
        (50, 50, "even", "With clipping the two are even"),
        (50, 5_000, "tanh", "With clipping only tanh learnt, to perplexity 50.0."),
        (5_000, 50, "relu", "With clipping only ReLU learnt, to perplexity 50.0."),
    ],
)
def test_activation(tanh: float, relu: float, lower: str, begins: str) -> None:
    a, b, c, d = waiting("activation")
    told = verdict("activation", [trained(a, tanh), trained(b, 70), trained(c, relu), overflowed(d, 1, 7)])
    assert told.conclusion.startswith(begins)
    assert told.conclusion.endswith("Without it tanh still learns and ReLU does not.")
    assert told.findings["lower"] == lower


def test_why_relu_is_slower_is_read_off_the_norms() -> None:
    a, b, c, d = waiting("activation")
    rest = [overflowed(b, 1, 3), overflowed(d, 1, 7)]
    larger = verdict("activation", [trained(a, 50, norm=100), rest[0], trained(c, 60, norm=900), rest[1]])
    assert "larger here (median norm 900 against 100)" in larger.why[1]
    alike = verdict("activation", [trained(a, 50, norm=511), rest[0], trained(c, 60, norm=522), rest[1]])
    assert "about the same with both (median 522 and 511)" in alike.why[1]
    smaller = verdict("activation", [trained(a, 50, norm=900), rest[0], trained(c, 60, norm=100), rest[1]])
    assert "smaller here (median norm 100 against 900)" in smaller.why[1]


FLAT, GROWING = [0.03] * 9, [0.01 * i for i in range(1, 10)]


def test_detach_that_grows() -> None:
    on, off = waiting("detach")
    on = stepped(trained(on, 100), FLAT, [1e6] * 9)
    off = stepped(trained(off, 101), GROWING, [1e6 * i for i in range(1, 10)])
    told = verdict("detach", [on, off])
    assert told.findings["grew"] is True
    # Medians of minibatches 1 to 3 and 7 to 9: 2 and 8.
    assert told.findings["growth off"] == pytest.approx(4)
    assert told.findings["growth on"] == pytest.approx(1)
    assert "took 4.00 times as long" in told.conclusion
    assert "detach off: the gradient ran back over 1.00 MB of activations at first and 9.00 MB at last." in told.told
    assert "For the perplexity it made no difference." in told.told
    milliseconds = told.tables[1]
    assert milliseconds.rows[1] == ("detach off", "10.0", "30.0", "40.0", "60.0", "70.0", "90.0")


def test_detach_that_does_not_grow_and_a_busy_machine() -> None:
    on, off = (trained(result, 100) for result in waiting("detach"))
    held = [1e6] * 9
    flat = verdict("detach", [stepped(on, FLAT, held), stepped(off, FLAT, held)])
    assert flat.conclusion.startswith("No growth to speak of")
    assert flat.findings["grew"] is False
    busy = verdict("detach", [stepped(on, GROWING, held), stepped(off, GROWING, held)])
    assert "play it again" in busy.conclusion
    assert busy.findings["grew"] is False
    short = verdict("detach", [stepped(on, FLAT[:2], held), stepped(off, FLAT[:2], held)])
    assert short.conclusion.startswith("There were too few minibatches")


def test_growth_of_a_series() -> None:
    assert growth([1, 1, 1, 2, 2, 2, 3, 3, 3]) == 3
    assert math.isnan(growth([1, 2]))


def test_lyrics_that_become_more_varied_and_that_do_not() -> None:
    (run,) = waiting("pred-period")
    run = trained(run, 900, 12)
    varied = verdict("pred-period", [wrote(run, (1, 900, "的的的的"), (2, 12, "风吹过山"))])
    assert varied.conclusion == (
        "As perplexity went from 900 to 12.0, the lyrics became more varied: 25 % distinct characters at first, 100 % "
        "at last."
    )
    dull = verdict("pred-period", [wrote(run, (1, 900, "风吹过山"), (2, 12, "的的的的"))])
    assert "no more varied" in dull.conclusion
    assert (varied.findings["more_varied"], dull.findings["more_varied"]) == (True, False)


def test_repetition_is_found() -> None:
    assert loops("的的的的的的")
    assert loops("春天来了我说我说我说我说")
    assert not loops("春天的风吹过山坡你在河边唱着歌")
    assert not loops("")
    assert variety("abab") == 0.5
    assert variety("") == 0


def test_what_mattered_most_is_the_largest_spread_of_log_perplexity() -> None:
    runs = waiting("hyperparameters")
    names = [result.run.name for result in runs]
    assert names == [
        *("as it is", "hidden units 128", "hidden units 512", "time steps 17", "time steps 70"),
        *("batch size 16", "batch size 64", "learning rate 0.1", "learning rate 0.4"),
    ]
    perplexities = [100, 110, 90, 80, 130, 60, 200, 300, 50]
    results = [trained(run, value) for run, value in zip(runs, perplexities, strict=True)]
    told = verdict("hyperparameters", results)
    assert told.findings["most"] == "lr"
    assert told.findings["spread of lr"] == pytest.approx(math.log(300 / 50))
    assert told.findings["spread of batch"] == pytest.approx(math.log(200 / 60))
    assert told.findings["spread of steps"] == pytest.approx(math.log(130 / 80))
    assert told.conclusion == (
        "Of the four, learning rate mattered most: halved and doubled, perplexity from 50.0 to 300."
    )
    assert "Lowest perplexity: learning rate 0.4, 50.0." in told.told
    results[8] = trained(runs[8], 409, 950)
    told = verdict("hyperparameters", results)
    assert told.told[-1] == "learning rate 0.4 had been at perplexity 409 before: its last epoch went astray."


def test_grids_with_ties_overflows_and_nothing_to_tell() -> None:
    runs = waiting("hyperparameters")
    even = [trained(run, 100) for run in runs]
    assert verdict("hyperparameters", even).conclusion.startswith("None of the four mattered")
    tied = [trained(run, value) for run, value in zip(runs, [100, 100, 100, 50, 200, 51, 202, 100, 100], strict=True)]
    assert "time steps and batch size mattered most, equally" in verdict("hyperparameters", tied).conclusion
    lost = [*even[:8], overflowed(runs[8], 1, 7)]
    assert math.isinf(spread("lr", lost))
    assert verdict("hyperparameters", lost).conclusion.endswith("halved or doubled: learning rate.")
    assert verdict("hyperparameters", runs).conclusion.startswith("Too few of the runs trained")


def test_arms_that_could_not_train_are_not_compared() -> None:
    first, second = waiting("sampling")
    failed = replace(second, status=RunStatus.FAILED, failure="The text is too short.")
    told = verdict("sampling", [trained(first, 100), failed])
    assert told.conclusion == "Not every run could train, so they cannot be compared: consecutive."
    assert "consecutive: The text is too short." in told.told


@pytest.mark.parametrize("name", EXERCISES)
def test_charts_can_be_drawn_before_anything_is_measured(name: str) -> None:
    results = waiting(name)
    for chart in EXERCISES[name].charts(results):
        assert [series.label for series in chart.series] == [str(i + 1) for i in range(len(results))]
