"""The prompt: what is typed, and how the model goes on, brighter where it is surer."""

from __future__ import annotations

from collections.abc import Callable
from typing import ClassVar

from rich.cells import cell_len
from rich.highlighter import Highlighter
from rich.style import Style
from rich.text import Text
from textual import events
from textual.app import ComposeResult
from textual.containers import Vertical
from textual.message import Message
from textual.reactive import reactive
from textual.strip import Strip
from textual.widget import Widget
from textual.widgets import Input

from lyricterm.app.actions import Action, bindings
from lyricterm.app.run_state import RunState
from lyricterm.app.shades import Shades
from lyricterm.app.widgets.safe_input import SafeInput
from lyricterm.app.widgets.titled import Titled
from lyricterm.app.wrap import wrap
from lyricterm.core.events import Completed
from lyricterm.core.i18n import N_, _
from lyricterm.core.number_format import epoch_at, figure
from lyricterm.core.sanitize import one_line, visible
from lyricterm.core.settings import MAX_PREFIX_CHARS


class UnknownMarker(Highlighter):
    """Marks the typed characters that are not in the vocabulary."""

    def __init__(self, is_known: Callable[[str], bool], style: Callable[[], Style]) -> None:
        self._is_known, self._style = is_known, style

    def highlight(self, text: Text) -> None:
        """Style each unknown character."""
        for i, character in enumerate(text.plain):
            if not self._is_known(character):
                text.stylize(self._style(), i, i + 1)


class PromptInput(SafeInput):
    """A one-line input with the completion behind the typed text."""

    COMPONENT_CLASSES = {"prompt--unknown"}
    ACTIONS: ClassVar[tuple[Action, ...]] = (
        Action("prompt.keep", "enter", N_("keep"), N_("keep the completion in the log"), "submit", rank=2),
        Action(
            "prompt.take",
            "right",
            N_("take over"),
            N_("take the completion over, as if you had typed it"),
            "cursor_right",
            rank=3,
        ),
        Action("prompt.leave", "escape", N_("leave"), N_("give the keys back to the studio"), "leave", rank=1),
    )
    KEEPS_KEYS_OF: ClassVar[tuple[type[Widget], ...]] = ()
    BINDINGS = bindings(ACTIONS)

    class Taken(Message):
        """The person takes the suggestion over."""

    ghost: reactive[Text] = reactive(Text(), layout=False)
    """What stands behind the typed text, already cut to the room there is."""

    def render_line(self, y: int) -> Strip:
        """The input's own line with the ghost laid over its empty end."""
        strip = super().render_line(y)
        ghost = self.ghost.copy()
        width = self.scrollable_content_region.width
        used = cell_len(self.value)
        if y or not self.value or not ghost or used + ghost.cell_len > width:
            return strip
        if self.cursor_at_end and self.cursor_drawn:
            ghost.stylize(self.get_component_rich_style("input--cursor"), 0, 1)
        drawn = Strip(ghost.render(self.app.console, end="")).apply_style(self.rich_style)
        return Strip.join([strip.crop(0, used), drawn, strip.crop(used + drawn.cell_length)])

    def action_cursor_right(self, select: bool = False) -> None:
        """At the end of the text: take the suggestion over."""
        if not select and self.cursor_at_end and self.value:
            self.post_message(self.Taken())
        else:
            super().action_cursor_right(select)

    def key_right(self, event: events.Key) -> None:
        """Where a keymap has given the taking over to another key, the arrow still moves the cursor."""
        if "right" not in self.screen.active_bindings:
            event.stop()
            super().action_cursor_right()

    def action_leave(self) -> None:
        """Give the keys back to the studio."""
        self.screen.set_focus(None)

    def on_paste(self, event: events.Paste) -> None:
        """All lines of a pasted text count; newlines become spaces, as in the corpus."""
        event.prevent_default()
        event.stop()
        pasted = one_line(event.text)[: MAX_PREFIX_CHARS - len(self.value)]
        self.replace(pasted, *self.selection)


class Rest(Widget):
    """The part of the completion that does not fit behind the typed text."""

    text: reactive[Text] = reactive(Text())

    def render(self) -> Text:
        """Below the typed text."""
        return Text("\n").join(wrap(self.text, max(2, self.size.width)))


class Prompt(Titled, Vertical):
    """Input and completion. Posts what is typed; is told the answers through the state."""

    COMPONENT_CLASSES = {"prompt--sure"}

    class Typed(Message):
        """The text changed."""

        def __init__(self, text: str) -> None:
            super().__init__()
            self.text = text

    class Kept(Message):
        """Enter: keep the completion."""

    state: reactive[RunState | None] = reactive(None, repaint=False)

    def compose(self) -> ComposeResult:
        """The input above, the rest of the completion below."""
        marker = UnknownMarker(self._is_known, self._unknown_style)
        yield PromptInput(
            id="typed", compact=True, highlighter=marker, max_length=MAX_PREFIX_CHARS, select_on_focus=False
        )
        yield Rest(id="rest")

    def on_mount(self) -> None:
        """Put the words up, and shade the completion anew for another theme."""
        self.reword()
        self.app.theme_changed_signal.subscribe(self, lambda _theme: self._show())

    @property
    def typed(self) -> str:
        """What stands in the input."""
        return self.query_one(PromptInput).value

    @property
    def completion(self) -> Completed | None:
        """The answer to what stands in the input, if it has come."""
        answer = self.state.completion if self.state else None
        return answer if answer and answer.typed == self.typed and self.typed else None

    def reword(self) -> None:
        """Draw every word anew (the language may be another)."""
        self.query_one(PromptInput).placeholder = _("type the beginning of a lyric; the model goes on with it")
        self._show()

    def watch_state(self, old: RunState | None, new: RunState | None) -> None:
        """An answer may have come, or the model may know other characters."""
        known = old and new and old.completion is new.completion and old.facts is new.facts
        if self.is_mounted and not known:
            self._show()

    def on_resize(self) -> None:
        """Cut the completion anew."""
        self._show()

    def on_input_changed(self, event: Input.Changed) -> None:
        """Show at once what is still right of the old answer, and ask for a new one."""
        event.stop()
        self._show()
        self.post_message(self.Typed(event.value))

    def on_input_submitted(self, event: Input.Submitted) -> None:
        """Enter."""
        event.stop()
        if event.value:
            self.post_message(self.Kept())

    def on_prompt_input_taken(self) -> None:
        """Right arrow at the end."""
        field = self.query_one(PromptInput)
        text, _probabilities = self._ghost()
        if text:
            field.value = (field.value + text)[:MAX_PREFIX_CHARS]
            field.cursor_position = len(field.value)

    def _show(self) -> None:
        field, rest = self.query_one(PromptInput), self.query_one(Rest)
        text, probabilities = self._ghost()
        text = one_line(text)
        shades = Shades(self.background_colors[1], self.get_component_styles("prompt--sure").color)
        room = field.scrollable_content_region.width - cell_len(field.value)
        cut = _fitting(text, room)
        field.ghost = shades.text(text[:cut], probabilities[:cut])
        rest.text = shades.text(text[cut:], probabilities[cut:])
        self._title()

    def _ghost(self) -> tuple[str, tuple[float, ...]]:
        """The answer to the typed text, or what is still right of the answer to its beginning."""
        answer = self.state.completion if self.state else None
        typed = self.typed
        if answer is None or not typed:
            return "", ()
        whole = answer.typed + answer.text
        if not typed.startswith(answer.typed) or not answer.typed or not whole.startswith(typed):
            return "", ()
        done = len(typed) - len(answer.typed)
        return answer.text[done:], answer.probabilities[done:]

    def _title(self) -> None:
        unknown = list(dict.fromkeys(char for char in self.typed if not self._is_known(char)))
        title = _("prompt")
        if unknown:
            named = _("not in the vocabulary, skipped: {characters}")
            title += " · " + named.format(characters=" ".join(visible(char) for char in unknown[:12]))
        self.set_class(bool(unknown), "-unknown")
        answer = self.completion
        told = _("epoch {epoch} · perplexity {perplexity} · brighter = surer") if answer else ""
        if answer:
            told = told.format(epoch=epoch_at(answer.epoch, answer.minibatch), perplexity=figure(answer.perplexity))
        self.retitle(title, told)

    def _is_known(self, character: str) -> bool:
        facts = self.state.facts if self.state else None
        if facts is None:
            return True
        return character in facts.characters_known or character.lower() in facts.characters_known

    def _unknown_style(self) -> Style:
        return self.query_one(PromptInput).get_component_rich_style("prompt--unknown", partial=True)


def _fitting(text: str, room: int) -> int:
    """How many characters of a text fit into ``room`` cells."""
    for i, character in enumerate(text):
        room -= cell_len(character)
        if room < 0:
            return i
    return len(text)
