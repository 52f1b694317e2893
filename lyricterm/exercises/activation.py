"""ReLU in place of tanh, with and without clipping."""

from __future__ import annotations

import math
import statistics

from lyricterm.core.i18n import N_, _
from lyricterm.core.number_format import figure
from lyricterm.exercises.base import Exercise, Results, Verdict
from lyricterm.exercises.charts import norms, perplexities
from lyricterm.exercises.clipping import FIRST, runs
from lyricterm.exercises.measurements import RunResult
from lyricterm.exercises.verdict_text import EVEN, STEP, comparison, findings, pick, ratio, tell
from lyricterm.plotting.chart import Chart

_ALIKE = 0.2
"""Norms whose logarithms differ by less are called alike."""


def judge(results: Results) -> Verdict:
    """Which got lower where both learnt; and whether ReLU needs clipping more than tanh."""
    clipped = [pick(results, activation=act, clipping=True) for act in ("tanh", "relu")]
    unclipped = [pick(results, activation=act, clipping=False) for act in ("tanh", "relu")]
    lower = _lower(*clipped)
    return Verdict(
        conclusion=f"{_clipped(lower, *clipped)} {_unclipped(*unclipped)}",
        told=tell(results),
        why=_why(lower, *clipped),
        equation=STEP + "; tanh′ = 1 − tanh²; ReLU′ = 0, 1",
        tables=(comparison(results),),
        findings={"lower": lower or None, **findings(results)},
    )


def _lower(tanh: RunResult, relu: RunResult) -> str:
    if not (tanh.learnt and relu.learnt):
        return "tanh" if tanh.learnt else "relu" if relu.learnt else ""
    gain = ratio(relu, tanh)
    return "even" if abs(gain) < EVEN else "tanh" if gain > 0 else "relu"


def _clipped(lower: str, tanh: RunResult, relu: RunResult) -> str:
    sentence = {
        "tanh": _("With clipping tanh gets lower: perplexity {tanh} against {relu} with ReLU."),
        "relu": _("With clipping ReLU gets lower: perplexity {relu} against {tanh} with tanh."),
        "even": _("With clipping the two are even: perplexity {tanh} with tanh, {relu} with ReLU."),
        "": _("Neither learnt, even with clipping."),
    }[lower]
    if lower and not tanh.learnt:
        sentence = _("With clipping only ReLU learnt, to perplexity {relu}.")
    if lower and not relu.learnt:
        sentence = _("With clipping only tanh learnt, to perplexity {tanh}.")
    return sentence.format(tanh=figure(tanh.perplexity), relu=figure(relu.perplexity))


def _unclipped(tanh: RunResult, relu: RunResult) -> str:
    return {
        (True, True): _("Without it both learn as well."),
        (True, False): _("Without it tanh still learns and ReLU does not."),
        (False, True): _("Without it ReLU still learns and tanh does not."),
        (False, False): _("Without it neither learns."),
    }[tanh.learnt, relu.learnt]


def _why(lower: str, tanh: RunResult, relu: RunResult) -> tuple[str, str]:
    bounds = _(
        "tanh keeps every entry of H between -1 and 1 and its slope at most 1, while ReLU lets H grow with each factor "
        "W_hh and passes the gradient on in full where a unit is on, and not at all where it is off."
    )
    if lower == "relu":
        return bounds, _(
            "With the norm held at θ the growth did no harm, and slopes of 1 let more of the gradient through."
        )
    if lower != "tanh":
        return bounds, _(
            "Whether that helps or harms depends on how far clipping holds the steps down; here it decided nothing."
        )
    if not relu.learnt:
        return bounds, _(
            "Clipping bounds each step but not H, which here grew, or whose units went off, until nothing more was "
            "learnt."
        )
    norms = {"tanh": figure(_norm(tanh)), "relu": figure(_norm(relu))}
    if abs(math.log(_norm(relu) / _norm(tanh))) < _ALIKE:
        return bounds, _(
            "The gradient's norm is about the same with both (median {relu} and {tanh}), so clipping shortens both "
            "alike; what ReLU loses is that a unit that is off neither tells nor learns anything."
        ).format(**norms)
    if _norm(relu) > _norm(tanh):
        return bounds, _(
            "ReLU's gradient is larger here (median norm {relu} against {tanh}), so clipping shortens more of each "
            "step, and a unit that is pushed below zero for good learns nothing more."
        ).format(**norms)
    return bounds, _(
        "ReLU's gradient is smaller here (median norm {relu} against {tanh}): from small weights about half of the "
        "units start off, and a unit that is off neither tells nor learns anything."
    ).format(**norms)


def _norm(result: RunResult) -> float:
    return statistics.median(epoch.grad_norm for epoch in result.epochs) if result.epochs else math.nan


def charts(results: Results) -> tuple[Chart, ...]:
    """Perplexities and norms."""
    return perplexities(results), norms(results, FIRST)


EXERCISE = Exercise(
    name="activation",
    title=N_("ReLU in place of tanh"),
    question=N_("How does ReLU learn in place of tanh, with and without clipping?"),
    epochs=40,
    runs=runs,
    judge=judge,
    charts=charts,
    each_minibatch=True,
)
