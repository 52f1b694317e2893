"""Every key that does something, by the place where it holds: what a keymap may change.

Apart from the screens, so that the keys are known before any screen but the studio is imported.
"""

from __future__ import annotations

from collections.abc import Mapping

from textual.binding import Binding, BindingType

from lyricterm.core.i18n import N_

VIEWS_INSIDE = 6
"""What the inside can show."""

PLACES: Mapping[str, tuple[Binding, ...]] = {
    "app": (
        Binding("ctrl+p", "command_palette", N_("palette"), id="app.palette", priority=True),
        Binding("ctrl+q", "quit", N_("quit"), id="app.quit", priority=True),
    ),
    "studio": (
        Binding("space", "go_or_pause", N_("pause"), id="studio.go"),
        Binding("n", "step", N_("one step"), id="studio.step"),
        Binding("s", "flip('sampling')", N_("sampling"), id="studio.sampling"),
        Binding("c", "flip('clipping')", N_("clipping"), id="studio.clipping"),
        Binding("a", "flip('activation')", N_("activation"), id="studio.activation"),
        Binding("d", "flip('detach')", N_("detach"), id="studio.detach"),
        Binding("left_square_bracket", "nudge('theta', -1)", N_("lower theta"), id="studio.theta-down", show=False),
        Binding("right_square_bracket", "nudge('theta', 1)", N_("raise theta"), id="studio.theta-up", show=False),
        Binding("minus", "nudge('lr', -1)", N_("lower the learning rate"), id="studio.lr-down", show=False),
        Binding("plus,equals_sign", "nudge('lr', 1)", N_("raise the learning rate"), id="studio.lr-up", show=False),
        Binding("comma", "nudge('pred_period', -1)", N_("sample more often"), id="studio.period-down", show=False),
        Binding("full_stop", "nudge('pred_period', 1)", N_("sample less often"), id="studio.period-up", show=False),
        Binding("r", "restart", N_("restart"), id="studio.restart"),
        Binding("R", "new_seed", N_("new seed"), id="studio.seed", key_display="R"),
        Binding("b", "go_back", N_("back, with clipping"), id="studio.back", show=False),
        Binding("i", "inside", N_("inside"), id="studio.inside"),
        Binding("o", "open", N_("open the unfinished run"), id="studio.open", show=False),
        Binding("x", "exercises", N_("exercises"), id="studio.exercises"),
        Binding("e", "settings", N_("settings"), id="studio.settings"),
        Binding("slash", "prompt", N_("prompt"), id="studio.prompt", key_display="/"),
        Binding("question_mark", "help", N_("help"), id="studio.help", key_display="?"),
        Binding("v", "compare", N_("compare"), id="studio.compare"),
        Binding("w", "export", N_("take along"), id="studio.export", show=False),
        Binding("y", "copy", N_("copy"), id="studio.copy", show=False),
    ),
    "prompt": (
        Binding("enter", "submit", N_("keep"), id="prompt.keep"),
        Binding("right", "cursor_right", N_("take over"), id="prompt.take", key_display="→"),
        Binding("escape", "leave", N_("leave"), id="prompt.leave"),
    ),
    "settings": (
        Binding("escape", "cancel", N_("cancel"), id="settings.cancel"),
        Binding("ctrl+s", "accept", N_("apply"), id="settings.accept"),
    ),
    "help": (Binding("escape,question_mark,q", "dismiss", N_("close"), id="help.close"),),
    "inside": (
        Binding("escape", "studio", N_("studio"), id="inside.studio"),
        *(
            Binding(str(number), f"open({number - 1})", N_("another view"), id=f"inside.tab-{number}", show=False)
            for number in range(1, VIEWS_INSIDE + 1)
        ),
        Binding("left", "press('left')", N_("move"), id="inside.left"),
        Binding("right", "press('right')", N_("move"), id="inside.right"),
        Binding("up", "press('up')", N_("move"), id="inside.row-up"),
        Binding("down", "press('down')", N_("move"), id="inside.row-down"),
        Binding("enter", "press('choose')", N_("move"), id="inside.pick"),
        Binding("home", "press('home')", N_("move"), id="inside.home"),
        Binding("end", "press('end')", N_("move"), id="inside.end"),
        Binding("pageup", "page('page-up')", N_("scroll up"), id="inside.page-up", show=False),
        Binding("pagedown", "page('page-down')", N_("scroll down"), id="inside.page-down", show=False),
        Binding("slash", "find", N_("find"), id="inside.find", key_display="/"),
        Binding("space", "in_studio('go_or_pause')", N_("pause"), id="inside.pause"),
        Binding("n", "in_studio('step')", N_("one step"), id="inside.one-step"),
        Binding("a", "flip('activation')", N_("activation"), id="inside.flip-activation"),
        Binding("c", "flip('clipping')", N_("clipping"), id="inside.flip-clipping"),
        Binding("question_mark", "help", N_("help"), id="inside.about", key_display="?"),
    ),
    "find": (Binding("escape,enter", "done", N_("back to the list"), id="find.leave-find"),),
    "exercises": (
        Binding("enter", "play", N_("play"), id="exercises.play", priority=True),
        Binding("escape", "done", N_("leave"), id="exercises.done"),
    ),
    "exercise": (
        Binding("escape", "stop", N_("leave"), id="exercise.stop", priority=True),
        Binding("left", "move(-1)", N_("earlier lyrics"), id="exercise.earlier", key_display="←", priority=True),
        Binding("right", "move(1)", N_("later lyrics"), id="exercise.later", key_display="→", priority=True),
        Binding("home", "first", N_("first"), id="exercise.earliest", priority=True),
        Binding("end", "latest", N_("latest"), id="exercise.latest", priority=True),
        Binding("tab", "figure", N_("other plot"), id="exercise.figure", priority=True),
    ),
    "compare": (
        Binding("space", "choose", N_("choose"), id="compare.choose"),
        Binding("up", "move(-1)", N_("up"), id="compare.up", show=False),
        Binding("down", "move(1)", N_("down"), id="compare.down", show=False),
        Binding("pageup", "move(-10)", N_("ten up"), id="compare.far-up", show=False),
        Binding("pagedown", "move(10)", N_("ten down"), id="compare.far-down", show=False),
        Binding("home", "move(-1000000)", N_("to the first"), id="compare.first", show=False),
        Binding("end", "move(1000000)", N_("to the last"), id="compare.last", show=False),
        Binding("left", "read(-1)", N_("read"), id="compare.read-left"),
        Binding("right", "read(1)", N_("read"), id="compare.read-right"),
        Binding("shift+left", "read(-10)", N_("read further left"), id="compare.leap-left", show=False),
        Binding("shift+right", "read(10)", N_("read further right"), id="compare.leap-right", show=False),
        Binding("plus,equals_sign", "zoom(1)", N_("zoom"), id="compare.zoom-in"),
        Binding("minus", "zoom(-1)", N_("back"), id="compare.zoom-out"),
        Binding("0", "whole", N_("whole"), id="compare.all"),
        Binding("x", "flip_axis", N_("epochs or seconds"), id="compare.in-seconds"),
        Binding("p", "pin", N_("pin"), id="compare.pin-run"),
        Binding("n", "name", N_("name"), id="compare.name-run"),
        Binding("delete,backspace", "remove", N_("remove"), id="compare.remove-run"),
        Binding("enter", "open", N_("open"), id="compare.take-up"),
        Binding("w", "export", N_("take along"), id="compare.export-runs"),
        Binding("y", "copy", N_("copy the sample"), id="compare.copy-lyric"),
        Binding("question_mark", "help", N_("help"), id="compare.explain", show=False),
        Binding("escape,v", "close", N_("back"), id="compare.close-runs"),
    ),
    "ask": (Binding("escape,n", "refuse", N_("no"), id="ask.no"),),
    "naming": (Binding("escape", "refuse", N_("cancel"), id="naming.no-name"),),
    "export": (
        Binding("escape", "cancel", N_("cancel"), id="export.no-file"),
        Binding("ctrl+s", "accept", N_("write"), id="export.write-file"),
    ),
}
"""For each place, which is the first part of their ids, its bindings. ``owners.OWNERS`` names the classes."""


def bound(place: str) -> list[BindingType]:
    """The bindings of a place, as its class declares them."""
    return list(PLACES[place])
