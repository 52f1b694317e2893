"""Pages of HTML from the templates beside this file.

Every text that a template puts in is made safe to show (one line, nothing that steers a terminal) and escaped;
only ``Markup``, such as a diagram, goes in as it is.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import cache
from itertools import groupby
from typing import Any

from jinja2 import Environment, PackageLoader, StrictUndefined
from markupsafe import Markup, escape

from lyricterm.core.i18n import _, n_, translator
from lyricterm.core.run_data import Sample
from lyricterm.core.sanitize import blanks_shown, one_line, outgoing
from lyricterm.plotting import svg
from lyricterm.reports.describe import copied_words, sample_words


@dataclass(frozen=True)
class Dated:
    """The samples of one epoch under a title."""

    title: str
    samples: Sequence[Sample]


def by_epoch(samples: Iterable[Sample]) -> list[Dated]:
    """Samples in the order of their epochs, grouped by them."""
    return [_dated(list(group)) for _epoch, group in groupby(samples, key=lambda sample: sample.epoch)]


def _dated(samples: Sequence[Sample]) -> Dated:
    return Dated(sample_words(samples[0]), samples)


def render(template: str, title: str, **context: Any) -> str:
    """A whole page in the language in use.

    Args:
        template: a file in ``templates``.
        title: of the page.
        context: what the template names.
    """
    found = _environment().get_template(template)
    return found.render(title=title, language=translator.language, curves=Markup(svg.STYLE), **context) + "\n"


@cache
def _environment() -> Environment:
    environment = Environment(
        loader=PackageLoader("lyricterm.reports"),
        autoescape=True,
        undefined=StrictUndefined,
        finalize=_safe,
        trim_blocks=True,
        lstrip_blocks=True,
        extensions=["jinja2.ext.i18n"],
    )
    environment.install_gettext_callables(_, n_)  # type: ignore[attr-defined]
    environment.globals["shown_lyric"] = _shown_lyric
    environment.globals["copied_words"] = copied_words
    return environment


def _shown_lyric(sample: Sample) -> tuple[Markup, Markup]:
    """A prefix and its lyric, underlined where it is copied; a browser draws joined characters, a terminal cannot."""
    text = blanks_shown(sample.text) if sample.text.isspace() else outgoing(sample.text)
    written, done = Markup(), 0
    for start, end in sample.copied_at or ():
        written += escape(text[done:start]) + Markup("<u>{}</u>").format(text[start:end])
        done = end
    return escape(outgoing(sample.prefix)), written + escape(text[done:])


def _safe(value: Any) -> Any:
    return one_line(value) if isinstance(value, str) and not isinstance(value, Markup) else value
