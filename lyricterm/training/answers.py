"""Answers to a person's questions, given between two minibatches by the model as it is then.

What goes wrong in an answer does not touch the run.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

from lyricterm.core.commands import Complete, Inspect
from lyricterm.core.copied import copied_spans
from lyricterm.core.events import Completed, Event, Inspected, Refused
from lyricterm.core.i18n import _
from lyricterm.core.run_data import Candidate
from lyricterm.training.failures import sentence_of
from lyricterm.training.progress_report import perplexity_so_far

if TYPE_CHECKING:
    from lyricterm.core.inspection import Answer, Question
    from lyricterm.engine.trainer import Trainer
    from lyricterm.training.current_run import CurrentRun


class Answers:
    """Of several questions of a kind the newest is answered."""

    def __init__(self, run: CurrentRun, report: Callable[[Event], None]) -> None:
        self._run, self._report = run, report
        self._completion: Complete | None = None
        self._inspection: Inspect | None = None
        self._trouble = ""
        """Why the last completion failed; empty if it did not."""

    def ask(self, question: Complete | Inspect) -> None:
        """Take in a question."""
        if isinstance(question, Complete):
            self._completion = question
        else:
            self._inspection = question

    def give(self) -> None:
        """Answer what has been asked; a completion waits for a run."""
        if self._completion is not None and self._run.trainer is not None:
            request, self._completion = self._completion, None
            self._complete(request, self._run.trainer)
        if self._inspection is not None:
            inspect, self._inspection = self._inspection, None
            self._report(Inspected(self._run.number, inspect.request, seen(self._run.trainer, inspect.question)))

    def _complete(self, request: Complete, trainer: Trainer) -> None:
        try:
            written, *others = trainer.generate(
                request.typed, request.length, request.decoding, request.seed, request.count
            )
        except Exception as error:
            self._refuse(error)
            return
        self._trouble = ""
        text = trainer.corpus.text
        self._report(
            Completed(
                self._run.number,
                request.request,
                request.typed,
                written.unknown,
                written.text,
                written.probabilities,
                trainer.epoch,
                trainer.minibatch,
                perplexity_so_far(trainer, self._run.metrics).latest,
                tuple(Candidate(other.text, other.probabilities, copied_spans(other.text, text)) for other in others),
                copied_spans(written.text, text),
            )
        )

    def _refuse(self, error: Exception) -> None:
        """Say it once: the same question comes again while the model learns."""
        sentence = sentence_of(
            error, _("No completion could be written ({kind}); the log in {path} has the details. The run goes on.")
        )
        if sentence != self._trouble:
            self._report(Refused(self._run.number, sentence))
        self._trouble = sentence


def seen(trainer: Trainer | None, question: Question) -> Answer:
    """What an inspection shows."""
    from lyricterm.core.inspection import NotShown

    if trainer is None:
        return NotShown(_("There is no run to look into; change the settings and start one."))
    from lyricterm.engine.inspector import look

    try:
        return look(trainer, question)
    except Exception as error:
        sentence = _("This view could not be computed ({kind}); the log in {path} has the details. The run goes on.")
        return NotShown(sentence_of(error, sentence))
