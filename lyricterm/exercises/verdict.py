"""The verdict on an exercise that has been played."""

from __future__ import annotations

from dataclasses import replace

from lyricterm.core.i18n import _, listed
from lyricterm.core.run_status import RunStatus
from lyricterm.exercises.base import Exercise, Results, Verdict
from lyricterm.exercises.verdict_text import comparison, findings, one_seed, tell


def judge(exercise: Exercise, results: Results) -> Verdict:
    """What the numbers say; of runs that could not train there are none to go by."""
    failed = [result for result in results if result.status is RunStatus.FAILED]
    if not failed or exercise.spares_failed:
        return _with_warning(exercise.judge(results), results)
    return Verdict(
        conclusion=_("Not every run could train, so they cannot be compared: {runs}.").format(
            runs=listed(dict.fromkeys(result.run.label for result in failed))
        ),
        told=tell(results),
        why=("", ""),
        equation="",
        tables=(comparison(results),),
        findings={"failed": ", ".join(result.run.name for result in failed), **findings(results)},
    )


def _with_warning(verdict: Verdict, results: Results) -> Verdict:
    """With one seed every verdict says so, whatever it was chosen by."""
    warning = one_seed()
    if len({result.seed for result in results}) > 1 or warning in (*verdict.rests_on, *verdict.told):
        return verdict
    return replace(verdict, rests_on=(warning, *verdict.rests_on))
