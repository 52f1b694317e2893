"""What can be done on the inspector screen; each view says which of the moves it has, and in which words."""

from __future__ import annotations

from lyricterm.app.actions import Action
from lyricterm.app.inspector import VIEWS
from lyricterm.core.i18n import N_

MOVES: dict[str, Action] = {
    "left": Action(
        "inside.left",
        "left",
        N_("move"),
        N_("the previous minibatch, or back in the text"),
        "press('left')",
        title=N_("to the left"),
        rank=11,
    ),
    "right": Action(
        "inside.right",
        "right",
        N_("move"),
        N_("the next minibatch, or along the text"),
        "press('right')",
        title=N_("to the right"),
        rank=4,
    ),
    "up": Action(
        "inside.row-up",
        "up",
        N_("move"),
        N_("the previous row, character, unit or candidate"),
        "press('up')",
        title=N_("up"),
        rank=12,
    ),
    "down": Action(
        "inside.row-down",
        "down",
        N_("move"),
        N_("the next row, character, unit or candidate"),
        "press('down')",
        title=N_("down"),
        rank=5,
    ),
    "choose": Action(
        "inside.pick",
        "enter",
        N_("move"),
        N_("sort, take the candidate, or check the gradients"),
        "press('choose')",
        title=N_("choose"),
        rank=3,
    ),
    "home": Action(
        "inside.home",
        "home",
        N_("move"),
        N_("to the first one"),
        "press('home')",
        title=N_("to the beginning"),
        rank=60,
    ),
    "end": Action(
        "inside.end", "end", N_("move"), N_("to the last one"), "press('end')", title=N_("to the end"), rank=61
    ),
    "find": Action(
        "inside.find",
        "/",
        N_("find"),
        N_("type characters to find them in the vocabulary"),
        "find",
        title=N_("find characters"),
        rank=6,
    ),
}
"""By what a view calls them."""
PAUSE = Action(
    "inside.pause",
    "space",
    N_("pause"),
    N_("pause after this minibatch, or go on"),
    "in_studio('go_or_pause')",
    title=N_("pause or go on"),
    rank=7,
    changes=True,
)
ONE_STEP = Action(
    "inside.one-step",
    "n",
    N_("one step"),
    N_("train one minibatch, then pause"),
    "in_studio('step')",
    rank=10,
    changes=True,
)
LETTERS: tuple[Action, ...] = (
    ONE_STEP,
    Action(
        "inside.flip-activation",
        "a",
        N_("activation"),
        N_("tanh or ReLU as the activation"),
        "flip('activation')",
        rank=8,
        changes=True,
    ),
    Action(
        "inside.flip-clipping",
        "c",
        N_("clipping"),
        N_("clipping of the gradient on or off"),
        "flip('clipping')",
        rank=9,
        changes=True,
    ),
    Action("inside.about", "?", N_("help"), N_("all keys, and what everything means"), "help", rank=30),
)
"""Their keys are letters to be found while the characters are looked at."""
FIND_ACTIONS: tuple[Action, ...] = (
    Action(
        "find.leave-find",
        "escape,enter",
        N_("back to the list"),
        N_("stop typing; what was found stays"),
        "done",
        rank=1,
    ),
)
INSPECTOR_ACTIONS: tuple[Action, ...] = (
    Action(
        "inside.studio",
        "escape",
        N_("studio"),
        N_("back to the studio"),
        "studio",
        title=N_("back to the studio"),
        rank=2,
    ),
    *MOVES.values(),
    PAUSE,
    *LETTERS,
    *(
        Action(f"inside.tab-{number}", str(number), view.title, view.help, f"open({number - 1})")
        for number, view in enumerate(VIEWS, 1)
    ),
    Action("inside.page-up", "pageup", N_("page up"), N_("scroll up"), "page('page-up')"),
    Action("inside.page-down", "pagedown", N_("page down"), N_("scroll down"), "page('page-down')"),
)
