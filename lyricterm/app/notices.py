"""What stays on the screen until it is dealt with."""

from __future__ import annotations

import time
from collections.abc import Mapping
from dataclasses import dataclass

from lyricterm.app.run_state import RunState
from lyricterm.core.events import Diverged
from lyricterm.core.i18n import _, listed, n_
from lyricterm.core.metrics import is_clearly_worse
from lyricterm.core.number_format import figure, moment, setting_value
from lyricterm.core.run_status import RunStatus
from lyricterm.core.sanitize import one_line
from lyricterm.storage.run_names import spoken


@dataclass(frozen=True)
class Notice:
    """What stays on the screen until it is dealt with."""

    text: str
    short: str
    """The same for one line of a small terminal."""
    mild: bool = False
    """Nothing has stopped, and nothing is at risk."""
    done: bool = False
    """All epochs are done."""
    is_offer: bool = False
    """It may be closed without being dealt with."""


def notices(state: RunState, keys: Mapping[str, str]) -> tuple[Notice, ...]:
    """What to show, the most pressing first; an offer waits until nothing else is to be said."""
    found = [_stopped(state, keys) or _astray(state, keys), _not_saved(state)]
    pressing = tuple(notice for notice in found if notice is not None)
    waiting = _offer(state, keys) or _finished(state, keys)
    return pressing or ((waiting,) if waiting is not None else ())


def notices_watching(state: RunState) -> tuple[Notice, ...]:
    """The same of another program's run, about which nothing can be done here."""
    if state.failure:
        reason = one_line(state.failure)
        return (Notice(reason, reason),)
    if state.diverged is None:
        return ()
    text = _("Diverged in epoch {epoch}, minibatch {minibatch}: the {what} is not finite.").format(
        epoch=state.diverged.epoch, minibatch=state.diverged.minibatch, what=_what(state.diverged)
    )
    return (Notice(text, text),)


def _not_saved(state: RunState) -> Notice | None:
    sentence = one_line(state.unkept)
    return Notice(sentence, sentence) if sentence else None


def _finished(state: RunState, keys: Mapping[str, str]) -> Notice | None:
    """What is next once all epochs are done."""
    if state.status is not RunStatus.FINISHED or state.progress is None:
        return None
    sentence = n_(
        "Finished at epoch {epochs}: perplexity {perplexity}. {go_key}: {more} more epoch · {prompt_key}: type "
        "the beginning of a lyric · {exercises_key}: exercises",
        "Finished at epoch {epochs}: perplexity {perplexity}. {go_key}: {more} more epochs · {prompt_key}: type "
        "the beginning of a lyric · {exercises_key}: exercises",
        state.more_epochs,
    )
    words = {"more": f"{state.more_epochs:,}", **keys}
    text = sentence.format(
        epochs=f"{state.progress.epoch:,}",
        perplexity=figure(state.perplexity),
        **words,
    )
    short = n_("Finished: {go_key} {more} more epoch", "Finished: {go_key} {more} more epochs", state.more_epochs)
    best = state.progress.perplexity.low
    if state.kept and state.trains.keep != "best" and is_clearly_worse(state.perplexity, best):
        behind = _(
            "The best epoch had perplexity {best}; its weights are kept: lyricterm complete --checkpoint {name} --best."
        )
        text = f"{behind.format(best=figure(best), name=spoken(state.kept))} {text}"
    return Notice(text, short.format(**words), mild=True, done=True)


def _offer(state: RunState, keys: Mapping[str, str]) -> Notice | None:
    """The unfinished run that could be gone on with."""
    offer = state.offer
    if offer is None:
        return None
    sentence = _(
        "The run {name} of {when} is unfinished ({settings}, epoch {epoch}/{epochs}, perplexity {perplexity}). "
        "Press {open_key} to go on with it, {dismiss_key} to close this."
    )
    text = sentence.format(
        name=one_line(offer.called or spoken(offer.name)),
        when=moment(offer.updated, time.time()),
        settings=listed(setting_value(value) for value in (offer.recipe.sampling, offer.recipe.activation)),
        epoch=f"{offer.epoch:,}",
        epochs=f"{offer.recipe.epochs:,}",
        perplexity=figure(offer.perplexity),
        **keys,
    )
    short = _("Unfinished run: {open_key} open, {dismiss_key} close").format(**keys)
    return Notice(text, short, mild=True, is_offer=True)


def _stopped(state: RunState, keys: Mapping[str, str]) -> Notice | None:
    """The run failed, or it diverged."""
    if state.failure:
        sentence = _("{sentence} Press {settings_key} to change the settings.")
        reason = one_line(state.failure)
        return Notice(sentence.format(sentence=reason, **keys), reason)
    if state.diverged is None:
        return None
    return _diverged(state.diverged, keys)


def _diverged(diverged: Diverged, keys: Mapping[str, str]) -> Notice:
    """What happened, and what to change."""
    if diverged.theta is None:
        sentence = _(
            "Diverged in epoch {epoch}, minibatch {minibatch}: the {what} is not finite. The last finite "
            "weights are kept and still complete prefixes. Recover with clipping on ({back_key}), or lower the "
            "learning rate ({lr_down_key}) and go on ({go_key}), or restart ({restart_key})."
        )
        short = _("Diverged: {back_key} recovers with clipping")
    else:
        sentence = _(
            "Diverged in epoch {epoch}, minibatch {minibatch}: the {what} is not finite although the gradient is "
            "clipped at {theta}. The last finite weights are kept and still complete prefixes. Lower the learning "
            "rate ({lr_down_key}) or theta ({theta_down_key}) and go on ({go_key}), or restart ({restart_key})."
        )
        short = _("Diverged: {lr_down_key} lowers lr, {go_key} goes on")
    text = sentence.format(
        epoch=diverged.epoch,
        minibatch=diverged.minibatch,
        what=_what(diverged),
        theta=setting_value(diverged.theta or 0.0),
        **keys,
    )
    return Notice(text, short.format(**keys))


def _what(diverged: Diverged) -> str:
    return {"loss": _("loss"), "gradient": _("gradient")}.get(diverged.what, "")


def _astray(state: RunState, keys: Mapping[str, str]) -> Notice | None:
    """The run goes on, but the model is worse than one that guesses."""
    if not state.astray:
        return None
    if state.wanted.clipping:
        sentence = _(
            "The perplexity is {perplexity}, worse than guessing ({baseline}): the weights have grown too large. "
            "Lower the learning rate ({lr_down_key}), or restart ({restart_key})."
        )
        short = _("Worse than guessing: {lr_down_key} lowers lr")
    else:
        sentence = _(
            "The perplexity is {perplexity}, worse than guessing ({baseline}): the gradient has exploded. "
            "Turn clipping on ({clipping_key}), lower the learning rate ({lr_down_key}), or restart "
            "({restart_key})."
        )
        short = _("Worse than guessing: {clipping_key} clips")
    baseline = f"{state.facts.vocabulary:,}" if state.facts else ""
    text = sentence.format(perplexity=figure(state.perplexity), baseline=baseline, **keys)
    return Notice(text, short.format(**keys), mild=True)
