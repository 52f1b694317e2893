"""What the log says while it has no lyrics: what to look at, and what to press."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from lyricterm.app.run_state import RunState
from lyricterm.core.i18n import _
from lyricterm.core.run_status import RunStatus


def hint(state: RunState, keys: Mapping[str, str]) -> list[str]:
    """One line each; ``keys`` are those of the studio's actions."""
    presses = (
        (keys["clipping_key"], _("clip the gradient, or not")),
        (keys["prompt_key"], _("type a beginning; the model goes on")),
        (keys["exercises_key"], _("the chapter's exercises")),
    )
    return _lines(_coming(state).format(**keys), presses)


def hint_watching(keys: Mapping[str, str]) -> list[str]:
    """The same for another program's run, of which nothing can be changed here."""
    presses = (
        (keys["prompt_key"], _("type a beginning; the model goes on")),
        (keys["inside_key"], _("inside the model")),
    )
    return _lines(_("Lyrics appear here as the model learns."), presses)


def _lines(coming: str, presses: Sequence[tuple[str, str]]) -> list[str]:
    width = max(len(key) for key, _does in presses)
    return [coming, "", *(f"{key:<{width}}  {does}" for key, does in presses)]


def _coming(state: RunState) -> str:
    if state.progress is not None and state.progress.epoch:
        return _("Lyrics appear here as the model learns.")
    if state.status is RunStatus.PAUSED:
        return _("Press {go_key} to train.")
    return _("The first lyrics come after epoch 1.")
