"""What the training loop reports of a run: where it stands, in numbers and strings."""

from __future__ import annotations

from typing import TYPE_CHECKING

from lyricterm.core.events import Probed, Progress, Stepped
from lyricterm.core.perplexity import perplexity
from lyricterm.core.run_data import CurveData, Facts, HeldOutFacts

if TYPE_CHECKING:
    from lyricterm.engine.trainer import Trainer
    from lyricterm.engine.trainer_state import Step
    from lyricterm.training.run_metrics import RunMetrics


def facts(trainer: Trainer) -> Facts:
    """What stays the same during a run."""
    from lyricterm.engine.device import describe

    return Facts(
        corpus=trainer.corpus.name,
        characters=len(trainer.corpus.text),
        vocabulary=len(trainer.vocabulary),
        device=describe(trainer.device),
        threads=trainer.threads,
        parameters=len(trainer.model.parameters),
        characters_known=frozenset(trainer.vocabulary.characters),
        beginnings=trainer.prefixes,
        usual_prefixes=trainer.usual_prefixes,
        matmul=trainer.arithmetic.routes,
        held_out=held_out(trainer),
    )


def held_out(trainer: Trainer) -> HeldOutFacts | None:
    """What is held out, and what has to be beaten there."""
    from lyricterm.engine.baselines import baselines

    text, read = trainer.validation.text, trainer.validation.read
    if text is None or read is None:
        return None
    told = baselines(trainer.indices, read, len(trainer.vocabulary))
    counts = (trainer.validation.characters, text.unknown, text.unknown_kinds)
    return HeldOutFacts(*counts, told.frequencies, told.bigram, text.total)


def stepped(run: int, step: Step, held_bytes: float) -> Stepped:
    """The figures of one minibatch."""
    return Stepped(run, step.epoch, step.minibatch, step.loss, step.grad_norm, step.clipped, step.seconds, held_bytes)


def probed(run: int, trainer: Trainer) -> Probed:
    """What the gradient of the minibatch that is trained next is made of."""
    from lyricterm.engine.probe import probe

    return Probed(run, probe(trainer))


def perplexity_so_far(trainer: Trainer, metrics: RunMetrics) -> CurveData:
    """The perplexity of each epoch; before one is done, that of its part so far."""
    series = metrics.perplexity.series()
    if series.points or not trainer.minibatch:
        return series
    return metrics.perplexity.series(perplexity(trainer.sums.mean_loss))


def progress(run: int, trainer: Trainer, metrics: RunMetrics) -> Progress:
    """Where a run stands."""
    recipe = trainer.recipe
    left = (recipe.epochs - trainer.epoch) * trainer.minibatches - trainer.minibatch
    return Progress(
        run=run,
        recipe=recipe,
        pending=tuple(trainer.pending.items()),
        epoch=trainer.epoch,
        minibatch=trainer.minibatch,
        minibatches=trainer.minibatches,
        loss=metrics.loss.series(),
        perplexity=perplexity_so_far(trainer, metrics),
        grad_norm=metrics.grad_norm.series(),
        clipped=metrics.clipped,
        chars_per_second=metrics.chars_per_second,
        seconds_left=max(0, left) * metrics.seconds_per_minibatch if metrics.knows_pace else None,
        marks=tuple(metrics.marks),
        threads=trainer.threads,
        held_out=metrics.held_out.series(),
        best_held_out=metrics.best_held_out,
    )
