"""The prompt: what is typed, and how the model goes on, brighter where it is surer."""

from __future__ import annotations

from dataclasses import replace

from textual.app import ComposeResult
from textual.containers import Vertical
from textual.message import Message
from textual.reactive import reactive
from textual.widgets import Input

from lyricterm.app.completion_request import SEVERAL, CompletionRequest
from lyricterm.app.run_state import RunState
from lyricterm.app.shades import Shades, underlined
from lyricterm.app.widgets.candidates import Candidates
from lyricterm.app.widgets.knobs import Knobs
from lyricterm.app.widgets.prompt_input import PromptInput
from lyricterm.app.widgets.titled import Titled, fitting
from lyricterm.core.copied import Spans, moved
from lyricterm.core.events import Completed
from lyricterm.core.i18n import _
from lyricterm.core.number_format import epoch_at, figure
from lyricterm.core.run_data import Candidate
from lyricterm.core.sanitize import blanks_shown, lyric_line, visible
from lyricterm.core.settings import MAX_PREFIX_CHARS
from lyricterm.corpus.known import unknown_in
from lyricterm.reports.describe import copied_words

_ROWS = 3
"""Rows that the field usually has; a longer text gets more."""


class Prompt(Titled, Vertical):
    """The field, with the completion in it. Posts what is typed; is told the answers through the state."""

    COMPONENT_CLASSES = {"prompt--sure"}

    class Typed(Message):
        """The text changed."""

        def __init__(self, text: str) -> None:
            super().__init__()
            self.text = text

    class Kept(Message):
        """Enter: keep the completion."""

    state: reactive[RunState | None] = reactive(None, repaint=False)

    def __init__(self, *, id: str) -> None:  # noqa: A002
        super().__init__(id=id)
        self._looked_at: tuple[str, object] = ("", None)
        self._found: list[tuple[int, int]] = []
        self._chosen = 0
        """Which of several completions."""
        self._height: int | None = None
        """Rows, where the style sheet does not say how many."""
        self.request = CompletionRequest()
        """What completions are asked for with."""

    def compose(self) -> ComposeResult:
        """The field; below it several completions and the knobs, where they are wanted."""
        yield PromptInput(self._unknown)
        yield Candidates(id="candidates")
        yield Knobs(id="knobs")

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
        if answer is None or answer.typed != self.typed or not self.typed:
            return None
        chosen = self._candidates(answer)[self._place(answer)]
        return replace(answer, text=chosen.text, probabilities=chosen.probabilities, copied=chosen.copied, others=())

    @property
    def completion_shown(self) -> Completed | None:
        """The answer of which something is shown: to what is typed, or to its beginning."""
        return self.state.completion if self.state and self._ghost()[0] else None

    def reword(self) -> None:
        """Draw every word anew (the language may be another)."""
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
        answer = self.state.completion if self.state else None
        if answer is not None and not self._ghost()[0]:
            self._chosen = 0
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

    def on_prompt_input_asked(self, message: PromptInput.Asked) -> None:
        """A key for the request, for the choice or for the knobs."""
        message.stop()
        request = self.request
        match message.what:
            case "again":
                self._want(request.rerolled())
            case "several":
                self._want(request.turned("count", 1 if request.count > 1 else SEVERAL))
            case "greedy":
                self._want(CompletionRequest())
            case "knobs":
                self._fold(out=True)
            case "next" | "before":
                self._choose(self._chosen + (1 if message.what == "next" else -1))

    def on_candidates_chosen(self, message: Candidates.Chosen) -> None:
        """A click on one of several."""
        message.stop()
        self._choose(message.place)
        self.query_one(PromptInput).focus()

    def on_knobs_turned(self, message: Knobs.Turned) -> None:
        """A knob was turned."""
        message.stop()
        self._want(message.request)

    def on_knobs_left(self, message: Knobs.Left) -> None:
        """Back to the field, with what was typed."""
        message.stop()
        field = self.query_one(PromptInput)
        if message.folds:
            self._fold(out=False)
        field.focus()
        if message.typed:
            field.insert_text_at_cursor(message.typed)

    def _want(self, request: CompletionRequest) -> None:
        """Ask anew."""
        if request != self.request:
            self.request = self.query_one(Knobs).request = request
            self._chosen = 0
            self._show()
            self.post_message(self.Typed(self.typed))

    def _choose(self, place: int) -> None:
        answer = self.state.completion if self.state else None
        if answer is not None and answer.others:
            self._chosen = place % (len(answer.others) + 1)
            self._show()

    def _fold(self, *, out: bool) -> None:
        knobs = self.query_one(Knobs)
        self.set_class(out, "-tuning")
        if out:
            knobs.focus()
        self._fit()

    def _fit(self) -> None:
        """More rows for what stands below the field."""
        low, tunes, width = self.screen.has_class("-low"), self.has_class("-tuning"), self.content_size.width
        extra = self.query_one(Knobs).rows(width) if tunes else 0
        if self.has_class("-several") and not (low and tunes):
            extra += self.query_one(Candidates).rows(width)
        self.screen.set_class(extra > 0, "-asking")
        rows = 1 if low or self.has_class("-several") else 2
        height = extra + rows + self.has_class("-long") + 2 if extra else None
        if height != self._height:
            # Textual lays the whole screen out anew, also for the same height.
            self.styles.height = self._height = height

    def _show(self) -> None:
        field = self.query_one(PromptInput)
        text, probabilities = self._ghost()
        shades = Shades(self.background_colors[1], self.get_component_styles("prompt--sure").color)
        field.ghost = underlined(shades.text(blanks_shown(text), probabilities), self._copied(len(text)))
        field.placeholder = self._hint()
        field.keeps_lines = bool(self.state and self.state.trains.newlines == "keep")
        self.set_class(field.rows_wanted() > _ROWS, "-long")
        answer = self.completion_shown
        several = self._candidates(answer) if answer and answer.others and self.request.count > 1 else ()
        candidates = self.query_one(Candidates)
        candidates.shown, candidates.chosen = several, self._place(answer) if answer else 0
        self.set_class(bool(several), "-several")
        self._fit()
        self._title()

    def _ghost(self) -> tuple[str, tuple[float, ...]]:
        """The answer to the typed text, or what is still right of the answer to its beginning."""
        answer = self.state.completion if self.state else None
        typed = self.typed
        if answer is None or not typed:
            return "", ()
        chosen = self._candidates(answer)[self._place(answer)]
        whole = answer.typed + chosen.text
        if not typed.startswith(answer.typed) or not answer.typed or not whole.startswith(typed):
            return "", ()
        done = len(typed) - len(answer.typed)
        return chosen.text[done:], chosen.probabilities[done:]

    def _copied(self, shown: int) -> Spans:
        """The copied parts of the last ``shown`` characters of the chosen completion."""
        answer = self.state.completion if self.state else None
        if answer is None:
            return ()
        chosen = self._candidates(answer)[self._place(answer)]
        return moved(chosen.copied or (), len(chosen.text) - shown)

    def _candidates(self, answer: Completed) -> tuple[Candidate, ...]:
        """All completions of an answer."""
        return (Candidate(answer.text, answer.probabilities, answer.copied), *answer.others)

    def _place(self, answer: Completed) -> int:
        """Which of them is chosen."""
        return min(self._chosen, len(answer.others))

    def _hint(self) -> str:
        """What stands in the empty field: beginnings that the text has."""
        facts = self.state.facts if self.state else None
        if facts is None or not facts.beginnings:
            bare = (_("type the beginning of a lyric; the model goes on with it"), _("type the beginning of a lyric"))
            return fitting(bare, self.content_size.width)
        named = [lyric_line(beginning) for beginning in facts.beginnings[:2]]
        one, two = _("“{first}”"), _("“{first}” or “{second}”")
        both = (two if len(named) > 1 else one).format(first=named[0], second=named[-1])
        short = _("type a beginning, such as {beginnings}")
        texts = (
            _("type the beginning of a lyric, such as {beginnings}; the model goes on with it").format(beginnings=both),
            short.format(beginnings=both),
            short.format(beginnings=one.format(first=named[0])),
            _("type the beginning of a lyric"),
        )
        return fitting(texts, self.content_size.width)

    def _title(self) -> None:
        typed = self.typed
        unknown = dict.fromkeys(typed[start:end] for start, end in self._unknown(typed))
        self.set_class(bool(unknown), "-unknown")
        wished = " · ".join(self.request.in_words())
        width = self.outer_size.width - 6
        titles = [f"{title} · {wished}" if wished else title for title in _titles(list(unknown)[:12])]
        self.retitle(fitting(titles, width), fitting(self._told(), width))

    def _told(self) -> list[str]:
        """What is said of the completion, longest first."""
        answer = self.completion
        if answer is None:
            return [""]
        words = {"epoch": epoch_at(answer.epoch, answer.minibatch), "perplexity": figure(answer.perplexity)}
        brief = _("epoch {epoch} · perplexity {perplexity}").format(**words)
        shaded = _("epoch {epoch} · perplexity {perplexity} · brighter = surer").format(**words)
        told = [" · ".join(filter(None, (shaded, copied_words(answer.copied_share, answer.copied)))), shaded, brief]
        if self.has_class("-several"):
            told = [_("mean log p per character · {rest}").format(rest=rest) for rest in told] + [brief]
        return told

    def _unknown(self, typed: str) -> list[tuple[int, int]]:
        """From where to where each typed character goes that the model does not know."""
        state = self.state
        if state is None or state.facts is None:
            return []
        if (typed, state.facts) != self._looked_at:
            self._looked_at = (typed, state.facts)
            self._found = unknown_in(typed, state.trains, state.facts.characters_known)
        return self._found


def _titles(unknown: list[str]) -> list[str]:
    """The prompt's title with what is skipped, longest first."""
    if not unknown:
        return [_("prompt")]
    texts = (_("not in the vocabulary, skipped: {characters}"), _("skipped: {characters}"))
    named = [text.format(characters=" ".join(map(visible, unknown))) for text in texts]
    return [*(f"{_('prompt')} · {words}" for words in named), named[-1]]
