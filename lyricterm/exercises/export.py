"""An exercise as a file that other programs read: a page with the verdict, or its curves or lyrics as CSV or JSON."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from lyricterm.core.i18n import _
from lyricterm.core.metrics import METRICS
from lyricterm.exercises.base import Exercise, Results, Verdict
from lyricterm.exercises.report import page
from lyricterm.exercises.runner import whole_seeds
from lyricterm.exercises.verdict import judge
from lyricterm.exercises.verdict_text import comparison, tell
from lyricterm.reports.export import table

_WHICH = ("exercise", "run", "seed", "epoch")
CURVE_COLUMNS = (*_WHICH, *(each.name for each in METRICS.values()))
SAMPLE_COLUMNS = (*_WHICH, "perplexity", "prefix", "text")


def exported(exercise: Exercise, results: Results, ending: str, samples: bool) -> bytes:
    """The content of the file, also of an exercise that is still being played.

    Args:
        exercise: what was played.
        results: of its runs, in the order in which they come in it.
        ending: ``.html``, ``.csv`` or ``.jsonl``.
        samples: the lyrics instead of the curves; a page always has both.
    """
    if ending == ".html":
        return page(exercise, results, verdict_so_far(exercise, results)).encode("utf-8", "replace")
    rows = _sample_rows(exercise, results) if samples else _curve_rows(exercise, results)
    return table(SAMPLE_COLUMNS if samples else CURVE_COLUMNS, rows, ending)


def verdict_so_far(exercise: Exercise, results: Results) -> Verdict:
    """The verdict on the seeds that are done; where none is, that there is none."""
    whole = whole_seeds(tuple(results))
    if whole:
        return judge(exercise, whole)
    sentence = _("The exercise was not played to its end, so there is no verdict.")
    return Verdict(sentence, tell(results), ("", ""), "", (comparison(results),))


def _curve_rows(exercise: Exercise, results: Results) -> Iterator[dict[str, Any]]:
    for result in results:
        for epoch in result.epochs:
            yield {"exercise": exercise.name, "run": result.run.name, "seed": result.seed} | epoch.to_dict()


def _sample_rows(exercise: Exercise, results: Results) -> Iterator[dict[str, Any]]:
    for result in results:
        for sample in result.samples:
            row = {"exercise": exercise.name, "run": result.run.name, "seed": result.seed, "epoch": sample.epoch}
            yield row | {"perplexity": sample.perplexity, "prefix": sample.prefix, "text": sample.text}
