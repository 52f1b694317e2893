"""How ``train`` tells what happens: as JSON lines, or as the chapter prints it."""

from __future__ import annotations

import contextlib
import sys
from types import TracebackType
from typing import Any, Protocol

from lyricterm.cli.output import print_json, say
from lyricterm.cli.sample_lines import heading, print_lyric, skipped_of
from lyricterm.core.events import (
    Diverged,
    EpochDone,
    Event,
    Failed,
    Finished,
    Generated,
    Noticed,
    Progress,
    Refused,
    RunSaved,
    Saved,
    SaveFailed,
    Started,
)
from lyricterm.core.i18n import _, n_
from lyricterm.core.number_format import figure, setting_value
from lyricterm.core.run_data import Sample
from lyricterm.core.settings import recipe_to_dict
from lyricterm.reports.held_out import by_heart_words, held_out_at_start

_MOST_DECIMALS = 1e9


class Narrator(Protocol):
    """Tells events to a person or a program."""

    def tell(self, event: Event) -> None:
        """Tell what is worth telling of it."""


class JsonNarrator:
    """One JSON object a line on stdout."""

    def tell(self, event: Event) -> None:
        """Print the event if it is one of those that are promised."""
        row = to_dict(event)
        if row is not None:
            print_json(row)


def to_dict(event: Event) -> dict[str, Any] | None:
    """The event as ``train --json`` promises it, or None if it is not among them."""
    match event:
        case Started():
            facts = event.facts
            return {
                "event": "started",
                "epoch": event.epoch,
                "corpus": facts.corpus,
                "characters": facts.characters,
                "vocabulary": facts.vocabulary,
                "parameters": facts.parameters,
                "device": facts.device,
                "threads": facts.threads,
                "matmul": dict(facts.matmul),
                "held_out": None if facts.held_out is None else vars(facts.held_out),
                "recipe": recipe_to_dict(event.recipe),
            }
        case EpochDone():
            return {"event": "epoch"} | event.metrics.to_dict()
        case Generated():
            sample = event.sample
            return {
                "event": "sample",
                "epoch": sample.epoch,
                "prefix": sample.prefix,
                "text": sample.text,
                "copied": sample.copied,
                "unknown": list(sample.unknown),
                "number": sample.number,
                "decoding": sample.to_dict()["decoding"],
            }
        case Diverged():
            return {
                "event": "diverged",
                "epoch": event.epoch,
                "minibatch": event.minibatch,
                "what": event.what,
            }
        case Finished():
            return {
                "event": "finished",
                "epoch": event.epoch,
                "perplexity": event.perplexity,
                "seconds": event.seconds,
            }
        case Saved():
            return {"event": "saved", "epoch": event.epoch, "path": event.path}
    return None


class TextNarrator:
    """What the chapter prints on stdout; facts on stderr, with a progress bar where that is a terminal."""

    def __init__(self) -> None:
        self._sampled = 0
        self._skipped: set[str] = set()
        """Prefixes of which it was said what was skipped."""
        self._trained = False
        self._stands: Progress | None = None
        self._by_heart = 0
        """The best epoch of which it was said that the model has only memorised since."""
        self._bar: Any = None
        self._task: Any = None

    def __enter__(self) -> TextNarrator:
        if sys.stderr is not None and sys.stderr.isatty():
            self._bar = progress_bar()
            self._bar.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._bar is not None:
            # The terminal may have gone.
            with contextlib.suppress(OSError):
                self._bar.stop()

    def tell(self, event: Event) -> None:
        """Print what a person wants to know of it."""
        match event:
            case Started():
                self._start(event)
            case Progress():
                self._progress(event)
            case Generated():
                sample = event.sample
                self._tell_unknown(sample)
                if sample.epoch != self._sampled:
                    self._sampled = sample.epoch
                    print(heading(sample, f"{sample.epoch}", _exact(sample.perplexity)))
                print_lyric(sample)
            case EpochDone():
                self._trained = True
            case Finished():
                _tell_end(event, self._trained)
                if self._trained:
                    self._tell_held_out()

    def _progress(self, event: Progress) -> None:
        self._stands = event
        if self._task is not None:
            done = event.epoch + event.minibatch / max(1, event.minibatches)
            label = _("perplexity {perplexity}").format(perplexity=figure(event.perplexity.latest))
            self._bar.update(self._task, total=event.recipe.epochs, completed=done, label=label)
        best = event.best_held_out
        if best is not None and event.by_heart and self._by_heart != best.epoch:
            # Once for each best epoch.
            self._by_heart = best.epoch
            say(by_heart_words(best, event.epoch, event.held_out.latest, event.perplexity.latest))

    def _tell_held_out(self) -> None:
        best = None if self._stands is None else self._stands.best_held_out
        if self._stands is not None and best is not None:
            sentence = _("held-out perplexity {latest}, at best {best} in epoch {epoch}")
            latest = figure(self._stands.held_out.latest)
            say(sentence.format(latest=latest, best=figure(best.held_out), epoch=f"{best.epoch:,}"))

    def _tell_unknown(self, sample: Sample) -> None:
        """Say once of each prefix what of it is skipped."""
        if sample.unknown and sample.prefix not in self._skipped:
            self._skipped.add(sample.prefix)
            say(skipped_of(sample.prefix, sample.unknown))

    def _start(self, event: Started) -> None:
        facts = event.facts
        sentence = _(
            "corpus {corpus}, {characters} characters, {vocabulary} distinct, {parameters} parameters, on {device}"
        )
        device = f"{facts.device} ×{facts.threads}" if facts.threads else facts.device
        say(
            sentence.format(
                corpus=facts.corpus,
                characters=f"{facts.characters:,}",
                vocabulary=f"{facts.vocabulary:,}",
                parameters=f"{facts.parameters:,}",
                device=device,
            )
        )
        for words in held_out_at_start(facts.held_out, event.recipe.valid):
            say(words)
        if 0 < event.epoch < event.recipe.epochs:
            say(_("goes on from epoch {epoch}").format(epoch=f"{event.epoch:,}"))
        if self._bar is not None:
            self._task = self._bar.add_task("", total=event.recipe.epochs, label="")


def _tell_end(event: Finished, trained: bool) -> None:
    if not trained:
        say(_("all epochs were done before; raise --epochs to train on"))
        return
    sentence = n_(
        "finished {count} epoch in {seconds:.1f} s, perplexity {perplexity}",
        "finished {count} epochs in {seconds:.1f} s, perplexity {perplexity}",
        event.epoch,
    )
    say(sentence.format(count=event.epoch, seconds=event.seconds, perplexity=_exact(event.perplexity)))


def _exact(perplexity: float) -> str:
    """With six decimals, as the chapter prints it; one of more than nine digits before them by its power of ten."""
    return f"{perplexity:.6f}" if perplexity < _MOST_DECIMALS else figure(perplexity)


def diverged(event: Diverged, lr: float) -> str:
    """Where a run diverged with a learning rate, and what to change."""
    if event.theta is not None:
        sentence = _(
            "diverged in epoch {epoch}, minibatch {minibatch}: the {what} is not finite although the gradient is "
            "clipped at {theta}; lower the learning rate (--lr, now {lr}) or clip at less (--clip)."
        )
    else:
        sentence = _(
            "diverged in epoch {epoch}, minibatch {minibatch}: the {what} is not finite; "
            "clip the gradient (--clip 5) or lower the learning rate (--lr)."
        )
    return sentence.format(
        epoch=event.epoch,
        minibatch=event.minibatch,
        what={"loss": _("loss"), "gradient": _("gradient")}[event.what],
        theta=setting_value(event.theta or 0.0),
        lr=setting_value(lr),
    )


class Advice:
    """Says what went wrong, whatever the narrator, on stderr."""

    def __init__(self) -> None:
        self._unkept = False
        self._lr = 0.0

    def tell(self, event: Event) -> None:
        """Say it if it is something to know."""
        match event:
            case Started() | Progress():
                self._lr = event.recipe.lr
            case Diverged():
                say(diverged(event, self._lr))
            case Failed() | Refused() | Noticed():
                say(event.sentence)
            case Saved():
                say(_("saved {path}").format(path=event.path))
            case SaveFailed():
                self._unkept = True
                say(event.sentence)
            case RunSaved() if self._unkept:
                self._unkept = False
                say(_("the run is saved again"))


def progress_bar() -> Any:
    """A bar on stderr that counts epochs; its task has a ``label``."""
    from rich.console import Console
    from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

    columns: list[Any] = [
        TextColumn(_("epoch")),
        MofNCompleteColumn(),
        BarColumn(),
        TextColumn("{task.percentage:>3.0f} %"),
        TimeRemainingColumn(),
        TextColumn("{task.fields[label]}"),
    ]
    return Progress(
        *columns,
        console=Console(stderr=True),
        redirect_stdout=sys.stdout.isatty(),
        redirect_stderr=True,
        transient=True,
    )
