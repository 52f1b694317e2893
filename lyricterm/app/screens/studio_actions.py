"""What can be done on the studio screen. Its settings' actions stand beside their rows, in the settings panel."""

from __future__ import annotations

from lyricterm.app.actions import Action
from lyricterm.app.widgets.log import LOG_DOWN, LOG_UP
from lyricterm.app.widgets.setting_rows import SETTING_ACTIONS
from lyricterm.core.i18n import N_
from lyricterm.core.run_status import RunStatus

GO = Action(
    "studio.go",
    "space",
    N_("pause"),
    N_("pause after this minibatch, or go on"),
    "go_or_pause",
    title=N_("pause or go on"),
    rank=10,
    synonyms=N_("stop continue resume"),
    changes=True,
)

STUDIO_ACTIONS: tuple[Action, ...] = (
    GO,
    Action("studio.step", "n", N_("one step"), N_("train one minibatch, then pause"), "step", rank=69, changes=True),
    *SETTING_ACTIONS,
    Action(
        "studio.restart",
        "r",
        N_("restart"),
        N_("restart with the same seed: the same numbers again"),
        "restart",
        title=N_("restart with the same seed"),
        rank=65,
        synonyms=N_("reset again"),
        changes=True,
    ),
    Action(
        "studio.seed",
        "R",
        N_("new seed"),
        N_("restart with a new seed: other random weights"),
        "new_seed",
        title=N_("restart with a new seed"),
        rank=74,
        synonyms=N_("reset random"),
        changes=True,
    ),
    Action(
        "studio.back",
        "b",
        N_("recover with clipping on"),
        N_("after a divergence: go on from the last finite weights, with clipping"),
        "go_back",
        synonyms=N_("diverged back"),
    ),
    Action(
        "studio.open",
        "o",
        N_("open the unfinished run"),
        N_("go on with the unfinished run that is offered at the start"),
        "open",
        synonyms=N_("resume continue"),
    ),
    Action(
        "studio.dismiss",
        "escape",
        N_("close the offer"),
        N_("close the offer of the unfinished run, which stays on disk; or stop reading a text"),
        "dismiss_offer",
    ),
    Action(
        "studio.exercises",
        "x",
        N_("exercises"),
        N_("the chapter's exercises, answered by training"),
        "exercises",
        rank=50,
        changes=True,
    ),
    Action(
        "studio.texts",
        "t",
        N_("texts"),
        N_("choose the text to train on: built in, fetched, recent, or a file of yours"),
        "texts",
        title=N_("text to train on"),
        rank=65,
        synonyms=N_("corpus lyrics file open load fetch language data"),
        changes=True,
    ),
    Action(
        "studio.compare",
        "v",
        N_("compare"),
        N_("compare runs: a table of all, and their curves"),
        "compare",
        title=N_("compare runs"),
        rank=51,
        synonyms=N_("table curves history"),
    ),
    Action(
        "studio.inside",
        "i",
        N_("inside"),
        N_("look inside the running model: minibatches, states, gradients, probabilities"),
        "inside",
        title=N_("inside the model"),
        rank=52,
        synonyms=N_("look inspect"),
    ),
    Action(
        "studio.settings",
        "e",
        N_("settings"),
        N_("all settings; those that need a new run say so"),
        "settings",
        rank=60,
        synonyms=N_("options hyperparameters corpus"),
    ),
    Action(
        "studio.prompt",
        "/",
        N_("prompt"),
        N_("type the beginning of a lyric; the model goes on with it"),
        "prompt",
        rank=20,
        synonyms=N_("complete generate prefix type"),
    ),
    Action("studio.help", "?", N_("help"), N_("all keys, and what everything means"), "help", rank=30),
    Action(
        "studio.export",
        "w",
        N_("export"),
        N_("export curves, samples, a report or the screen to a file"),
        "export",
        synonyms=N_("save write report file CSV HTML SVG"),
    ),
    Action(
        "studio.copy", "y", N_("copy"), N_("copy the completion to the clipboard"), "copy", synonyms=N_("clipboard")
    ),
    LOG_UP,
    LOG_DOWN,
)

_GO_WORDS = {RunStatus.TRAINING: GO.label, RunStatus.FINISHED: N_("more epochs")}


def go_word(status: RunStatus) -> str:
    """What the key for pausing and going on does now, in the source language."""
    return _GO_WORDS.get(status, N_("go on"))
