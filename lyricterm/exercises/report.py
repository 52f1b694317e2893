"""An exercise on one self-contained page: verdict, curves, tables, lyrics; nothing is fetched from anywhere."""

from __future__ import annotations

import html
import os
import stat
import tempfile
import time
from collections.abc import Iterable, Sequence
from pathlib import Path

from lyricterm import __version__
from lyricterm.app.formats import figure as number
from lyricterm.errors import ReportError
from lyricterm.events import Sampled
from lyricterm.exercises.base import Exercise, Figure, Results, Table, Verdict
from lyricterm.exercises.measured import ArmResult
from lyricterm.exercises.svg import COLOURS, colour, svg
from lyricterm.exercises.words import settings_in_words
from lyricterm.i18n import _, translator
from lyricterm.runs.files import write_whole
from lyricterm.text import brief, one_line

_LIGHT = ("#2456b3", "#a84b00", "#2f6f1b", "#7a3fb0", "#b3261e", "#00737a", "#8a5a00", "#a0246e", "#4a5163")
_DARK = ("#7aa2f7", "#ffb86c", "#9ece6a", "#bb9af7", "#f7768e", "#73daca", "#e0af68", "#ff8ac6", "#9aa4b8")

_STYLE = """
:root { color-scheme: light dark; --ground: #fbfaf7; --text: #23262f; --quiet: #5d6270; --rule: #dcd9d0; }
body { background: var(--ground); color: var(--text); font: 16px/1.5 system-ui, sans-serif;
  max-width: 48rem; margin: 2rem auto; padding: 0 1rem; }
h1 { font-size: 1.5rem; margin-bottom: 0; } h2 { font-size: 1.1rem; margin-top: 2rem; }
.quiet, figcaption, caption { color: var(--quiet); }
.conclusion { font-size: 1.15rem; font-weight: 600; }
.equation { font-family: ui-monospace, monospace; overflow-x: auto; }
figure { margin: 1.5rem 0; } svg { width: 100%; height: auto; }
svg text { font: 12px system-ui, sans-serif; fill: var(--quiet); stroke: none; }
.axis { stroke: var(--quiet); fill: none; } .grid { stroke: var(--rule); fill: none; }
path.level { stroke: var(--quiet); stroke-dasharray: 4 4; fill: none; }
.scroll { overflow-x: auto; } table { border-collapse: collapse; }
caption { text-align: left; padding-bottom: .3rem; }
th, td { padding: .2rem .8rem .2rem 0; text-align: right; white-space: nowrap; border-bottom: 1px solid var(--rule); }
.words { text-align: left; }
.key { display: inline-block; width: .8em; height: .8em; border-radius: 50%; margin-right: .4em; }
.lyrics { overflow-wrap: anywhere; } .lyrics dt { color: var(--quiet); } .lyrics dd { margin: 0 0 .6rem 1rem; }
.lyrics b { font-weight: 600; }
"""


def check_writable(path: Path) -> None:
    """Find out before training whether a page can be written there.

    Raises:
        ReportError: if not.
    """
    try:
        if path.exists() and not stat.S_ISREG(path.stat().st_mode):
            sentence = _("{path} is not a file that a report could be written to; give the path of an .html file.")
            raise ReportError(sentence.format(path=brief(str(path))))
        handle, probe = tempfile.mkstemp(prefix=".report.", dir=path.parent)
        os.close(handle)
        os.unlink(probe)
    except (OSError, ValueError) as error:
        raise ReportError(_unwritten(path, error)) from error


def write(page: str, path: Path) -> None:
    """Write a page; the file at ``path`` is always a whole one.

    Raises:
        ReportError: if it cannot be written; what was there before is still there.
    """
    try:
        write_whole(path, page.encode("utf-8", "replace"))
    except (OSError, ValueError) as error:
        raise ReportError(_unwritten(path, error)) from error


def page(exercise: Exercise, results: Results, verdict: Verdict) -> str:
    """The whole page, in the language in use."""
    title = _(exercise.title)
    body = [
        f"<h1>{_safe(title)}</h1>",
        f'<p class="quiet">{_safe(_(exercise.question))}</p>',
        f'<p class="conclusion">{_safe(verdict.conclusion)}</p>',
        *(f"<p>{_safe(sentence)}</p>" for sentence in verdict.why),
        f'<p class="equation">{_safe(verdict.equation)}</p>',
        *_list(verdict.told),
        _legend(results),
        *(_figure(figure, results) for figure in exercise.figures(results)),
        *(_table(table) for table in verdict.tables),
        *_lyrics(results),
        f"<h2>{_safe(_('how it was measured'))}</h2>",
        f'<p class="quiet">{_safe(settings_in_words(results))}</p>',
        f'<p class="quiet">lyricterm {_safe(__version__)} · {time.strftime("%Y-%m-%d %H:%M")}</p>',
    ]
    head = (
        f'<meta charset="utf-8"><meta name="viewport" content="width=device-width, initial-scale=1">'
        f"<title>lyricterm · {_safe(title)}</title><style>{_STYLE}{_colours()}</style>"
    )
    text = "\n".join(body)
    return (
        f'<!DOCTYPE html>\n<html lang="{translator.language}">\n<head>{head}</head>\n<body>\n{text}\n</body>\n</html>\n'
    )


def _safe(text: str) -> str:
    """Foreign text as text: it can neither be markup nor steer the page's direction."""
    return html.escape(one_line(text), quote=True)


def _colours() -> str:
    light = "".join(_colour(i, shade) for i, shade in enumerate(_LIGHT[:COLOURS]))
    dark = "".join(_colour(i, shade) for i, shade in enumerate(_DARK[:COLOURS]))
    ground = ":root { --ground: #10131a; --text: #d6dbe8; --quiet: #9aa4b8; --rule: #2a3040; }"
    return f"{light}\n@media (prefers-color-scheme: dark) {{ {ground} {dark} }}\n"


def _colour(arm: int, shade: str) -> str:
    name = colour(arm)
    return (
        f"svg .{name} {{ stroke: {shade}; fill: none; stroke-width: 2; }} svg circle.{name} {{ fill: {shade}; }} "
        f".key.{name} {{ background: {shade}; }}\n"
    )


def _list(sentences: Iterable[str]) -> list[str]:
    return ["<ul>", *(f"<li>{_safe(sentence)}</li>" for sentence in sentences), "</ul>"]


def _legend(results: Results) -> str:
    keys = (
        f'<span><span class="key {colour(i)}"></span>{_safe(result.arm.label)}</span>'
        for i, result in enumerate(results)
    )
    return f"<p>{' &nbsp; '.join(keys)}</p>"


def _figure(figure: Figure, results: Results) -> str:
    names = [result.arm.label for result in results]
    return f"<figure><figcaption>{_safe(figure.title)}</figcaption>{svg(figure, names)}</figure>"


def _table(table: Table) -> str:
    head = _row(table, "th", table.columns)
    rows = "\n".join(_row(table, "td", row) for row in table.rows)
    caption = f"<caption>{_safe(table.title)}</caption>"
    return f'<div class="scroll"><table>{caption}<thead>{head}</thead><tbody>{rows}</tbody></table></div>'


def _row(table: Table, tag: str, cells: Iterable[str]) -> str:
    words = ' class="words"'
    told = (f"<{tag}{words if i in table.words else ''}>{_safe(cell)}</{tag}>" for i, cell in enumerate(cells))
    return f"<tr>{''.join(told)}</tr>"


def _lyrics(results: Results) -> list[str]:
    parts = [f"<h2>{_safe(_('lyrics at the end'))}</h2>"]
    for result in results:
        parts.append(f"<h3>{_safe(result.arm.label)}</h3>")
        parts += _samples(result)
    return parts


def _samples(result: ArmResult) -> list[str]:
    newest = result.at(result.samples[-1].epoch) if result.samples else ()
    if not newest:
        return [f'<p class="quiet">{_safe(_("It wrote none."))}</p>']
    many = len({sample.epoch for sample in result.samples})
    parts = [_dated(newest)]
    if many > 1:
        title = _("all that it wrote")
        rest = "\n".join(_dated(result.at(epoch)) for epoch in _epochs(result))
        parts.append(f"<details><summary>{_safe(title)}</summary>{rest}</details>")
    return parts


def _epochs(result: ArmResult) -> list[int]:
    return sorted({sample.epoch for sample in result.samples})


def _dated(rows: Sequence[Sampled]) -> str:
    title = _("epoch {epoch} · perplexity {perplexity}")
    title = title.format(epoch=f"{rows[0].epoch:,}", perplexity=number(rows[0].perplexity))
    lines = []
    for sample in rows:
        # Made safe together: the text may begin with a mark on the prefix's last letter.
        shown = one_line(sample.prefix + sample.text)
        cut = len(sample.prefix)
        lines.append(f"<dd><bdi><b>{html.escape(shown[:cut])}</b>{html.escape(shown[cut:])}</bdi></dd>")
    return f'<dl class="lyrics"><dt>{_safe(title)}</dt>{"".join(lines)}</dl>'


def _unwritten(path: Path, error: Exception) -> str:
    reason = error.strerror if isinstance(error, OSError) and error.strerror else str(error)
    sentence = _("The report cannot be written to {path}: {reason}.")
    return sentence.format(path=brief(str(path)), reason=one_line(reason))
