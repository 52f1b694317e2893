"""The lab's loop over a run that another program trains: it reports what the folder shows, and changes nothing.

Takes the same commands and reports the same events as ``Session``; what would change the run is refused.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from functools import partial
from queue import Empty, SimpleQueue

from lyricterm.core.commands import Command, Complete, Inspect, Quit
from lyricterm.core.copied import Spans, copied_spans
from lyricterm.core.errors import LyrictermError
from lyricterm.core.events import (
    Completed,
    Diverged,
    Event,
    Failed,
    Generated,
    Inspected,
    Progress,
    Refused,
    SamplesRestored,
    Started,
    StatusChanged,
    Stopped,
    Watched,
)
from lyricterm.core.i18n import _
from lyricterm.core.inspection import NotShown
from lyricterm.core.number_format import clock
from lyricterm.core.run_data import Candidate, Facts, Sample
from lyricterm.core.run_status import RunStatus
from lyricterm.core.settings import differences
from lyricterm.storage.run_store import RunInfo
from lyricterm.training.answers import seen
from lyricterm.training.failures import sentence_of
from lyricterm.training.run_metrics import RunMetrics
from lyricterm.training.watched_run import Glance, WatchedRun

INTERVAL = 1.0
"""Seconds between two looks at the folder."""
_RUN = 1
_SHOWN = 100
"""Lyrics that are shown of those written before."""
_RECENT = 10
"""Epochs whose speed tells when the run will end."""


class WatchSession:
    """Watches one run; one object, one thread."""

    def __init__(self, run: WatchedRun, report: Callable[[Event], None]) -> None:
        self._watched, self._report = run, report
        self._inbox: SimpleQueue[Command] = SimpleQueue()
        self._glance: Glance | None = None
        self._known: frozenset[str] = frozenset()
        self._told: set[Sample] = set()
        self._status: RunStatus | None = None
        self._position: object = None
        self._sentence = self._trouble = ""
        self._quitting = False

    def send(self, command: Command) -> None:
        """Hand over a command; safe from any thread and from a signal handler."""
        self._inbox.put(command)

    def run(self) -> None:
        """The loop; returns when told to quit."""
        while not self._quitting:
            self._guard(self.look)
            self._wait()
        info = self._glance.info if self._glance else None
        self._report(Stopped(_RUN, info.epoch if info else 0, info.minibatch if info else 0))

    def _wait(self) -> None:
        """Obey what has come; if nothing has, wait until it is time for another look."""
        try:
            command = self._inbox.get(timeout=INTERVAL)
            while True:
                self._guard(partial(self.obey, command))
                command = self._inbox.get_nowait()
        except Empty:
            return

    def _guard(self, action: Callable[[], None]) -> None:
        try:
            action()
        except LyrictermError as error:
            self._say_gone(str(error))
        except Exception as error:
            told = sentence_of(error, _("The run cannot be watched ({kind}); the log in {path} has the details."))
            self._report(Failed(_RUN, told))

    def _say_gone(self, sentence: str) -> None:
        """The folder shows no run any more; what was seen stays on the screen."""
        if self._glance is None:
            self._report(Failed(_RUN, sentence))
        else:
            self._become(RunStatus.INTERRUPTED)
            self._tell_how(_("watching · the run is gone: {sentence}").format(sentence=sentence))

    def look(self) -> None:
        """Look at the folder and report what is new."""
        before = self._glance
        glance = self._glance = self._watched.look()
        known = frozenset(glance.model.saved.vocabulary.characters) if glance.model else self._known
        if before is None or known != self._known:
            self._known = known
            self._begin(glance)
        self._tell_samples(glance)
        self._become(glance.status)
        self._tell_progress(glance)
        self._tell_how(_how(glance))
        if self._watched.trouble and self._watched.trouble != self._trouble:
            self._report(Refused(_RUN, self._watched.trouble))
        self._trouble = self._watched.trouble

    def _begin(self, glance: Glance) -> None:
        self._position = self._status = None
        self._sentence = ""
        self._report(Started(_RUN, glance.info.recipe, _facts(glance, self._known), glance.info.epoch))
        self._told = set(glance.samples)
        self._report(SamplesRestored(_RUN, glance.samples[-_SHOWN:]))

    def _tell_samples(self, glance: Glance) -> None:
        for sample in glance.samples:
            if sample not in self._told:
                self._told.add(sample)
                self._report(Generated(_RUN, sample))

    def _become(self, status: RunStatus) -> None:
        if status is self._status:
            return
        self._status = status
        self._report(StatusChanged(_RUN, status))
        info = self._glance.info if self._glance else None
        if status is RunStatus.DIVERGED and info is not None and info.diverged is not None:
            self._report(Diverged(_RUN, *info.diverged, "loss"))

    def _tell_progress(self, glance: Glance) -> None:
        last = glance.curve.epochs[-1].epoch if glance.curve.epochs else 0
        position = (glance.info.updated, last, len(glance.curve.marks), id(glance.model))
        if position != self._position:
            self._position = position
            self._report(progress(glance))

    def _tell_how(self, sentence: str) -> None:
        if sentence != self._sentence:
            self._sentence = sentence
            self._report(Watched(_RUN, sentence))

    def obey(self, command: Command) -> None:
        """Answer a question about the model; refuse what would change the run."""
        match command:
            case Quit():
                self._quitting = True
            case Complete():
                self._complete(command)
            case Inspect():
                self._inspect(command)
            case _:
                sentence = _("You are watching this run; change it where it trains.")
                self._report(Refused(_RUN, sentence))

    def _complete(self, request: Complete) -> None:
        glance = self._glance
        if glance is None or glance.model is None:
            return
        saved = glance.model.saved
        written, *others = glance.model.generator.generate(
            request.typed, request.length, saved.recipe.activation, request.decoding, request.seed, request.count
        )
        self._report(
            Completed(
                _RUN,
                request.request,
                request.typed,
                written.unknown,
                written.text,
                written.probabilities,
                saved.epoch,
                saved.minibatch,
                glance.info.perplexity,
                tuple(Candidate(other.text, other.probabilities, self._copied(other.text)) for other in others),
                self._copied(written.text),
            )
        )

    def _copied(self, text: str) -> Spans | None:
        """Which parts stand in the training text; None where that is not here."""
        training = self._watched.training_text()
        return copied_spans(text, training) if len(training) else None

    def _inspect(self, request: Inspect) -> None:
        model = self._glance.model if self._glance else None
        try:
            answer = seen(model.trainer if model else None, request.question)
        except LyrictermError as error:
            answer = NotShown(str(error))
        self._report(Inspected(_RUN, request.request, answer))


def progress(glance: Glance) -> Progress:
    """Where the run stands: the curves of the checkpoint, and the epochs that were written down after it."""
    info, saved = glance.info, glance.model.saved if glance.model else None
    metrics = RunMetrics.from_dict(saved.record) if saved else RunMetrics()
    rows = [row for row in glance.curve.epochs if saved is None or row.epoch > saved.epoch]
    metrics.recall(glance.curve.epochs, saved.epoch if saved else 0)
    for row in rows:
        metrics.add_epoch(row)
        if saved is None and row.loss >= 0 and row.grad_norm >= 0:
            metrics.loss.add(row.loss)
            metrics.grad_norm.add(row.grad_norm)
    recent = [row for row in glance.curve.epochs[-_RECENT:] if row.seconds >= 0]
    done = max(info.epoch, rows[-1].epoch if rows else 0)
    seconds = math.fsum(row.seconds for row in recent) / len(recent) if recent else math.nan
    return Progress(
        run=_RUN,
        recipe=info.recipe,
        pending=tuple(differences(saved.recipe, saved.asked).items()) if saved else (),
        epoch=done,
        minibatch=info.minibatch if done == info.epoch else 0,
        minibatches=minibatches_of(info),
        loss=metrics.loss.series(),
        perplexity=metrics.perplexity.series(),
        grad_norm=metrics.grad_norm.series(),
        clipped=recent[-1].clipped if recent else math.nan,
        chars_per_second=recent[-1].chars_per_second if recent else 0.0,
        seconds_left=(info.recipe.epochs - done) * seconds if recent else None,
        marks=glance.curve.marks,
        held_out=metrics.held_out.series(),
        best_held_out=metrics.best_held_out,
    )


def minibatches_of(info: RunInfo) -> int:
    """How many minibatches an epoch has; see ``engine.sampling``."""
    recipe = info.recipe
    if recipe.sampling == "consecutive":
        return max(1, (info.characters // recipe.batch - 1) // recipe.steps)
    return max(1, (info.characters - 1) // recipe.steps // recipe.batch)


def _facts(glance: Glance, known: frozenset[str]) -> Facts:
    info = glance.info
    weights = glance.model.saved.standing.weights if glance.model else ()
    parameters = sum(weight.numel() for weight in weights)
    return Facts(
        info.corpus, info.characters, info.vocabulary, info.device, 0, parameters, known, held_out=info.held_out
    )


def _how(glance: Glance) -> str:
    """How fresh what is shown is, in a few words."""
    if glance.is_stale:
        return _("watching · nothing new for {time}").format(time=clock(glance.age))
    if glance.status is RunStatus.TRAINING:
        return _("watching · new {time} ago").format(time=clock(math.floor(glance.age)))
    if glance.info.running:
        return _("watching · in use by {who}").format(who=glance.info.trained_by or "?")
    return _("watching · nobody trains it now")
