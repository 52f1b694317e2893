"""All settings as a form; each is checked as it is typed."""

from __future__ import annotations

from pathlib import Path
from typing import ClassVar

from rich.text import Text
from textual import on
from textual.app import ComposeResult
from textual.binding import BindingType
from textual.containers import Horizontal, Vertical, VerticalScroll
from textual.screen import ModalScreen
from textual.validation import ValidationResult, Validator
from textual.widget import Widget
from textual.widgets import Button, Input, Label, Select, Static

from lyricterm.app.bindings import bound
from lyricterm.app.keys import keys_of, short
from lyricterm.app.screens.steady import Steady
from lyricterm.app.widgets.safe_input import SafeInput
from lyricterm.errors import RecipeError
from lyricterm.formats import setting
from lyricterm.i18n import N_, _
from lyricterm.paths import CORPORA
from lyricterm.recipe import AXES, DEFAULTS, Heat, Recipe, Value, check, differences, is_cold, parse, show
from lyricterm.text import one_line

GROUPS: tuple[tuple[str, Heat], ...] = (
    (N_("change while it learns"), Heat.MINIBATCH),
    (N_("from the next epoch"), Heat.EPOCH),
    (N_("when and what to write"), Heat.NOW),
    (N_("start a new run"), Heat.COLD),
)


class Checked(Validator):
    """The recipe's own check of one axis."""

    def __init__(self, axis: str, before: Value) -> None:
        super().__init__()
        self._axis, self._before = axis, before

    def validate(self, value: str) -> ValidationResult:
        """Success, or the sentence that says what is wrong."""
        try:
            typed(self._axis, value, self._before)
        except RecipeError as error:
            return self.failure(str(error))
        return self.success()


def read(axis: str, text: str) -> Value:
    """One value as it is typed; a corpus must be there."""
    value = parse(axis, text)
    if axis == "corpus" and value not in CORPORA and not _is_file(str(value)):
        sentence = _("There is no file {path}; give a path to a .txt or .zip, or a built-in corpus: {names}.")
        raise RecipeError(axis, sentence.format(path=one_line(str(value)), names=", ".join(CORPORA)))
    return value


def typed(axis: str, text: str, before: Value) -> Value:
    """One value as ``read``; where nothing was typed, the very one there was, though not all of it can be shown."""
    exact = show(before)
    return read(axis, exact if text == one_line(exact) else text)


def _is_file(path: str) -> bool:
    try:
        return Path(path).expanduser().is_file()
    except (OSError, RuntimeError, ValueError):
        # Too long a name, the home of nobody, or what no name has.
        return False


class SettingsScreen(ModalScreen[Recipe | None], Steady[Recipe | None]):
    """Returns the recipe to use, or None."""

    BINDINGS: ClassVar[list[BindingType]] = bound("settings")
    AUTO_FOCUS = "Input"

    def __init__(self, recipe: Recipe) -> None:
        super().__init__()
        self._recipe = recipe

    def compose(self) -> ComposeResult:
        """Groups by when a change takes effect; what is wrong and the buttons below."""
        with Vertical(id="settings"):
            with VerticalScroll(id="fields"):
                for title, heat in GROUPS:
                    yield Label(_(title), classes="group")
                    for axis, declared in AXES.items():
                        if declared.heat is heat:
                            yield from self._field(axis)
            yield Static(id="wrong")
            with Horizontal(id="buttons"):
                yield Button(_("apply"), id="accept", variant="primary", compact=True)
                yield Button(_("cancel"), id="cancel", compact=True)

    def _field(self, axis: str) -> ComposeResult:
        value = getattr(self._recipe, axis)
        with Horizontal(classes="field"):
            yield Label(_(AXES[axis].label), classes="label")
            if AXES[axis].choices or isinstance(DEFAULTS[axis], bool):
                options = [(setting(choice), choice) for choice in AXES[axis].choices or (True, False)]
                yield Select(options, value=value, allow_blank=False, id=_id(axis), compact=True)
            else:
                yield SafeInput(
                    show(value), id=_id(axis), validators=[Checked(axis, value)], compact=True, select_on_focus=False
                )

    def on_mount(self) -> None:
        """Name the form and check it as it stands."""
        form = self.query_one("#settings")
        form.border_title = _("settings")
        form.border_subtitle = _("Tab next · {accept_key} apply · {cancel_key} cancel").format(
            accept_key=short(self, "settings.accept"), cancel_key=keys_of(self).spelt("settings.cancel")
        )
        self._check()

    @on(Input.Changed)
    @on(Select.Changed)
    def _check(self) -> None:
        recipe, sentence = self._read()
        changes = differences(self._recipe, recipe) if recipe else {}
        button = self.query_one("#accept", Button)
        button.disabled = recipe is None
        button.label = _("start a new run") if is_cold(changes) else _("apply")
        wrong = self.query_one("#wrong", Static)
        wrong.set_class(recipe is None, "-error")
        wrong.update(Text(one_line(sentence or self._in_words(changes))))

    def _in_words(self, changes: dict[str, Value]) -> str:
        if not changes:
            return _("Nothing is changed.")
        listed = ", ".join(f"{_(AXES[axis].label)} → {setting(value)}" for axis, value in changes.items())
        if is_cold(changes):
            return _("A new run begins: {changes}").format(changes=listed)
        return _("The running model goes on: {changes}").format(changes=listed)

    def _read(self) -> tuple[Recipe | None, str]:
        """The recipe as typed, or the first thing that is wrong."""
        values: dict[str, Value] = {}
        wrong = ""
        for axis in AXES:
            field = self.query_one(f"#{_id(axis)}")
            try:
                values[axis] = self._entered(axis, field)
                check(axis, values[axis])
            except RecipeError as error:
                wrong = wrong or str(error)
        return (None, wrong) if wrong else (Recipe().with_values(values), "")

    def _entered(self, axis: str, field: Widget) -> Value:
        return typed(axis, field.value, getattr(self._recipe, axis)) if isinstance(field, Input) else self._chosen(axis)

    def _chosen(self, axis: str) -> Value:
        value = self.query_one(f"#{_id(axis)}", Select).value
        return value if isinstance(value, bool | str) else str(value)

    @on(Input.Submitted)
    @on(Button.Pressed, "#accept")
    def action_accept(self) -> None:
        """Close with the recipe, if it is right."""
        recipe, _wrong = self._read()
        if recipe is not None:
            self.dismiss(recipe)

    @on(Button.Pressed, "#cancel")
    def action_cancel(self) -> None:
        """Close and change nothing."""
        self.dismiss(None)


def _id(axis: str) -> str:
    return f"set-{axis.replace('_', '-')}"
