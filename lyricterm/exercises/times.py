"""How long the runs take, by minibatches that they trained in turns."""

from __future__ import annotations

import statistics
from collections.abc import Sequence
from itertools import combinations

from lyricterm.core.i18n import _, n_
from lyricterm.core.sentences import together
from lyricterm.exercises.group import RunGroup, SeedVerdict, compare, corrected
from lyricterm.exercises.verdict_text import labels, method_of, pace

_FEW = 4
"""With fewer minibatches there are no quartiles."""


def told_time(group: RunGroup) -> str:
    """The median epoch with its quartiles: 0.79 s (0.75–0.84)."""
    turns, middle = group.results[0].turns, group.results[0].timed
    if len(turns) < _FEW:
        return pace(middle)
    low, _middle, high = statistics.quantiles(turns, n=4, method="inclusive")
    return pace(middle, low, high)


def fastest(groups: Sequence[RunGroup]) -> tuple[str, ...]:
    """A sentence on the shortest epoch, and what is not told apart from it; none where nothing was timed."""
    known = sorted((group for group in groups if group.results[0].turns), key=lambda group: group.results[0].timed)
    if not known:
        return ()
    pairs = {(a.run.name, b.run.name): compare(_turns(a), _turns(b)) for a, b in combinations(known, 2)}
    told = corrected(pairs)
    against = [(each, told[known[0].run.name, each.run.name]) for each in known[1:]]
    close = [group for group, each in against if each is not None and each.outcome is not SeedVerdict.LOWER]
    words = {"run": known[0].run.label, "time": told_time(known[0])}
    if not close:
        return (_("Fastest epoch: {run}, {time}.").format(**words),)
    if len(close) == len(known) - 1:
        return (_("Fastest epoch: {run}, {time}; no other run is clearly slower.").format(**words),)
    sentence = _("Fastest epoch: {run}, {time}; no clear difference from it: {others}.")
    return (sentence.format(**words, others=labels(close)),)


def timed_by(groups: Sequence[RunGroup], *, compared: bool = False) -> str:
    """What the times rest on; empty where nothing was timed.

    Args:
        groups: of the runs.
        compared: a sentence says which of them is the fastest.
    """
    known = [group for group in groups if group.results[0].turns]
    if not known:
        return ""
    count = len(known[0].results[0].turns)
    sentence = n_(
        "Times are of {count} minibatch of each run, trained in turns: median and quartiles.",
        "Times are of {count} minibatches of each run, trained in turns: median and quartiles.",
        count,
    ).format(count=count)
    if not compared or len(known) < 2:
        return sentence
    test = method_of(_("their logarithms"), len(known) * (len(known) - 1) // 2)
    apart = _("Two of them are told apart by a {test}.").format(test=test)
    return together(sentence, apart)


def _turns(group: RunGroup) -> tuple[float, ...]:
    return group.results[0].turns
