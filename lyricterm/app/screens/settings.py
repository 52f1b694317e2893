"""All settings as a form; each is checked as it is typed."""

from __future__ import annotations

from collections import Counter
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

from lyricterm.app.actions import Action, bindings, keys_of, short
from lyricterm.app.run_state import RunState
from lyricterm.app.screens.base import LabScreen
from lyricterm.app.widgets.safe_input import SafeInput
from lyricterm.core.errors import CorpusError, RecipeError
from lyricterm.core.i18n import N_, _, listed, n_
from lyricterm.core.number_format import setting_value
from lyricterm.core.pasted_path import pasted
from lyricterm.core.sanitize import one_line
from lyricterm.core.settings import (
    AUTO,
    DEFAULTS,
    SETTINGS,
    Applies,
    Recipe,
    Value,
    check,
    differences,
    needs_new_run,
    parse,
    show,
)
from lyricterm.corpus.sources import check_there

GROUPS: tuple[tuple[str, Applies], ...] = (
    (N_("can change during training"), Applies.NEXT_MINIBATCH),
    (N_("from the next epoch"), Applies.NEXT_EPOCH),
    (N_("when and what to write"), Applies.AT_ONCE),
    (N_("start a new run"), Applies.NEW_RUN),
)


class SettingValidator(Validator):
    """The recipe's own check of one setting."""

    def __init__(self, setting: str, before: Value, shown: str) -> None:
        super().__init__()
        self._axis, self._before, self._shown = setting, before, shown

    def validate(self, value: str) -> ValidationResult:
        """Success, or the sentence that says what is wrong."""
        try:
            typed(self._axis, value, self._before, self._shown)
        except RecipeError as error:
            return self.failure(str(error))
        return self.success()


def read(setting: str, text: str) -> Value:
    """One value as it is typed; a corpus must be there."""
    value = parse(setting, text)
    if setting == "corpus":
        value = pasted(str(value))
        try:
            check_there(str(value))
        except CorpusError as error:
            raise RecipeError(setting, str(error)) from error
    return value


def typed(setting: str, text: str, before: Value, shown: str) -> Value:
    """One value as ``read``; where the text is still the one ``shown`` at first, the very value that there was."""
    return read(setting, show(before) if text == one_line(shown) else text)


_CANCEL = Action("settings.cancel", "escape", N_("cancel"), N_("close and change nothing"), "cancel")
_ACCEPT = Action("settings.accept", "ctrl+s", N_("apply"), N_("apply the settings, or start a new run"), "accept")
_TEXTS = Action("settings.choose-text", "ctrl+t", N_("texts"), N_("choose the text on a screen of its own"), "texts")


class SettingsScreen(ModalScreen[Recipe | None], LabScreen[Recipe | None]):
    """Returns the recipe to use, or None."""

    ACTIONS: ClassVar[tuple[Action, ...]] = (_CANCEL, _ACCEPT, _TEXTS)
    KEEPS_KEYS_OF: ClassVar[tuple[type[Widget], ...]] = (Input, Select, Button)
    BINDINGS: ClassVar[list[BindingType]] = bindings(ACTIONS)
    AUTO_FOCUS = "Input"

    def __init__(self, state: RunState) -> None:
        """``state``: of the run whose settings these are."""
        super().__init__()
        self._state, self._recipe = state, state.wanted
        products = state.facts.matmul if state.facts else ()
        # Those that a text has in place of the default ones stay no wish of the recipe's: another text has others.
        self._shown = {name: show(getattr(self._recipe, name)) for name in SETTINGS} | {
            "prefixes": show(state.prefixes)
        }
        self._products = Counter(route for _product, route in products)

    def compose(self) -> ComposeResult:
        """Groups by when a change takes effect; what would change and the buttons below."""
        with Vertical(id="settings"):
            with VerticalScroll(id="fields"):
                for title, heat in GROUPS:
                    yield Label(_(title), classes="group")
                    for setting, declared in SETTINGS.items():
                        if declared.applies is heat:
                            yield from self._field(setting)
            yield Static(id="summary")
            with Horizontal(id="buttons"):
                yield Button(_("apply"), id="accept", variant="primary", compact=True)
                yield Button(_("cancel"), id="cancel", compact=True)

    def _field(self, setting: str) -> ComposeResult:
        value = getattr(self._recipe, setting)
        with Horizontal(classes="field"):
            yield Label(_(SETTINGS[setting].label), classes="label")
            if SETTINGS[setting].choices or isinstance(DEFAULTS[setting], bool):
                options = [
                    (self._option(setting, choice), choice) for choice in SETTINGS[setting].choices or (True, False)
                ]
                yield Select(options, value=value, allow_blank=False, id=_id(setting), compact=True)
            else:
                yield SafeInput(
                    self._shown[setting],
                    id=_id(setting),
                    validators=[SettingValidator(setting, value, self._shown[setting])],
                    compact=True,
                    select_on_focus=False,
                )
        yield Static(id=f"{_id(setting)}-wrong", classes="problem")

    def _option(self, setting: str, choice: Value) -> str:
        """A choice as it is listed; that of the matrix products says what the measurement chose."""
        word = setting_value(choice)
        if setting != "matmul" or choice != AUTO or self._recipe.matmul != AUTO or not self._products:
            return word
        return f"{word} ({', '.join(f'{route} ×{count}' for route, count in sorted(self._products.items()))})"

    def on_mount(self) -> None:
        """Name the form and check it as it stands."""
        form = self.query_one("#settings")
        form.border_title = _("settings")
        form.border_subtitle = _(
            "Tab next · {choose_text_key} texts · {accept_key} apply · {cancel_key} cancel"
        ).format(
            choose_text_key=short(self, _TEXTS),
            accept_key=short(self, _ACCEPT),
            cancel_key=keys_of(self).spelt(_CANCEL),
        )
        self._check()

    @on(Input.Changed)
    @on(Select.Changed)
    def _check(self) -> None:
        recipe, problems = self._read()
        for setting in SETTINGS:
            self._tell(setting, problems.get(setting, ""))
        changes = differences(self._recipe, recipe) if recipe else {}
        button = self.query_one("#accept", Button)
        button.disabled = recipe is None
        button.label = _("start a new run") if needs_new_run(changes) else _("apply")
        summary = self.query_one("#summary", Static)
        summary.set_class(recipe is None, "-error")
        summary.update(Text(one_line(_counted(len(problems)) if problems else self._in_words(changes))))

    def _tell(self, setting: str, sentence: str) -> None:
        """Say at a field what is wrong with it, and what it may be."""
        problem = self.query_one(f"#{_id(setting)}-wrong", Static)
        if problem.display != bool(sentence):
            problem.display = bool(sentence)
        if sentence:
            problem.update(Text(one_line(sentence)))
            if self.query_one(f"#{_id(setting)}").has_focus:
                problem.call_after_refresh(problem.scroll_visible, animate=False)

    def _in_words(self, changes: dict[str, Value]) -> str:
        if not changes:
            return _("Nothing is changed.")
        told = listed(f"{_(SETTINGS[setting].label)} → {setting_value(value)}" for setting, value in changes.items())
        if needs_new_run(changes):
            return _("A new run begins: {changes}").format(changes=told)
        return _("The running model goes on: {changes}").format(changes=told)

    def _read(self) -> tuple[Recipe | None, dict[str, str]]:
        """The recipe as typed, or what is wrong with which settings."""
        values: dict[str, Value] = {}
        wrong: dict[str, str] = {}
        for setting in SETTINGS:
            field = self.query_one(f"#{_id(setting)}")
            try:
                values[setting] = self._entered(setting, field)
                check(setting, values[setting])
            except RecipeError as error:
                wrong[setting] = str(error)
        try:
            return (None, wrong) if wrong else (Recipe().with_values(values), {})
        except RecipeError as error:
            # Each is right by itself, but not with the others.
            return None, {error.setting: str(error)}

    def _entered(self, setting: str, field: Widget) -> Value:
        return (
            typed(setting, field.value, getattr(self._recipe, setting), self._shown[setting])
            if isinstance(field, Input)
            else self._chosen(setting)
        )

    def _chosen(self, setting: str) -> Value:
        value = self.query_one(f"#{_id(setting)}", Select).value
        return value if isinstance(value, bool | str) else str(value)

    @on(Input.Submitted)
    @on(Button.Pressed, "#accept")
    def action_accept(self) -> None:
        """Close with the recipe, if it is right; else go to the first setting that is not."""
        recipe, problems = self._read()
        if recipe is not None:
            self.dismiss(recipe)
        else:
            self.query_one(f"#{_id(next(iter(problems)))}").focus()

    def action_texts(self) -> None:
        """Choose the text; what is chosen stands in its field."""
        from lyricterm.app.screens.corpus import CorpusScreen

        self.app.push_screen(CorpusScreen(lambda: self._state), self._take_text)

    def _take_text(self, corpus: str | None) -> None:
        if corpus is not None:
            field = self.query_one(f"#{_id('corpus')}", Input)
            field.value = corpus
            field.focus()

    @on(Button.Pressed, "#cancel")
    def action_cancel(self) -> None:
        """Close and change nothing."""
        self.dismiss(None)


def _counted(problems: int) -> str:
    sentence = n_("{count} setting cannot be used as it is.", "{count} settings cannot be used as they are.", problems)
    return sentence.format(count=problems)


def _id(setting: str) -> str:
    return f"set-{setting.replace('_', '-')}"
