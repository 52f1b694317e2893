"""Where the gradient of a run that was lost first grew, and whether through time: over all its seeds."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

from lyricterm.core.i18n import _
from lyricterm.core.number_format import count_range, spread
from lyricterm.core.run_data import GradientProbe
from lyricterm.core.sentences import together
from lyricterm.exercises.group import RunGroup

_GROWN = 3.0
"""How many times the norm before it a norm must be to be said to have grown."""


@dataclass(frozen=True)
class _Growth:
    """Of one seed."""

    number: int
    """Of the minibatch, from 1."""
    times: float
    """The norm is as many times that of the minibatch before."""
    factor: float
    """Of the gradient per time step back, there."""
    later: tuple[int, GradientProbe] | None
    """The first minibatch after it whose gradient grows through time."""


def growth_told(group: RunGroup) -> str:
    """In words; empty where no norm grew with any seed."""
    found = [each for each in (_growth(result.probes) for result in group.results) if each is not None]
    if not found:
        return ""
    factors = [each.factor for each in found]
    shrinks, grows = all(factor < 1 for factor in factors), all(factor >= 1 for factor in factors)
    sentence = _("{run}: at minibatch {number} the norm is {times} times that of the one before.")
    if not shrinks and not grows and not any(map(math.isnan, factors)):
        sentence = _(
            "{run}: at minibatch {number} the norm is {times} times that of the one before; through time the gradient "
            "shrinks with some seeds and grows with others (× {factor} per step)."
        )
    elif shrinks:
        sentence = _(
            "{run}: at minibatch {number} the norm is {times} times that of the one before, although the gradient "
            "still shrinks through time (× {factor} per step)."
        )
    elif grows:
        sentence = _(
            "{run}: at minibatch {number} the norm is {times} times that of the one before, and the gradient grows "
            "through time (× {factor} per step)."
        )
    told = sentence.format(
        run=_called(group, len(found)),
        number=count_range(each.number for each in found),
        times=spread(each.times for each in found),
        factor=spread(factors),
    )
    return together(told, _later(found, len(group.results)) if shrinks else "")


def _called(group: RunGroup, count: int) -> str:
    if count == len(group.results):
        return group.run.label
    words = {"run": group.run.label, "count": count, "seeds": len(group.results)}
    return _("{run} ({count} of {seeds} seeds)").format(**words)


def _growth(probes: Sequence[GradientProbe]) -> _Growth | None:
    grown = next((i for i in range(1, len(probes)) if probes[i].norm > _GROWN * probes[i - 1].norm), None)
    if grown is None:
        return None
    later = next(((i + 1, each) for i, each in enumerate(probes) if i > grown and each.factor > 1), None)
    return _Growth(grown + 1, probes[grown].norm / probes[grown - 1].norm, probes[grown].factor, later)


def _later(found: Sequence[_Growth], seeds: int) -> str:
    """Where the gradient grew through time after the norm had grown."""
    places = [each.later for each in found if each.later is not None]
    if not places:
        return ""
    sentence = _("Only at minibatch {number} does the gradient also grow through time (× {factor} per step{radius}).")
    if len(places) < seeds:
        sentence = _(
            "With {count} of {seeds} seeds the gradient later grows through time as well, at minibatch {number} "
            "(× {factor} per step{radius})."
        )
    radii = [probe.radius for _number, probe in places]
    # A cell with gates has no one W_hh.
    known = not any(map(math.isnan, radii))
    return sentence.format(
        count=len(places),
        seeds=seeds,
        number=count_range(number for number, _probe in places),
        factor=spread(probe.factor for _number, probe in places),
        radius=_("; spectral radius of W_hh: {radius}").format(radius=spread(radii)) if known else "",
    )
