"""The conclusion is what the numbers say, whichever way they fall."""

from __future__ import annotations

import math
from dataclasses import replace

import pytest

from lyricterm.core.decoding import Decoding
from lyricterm.core.events import Stepped
from lyricterm.core.run_data import HeldOutFacts, Sample
from lyricterm.core.run_status import RunStatus
from lyricterm.core.settings import Recipe, Value
from lyricterm.exercises.base import Verdict
from lyricterm.exercises.catalogue import EXERCISES
from lyricterm.exercises.cells import reach
from lyricterm.exercises.detach import growth
from lyricterm.exercises.group import grouped
from lyricterm.exercises.hyperparameters import spread
from lyricterm.exercises.measurements import RunResult
from lyricterm.exercises.repetition import beginning, loops, variety
from tests.exercises.results import (
    by_seed,
    overflowed,
    probe,
    probed,
    seeded,
    stepped,
    trained,
    validated,
    verdict,
    waiting,
    wrote,
)

CLIPPING = ["tanh clipped", "tanh unclipped", "ReLU clipped", "ReLU unclipped"]
PARTING = ["tanh one time step", "tanh mean loss"]


def clipping(
    one_step: float | None, mean_loss: float | None, tanh: float | None = None, relu: float | None = None
) -> Verdict:
    """None is lost; the clipped runs learn."""
    runs = waiting("clipping")
    values = (157, tanh, 249, relu, one_step, mean_loss)
    results = [
        overflowed(run, 1, 7) if value is None else trained(run, value) for run, value in zip(runs, values, strict=True)
    ]
    results[1] = probed(results[1], probe(1, 186, 0.16), probe(2, 6_084, 0.15))
    results[3] = probed(
        results[3],
        probe(1, 184, 0.11),
        probe(2, 5_567, 0.12),
        probe(3, 813, math.nan),
        probe(4, 2e36, 7.95, radius=770),
    )
    return verdict("clipping", results)


def test_the_runs_of_clipping_part_the_causes() -> None:
    runs = waiting("clipping")
    assert [result.run.name for result in runs] == CLIPPING + PARTING
    one_step, mean_loss = runs[4].recipe, runs[5].recipe
    # As many characters in a minibatch, none of them behind another.
    assert (one_step.steps, one_step.batch, one_step.clipping) == (1, 35 * 32, False)
    assert mean_loss.lr == pytest.approx(0.2 / (35 * 32))


def test_the_runs_that_part_the_causes_are_called_what_they_are() -> None:
    adam = waiting("clipping", Recipe(optimizer="adam", lr=0.005))
    # Adam divides by the gradient's size: a smaller rate is not the mean loss there.
    assert adam[5].run.name == "tanh small rate"
    told = verdict("clipping", [*(trained(run, 50) for run in adam[:1]), *(overflowed(run, 1, 2) for run in adam[1:])])
    assert "m ← 0.9 m + 0.1 g" in told.equation
    # A carried state that is not cut would be a way back through time.
    (carried,) = [
        run.recipe for run in waiting("clipping", Recipe(detach=False)) if run.run.name == "tanh one time step"
    ]
    assert carried.detach
    by_value = waiting("clipping", Recipe(clip_by="value"))
    assert "g = max(−θ, min(θ, ∂L/∂w))" in verdict("clipping", [trained(run, 50) for run in by_value]).equation


def test_clipping_that_decides_by_the_length_of_the_step() -> None:
    told = clipping(None, 900)
    assert told.conclusion.startswith("Clipping decides: with it both activations learn, without it neither does. ")
    assert ". The cause is the length of the step: tanh with one" in told.conclusion
    assert (
        "tanh with one time step only, where nothing goes back through time, does not learn either" in told.conclusion
    )
    assert "and tanh mean loss, whose steps are shorter (learning rate 1.8×10⁻⁴), learns unclipped." in told.conclusion
    assert told.findings["cause"] == "step"
    assert "97" not in told.why[0]
    assert "the gradient's norm is 186; 98 % of its square comes from b_y" in told.why[0]
    assert "Unclipped, the step is learning rate × norm = 37.2 long" in told.why[0]
    assert "multiplied by 0.16 per step" in told.why[0]
    assert "tanh unclipped: at minibatch 2 the norm is 32.7 times that of the one before, although" in told.why[1]
    assert (
        "Only at minibatch 4 does the gradient also grow through time (× 7.95 per step; spectral radius of W_hh: 770)."
        in told.why[1]
    )
    assert told.findings["overflowed"] == "tanh unclipped, ReLU unclipped, tanh one time step"


def test_a_cause_is_named_only_where_the_runs_agree() -> None:
    assert "The cause lies in going through time: with one time step only" in clipping(500, None).conclusion
    assert clipping(500, None).rests_on[0].startswith("This is one seed, and another may give the opposite.")
    assert clipping(500, None).rests_on[1] == (
        "The cause is judged by two more runs of tanh without clipping: tanh one time step reads 1,120 examples of one "
        "character at once, so its loss sums as many characters; tanh mean loss has a learning rate that is as many "
        "times smaller."
    )
    assert clipping(500, None).findings["cause"] == "time"
    assert "these numbers do not say which cause it is" in clipping(None, None).conclusion
    assert clipping(None, None).findings["cause"] == "unknown"


def test_a_gradient_that_grows_through_time_is_said_to() -> None:
    a, b, c, d, *rest = waiting("clipping")
    lost = probed(overflowed(b, 1, 2), probe(1, 10, 1.5), probe(2, 1_000, 2.5))
    told = verdict("clipping", [trained(a, 9), lost, trained(c, 9), trained(d, 9), *(trained(run, 9) for run in rest)])
    assert "and the gradient grows through time (× 2.50 per step)" in told.why[1]


def test_clipping_that_saves_one_that_is_not_enough_and_that_is_not_needed() -> None:
    a, b, c, d, *rest = waiting("clipping")
    fine = [trained(run, 500) for run in rest]
    saved = verdict("clipping", [trained(a, 150), trained(b, 140), trained(c, 200), overflowed(d, 1, 7), *fine])
    assert saved.conclusion.startswith("With clipping both activations learn; ReLU unclipped did not.")
    # tanh, of which the causes are parted, was not lost, so nothing is said of them.
    assert saved.conclusion.endswith("Only tanh has runs that separate the causes, so these numbers do not say why.")
    assert saved.findings["cause"] == "other"
    # Worse than guessing is not learnt, even if nothing overflowed.
    worse = verdict("clipping", [trained(a, 150), trained(b, 140), trained(c, 200), trained(d, 5_000), *fine])
    assert worse.conclusion == saved.conclusion
    assert "no better than guessing (1,000)" in worse.told[3]
    lost = verdict("clipping", [trained(a, 150), trained(b, 140), overflowed(c, 9, 1), overflowed(d, 1, 7), *fine])
    assert lost.conclusion.startswith("Clipping was not enough for ReLU clipped; try a lower learning rate")


@pytest.mark.parametrize(
    ("values", "tanh", "relu"),
    [
        (
            (150, 100, 200, 120),
            "tanh gets lower without clipping: perplexity 100 against 150 with it.",
            "ReLU gets lower without clipping: perplexity 120 against 200 with it.",
        ),
        (
            (100, 150, 120, 120.5),
            "tanh gets lower with clipping: perplexity 100 against 150 without it.",
            "For ReLU the two cannot be told apart: perplexity 120 with clipping, 120 without it.",
        ),
    ],
)
def test_clipping_that_is_not_needed(values: tuple[float, ...], tanh: str, relu: str) -> None:
    groups = [seeded(run, value) for run, value in zip(waiting("clipping"), (*values, 300, 300), strict=True)]
    told = verdict("clipping", by_seed(*groups))
    assert told.conclusion == f"Both activations learn the training text with clipping and without it. {tanh} {relu}"
    assert told.findings["cause"] is None
    assert "95 %, Holm's correction for 2 comparisons), a factor of" in told.rests_on[0]
    assert "tells tanh with and without clipping apart" in told.rests_on[0]
    assert "tells ReLU with and without clipping apart" in told.rests_on[1]


# Each group is (x, 1.01 x, x / 1.01), so t = log(ratio) / 0.008124 with 4 degrees of freedom. From the table of
# Student's t: two-sided 5 % from t = 2.776, a ratio of 1.0228; 2.5 % from t = 3.495, a ratio of 1.0288.
ONLY_ALONE, ALSO_CORRECTED = 1.025, 1.03


def test_two_tests_of_clipping_are_held_against_a_level_that_counts_both() -> None:
    for ratio, tanh in (
        (ONLY_ALONE, "For tanh the two cannot be told apart: perplexity 102 with clipping, 100 without it."),
        (ALSO_CORRECTED, "tanh gets lower without clipping: perplexity 100 against 103 with it."),
    ):
        values = (100 * ratio, 100, 120, 120, 300, 300)
        groups = [seeded(run, value) for run, value in zip(waiting("clipping"), values, strict=True)]
        assert tanh in verdict("clipping", by_seed(*groups)).conclusion


def test_clipping_that_is_not_needed_with_one_seed() -> None:
    told = verdict("clipping", [trained(run, 100) for run in waiting("clipping")])
    assert told.conclusion.endswith("For ReLU this one seed gave perplexity 100 with clipping, 100 without it.")
    assert told.rests_on[0].startswith("This is one seed")
    assert not told.rests_on[1].startswith("This is one seed")


def test_a_perplexity_that_overflows_while_the_loss_does_not() -> None:
    a, b, c, d, *rest = waiting("clipping")
    lost = trained(b, 900.0, math.inf, math.inf)
    epochs = (*lost.epochs[:2], replace(lost.epochs[2], loss=4321.0))
    results = [trained(a, 150), replace(lost, epochs=epochs), trained(c, 200), overflowed(d, 1, 7)]
    told = verdict("clipping", [*results, *(trained(run, 500) for run in rest)])
    assert told.told[1] == (
        "tanh unclipped: the perplexity overflowed in epoch 2, though the loss stayed finite (at last 4,321 nats per "
        "character)."
    )
    assert told.conclusion.startswith("Clipping decides")


def test_what_the_first_gradients_are_made_of_is_tabled() -> None:
    (_runs, tanh, _relu) = clipping(None, 900).tables
    assert tanh.title.startswith("tanh unclipped, seed 0: the gradient's norm")
    assert tanh.columns[1:7] == ("norm", "W_xh", "W_hh", "b_h", "W_hy", "b_y")
    assert tanh.rows[1] == ("2", "6,084", "0 %", "1 %", "0 %", "1 %", "98 %", "0.17", "0.15")


@pytest.mark.parametrize(
    ("tanh", "relu", "lower", "begins"),
    [
        (50, 60, "tanh", "With clipping tanh gets lower on the training text: perplexity 50.0 against 60.0 with ReLU."),
        (60, 50, "relu", "With clipping ReLU gets lower on the training text: perplexity 50.0 against 60.0 with tanh."),
        (
            50,
            50.5,
            "not to be told apart",
            "With clipping the two cannot be told apart on the training text: perplexity 50.0 with tanh, 50.5",
        ),
        (50, 5_000, None, "With clipping only tanh clipped learnt with every seed, to perplexity 50.0"),
        (5_000, 50, None, "With clipping only ReLU clipped learnt with every seed, to perplexity 50.0"),
        (5_000, 5_000, None, "Neither learnt with every seed, even with clipping."),
    ],
)
def test_activation(tanh: float, relu: float, lower: str | None, begins: str) -> None:
    a, b, c, d = waiting("activation")
    lost = [overflowed(replace(d, recipe=replace(d.recipe, seed=seed)), 1, 7) for seed in range(3)]
    told = verdict("activation", by_seed(seeded(a, tanh), seeded(b, 70), seeded(c, relu), lost))
    assert told.conclusion.startswith(begins)
    assert told.conclusion.endswith("Without clipping tanh still learns and ReLU does not.")
    assert told.findings["lower"] == lower


@pytest.mark.parametrize(
    ("tanh", "relu", "lower", "sentence"),
    [
        (285, 276, "relu", "ReLU is better: 276 against 285."),
        (276, 285, "tanh", "tanh is better: 276 against 285."),
        (276, 277, "not to be told apart", "they cannot be told apart: 276 with tanh, 277 with ReLU."),
    ],
)
def test_activation_on_held_out_text(tanh: float, relu: float, lower: str, sentence: str) -> None:
    a, b, c, d = waiting("activation")
    groups = [seeded(a, 90, 50), seeded(b, 90, 70), seeded(c, 90, 60), seeded(d, 90, 70)]
    factors = (1.0, 1.004, 0.996)
    for place, held in ((0, tanh), (2, relu)):
        groups[place] = [validated(run, held * by, 900) for run, by in zip(groups[place], factors, strict=True)]
    told = verdict("activation", by_seed(*groups))
    assert "With clipping tanh gets lower on the training text" in told.conclusion
    assert f"On held-out text, each at its best epoch, {sentence}" in told.conclusion
    assert told.findings["lower on held-out text"] == lower
    assert told.rests_on[1].startswith("On held-out text: Measured by the spread")


def test_two_tests_of_activations_are_held_against_a_level_that_counts_both() -> None:
    held = (300.0, 303.0, 300 / 1.01)
    for ratio, lower, training in (
        (ONLY_ALONE, "not to be told apart", "With clipping the two cannot be told apart on the training text"),
        (ALSO_CORRECTED, "tanh", "With clipping tanh gets lower on the training text"),
    ):
        groups = [
            seeded(run, value) for run, value in zip(waiting("activation"), (50, 70, 50 * ratio, 70), strict=True)
        ]
        for place in (0, 2):
            groups[place] = [validated(run, value) for run, value in zip(groups[place], held, strict=True)]
        told = verdict("activation", by_seed(*groups))
        assert told.conclusion.startswith(training)
        assert told.findings["lower"] == lower
        assert "95 %, Holm's correction for 2 comparisons" in told.rests_on[0]
        assert told.rests_on[1] == (
            "On held-out text: Between the two runs there is no difference: their means over the seeds are the same."
        )
    # With nothing held out there is one test, and no correction.
    alone = [seeded(run, value) for run, value in zip(waiting("activation"), (50, 70, 50 * 1.025, 70), strict=True)]
    told = verdict("activation", by_seed(*alone))
    assert told.findings["lower"] == "tanh"
    assert "Holm" not in "".join(told.rests_on)


def test_activation_with_one_seed() -> None:
    told = verdict("activation", [trained(run, 50) for run in waiting("activation")])
    assert told.conclusion.startswith("With clipping this one seed gave perplexity 50.0 with tanh and 50.0 with ReLU.")
    assert told.why[1] == ""


@pytest.mark.parametrize(
    ("never", "sentence"),
    [
        (0, "examined, so dead units explain no difference."),
        (3, "no gradient from that minibatch; no epoch had more than 3 such units."),
        (256, "No unit is on, so only b_y gets a gradient."),
    ],
)
def test_what_is_said_of_units_is_measured(never: int, sentence: str) -> None:
    a, b, c, d = (trained(run, 50) for run in waiting("activation"))
    told = verdict(
        "activation", [probed(a, probe(1, 9, 0.9)), b, probed(c, probe(1, 9, 1.2, on=0.31, never_on=never)), d]
    )
    assert f"with ReLU 31 % of the entries of H are on, and {never} of 256 units are never on" in told.why[1]
    assert "Per time step back, the gradient is multiplied by: tanh × 0.90, ReLU × 1.20." in told.why[1]
    assert told.why[1].endswith(sentence)
    # Where nothing goes back there is no factor.
    flat = verdict("activation", [probed(a, probe(1, 9, 0.9)), b, probed(c, probe(1, 9, math.nan)), d])
    assert "Per time step back, the gradient is multiplied by: tanh × 0.90." in flat.why[1]
    # Where units were off at another epoch, or with another seed, nothing is said to be ruled out.
    seeds = [replace(c, recipe=replace(c.recipe, seed=seed)) for seed in (0, 1)]
    seeds = [probed(each, probe(1, 9, 1.2, never_on=7 * each.seed), probe(2, 9, 1.2, never_on=never)) for each in seeds]
    others = [
        replace(each, recipe=replace(each.recipe, seed=seed))
        for each in (probed(a, probe(1, 9, 0.9)), b, d)
        for seed in (0, 1)
    ]
    if never < 7:
        assert "no epoch had more than 7 such units." in verdict("activation", [*others, *seeds]).why[1]


def remembers(
    training: tuple[float, ...],
    held: tuple[float, ...],
    bigram: float = 204,
    frequencies: float = 301,
    total: int = 0,
) -> Verdict:
    (run,) = waiting("memory")
    known = HeldOutFacts(3_712, 156, 89, frequencies, bigram, total)
    results = []
    for result in seeded(run, *training):
        epochs = [replace(epoch, valid_perplexity=value) for epoch, value in zip(result.epochs, held, strict=True)]
        results.append(replace(result, epochs=tuple(epochs), held_out=known))
    return verdict("memory", results)


def test_memory_that_rises_on_held_out_text() -> None:
    told = remembers((379, 217, 57, 40, 30, 9.1), (318, 339, 561, 700, 900, 1_431))
    assert told.conclusion.startswith("Memory: the training text's perplexity ends at 9.10")
    assert "ends at 1,431, above the 318 it had reached before" in told.conclusion
    assert "never beats even the character frequencies (301)" in told.why[1]
    assert (told.findings["memorised"], told.findings["beats the bigram"]) == (True, False)
    assert (
        "Characters of the held-out text that do not occur in the training text and are left out: 156 (different ones: "
        "89)."
    ) in told.told
    assert told.tables[1].rows[0] == ("1", "379", "318", "◂")
    assert told.rests_on[0] == (
        "The held-out text is the 3,712 characters that follow the training text; it is scored after each epoch."
    )
    half = remembers((379, 217, 57, 40, 30, 9.1), (318, 339, 561, 700, 900, 1_431), total=10_000)
    assert half.rests_on[0] == (
        "The held-out text is the last 10,000 characters of the text; 3,712 of them are scored after each epoch."
    )


@pytest.mark.parametrize("name", ["sampling", "hyperparameters", "activation", "cells", "depth", "optimisers"])
def test_how_much_is_scored_is_said_wherever_held_out_text_decides(name: str) -> None:
    known = HeldOutFacts(1_900, 0, 0, 301, 204, 10_000)
    groups = [
        [replace(validated(run, 300, 310), held_out=known) for run in seeded(each, 90, 60)] for each in waiting(name)
    ]
    sentence = "The held-out text is the last 10,000 characters of the text; 1,900 of them are scored after each epoch."
    assert sentence in verdict(name, by_seed(*groups)).rests_on


@pytest.mark.parametrize(
    ("held", "sentence"),
    [
        ((500, 290), "beats the character frequencies (301), but not a bigram (204)"),
        ((500, 150), "beats both the character frequencies (301) and a bigram (204)"),
    ],
)
def test_no_memory_yet(held: tuple[float, ...], sentence: str) -> None:
    told = remembers((500, 100), held)
    assert told.conclusion.startswith("No sign of memory yet: the held-out text's perplexity has not risen")
    assert sentence in told.why[1]
    assert told.findings["memorised"] is False


def test_what_is_said_of_the_baselines_is_said_of_all_seeds() -> None:
    (run,) = waiting("memory")
    bests = (190, 250, 310)
    runs = [validated(each, best, 900) for each, best in zip(seeded(run, 500, 100), bests, strict=True)]
    told = verdict("memory", [replace(each, held_out=HeldOutFacts(3_712, 0, 0, 301, 204)) for each in runs])
    assert told.why[1] == (
        "At its best it beats the character frequencies (301) with 2 of 3 seeds, and a bigram (204) with 1."
    )
    assert told.findings["beats the bigram"] is False


def test_memory_says_how_much_of_the_lyrics_is_copied() -> None:
    (run,) = waiting("memory")
    runs = [validated(each, 300, 900) for each in seeded(run, 500, 100)]
    runs = [
        replace(each, samples=(Sample(2, 100, "春天", VARIED, share),), held_out=HeldOutFacts(3_712, 0, 0, 301, 204))
        for each, share in zip(runs, (0.3, 0.4, 0.8), strict=True)
    ]
    assert "Of the last lyrics 50 % (30–80 %) is copied from the training text, in pieces of 8 characters or more." in (
        verdict("memory", runs).told
    )


def test_one_bad_epoch_is_no_memory() -> None:
    told = remembers((500, 300, 200, 150), (400, 310, 300, 340))
    assert told.conclusion.startswith("No sign of memory yet: ")
    assert told.rests_on[-1] == (
        "Nothing has risen: with every seed one of the last 3 epochs is the best for the others."
    )


def test_a_run_whose_lowest_perplexity_is_luck_has_not_risen() -> None:
    # Each seed's lowest lies in another epoch, and its end is above that by 10 %; but not above what it has in the
    # epoch that is best for the others: the ratios are 99/100, 99/100 and 99/98, after the best epochs 2, 1 and 1.
    held = [(90, 100, 100, 99, 99, 99), (100, 90, 100, 99, 99, 99), (98, 98, 90, 99, 99, 99)]
    (run,) = waiting("memory")
    known = HeldOutFacts(3_712, 0, 0, 301, 204)
    training = (300, 290, 280, 270, 260, 250)
    runs = [
        replace(validated(each, *values), held_out=known)
        for each, values in zip(seeded(run, *training), held, strict=True)
    ]
    told = verdict("memory", runs)
    assert told.conclusion.startswith("No clear sign of memory yet")
    assert told.findings["memorised"] is False
    # scipy.stats.ttest_rel(numpy.log([99, 99, 99]), numpy.log([100, 100, 98])): mean and 95 % interval of the ratio.
    assert told.rests_on[-1] == (
        "Whether it has risen is judged within each run (paired t test on log perplexities, 95 %): the median of its "
        "last 3 epochs must be at least 1.029 times that of the epoch that is best for the other seeds; it is 0.997 "
        "times."
    )


def test_what_rises_on_both_texts_is_no_memory() -> None:
    told = remembers((300, 350, 400, 450, 500, 550), (300, 400, 500, 600, 700, 800))
    assert told.conclusion.startswith("Both perplexities end higher than at the best epoch")
    assert told.findings["memorised"] is False


def test_memory_with_one_seed_gives_no_verdict() -> None:
    (run,) = waiting("memory")
    known = HeldOutFacts(3_712, 156, 89, 301, 204)
    result = replace(validated(trained(run, 300, 100, 20, 5), 300, 400, 500, 600), held_out=known)
    told = verdict("memory", [result])
    assert told.conclusion.startswith("With this one seed the training text's perplexity ends at 5.00, that of text")
    assert told.findings["memorised"] is None
    assert any("another may give the opposite" in sentence for sentence in told.rests_on)


def test_memory_without_held_out_text_says_what_to_do() -> None:
    (run,) = waiting("memory")
    told = verdict("memory", [trained(run, 100)])
    assert told.conclusion.startswith("No text is held out")
    assert told.findings["memorised"] is None
    assert len(EXERCISES["memory"].charts([trained(run, 100)])) == 1


@pytest.mark.parametrize(
    ("values", "lowest", "sentence"),
    [
        ((50, 45, 40), "LSTM", "On the training text (nothing is held out) the best perplexity is 40.0"),
        ((50, 40, 40.1), None, "is 40.0 (39.6–40.4), with GRU, which cannot be told apart from LSTM 40.1"),
    ],
)
def test_cells(values: tuple[float, ...], lowest: str | None, sentence: str) -> None:
    groups = [seeded(run, value) for run, value in zip(waiting("cells"), values, strict=True)]
    told = verdict("cells", by_seed(*groups))
    assert sentence in told.conclusion
    assert told.findings["lowest"] == lowest
    assert "C_t = F_t ⊙ C_{t-1} + I_t ⊙ C̃_t" in told.equation


def test_cells_that_did_not_learn_and_their_reach() -> None:
    a, b, c = waiting("cells")
    told = verdict("cells", [probed(trained(a, 50), probe(1, 9, 0.1)), overflowed(b, 1, 1), overflowed(c, 1, 1)])
    assert told.conclusion == "The cells cannot be compared, as too few of them learnt with every seed: RNN did."
    assert "RNN × 0.10, a hundredth is left after 2.00 steps" in told.why[1]
    assert reach(1.01) == math.inf
    assert math.isnan(reach(math.nan))


@pytest.mark.parametrize(
    ("values", "lowest", "better", "sentence"),
    [
        ((50, 40, 60, 70), "2 layers", True, "the best perplexity is 40.0 (39.6–40.4), with 2 layers"),
        ((40, 50, 60, 70), "1 layer", False, "the best perplexity is 40.0 (39.6–40.4), with 1 layer"),
        ((50, 50.1, 60, 70), None, False, "told apart from 2 layers 50.1 (49.6–50.6). Higher: 3 layers 60.0"),
    ],
)
def test_depth(values: tuple[float, ...], lowest: str | None, better: bool, sentence: str) -> None:
    groups = [seeded(run, value) for run, value in zip(waiting("depth"), values, strict=True)]
    assert [group[0].recipe.layers for group in groups] == [1, 2, 3, 4]
    told = verdict("depth", by_seed(*groups))
    assert sentence in told.conclusion
    assert told.findings["lowest"] == lowest
    assert told.findings["better than one layer"] is better
    assert ("better than one layer here, by more than seeds differ: 2 layers." in told.why[1]) is better
    assert "differ by" in told.rests_on[0]


def test_whether_the_budget_was_long_enough_is_said() -> None:
    groups = [[validated(run, 400, 290, 300) for run in seeded(each, 90, 60, 40)] for each in waiting("cells")]
    told = verdict("cells", by_seed(*groups))
    assert "every run went past its best epoch, the last of them at epoch 2." in told.rests_on[1]
    groups[2] = [validated(run, 400, 290, 280) for run in groups[2]]
    told = verdict("cells", by_seed(*groups))
    assert told.rests_on[1].endswith("with more epochs LSTM may get lower.")
    groups = [[validated(run, 400, 290, 280) for run in group] for group in groups]
    assert verdict("cells", by_seed(*groups)).rests_on[1] == (
        "No run had passed its best epoch on held-out text: with more epochs each may get lower."
    )


def test_the_reach_is_that_of_all_seeds() -> None:
    groups = [seeded(each, 90) for each in waiting("cells")]
    groups[0] = [probed(run, probe(1, 9, factor)) for run, factor in zip(groups[0], (0.8, 0.9, 0.95), strict=True)]
    told = verdict("cells", by_seed(*groups))
    # (0.8 · 0.9 · 0.95)^(1/3) = 0.8811; log 0.01 / log 0.8811 = 36.4
    assert "RNN × 0.88 (0.80–0.95), a hundredth is left after 36.4 steps" in told.why[1]


def test_the_equations_are_those_of_what_is_trained() -> None:
    gated = [replace(run, recipe=run.recipe.with_values({"cell": "gru"})) for run in waiting("depth")]
    told = verdict("depth", [trained(run, 50) for run in gated])
    for equation in ("H_t = Z_t ⊙ H_{t-1} + (1 − Z_t) ⊙ H̃_t", "X_t^(l) = H_t^(l-1),  l > 1", "Y_t = H_t W_hy + b_y"):
        assert equation in told.equation
    choices: tuple[tuple[dict[str, Value], str], ...] = (
        ({}, "g = min(θ / ‖∂L/∂w‖, 1) ∂L/∂w"),
        ({"clip_by": "value"}, "g = max(−θ, min(θ, ∂L/∂w))"),
        ({"clipping": False, "cell": "lstm"}, "g = ∂L/∂w"),
    )
    for values, gradient in choices:
        runs = [replace(run, recipe=run.recipe.with_values(values)) for run in waiting("optimisers")]
        told = verdict("optimisers", [trained(run, 50) for run in runs])
        assert told.equation.startswith(f"{gradient}  |  SGD: w ← w − η g  |  ")
    assert "C_t = F_t ⊙ C_{t-1} + I_t ⊙ C̃_t" in told.equation


def test_depths_that_did_not_learn_or_had_one_seed() -> None:
    one, two, three, four = waiting("depth")
    stuck = [overflowed(run, 1, 1) for run in (two, three, four)]
    told = verdict("depth", [trained(one, 50), *stuck])
    assert told.conclusion == "The depths cannot be compared, as too few of them learnt with every seed: 1 layer did."
    told = verdict("depth", [trained(one, 50), trained(two, 40), *stuck[1:]])
    assert "the best perplexity with this one seed is" in told.conclusion
    assert told.findings["better than one layer"] is None
    assert told.why[1] == ""


@pytest.mark.parametrize(
    ("values", "lowest", "sentence"),
    [
        ((50, 45, 40, 35, 42), "Adam", "On the training text (nothing is held out) the best perplexity is 35.0"),
        (
            (50, 45, 40, 35.1, 35),
            None,
            "is 35.0 (34.7–35.4), with AdamW, which cannot be told apart from Adam",
        ),
        ((50, 35.2, 40, 35.1, 35), None, "cannot be told apart from Adam 35.1 (34.8–35.5), momentum 35.2 (34.9–35.6)."),
    ],
)
def test_optimisers(values: tuple[float, ...], lowest: str | None, sentence: str) -> None:
    groups = [seeded(run, 300, value) for run, value in zip(waiting("optimisers"), values, strict=True)]
    rules = [(group[0].recipe.optimizer, group[0].recipe.lr) for group in groups]
    assert rules == [("sgd", 0.2), ("momentum", 0.02), ("rmsprop", 0.002), ("adam", 0.002), ("adamw", 0.002)]
    groups[0][0] = probed(groups[0][0], probe(1, 186, 0.16))
    told = verdict("optimisers", by_seed(*groups))
    assert sentence in told.conclusion
    assert told.why[0].endswith("98 % of the squared gradient norm comes from b_y, the least from W_xh.")
    assert told.findings["lowest"] == lowest
    assert "training perplexity 50.5" in told.why[1]
    assert "w ← (1 − η λ) w" in told.equation


def test_which_optimiser_learns_soonest() -> None:
    sgd, momentum, *others = waiting("optimisers")
    slow, quick = trained(sgd, 300, 200, 100, 50), trained(momentum, 200, 80, 40, 20)
    told = verdict("optimisers", [slow, quick, *(overflowed(run, 1, 1) for run in others)])
    assert "until training perplexity 50.0, which all of these reach, over the seeds: momentum 3, SGD 4." in told.why[1]
    alone = verdict("optimisers", [slow, *(overflowed(run, 1, 1) for run in (momentum, *others))])
    assert alone.conclusion == "The optimizers cannot be compared, as too few of them learnt with every seed: SGD did."
    assert alone.why[1] == ""


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
    assert told.conclusion == (
        "Without detach the last third of an epoch's minibatches took 4.00 times as long as the first third, with "
        "detach 1.00 times."
    )
    assert "detach off: the gradient ran back over 1.0 MB of activations at first and 9.0 MB at last." in told.told
    assert told.tables[2].rows[1] == ("detach off", "1.0 MB", "3.0 MB", "4.0 MB", "6.0 MB", "7.0 MB", "9.0 MB")
    assert "On the training text the perplexity with this one seed is 101 without detach, 100 with it." in told.told
    milliseconds = told.tables[1]
    assert milliseconds.rows[1] == ("detach off", "10.0", "30.0", "40.0", "60.0", "70.0", "90.0")


def test_detach_that_does_not_grow_and_a_busy_machine() -> None:
    on, off = (trained(result, 100) for result in waiting("detach"))
    held = [1e6] * 9
    flat = verdict("detach", [stepped(on, FLAT, held), stepped(off, FLAT, held)])
    assert flat.conclusion.startswith("No clear growth")
    assert flat.findings["grew"] is False
    busy = verdict("detach", [stepped(on, GROWING, held), stepped(off, GROWING, held)])
    assert "play it again" in busy.conclusion
    assert busy.findings["grew"] is False
    short = verdict("detach", [stepped(on, FLAT[:2], held), stepped(off, FLAT[:2], held)])
    assert short.conclusion.startswith("There were too few minibatches")


def test_little_memory_has_a_unit_that_fits() -> None:
    runs = [stepped(trained(run, 100), FLAT, [1_400.0] * 9) for run in waiting("detach")]
    assert "detach on: the gradient ran back over 1.4 kB of activations at first and 1.4 kB at last." in (
        verdict("detach", runs).told
    )


def test_growth_of_a_series() -> None:
    assert growth([1, 1, 1, 2, 2, 2, 3, 3, 3]) == 3
    assert math.isnan(growth([1, 2]))


@pytest.mark.parametrize(
    ("off", "sentence"),
    [
        (80, "On the training text the perplexity is lower without detach: 80.0 against 100."),
        (130, "On the training text the perplexity is higher without detach: 130 against 100."),
        (101, "On the training text the perplexity shows no clear difference: 101 without detach, 100 with it."),
    ],
)
def test_detach_and_the_perplexity(off: float, sentence: str) -> None:
    groups = [seeded(run, value) for run, value in zip(waiting("detach"), (100, off), strict=True)]
    assert sentence in verdict("detach", by_seed(*groups)).told


def wrote_with_seeds(*ends: tuple[str, str]) -> Verdict:
    """Of each seed the first sample and the last one."""
    (run,) = waiting("pred-period")
    runs = seeded(run, 900, 12)[: len(ends)]
    return verdict("pred-period", [wrote(run, (1, 900, a), (2, 12, b)) for run, (a, b) in zip(runs, ends, strict=True)])


LOOPING, VARIED, BETWEEN = "的的的的", "风吹过山", "风风山山"


@pytest.mark.parametrize(
    ("ends", "more", "begins", "rests"),
    [
        (
            [(LOOPING, VARIED)] * 3,
            True,
            "As perplexity went from 900 to 12.0, the lyrics became more varied.",
            "With every seed the two distinct shares differ by the same factor of 4.000.",
        ),
        (
            # Seeds are further apart than first and last are, but all of them rose alike.
            [(LOOPING, BETWEEN), (BETWEEN, VARIED), (LOOPING, BETWEEN)],
            True,
            "As perplexity went from 900 to 12.0, the lyrics became more varied.",
            "With every seed the two distinct shares differ by the same factor of 2.000.",
        ),
        (
            [(VARIED, LOOPING)] * 3,
            False,
            "As perplexity went from 900 to 12.0, the lyrics became less varied.",
            "With every seed the two distinct shares differ",
        ),
        (
            # The means differ, though not by more than the seeds.
            [(LOOPING, VARIED), (BETWEEN, BETWEEN), (VARIED, VARIED)],
            False,
            "Perplexity went from 900 to 12.0; how varied the lyrics are did not clearly change.",
            # Of log 4, 0 and 0 the mean is 0.462 and its standard error 0.462; t is 4.303: e^1.988, and e^0.462.
            "The two distinct shares of each run are compared with each other (paired t test on their logarithms, "
            "95 %): a factor of 7.303 or more tells them apart; on average they differ by a factor of 1.587.",
        ),
        (
            [(VARIED, VARIED)] * 3,
            False,
            "Perplexity went from 900 to 12.0; how varied the lyrics are did not change.",
            "Between the two distinct shares there is no difference",
        ),
        ([(LOOPING, VARIED)], None, "With this one seed perplexity went from 900 to 12.0.", ""),
    ],
)
def test_whether_lyrics_become_more_varied_is_judged_by_the_seeds(
    ends: list[tuple[str, str]], more: bool | None, begins: str, rests: str
) -> None:
    told = wrote_with_seeds(*ends)
    assert told.conclusion.startswith(f"{begins} Distinct characters: ")
    assert told.findings["more_varied"] is more
    assert told.rests_on[0].startswith("This is one seed" if more is None else rests)


def test_how_varied_the_lyrics_are_and_how_many_loop_is_told_with_the_range_of_the_seeds() -> None:
    told = wrote_with_seeds((LOOPING, VARIED), (LOOPING, VARIED), (BETWEEN, BETWEEN))
    assert told.conclusion.endswith(
        "Distinct characters: 33 % (25–50 %) at first, 83 % (50–100 %) at the end. Samples that end in a loop: 2 of 3 "
        "at first, 0 of 3 at the end."
    )
    assert told.findings["distinct at last"] == pytest.approx(2.5 / 3)
    assert told.findings["loops at first"] == pytest.approx(2 / 3)
    assert told.findings["loops at last"] == 0


def test_lyrics_of_a_run_that_did_not_learn() -> None:
    (run,) = waiting("pred-period")
    told = verdict("pred-period", [wrote(trained(run, 900, 1_200), (1, 900, LOOPING), (2, 1_200, VARIED))])
    assert told.conclusion.startswith("The run did not learn with every seed; its perplexity went from 900 to 1,200.")
    assert told.findings["more_varied"] is None


def test_how_the_lyrics_were_chosen_is_told() -> None:
    (run,) = waiting("pred-period")
    run = trained(run, 12)
    greedy = verdict("pred-period", [wrote(run, (1, 12, "风吹过山"))])
    assert greedy.why[1].startswith("The lyrics take the likeliest character each time")
    drawn = Sample(1, 12, "春", "风吹过山", decoding=Decoding(temperature=0.8, top_k=5), seed=3)
    told = verdict("pred-period", [replace(run, samples=(drawn,))])
    assert told.why[1].startswith("The lyrics are chosen with these settings: temperature 0.8, top-k 5, seed 3.")


def test_what_is_copied_is_told() -> None:
    (run,) = waiting("pred-period")
    run = trained(run, 12)
    samples = (Sample(1, 12, "春", "风吹过山", 0.25), Sample(1, 12, "夏", "风吹过山", 0.75))
    told = verdict("pred-period", [replace(run, samples=samples)])
    assert told.findings["copied at last"] == 0.5
    assert told.conclusion.endswith(
        "Of the last lyrics 50 % is copied from the training text, in pieces of 8 characters or more."
    )
    assert verdict("pred-period", [run]).conclusion == "No epoch was finished, so no lyrics were written."


def test_repetition_is_found() -> None:
    assert loops("的的的的的的")
    assert loops("春天来了我说我说我说我说")
    assert not loops("春天的风吹过山坡你在河边唱着歌")
    assert not loops("")
    assert variety("abab") == 0.5
    assert variety("") == 0


def test_the_beginning_of_lyrics_fits_into_a_table_in_any_script() -> None:
    assert beginning("风" * 40) == "风" * 15
    assert beginning("rain " * 9) == "rain rain rain rain rain"
    assert beginning("") == ""


TRAINING = "On the training text (nothing is held out)"
GRID = [
    *("as it is", "hidden units 128", "hidden units 512", "time steps 17", "time steps 70"),
    *("batch size 16", "batch size 64", "learning rate 0.1", "learning rate 0.4"),
]


def grid(*perplexities: float) -> list[RunResult]:
    """Of each run a curve that falls to this perplexity, and then has a bad last epoch."""
    runs = waiting("hyperparameters")
    assert [run.run.name for run in runs] == GRID
    return by_seed(*(seeded(run, 900, value, 2 * value) for run, value in zip(runs, perplexities, strict=True)))


def test_what_changes_most_is_told_apart_from_all_others() -> None:
    told = verdict("hyperparameters", grid(100, 100, 101, 80, 130, 60, 200, 300, 20))
    assert told.findings["most"] == "lr"
    assert told.findings["told apart"] == "steps, batch, lr"
    assert told.findings["spread of lr"] == pytest.approx(math.log(300 / 20))
    assert told.findings["spread of steps"] == pytest.approx(math.log(130 / 80))
    assert told.conclusion == (
        "On the training text (nothing is held out) halving or doubling these changed the best perplexity by more than "
        "another seed does: learning rate (20.0 to 300), batch size (60.0 to 200), time steps (80.0 to 130). Of all "
        "that were varied, learning rate changed it most. No clear change: hidden units."
    )
    assert f"{TRAINING} the lowest best perplexity is 20.0 (19.8–20.2), with learning rate 0.4." in told.told
    assert told.why[1].startswith("The whole curve on the training text is lowest for learning rate 0.4")
    assert "no clear difference" not in told.why[1]
    assert [row[2] for row in told.tables[1].rows] == [
        *("–", "no clear difference", "no clear difference", "better", "worse", "better", "worse", "worse", "better")
    ]
    assert "95 %, Holm's correction for 8 comparisons" in told.rests_on[0]
    assert "95 %, Holm's correction for 6 comparisons" in told.rests_on[1]
    assert "95 %, Holm's correction for 36 comparisons" in told.rests_on[2]


def test_effects_that_cannot_be_told_apart_are_not_ranked() -> None:
    told = verdict("hyperparameters", grid(100, 100, 100, 60, 130, 60, 131, 100, 100))
    assert told.conclusion == (
        "On the training text (nothing is held out) halving or doubling these changed the best perplexity by more than "
        "another seed does: batch size (60.0 to 131), time steps (60.0 to 130). Which of these changed it most cannot "
        "be told. No clear change: hidden units, learning rate."
    )
    assert told.findings["most"] is None
    assert any("the lowest best perplexity is" in each and "no clear difference from it" in each for each in told.told)
    assert "; no clear difference from it: " in told.why[1]


def test_the_lowest_run_that_is_better_than_the_unchanged_one_is_not_said_to_be_like_it() -> None:
    # 5 % with seeds 1 % apart (t = 6.31, p = 0.003): told apart where 8 comparisons are counted, not where 36 are.
    told = verdict("hyperparameters", grid(100, *[99] * 2, 95, *[98] * 5))
    assert told.findings["told apart"] == "steps"
    (sentence,) = (each for each in told.told if "the lowest best perplexity is" in each)
    others = sentence.split("no clear difference from it: ")[1]
    assert "unchanged" not in others
    assert "learning rate 0.4" in others


def test_a_single_difference_that_eight_tests_would_find_by_chance_is_not_told() -> None:
    # 2.4 % with seeds 1 % apart: one t test of two groups alone would tell them apart (t = 2.92).
    told = verdict("hyperparameters", grid(100, 102.4, *[100] * 7))
    assert told.conclusion == f"{TRAINING} no halving or doubling changed the best perplexity clearly."
    assert told.findings["told apart"] is None


def test_grids_that_chance_explains_that_fail_and_with_nothing_to_tell() -> None:
    even = grid(*[100] * 9)
    assert (
        verdict("hyperparameters", even).conclusion
        == f"{TRAINING} no halving or doubling changed the best perplexity clearly."
    )
    assert any("but no other run is clearly different." in each for each in verdict("hyperparameters", even).told)
    lost = [overflowed(each, 1, 7) if each.run.name == GRID[8] else each for each in even]
    assert math.isinf(spread("lr", grouped(lost)))
    assert verdict("hyperparameters", lost).conclusion == (
        "A run did not learn when one of these was halved or doubled: learning rate. No clear change: "
        "hidden units, time steps, batch size."
    )
    assert verdict("hyperparameters", lost).findings["most"] is None
    apart = grid(100, 100, 100, 60, 130, *[100] * 4)
    apart = [overflowed(each, 1, 7) if each.run.name == GRID[8] else each for each in apart]
    assert "seed does: time steps (60.0 to 130). No clear change" in verdict("hyperparameters", apart).conclusion
    assert verdict("hyperparameters", waiting("hyperparameters")).conclusion.startswith("Too few of the runs trained")
    one = [each for each in grid(100, 90, 110, 99, 98, 97, 96, 95, 94) if each.seed == 0]
    assert verdict("hyperparameters", one).conclusion == (
        f"{TRAINING} with this one seed hidden units changed the best perplexity most, from 90.0 to 110."
    )
    one = [overflowed(each, 1, 7) if each.run.name == GRID[8] else each for each in one]
    assert verdict("hyperparameters", one).conclusion.endswith(
        "with this one seed, of the other settings hidden units changed the best perplexity most, from 90.0 to 110."
    )


def test_a_grid_with_runs_that_could_not_train_does_not_rank_the_settings() -> None:
    results = grid(100, 100, 101, 80, 130, 60, 200, 300, 20)
    short = [replace(each, status=RunStatus.FAILED) if each.run.name == GRID[4] else each for each in results]
    told = verdict("hyperparameters", short)
    assert told.findings["most"] is None
    assert told.conclusion.endswith(
        "Which of these changed it most cannot be told. No clear change: hidden units. These could not train, so their "
        "settings were changed in one direction only: time steps 70."
    )
    assert not any("Which setting changed it most" in each for each in told.rests_on)


def test_the_fastest_epoch_is_told_apart_by_the_minibatches_in_turns() -> None:
    turns = (0.80, 0.82, 0.79, 0.81, 0.95)
    half = [replace(run, turns=tuple(t / 2 for t in turns)) if "128" in run.run.name else run for run in grid(*[9] * 9)]
    timed = [run if run.turns else replace(run, turns=turns) for run in half]
    told = verdict("hyperparameters", timed)
    assert "Fastest epoch: hidden units 128, 0.41 s (0.40–0.41)." in told.told
    assert told.tables[1].rows[0][4] == "0.81 s (0.80–0.82)"
    assert any(each.startswith("Times are of 5 minibatches of each run, trained in turns") for each in told.rests_on)
    even_runs = [replace(run, turns=turns) for run in timed]
    even = verdict("hyperparameters", even_runs)
    (sentence,) = (each for each in even.told if each.startswith("Fastest epoch"))
    assert sentence.endswith("; no other run is clearly slower.")
    some = [replace(run, turns=tuple(9 * t for t in turns)) if "units" in run.run.name else run for run in even_runs]
    (sentence,) = (each for each in verdict("hyperparameters", some).told if each.startswith("Fastest epoch"))
    assert "; no clear difference from it: time steps 17, time steps 70" in sentence


def test_arms_that_could_not_train_are_not_compared() -> None:
    first, second = waiting("sampling")
    failed = replace(second, status=RunStatus.FAILED, failure="The text is too short.")
    told = verdict("sampling", [trained(first, 100), failed])
    assert told.conclusion == "Not every run could train, so they cannot be compared: consecutive."
    assert "consecutive: The text is too short." in told.told


def test_a_gradient_that_explodes_does_not_flatten_the_others() -> None:
    first, second = waiting("activation")[:2]
    calm = tuple(Stepped(1, 1, i, 1.0, 100.0, True, 0.1, 0.0) for i in range(1, 11))
    wild = tuple(replace(step, grad_norm=10.0 ** (4 * step.minibatch)) for step in calm)
    results = [replace(trained(first, 100), minibatches=calm), replace(trained(second, 100), minibatches=wild)]
    norms = EXERCISES["activation"].charts(results)[1]
    assert not norms.beyond(1e8)
    assert norms.beyond(1e12)


@pytest.mark.parametrize("name", EXERCISES)
def test_charts_can_be_drawn_before_anything_is_measured(name: str) -> None:
    results = waiting(name)
    for chart in EXERCISES[name].charts(results):
        assert [series.label for series in chart.series] == [str(i + 1) for i in range(len(results))]


def test_runs_that_were_lost_in_the_same_way_are_told_in_one_sentence() -> None:
    groups = [seeded(run, 800, 20) for run in waiting("clipping")]
    groups[1] = [overflowed(run, 1, 6 + run.seed) for run in groups[1]]
    groups[3] = [overflowed(run, 1 + run.seed, 6) for run in groups[3]]
    groups[4] = [trained(run, 900, value) for run, value in zip(groups[4], (1e3, 1e4, 1e5), strict=True)]
    told = verdict("clipping", by_seed(*groups))
    assert told.told[1] == ("tanh unclipped: with each of 3 seeds the loss overflowed in epoch 1, minibatch 6–8.")
    assert told.told[3] == "ReLU unclipped (seed 0): the loss overflowed in epoch 1, minibatch 6."
    assert told.told[6] == (
        "tanh one time step: perplexity 10,000 (1,000–100,000) after 2 epochs with 3 seeds, no better than guessing "
        "(1,000)."
    )
    states = [row[2] for row in told.tables[0].rows]
    assert states[1] == "overflow: epoch 1, minibatch 6–8 (3/3)"
    assert states[3] == "overflow: epoch 1–3 (3/3)"


def test_the_same_end_with_every_seed_is_told_once() -> None:
    groups = [seeded(run, 800, 20) for run in waiting("clipping")]
    groups[1] = [
        replace(run, epochs=tuple(replace(e, perplexity=math.inf, loss=9000.0 + run.seed) for e in run.epochs))
        for run in groups[1]
    ]
    told = [
        sentence for sentence in verdict("clipping", by_seed(*groups)).told if sentence.startswith("tanh unclipped")
    ]
    assert len(told) == 1
    assert told[0].endswith("(at last 9,000 nats per character). The other seeds show the same.")


@pytest.mark.parametrize(
    ("held", "sentence"),
    [
        ((400, 300, 350), "every run went past its best epoch, the last of them at epoch 2."),
        ((400, 350, 300), "with more epochs unchanged, hidden units 128"),
    ],
)
def test_a_grid_is_judged_at_the_best_epoch_on_held_out_text(held: tuple[float, ...], sentence: str) -> None:
    runs = waiting("hyperparameters")
    groups = [[validated(each, *held) for each in seeded(run, 900, 90, 10)] for run in runs]
    groups[8] = [validated(each, 400, 200 + each.seed, 350) for each in seeded(runs[8], 900, 90, 20)]
    told = verdict("hyperparameters", by_seed(*groups))
    assert told.findings["most"] == "lr"
    assert "learning rate (201 to 300)" in told.conclusion
    assert sentence in told.rests_on[-1]
