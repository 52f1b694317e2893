"""``?``: what everything means, in two sentences each."""

from __future__ import annotations

from typing import ClassVar

from rich.text import Text
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import VerticalScroll
from textual.screen import ModalScreen
from textual.widgets import Static

from lyricterm.app.screens.steady import Steady
from lyricterm.i18n import N_, _

TOPICS: tuple[tuple[str, str], ...] = (
    (
        N_("What you see"),
        N_(
            "A recurrent neural network, written out from scratch, learns to predict the next character of "
            "song lyrics. After every so many epochs it writes lyrics for a few prefixes, by taking the "
            "likeliest character each time."
        ),
    ),
    (
        N_("loss and perplexity"),
        N_(
            "The loss is the mean cross-entropy in nats per character; perplexity is its exponential, over "
            "one epoch. 1 is best, the vocabulary size is what guessing gets, infinity is worst; the "
            "curve's scale runs from 1 to guessing."
        ),
    ),
    (
        N_("sampling (s)"),
        N_(
            "Random: examples are cut from anywhere in the text and the hidden state starts at zero for "
            "every minibatch. Consecutive: minibatches adjoin in the text, and the state is carried on "
            "through the whole epoch."
        ),
    ),
    (
        N_("clipping (c) and theta ([ ])"),
        N_(
            "A recurrent network's gradient can explode; clipping scales it down so that its norm is at "
            "most theta. Turn it off to watch the chapter's settings overflow."
        ),
    ),
    (
        N_("activation (a)"),
        N_(
            "tanh keeps the hidden state between -1 and 1. ReLU has no upper bound: it is slower to learn "
            "here, and without clipping it explodes or goes dead."
        ),
    ),
    (
        N_("detach (d)"),
        N_(
            "With consecutive sampling, detach cuts the carried state from the gradient at each minibatch. "
            "Off, the gradient runs back through the whole epoch so far, and every minibatch takes longer "
            "than the one before."
        ),
    ),
    (
        N_("learning rate (- +)"),
        N_(
            "The loss is summed over batch and time steps, as in the chapter, so lr 0.2 with theta 5 belong "
            "to the sum. Later editions take the mean with lr 100 and theta 0.01: once clipped, the same "
            "step."
        ),
    ),
    (
        N_("sample every (, .)"),
        N_(
            "How many epochs pass between two lots of lyrics. At 1 you see how a model that has hardly "
            "learnt anything writes."
        ),
    ),
    (
        N_("prompt (/)"),
        N_(
            "Type the beginning of a lyric and the model goes on with it, again and again as it learns; "
            "brighter characters are those it is surer of. Enter keeps the completion in the log, → takes "
            "it over, Esc leaves."
        ),
    ),
    (
        N_("running it"),
        N_(
            "Space pauses and goes on, n trains one minibatch; r restarts with the same seed (the same "
            "numbers again), R with another. e opens all settings; those that need a new run say so."
        ),
    ),
)


class HelpScreen(ModalScreen[None], Steady[None]):
    """A page of text over the studio."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("escape,question_mark,q", "dismiss", N_("close"), id="help.close"),
    ]

    def compose(self) -> ComposeResult:
        """One scrolling page."""
        with VerticalScroll(id="help"):
            yield Static(help_text(), id="help-text")

    def on_mount(self) -> None:
        """Name the page and let the arrow keys scroll it."""
        page = self.query_one("#help")
        page.border_title = _("help")
        page.border_subtitle = _("↑ ↓ scroll · Esc closes")
        page.focus()


def help_text() -> Text:
    """All topics, in the language in use."""
    text = Text()
    for i, (title, body) in enumerate(TOPICS):
        text.append(("\n\n" if i else "") + _(title), "bold")
        text.append("\n" + _(body))
    return text
