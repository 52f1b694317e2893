"""What a person should hear of how a text was read: a sentence each."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

from lyricterm.core.i18n import _
from lyricterm.corpus.characters import Cleaned
from lyricterm.corpus.encodings import DecodedFile
from lyricterm.corpus.formats.base import FormatFindings
from lyricterm.corpus.tidy import Tidied

_NAMED = 3
"""Files that are named one by one."""
_SURE = 0.9
"""Confidence in an encoding above which nobody needs to be asked."""


def notes_of(
    skipped: Sequence[str],
    decodings: Mapping[str, DecodedFile],
    findings: Mapping[str, FormatFindings],
    cleaned: Cleaned,
    tidied: Tidied,
) -> tuple[str, ...]:
    """The sentences, the most important first."""
    of_files = (*_skipped(skipped), *_broken(decodings), *_not_json(findings), *_unsure(decodings))
    return (*of_files, *_translations(findings), *_cleaned(cleaned), *_tidied(tidied))


def _skipped(sentences: Sequence[str]) -> Iterator[str]:
    if sentences:
        sentence = _("Files that could not be read and are left out: {count}. {examples}")
        yield sentence.format(count=len(sentences), examples=" ".join(sentences[:_NAMED]))


def _broken(decodings: Mapping[str, DecodedFile]) -> Iterator[str]:
    broken = [(name, decoding) for name, decoding in decodings.items() if decoding.broken]
    for name, decoding in broken[:_NAMED]:
        sentence = _("{path}: bytes that are not {encoding} and are left out: {count} (line {lines}).")
        lines = ", ".join(map(str, decoding.broken_lines))
        yield sentence.format(path=name, count=f"{decoding.broken:,}", encoding=decoding.name, lines=lines)
    if len(broken) > _NAMED:
        sentence = _("Files with bytes that are left out, beside these: {count}.")
        yield sentence.format(count=len(broken) - _NAMED)


def _not_json(findings: Mapping[str, FormatFindings]) -> Iterator[str]:
    damaged = [(name, found) for name, found in findings.items() if found.not_json]
    for name, found in damaged[:_NAMED]:
        sentence = _("{path}: lines that are not JSON and are left out: {count}; the first is line {line}.")
        yield sentence.format(path=name, count=f"{found.not_json:,}", line=found.first_not_json)
    if len(damaged) > _NAMED:
        sentence = _("Files with lines that are left out, beside these: {count}.")
        yield sentence.format(count=len(damaged) - _NAMED)


def _translations(findings: Mapping[str, FormatFindings]) -> Iterator[str]:
    count = sum(found.translations for found in findings.values())
    if count:
        yield _("Lines in a second language beside the first are left out: {count}.").format(count=f"{count:,}")


def _unsure(decodings: Mapping[str, DecodedFile]) -> Iterator[str]:
    unsure = [(name, decoding) for name, decoding in decodings.items() if decoding.confidence < _SURE]
    for name, decoding in unsure[:1]:
        sentence = _("{path} is read as {encoding} ({percent} % sure); if that looks wrong, set --encoding.")
        yield sentence.format(path=name, encoding=decoding.name, percent=f"{100 * decoding.confidence:.0f}")


def _cleaned(cleaned: Cleaned) -> Iterator[str]:
    if cleaned.unseen:
        sentence = _("Characters that cannot be seen (zero-width, control) are left out: {count}.")
        yield sentence.format(count=f"{cleaned.unseen:,}")
    if cleaned.composed:
        yield _("Characters that were written in pieces are put together (Unicode NFC).")


def _tidied(tidied: Tidied) -> Iterator[str]:
    if tidied.dropped:
        sentence = _("Matches of --drop that are left out: {count}.")
        yield sentence.format(count=f"{tidied.dropped:,}")
    if tidied.repeated:
        sentence = _("Repeated lines that are left out: {count}.")
        yield sentence.format(count=f"{tidied.repeated:,}")
