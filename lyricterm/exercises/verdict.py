"""The verdict on an exercise that has been played."""

from __future__ import annotations

from lyricterm.core.i18n import _, listed
from lyricterm.core.run_status import RunStatus
from lyricterm.exercises.base import Exercise, Results, Verdict
from lyricterm.exercises.verdict_text import comparison, findings, tell


def judge(exercise: Exercise, results: Results) -> Verdict:
    """What the numbers say; of runs that could not train there are none to go by."""
    failed = [result for result in results if result.status is RunStatus.FAILED]
    if not failed or exercise.spares_failed:
        return exercise.judge(results)
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
