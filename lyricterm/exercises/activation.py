"""ReLU in place of tanh, with and without clipping; what is said of the units and the gradients is measured."""

from __future__ import annotations

import math
from collections.abc import Sequence

from lyricterm.core.i18n import N_, _, listed, n_
from lyricterm.core.number_format import NOTHING, count_range, figure, percent, percent_spread, spread
from lyricterm.core.run_data import GradientProbe
from lyricterm.core.sentences import together
from lyricterm.exercises.base import Exercise, Results, Verdict
from lyricterm.exercises.charts import held_out, norms, perplexities
from lyricterm.exercises.clipping import FIRST, activations
from lyricterm.exercises.equations import forward_of_any
from lyricterm.exercises.group import (
    Comparison,
    RunGroup,
    SeedVerdict,
    compare_groups,
    corrected,
    grouped,
    pick_group,
)
from lyricterm.exercises.measurements import RunResult
from lyricterm.exercises.verdict_text import comparison, findings, held_out_told, how_sure, tell
from lyricterm.plotting.chart import Chart
from lyricterm.reports.table import Table


def judge(results: Results) -> Verdict:
    """Which got lower where both learnt, and what their units and gradients are like."""
    groups = grouped(results)
    clipped = [pick_group(groups, activation=act, clipping=True) for act in ("tanh", "relu")]
    unclipped = [pick_group(groups, activation=act, clipping=False) for act in ("tanh", "relu")]
    compared, unseen = _compared(*clipped)
    sentences = (_clipped(compared, *clipped), _on_held_out(unseen), _unclipped(*unclipped))
    return Verdict(
        conclusion=together(*sentences),
        told=tell(results),
        why=_why(*clipped),
        equation=f"{forward_of_any(clipped[0].recipe)};  tanh′ = 1 − tanh²,  ReLU′ = 1 if ReLU > 0 else 0",
        tables=(comparison(results), *_tables(clipped)),
        findings={"lower": _lower(compared), "lower on held-out text": _lower(unseen), **findings(results)},
        rests_on=(
            *_measured_by(compared, unseen),
            held_out_told(results),
            _(
                "Units and gradients are measured before the first minibatch of the last epoch, with each seed: a unit "
                "is on where its entry of H is above 0."
            ),
        ),
    )


def _perplexity(result: RunResult) -> float:
    return result.perplexity


def _best_valid(result: RunResult) -> float:
    return result.best_valid


def _compared(tanh: RunGroup, relu: RunGroup) -> tuple[Comparison | None, Comparison | None]:
    """On the training text and on held-out text, each test against a level that counts both."""
    measures = {"training": _perplexity, "held out": _best_valid}
    told = corrected({text: compare_groups(tanh, relu, measure) for text, measure in measures.items()})
    return told["training"], told["held out"]


def _measured_by(compared: Comparison | None, unseen: Comparison | None) -> tuple[str, ...]:
    count = sum(each is not None for each in (compared, unseen))
    if unseen is None or unseen.outcome is SeedVerdict.ONE_SEED:
        return tuple(dict.fromkeys((how_sure(compared, count=count), how_sure(unseen, count=count))))
    texts = {_("On the training text: {sentence}"): compared, _("On held-out text: {sentence}"): unseen}
    return tuple(told.format(sentence=how_sure(each, count=count)) for told, each in texts.items() if each is not None)


def _on_held_out(unseen: Comparison | None) -> str:
    """How the two compare on text that they have not seen, each at its best epoch; empty where there is none."""
    if unseen is None:
        return ""
    sentence = {
        SeedVerdict.LOWER: _("On held-out text, each at its best epoch, tanh is better: {tanh} against {relu}."),
        SeedVerdict.HIGHER: _("On held-out text, each at its best epoch, ReLU is better: {relu} against {tanh}."),
        SeedVerdict.ALIKE: _(
            "On held-out text, each at its best epoch, they cannot be told apart: {tanh} with tanh, {relu} with ReLU."
        ),
        SeedVerdict.ONE_SEED: _("On held-out text, each at its best epoch: {tanh} with tanh, {relu} with ReLU."),
    }[unseen.outcome]
    return sentence.format(tanh=figure(unseen.first), relu=figure(unseen.second))


def _lower(compared: Comparison | None) -> str | None:
    if compared is None:
        return None
    return {SeedVerdict.LOWER: "tanh", SeedVerdict.HIGHER: "relu"}.get(compared.outcome, compared.outcome.value)


def _clipped(compared: Comparison | None, tanh: RunGroup, relu: RunGroup) -> str:
    if compared is None:
        if not (tanh.learnt or relu.learnt):
            return _("Neither learnt with every seed, even with clipping.")
        better = tanh if tanh.learnt else relu
        sentence = _("With clipping only {run} learnt with every seed, to perplexity {perplexity}.")
        return sentence.format(run=better.run.label, perplexity=better.told(_perplexity))
    sentence = {
        SeedVerdict.LOWER: _(
            "With clipping tanh gets lower on the training text: perplexity {tanh} against {relu} with ReLU."
        ),
        SeedVerdict.HIGHER: _(
            "With clipping ReLU gets lower on the training text: perplexity {relu} against {tanh} with tanh."
        ),
        SeedVerdict.ALIKE: _(
            "With clipping the two cannot be told apart on the training text: perplexity {tanh} with tanh, {relu} with "
            "ReLU."
        ),
        SeedVerdict.ONE_SEED: _("With clipping this one seed gave perplexity {tanh} with tanh and {relu} with ReLU."),
    }[compared.outcome]
    return sentence.format(tanh=figure(compared.first), relu=figure(compared.second))


def _unclipped(tanh: RunGroup, relu: RunGroup) -> str:
    if any(not (group.learnt or group.lost) for group in (tanh, relu)):
        counts = [sum(result.learnt for result in group.results) for group in (tanh, relu)]
        sentence = _("Without clipping {tanh} of {seeds} seeds learn with tanh and {relu} with ReLU.")
        return sentence.format(tanh=counts[0], relu=counts[1], seeds=len(tanh.results))
    return {
        (True, True): _("Without clipping both learn, too."),
        (True, False): _("Without clipping tanh still learns and ReLU does not."),
        (False, True): _("Without clipping ReLU still learns and tanh does not."),
        (False, False): _("Without clipping neither learns."),
    }[tanh.learnt, relu.learnt]


def _why(tanh: RunGroup, relu: RunGroup) -> tuple[str, str]:
    definition = _(
        "tanh lies between −1 and 1 and its slope is 1 − tanh²; ReLU has no upper bound, and its slope is 1 where its "
        "input is positive and 0 elsewhere."
    )
    of_tanh, of_relu = ([result.probes[-1] for result in group.results if result.probes] for group in (tanh, relu))
    if not of_tanh or not of_relu:
        return definition, ""
    sentence = _(
        "Measured: with ReLU {on} of the entries of H are on, and {never} of {hidden} units are never on in the "
        "minibatch."
    )
    told = sentence.format(
        on=percent_spread(probe.on for probe in of_relu),
        never=count_range(probe.never_on for probe in of_relu),
        hidden=f"{relu.recipe.hidden:,}",
    )
    return definition, together(told, _back_through_time(of_tanh, of_relu), _of_dead_units(relu))


def _back_through_time(tanh: Sequence[GradientProbe], relu: Sequence[GradientProbe]) -> str:
    """What becomes of the gradient per time step back; only of those in which there is one."""
    factors = {"tanh": [probe.factor for probe in tanh], "ReLU": [probe.factor for probe in relu]}
    known = {name: each for name, each in factors.items() if not all(map(math.isnan, each))}
    if not known:
        return ""
    sentence = _("Per time step back, the gradient is multiplied by: {factors}.")
    return sentence.format(factors=listed(f"{name} × {spread(each)}" for name, each in known.items()))


def _of_dead_units(relu: RunGroup) -> str:
    """What the units that are on nowhere mean, at all epochs that were looked into, with all seeds."""
    if all(result.probes[-1].never_on == relu.recipe.hidden for result in relu.results if result.probes):
        return _("No unit is on, so only b_y gets a gradient.")
    most = max(each.never_on for result in relu.results for each in result.probes)
    if not most:
        return _(
            "At every epoch and with every seed, each unit was on at least once in the minibatch that was "
            "examined, so dead units explain no difference."
        )
    sentence = n_(
        "A unit that is never on in a minibatch gets no gradient from that minibatch; no epoch had more than {most} "
        "such unit.",
        "A unit that is never on in a minibatch gets no gradient from that minibatch; no epoch had more than {most} "
        "such units.",
        most,
    )
    return sentence.format(most=f"{most:,}")


def _tables(groups: list[RunGroup]) -> tuple[Table, ...]:
    """Units and gradients at some epochs."""
    rows = []
    for group in groups:
        # Once an epoch: those before the first minibatch.
        once = [probe for probe in group.results[0].probes if probe.minibatch == 1]
        chosen = {1, 2, 5, 10, 20, 50, 100, 200, once[-1].epoch if once else 0}
        rows += [_row(group, probe) for probe in once if probe.epoch in chosen]
    columns = (
        *(_("run · before epoch"), _("norm"), _("radius of W_hh"), _("per step back"), _("entries on")),
        _("units never on"),
    )
    title = _("units and gradients, seed {seed}").format(seed=groups[0].results[0].seed)
    return (Table(title, columns, rows),) if rows else ()


def _row(group: RunGroup, probe: GradientProbe) -> tuple[str, ...]:
    numbers = (figure(probe.norm), figure(probe.radius), figure(probe.factor))
    # A unit of tanh that is negative is not off.
    units = (percent(probe.on), f"{probe.never_on:,}") if group.recipe.activation == "relu" else (NOTHING, NOTHING)
    # One column: it stands beside each part of a table that is wider than the screen.
    return (f"{group.run.label} · {probe.epoch:,}", *numbers, *units)


def charts(results: Results) -> tuple[Chart, ...]:
    """Perplexities on both texts, and norms."""
    return perplexities(results), norms(results, FIRST), *held_out(results)


EXERCISE = Exercise(
    name="activation",
    title=N_("ReLU in place of tanh"),
    question=N_("How does ReLU learn in place of tanh, with and without clipping?"),
    epochs=40,
    runs=activations,
    judge=judge,
    charts=charts,
    each_minibatch=True,
    probes=1,
)
