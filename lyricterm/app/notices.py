"""What stays on the screen until it is dealt with."""

from __future__ import annotations

import time
from collections.abc import Mapping

from lyricterm.app.run_state import RunState
from lyricterm.core.events import Diverged
from lyricterm.core.i18n import _
from lyricterm.core.metrics import is_clearly_worse
from lyricterm.core.number_format import figure, moment, setting_value
from lyricterm.core.run_status import RunStatus
from lyricterm.core.sanitize import one_line


def notices(state: RunState, keys: Mapping[str, str]) -> list[str]:
    """The sentences to show, the most pressing first; an offer waits until nothing else is to be said."""
    pressing = [sentence for sentence in (notice_of(state, keys), one_line(state.unkept)) if sentence]
    return pressing or [sentence for sentence in (_offer(state, keys) or _finished(state, keys),) if sentence]


def is_mild(state: RunState) -> bool:
    """Nothing has stopped, and nothing is at risk."""
    return not state.failure and state.diverged is None and not state.unkept


def _finished(state: RunState, keys: Mapping[str, str]) -> str:
    """What is next once all epochs are done."""
    if state.status is not RunStatus.FINISHED or state.progress is None:
        return ""
    sentence = _(
        "Finished: {epochs} epochs, perplexity {perplexity}. {go_key}: {more} more epochs · {prompt_key}: type the "
        "beginning of a line · {exercises_key}: exercises"
    )
    told = sentence.format(
        epochs=f"{state.progress.epoch:,}",
        perplexity=figure(state.perplexity),
        more=f"{state.more_epochs:,}",
        **keys,
    )
    best = state.progress.perplexity.low
    if not state.kept or state.trains.keep == "best" or not is_clearly_worse(state.perplexity, best):
        return told
    behind = _("The best epoch had {best}; its weights are kept: lyricterm complete --checkpoint {name} --best.")
    return f"{behind.format(best=figure(best), name=state.kept)} {told}"


def _offer(state: RunState, keys: Mapping[str, str]) -> str:
    """The unfinished run that could be gone on with."""
    offer = state.offer
    if offer is None:
        return ""
    sentence = _(
        "The run of {when} is unfinished ({variant}, epoch {epoch}/{epochs}, perplexity {perplexity}). "
        "Press {open_key} to go on with it."
    )
    return sentence.format(
        when=moment(offer.updated, time.time()),
        variant=", ".join(setting_value(value) for value in (offer.recipe.sampling, offer.recipe.activation)),
        epoch=f"{offer.epoch:,}",
        epochs=f"{offer.recipe.epochs:,}",
        perplexity=figure(offer.perplexity),
        **keys,
    )


def _diverged(diverged: Diverged, keys: Mapping[str, str]) -> str:
    """What happened, and what to change."""
    if diverged.theta is None:
        sentence = _(
            "Diverged in epoch {epoch}, minibatch {minibatch}: the {what} is not finite. The last finite weights are "
            "kept and still complete prefixes. Go on with clipping ({back_key}), or lower the learning rate "
            "({lr_down_key}) and go on ({go_key}), or restart ({restart_key})."
        )
    else:
        sentence = _(
            "Diverged in epoch {epoch}, minibatch {minibatch}: the {what} is not finite although the gradient is "
            "clipped at {theta}. The last finite weights are kept and still complete prefixes. Lower the learning "
            "rate ({lr_down_key}) or theta ({theta_down_key}) and go on ({go_key}), or restart ({restart_key})."
        )
    return sentence.format(
        epoch=diverged.epoch,
        minibatch=diverged.minibatch,
        what={"loss": _("loss"), "gradient": _("gradient")}.get(diverged.what, ""),
        theta=setting_value(diverged.theta or 0.0),
        **keys,
    )


def notice_of(state: RunState, keys: Mapping[str, str]) -> str:
    """What stays on the screen until it is dealt with."""
    if state.failure:
        sentence = _("{sentence} Press {settings_key} to change the settings.")
        return sentence.format(sentence=one_line(state.failure), **keys)
    if state.diverged is not None:
        return _diverged(state.diverged, keys)
    if state.astray:
        if state.wanted.clipping:
            sentence = _(
                "The perplexity is {perplexity}, worse than guessing ({baseline}): the weights have grown too large. "
                "Lower the learning rate ({lr_down_key}), or restart ({restart_key})."
            )
        else:
            sentence = _(
                "The perplexity is {perplexity}, worse than guessing ({baseline}): the gradient has exploded. "
                "Turn clipping on ({clipping_key}), lower the learning rate ({lr_down_key}), or restart "
                "({restart_key})."
            )
        baseline = f"{state.facts.vocabulary:,}" if state.facts else ""
        return sentence.format(perplexity=figure(state.perplexity), baseline=baseline, **keys)
    return ""
