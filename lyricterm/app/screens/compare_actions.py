"""What can be done on the compare screen."""

from __future__ import annotations

from lyricterm.app.actions import Action
from lyricterm.core.i18n import N_

CHOOSE = Action(
    "compare.choose",
    "space",
    N_("choose"),
    N_("draw the run's curve, or no more"),
    "choose",
    title=N_("choose the run"),
    rank=2,
)

BY_SEEDS = Action(
    "compare.by-seeds",
    "g",
    N_("group seeds"),
    N_("one line and colour for runs that differ only in their seed, with mean and range, or one line each"),
    "group",
    rank=15,
    synonyms=N_("group mean spread range settings"),
)

EXERCISES = Action(
    "compare.of-exercises",
    "e",
    N_("exercises"),
    N_("list the runs of exercises as well, or your own only"),
    "show_exercises",
    title=N_("runs of exercises"),
    rank=16,
)

HELD_OUT = Action(
    "compare.held-out",
    "h",
    N_("held out"),
    N_("draw the dotted lines of the held-out text, or hide them"),
    "show_held_out",
    title=N_("held-out lines"),
    rank=17,
    synonyms=N_("validation dotted hide"),
)

COMPARE_ACTIONS: tuple[Action, ...] = (
    CHOOSE,
    Action("compare.up", "up", N_("up"), N_("to the run above"), "move(-1)"),
    Action("compare.down", "down", N_("down"), N_("to the run below"), "move(1)"),
    Action("compare.far-up", "pageup", N_("ten up"), N_("ten runs up"), "move(-10)"),
    Action("compare.far-down", "pagedown", N_("ten down"), N_("ten runs down"), "move(10)"),
    Action("compare.first", "home", N_("to the first"), N_("to the first run"), "move(-1000000)"),
    Action("compare.last", "end", N_("to the last"), N_("to the last run"), "move(1000000)"),
    Action(
        "compare.read-left",
        "left",
        N_("read"),
        N_("read the curves a little further left"),
        "read(-1)",
        title=N_("read to the left"),
        rank=6,
    ),
    Action(
        "compare.read-right",
        "right",
        N_("read"),
        N_("read the curves a little further right"),
        "read(1)",
        title=N_("read to the right"),
        rank=13,
    ),
    Action(
        "compare.leap-left",
        "shift+left",
        N_("read further left"),
        N_("read the curves ten steps further left"),
        "read(-10)",
    ),
    Action(
        "compare.leap-right",
        "shift+right",
        N_("read further right"),
        N_("read the curves ten steps further right"),
        "read(10)",
    ),
    Action(
        "compare.zoom-in",
        "+,=",
        N_("zoom"),
        N_("see less of the curves, larger"),
        "zoom(1)",
        title=N_("zoom in"),
        rank=5,
    ),
    Action(
        "compare.zoom-out", "-", N_("zoom out"), N_("see more of the curves"), "zoom(-1)", title=N_("zoom out"), rank=11
    ),
    Action(
        "compare.all",
        "0",
        N_("whole"),
        N_("the whole curves again, without a cursor"),
        "whole",
        title=N_("whole curves"),
        rank=12,
    ),
    Action(
        "compare.in-seconds",
        "x",
        N_("epochs or seconds"),
        N_("epochs or seconds on the horizontal axis"),
        "flip_axis",
        rank=4,
        synonyms=N_("axis time"),
    ),
    BY_SEEDS,
    EXERCISES,
    HELD_OUT,
    Action(
        "compare.pin-run",
        "p",
        N_("pin"),
        N_("keep the run's checkpoint when room is needed, or no more"),
        "pin",
        title=N_("pin the run"),
        rank=10,
    ),
    Action(
        "compare.name-run",
        "n",
        N_("name"),
        N_("call the run by a name of your own"),
        "name",
        title=N_("name the run"),
        rank=8,
        synonyms=N_("rename"),
    ),
    Action(
        "compare.remove-run",
        "delete,backspace",
        N_("remove"),
        N_("delete the run with its folder, after a question"),
        "remove",
        title=N_("remove the run"),
        rank=9,
        synonyms=N_("delete"),
    ),
    Action(
        "compare.take-up",
        "enter",
        N_("open"),
        N_("go on with the run in the studio"),
        "open",
        title=N_("open the run"),
        rank=3,
        synonyms=N_("resume continue"),
    ),
    Action(
        "compare.export-runs",
        "w",
        N_("export"),
        N_("export curves, samples, a report or the screen to a file"),
        "export",
        rank=7,
        synonyms=N_("save write report file CSV HTML SVG"),
    ),
    Action(
        "compare.copy-lyric",
        "y",
        N_("copy the sample"),
        N_("copy the last sample to the clipboard"),
        "copy",
        rank=14,
        synonyms=N_("clipboard"),
    ),
    Action("compare.explain", "?", N_("help"), N_("all keys, and what everything means"), "help"),
    Action(
        "compare.close-runs",
        "escape,v",
        N_("back"),
        N_("back to the studio"),
        "close",
        title=N_("back to the studio"),
        rank=1,
    ),
)
