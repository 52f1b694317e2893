"""Exercises and their verdicts in words, tables and JSON."""

from __future__ import annotations

import shutil
import sys
from collections.abc import Iterable
from typing import Any

from rich.cells import cell_len

from lyricterm.cli.help import wrap
from lyricterm.cli.output import print_json
from lyricterm.cli.sample_lines import print_lyric
from lyricterm.core.events import Diverged, Stepped
from lyricterm.core.i18n import _
from lyricterm.core.sanitize import one_line
from lyricterm.core.settings import recipe_to_dict
from lyricterm.exercises.base import Exercise, Results, Verdict
from lyricterm.exercises.columns import GAP, aligned
from lyricterm.exercises.group import grouped
from lyricterm.exercises.measurements import RunResult


def print_list(exercises: Iterable[Exercise], *, json: bool) -> None:
    """Each exercise with its question."""
    exercises = list(exercises)
    if json:
        for each in exercises:
            row = {"event": "exercise", "exercise": each.name, "title": _(each.title), "epochs": each.epochs}
            print_json(row | {"question": _(each.question)})
        return
    width = max(cell_len(each.name) for each in exercises) + GAP
    for each in exercises:
        lines = _wrapped(_(each.question), width)
        print(f"{each.name:<{width}}{lines[0]}")
        for line in lines[1:]:
            print(" " * width + line)


def print_verdict(results: Results, verdict: Verdict) -> None:
    """Tables, lyrics, then the verdict, which is what a person wants to end on."""
    for table in verdict.tables:
        print(one_line(table.title))
        for line in aligned(table):
            print(f"  {line}".rstrip())
        print()
    _print_lyrics(results)
    rests = [sentence for sentence in verdict.rests_on if sentence]
    for sentence in (verdict.conclusion, *verdict.told, "", *verdict.why, one_line(f"  {verdict.equation}"), *rests):
        for line in _wrapped(sentence) or [""]:
            print(line)


def to_arm(result: RunResult) -> dict[str, Any]:
    """A run as ``exercise --json`` promises it."""
    diverged = result.diverged
    return {
        "event": "arm",
        "arm": result.run.name,
        "axes": dict(result.run.settings),
        "seed": result.seed,
        "state": result.status.value,
        "perplexity": result.perplexity,
        "best": result.best,
        "best_held_out": result.best_valid,
        "best_held_out_epoch": result.best_epoch and result.best_epoch.epoch,
        "seconds_per_epoch": result.seconds,
        "seconds_per_epoch_in_turns": result.timed,
        "turns": result.turns,
        "held_out": result.held_out and vars(result.held_out),
        "scores": result.scores and vars(result.scores),
        "held_out_from_zero": [vars(each) for each in result.from_zero],
        "trials": [{**vars(trial), "decoding": trial.decoding.on()} for trial in result.trials],
        "probes": [vars(probe) for probe in result.probes],
        "vocabulary": result.vocabulary,
        "diverged": diverged and _without_run(diverged),
        "failure": result.failure or None,
        "epochs": [epoch.to_dict() for epoch in result.epochs],
        "minibatches": [_without_run(step) for step in result.minibatches],
        "samples": [{"epoch": s.epoch, "prefix": s.prefix, "text": s.text, "copied": s.copied} for s in result.samples],
        "recipe": recipe_to_dict(result.recipe),
    }


def _without_run(event: Stepped | Diverged) -> dict[str, Any]:
    return {name: value for name, value in vars(event).items() if name != "run"}


def to_verdict(exercise: Exercise, verdict: Verdict) -> dict[str, Any]:
    """A verdict as ``exercise --json`` promises it."""
    return {
        "event": "verdict",
        "exercise": exercise.name,
        "conclusion": verdict.conclusion,
        "findings": dict(verdict.findings),
        "told": verdict.told,
        "why": verdict.why,
        "equation": verdict.equation,
        "rests_on": verdict.rests_on,
        "tables": [{"title": t.title, "columns": t.columns, "rows": t.rows} for t in verdict.tables],
    }


def _print_lyrics(results: Results) -> None:
    for result in (group.results[0] for group in grouped(results)):
        if not result.samples:
            continue
        newest = result.at(result.samples[-1].epoch)
        print(_("{run}, epoch {epoch}").format(run=result.run.label, epoch=newest[0].epoch))
        for sample in newest:
            print_lyric(sample)
    print()


def _wrapped(text: str, taken: int = 0) -> list[str]:
    if not sys.stdout.isatty():
        return [text]
    return wrap(text, max(20, shutil.get_terminal_size().columns - taken - 1))
