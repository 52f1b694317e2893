"""The lyrics while the model learns: newest in view, free to scroll back, wrapped to the width."""

from __future__ import annotations

from collections import deque

from rich.cells import cell_len
from rich.style import Style
from rich.text import Text
from textual import events
from textual.geometry import Size
from textual.reactive import reactive
from textual.scroll_view import ScrollView
from textual.strip import Strip

from lyricterm.app.actions import Action, actions_of, keys_of, reads_only
from lyricterm.app.run_state import ByHeart, Flipped, LogEntry, Overflowed, Pinned, RunBegan, RunState
from lyricterm.app.shades import Shades, underlined
from lyricterm.app.widgets.log_hint import hint, hint_watching
from lyricterm.app.widgets.titled import Titled
from lyricterm.app.wrap import wrap
from lyricterm.core.copied import share_of
from lyricterm.core.i18n import N_, _
from lyricterm.core.number_format import epoch_of_change, figure, setting_value
from lyricterm.core.run_data import Sample
from lyricterm.core.sanitize import blanks_shown, lyric_line, shown_lyric, visible
from lyricterm.core.settings import DEFAULTS, SETTINGS
from lyricterm.reports.describe import copied_words, sample_words
from lyricterm.reports.held_out import by_heart_words, held_out_words, is_lacking

_INDENT = "  "
LOG_UP = Action("studio.log-up", "pageup", N_("earlier lyrics"), N_("a page of earlier lyrics"), "scroll_log(-1)")
LOG_DOWN = Action("studio.log-down", "pagedown", N_("later lyrics"), N_("a page of later lyrics"), "scroll_log(1)")


class SampleLog(ScrollView, Titled, can_focus=True):
    """Shows the entries of a ``RunState``."""

    COMPONENT_CLASSES = {"log--heading", "log--prefix", "log--note", "log--pin", "log--alarm", "log--sure"}

    state: reactive[RunState | None] = reactive(None, repaint=False)

    def __init__(self, *, id: str) -> None:  # noqa: A002
        super().__init__(id=id)
        self._lines: list[Strip] = []
        self._heights: deque[int] = deque()
        """How many of the lines each entry takes."""
        self._follows = True
        """The end is in view and stays there, whatever comes and whatever size the log gets."""
        self._shown = 0
        """The running number after the last entry that is in the lines."""
        self._last: LogEntry | None = None
        self._named: set[str] = set()
        """Prefixes of which it was said what is skipped."""
        self._has_lyrics = False
        self._hint: list[Strip] = []
        """Shown below the lines while there are no lyrics."""
        self._hinted: tuple[list[str], int] = ([], 0)
        """Its texts, and the rows that there were for them."""

    def watch_state(self, state: RunState | None) -> None:
        """Append the entries that are new."""
        self._retitle()
        if state is None or not self.size.width:
            return
        end = state.forgotten + len(state.entries)
        fresh = end - self._shown
        if fresh > 0:
            self._append(state.entries[-fresh:] if fresh < len(state.entries) else state.entries)
            self._shown = end
        self._show_hint(state)

    def _show_hint(self, state: RunState) -> None:
        """As much of the hint as there is room for."""
        room = 0 if self._has_lyrics else self.size.height - len(self._lines)
        if room > 1 or self._hint:
            keys = keys_of(self).words(actions_of(self.screen))
            texts = ["", *(hint_watching(keys) if reads_only(self) else hint(state, keys))] if room > 1 else []
            if (texts, room) != self._hinted:
                self._hinted = texts, room
                style = self._style("heading")
                self._hint = [line for text in texts for line in self._wrap(Text(text, style))][: max(0, room)]
                self.refresh()

    def _retitle(self) -> None:
        """Below: the keys that scroll, where there is more than is in sight."""
        subtitle = ""
        if self.max_scroll_y:
            words = keys_of(self).words((LOG_UP, LOG_DOWN))
            subtitle = _("{log_up_key} earlier · {log_down_key} later").format(**words)
        self.retitle(_("lyrics while it learns"), subtitle)

    def redraw(self) -> None:
        """Lay everything out anew: the width, the theme or the language is another."""
        self._lines.clear()
        self._heights.clear()
        self._shown = 0
        self._last = None
        self._named.clear()
        self._has_lyrics = False
        self._hinted = ([], 0)
        self.watch_state(self.state)
        self.refresh()

    def on_resize(self, event: events.Resize) -> None:
        """Wrap to the new width."""
        self.redraw()

    def watch_scroll_y(self, old_value: float, new_value: float) -> None:
        """Whoever scrolls away from the end stays there; whoever comes back follows again."""
        super().watch_scroll_y(old_value, new_value)
        self._follows = self.is_vertical_scroll_end

    def on_mount(self) -> None:
        """Lay out anew in the colours of another theme."""
        self.app.theme_changed_signal.subscribe(self, lambda _theme: self.redraw())

    def render_line(self, y: int) -> Strip:
        """One line of the visible part."""
        line = y + self.scroll_offset.y
        width = self.size.width
        lines = self._lines if line < len(self._lines) else self._hint
        if lines is self._hint:
            line -= len(self._lines)
        if line >= len(lines):
            return Strip.blank(width, self.rich_style)
        return lines[line].extend_cell_length(width).crop(0, width).apply_style(self.rich_style)

    def _append(self, entries: tuple[LogEntry, ...]) -> None:
        follows = self._follows
        for entry in entries:
            lines = [line for text in self._texts(entry) for line in self._wrap(text)]
            self._lines += lines
            self._heights.append(len(lines))
            self._last = entry
            self._has_lyrics = self._has_lyrics or isinstance(entry, Sample | Pinned)
        gone = self._forget()
        self.virtual_size = Size(self.size.width, len(self._lines))
        if follows:
            # Forced, as the scrollbar that would allow it comes with the next layout only.
            self.scroll_end(animate=False, immediate=True, force=True)
        elif gone:
            self.scroll_to(y=self.scroll_y - gone, animate=False, immediate=True, force=True)
        self.refresh()

    def _forget(self) -> int:
        """Drop the lines of the entries that the state has dropped; returns how many."""
        kept = len(self.state.entries) if self.state else 0
        gone = sum(self._heights.popleft() for _ in range(len(self._heights) - kept))
        del self._lines[:gone]
        return gone

    def _wrap(self, text: Text) -> list[Strip]:
        width = max(8, self.scrollable_content_region.width or self.size.width)
        if text.style:
            # Rich leaves a text's own style out when it renders segments.
            text.stylize_before(text.style)
        indent = _INDENT if text.plain.startswith(_INDENT) else ""
        lines = wrap(text[len(indent) :], width, indent)
        return [Strip(line.render(self.app.console, end=""), line.cell_len) for line in lines]

    def _style(self, name: str) -> Style:
        return self.get_component_rich_style(f"log--{name}", partial=True)

    def _texts(self, entry: LogEntry) -> list[Text]:
        match entry:
            case RunBegan():
                self._named.clear()
                lines = (f"▶ {_beginning(entry)} · {in_words(entry)}", *held_out_words(entry.held_out))
                return [Text(words, self._style("note")) for words in lines]
            case Sample():
                return [*self._heading(entry), *self._skipped(entry), self._lyric(entry)]
            case Pinned():
                return [self._pin_heading(entry), self._pinned(entry)]
            case Flipped(mark):
                change = _("epoch {epoch} · {setting} {old} → {new}").format(
                    epoch=f"{epoch_of_change(mark.epoch):,}",
                    setting=_(SETTINGS[mark.setting].label),
                    old=setting_value(mark.old),
                    new=setting_value(mark.new),
                )
                return [Text(f"▼ {change}", self._style("note"))]
            case Overflowed(diverged):
                sentence = _("diverged in epoch {epoch}, minibatch {minibatch}")
                told = sentence.format(epoch=diverged.epoch, minibatch=diverged.minibatch)
                return [Text(f"× {told}", self._style("alarm"))]
            case ByHeart():
                return [Text(f"▲ {_by_heart(entry)}", self._style("note"))]

    def _heading(self, entry: Sample) -> list[Text]:
        if isinstance(self._last, Sample) and self._last.epoch == entry.epoch and entry.decoding == self._last.decoding:
            return []
        return [Text(sample_words(entry), self._style("heading"))]

    def _skipped(self, entry: Sample) -> list[Text]:
        """What of the prefix the model does not know, once in a run."""
        if not entry.unknown or entry.prefix in self._named:
            return []
        self._named.add(entry.prefix)
        sentence = _("not in the vocabulary, skipped: {characters}")
        named = sentence.format(characters=" ".join(visible(char) for char in entry.unknown))
        return [Text(f"{_INDENT}{named}", self._style("note"))]

    def _pin_heading(self, entry: Pinned) -> Text:
        return Text(f"◆ {_('kept')} · {_epoch(entry.epoch, entry.perplexity)}", self._style("pin"))

    def _lyric(self, entry: Sample) -> Text:
        shown, follows = shown_lyric(entry.prefix, entry.text)
        line = Text(_INDENT).append(shown, self._style("prefix"))
        line.append_text(underlined(Text(follows), entry.copied_at or ()))
        return self._with_share(line, entry.copied)

    def _with_share(self, line: Text, share: float) -> Text:
        """How much of a lyric is copied from the training text, behind it, where some is."""
        return line.append(f" · {copied_words(share, None)}", self._style("heading")) if share > 0 else line

    def _pinned(self, entry: Pinned) -> Text:
        line = Text(_INDENT)
        line.append(lyric_line(entry.typed), self._style("prefix"))
        shades = Shades(self.background_colors[1], self.get_component_styles("log--sure").color)
        written = shades.text(blanks_shown(entry.text), entry.probabilities)
        line.append_text(underlined(written, entry.copied or ()))
        return self._with_share(line, share_of(entry.copied, len(entry.text)))


def _epoch(epoch: int, perplexity: float) -> str:
    return _("epoch {epoch} · perplexity {perplexity}").format(epoch=epoch, perplexity=figure(perplexity))


def _by_heart(entry: ByHeart) -> str:
    keeps = _("The run will end with the weights of epoch {epoch}.").format(epoch=f"{entry.best.epoch:,}")
    advice = _("With “keep: best” (--keep best) a run ends with the weights of its best epoch.")
    sentence = by_heart_words(entry.best, entry.epoch, entry.held_out, entry.training)
    return f"{sentence} {keeps if entry.keeps_best else advice}"


def _beginning(entry: RunBegan) -> str:
    return _("goes on from epoch {epoch}").format(epoch=f"{entry.epoch:,}") if entry.epoch else _("new run")


def in_words(entry: RunBegan) -> str:
    """What is special about a run's recipe; for the chapter's own, its main variants."""
    recipe = entry.recipe
    parts = [setting_value(recipe.sampling), setting_value(recipe.activation)]
    parts.append(f"θ {setting_value(recipe.theta)}" if recipe.clipping else _("no clipping"))
    shown = {"sampling", "activation", "theta", "clipping", "prefixes", "corpus"}
    for name, default in DEFAULTS.items():
        value = getattr(recipe, name)
        if name not in shown and value != default:
            parts.append(f"{_(SETTINGS[name].label)} {setting_value(value)}")
    if is_lacking(entry.held_out, recipe.valid):
        parts.append(_("nothing held out"))
    return " · ".join(part for part in parts if cell_len(part) < 60)
