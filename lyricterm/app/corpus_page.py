"""What the corpus screen says of one text: pure functions from what was read to lines."""

from __future__ import annotations

from collections.abc import Callable

from rich.cells import cell_len, set_cell_size

from lyricterm.app.inspector.pieces import Lines, Paint, TextLine, prose
from lyricterm.app.run_state import RunState
from lyricterm.core.i18n import _, n_
from lyricterm.core.number_format import clock
from lyricterm.core.sanitize import lyric_line, one_line, visible
from lyricterm.core.settings import Recipe
from lyricterm.corpus.preview import Preview
from lyricterm.corpus.text import Corpus

_LEAST_LINES, _BARS = 3, 12
_BAR = 24
_LABEL = 8
"""Cells of a character's name beside its bar."""
_BESIDE = 150
"""What is done with a gate of a hidden unit beside multiplications, as so many of them.

Measured with RNN and LSTM cells of 64, 256 and 512 units and 58 to 5,000 distinct characters: times are within 30 %.
"""


def page(seen: Preview, state: RunState, width: int, height: int, paint: Paint) -> Lines:
    """Facts, remarks, the first lines, the most frequent characters."""
    lines = _facts(seen, state, width, paint)
    for note in seen.corpus.notes:
        lines += prose(f"! {note}", width, paint["accent"])
    bars = _frequent(seen, width, paint)
    room = max(_LEAST_LINES, height - len(lines) - len(bars) - 3)
    lines += [TextLine(), TextLine(_("first lines"), paint["title"])]
    lines += [TextLine(_cut(lyric_line(text), width)) for text in seen.lines[:room]]
    return [*lines, TextLine(), *bars]


def error(sentence: str, width: int, paint: Paint) -> Lines:
    """Why a text cannot be used."""
    return prose(one_line(sentence), width, paint["alarm"])


def waiting(done: int, total: int, width: int, paint: Paint) -> Lines:
    """How far the reading is."""
    if not total:
        return [TextLine(_("looking for lyrics…"), paint["quiet"])]
    tail = f" {100 * done / total:3.0f} %"
    room = max(4, min(40, width - len(tail)))
    full = round(room * min(1.0, done / total))
    bar = TextLine("━" * full, paint["bar"]).add("━" * (room - full), paint["quiet"]).add(tail)
    return [TextLine(_("reading…"), paint["quiet"]), bar]


def _facts(seen: Preview, state: RunState, width: int, paint: Paint) -> Lines:
    corpus = seen.corpus
    parts = [_("{count} characters").format(count=f"{corpus.total:,}"), *_files(corpus)]
    used = _("these settings use {count} ({percent} %), {distinct} distinct").format(
        count=f"{len(corpus.text):,}", percent=f"{100 * seen.share:.0f}", distinct=f"{len(corpus.characters):,}"
    )
    repeated = _("{percent} % of the lines are repeated").format(percent=f"{100 * corpus.repeated:.0f}")
    lines = prose(" · ".join(parts), width, paint["plain"])
    lines += prose(f"{used} · {repeated}", width, paint["plain"])
    return lines + prose(_time(corpus, state), width, paint["good"])


def _files(corpus: Corpus) -> list[str]:
    count = len(corpus.files)
    parts = [n_("{count} file", "{count} files", count).format(count=f"{count:,}")]
    least_sure: dict[str, float] = {}
    for file in corpus.files:
        if file.encoding:
            least_sure[file.encoding] = min(file.confidence, least_sure.get(file.encoding, 1.0))
    for name, sure in least_sure.items():
        guessed = _("{name} ({percent} % sure)").format(name=name, percent=f"{100 * sure:.0f}")
        parts.append(name if sure == 1 else guessed)
    columns = dict.fromkeys(file.column for file in corpus.files if file.column)
    return parts + [_("column {column}").format(column=column) for column in columns]


def _time(corpus: Corpus, state: RunState) -> str:
    seconds = seconds_of(len(corpus.text), len(corpus.characters), state)
    epochs = f"{state.wanted.epochs:,}"
    if seconds is None:
        return _("The time is known once this machine has trained an epoch")
    sentence = n_(
        "about {time} for {epochs} epoch at this machine's speed",
        "about {time} for {epochs} epochs at this machine's speed",
        state.wanted.epochs,
    )
    return sentence.format(epochs=epochs, time=clock(seconds))


def seconds_of(characters: int, distinct: int, state: RunState) -> float | None:
    """How long all epochs on a text would take, from the speed of the run that trains now; None if that is unknown.

    Args:
        characters: of the text.
        distinct: characters in its vocabulary.
        state: of the run; its speed is scaled by the multiplications per character of both vocabularies.
    """
    facts, progress, recipe = state.facts, state.progress, state.wanted
    if facts is None or progress is None or not progress.chars_per_second:
        return None
    cost = _cost(recipe, facts.parameters, facts.vocabulary)
    minibatch = recipe.batch * recipe.steps
    trained = (characters - 1) // minibatch * minibatch * recipe.epochs
    return trained / progress.chars_per_second * cost(distinct) / cost(facts.vocabulary)


def _cost(recipe: Recipe, parameters: int, vocabulary: int) -> Callable[[int], float]:
    """Work per character by the vocabulary's size, in multiplications: that of the layers, and hidden to output.

    The number of gates follows from the number of parameters; what the input looks up is multiplied by nothing.
    """
    hidden, further = recipe.hidden, recipe.layers - 1
    below = recipe.embedding or vocabulary
    left = parameters - vocabulary * (hidden + 1 + recipe.embedding)
    gates = max(1, round(left / (hidden * (below + hidden + 1 + further * (2 * hidden + 1)))))
    of_layers = gates * (hidden * (1 + 2 * further) + recipe.embedding + _BESIDE * recipe.layers)
    return lambda distinct: hidden * (of_layers + distinct)


def _frequent(seen: Preview, width: int, paint: Paint) -> Lines:
    """A bar a character, the longest for the most frequent."""
    lines = [TextLine(_("most frequent characters"), paint["title"])]
    most = seen.frequent[0][1] if seen.frequent else 1.0
    room = max(4, min(_BAR, width - _LABEL - 8))
    for character, share in seen.frequent[:_BARS]:
        label = set_cell_size(visible(character), _LABEL)
        bar = "█" * max(1, round(room * share / most))
        lines.append(TextLine(label, paint["key"]).add(bar, paint["bar"]).add(f" {100 * share:.1f} %", paint["quiet"]))
    return lines


def _cut(text: str, width: int) -> str:
    return text if cell_len(text) <= width else set_cell_size(text, max(1, width - 1)) + "…"
