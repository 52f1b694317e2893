"""From the settings to the text (chapter: "read the data set").

A file is foreign. Sizes are bounded and counted while it is read, a piece at a time; nothing is ever written.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from contextlib import ExitStack
from dataclasses import dataclass, field
from functools import partial

from lyricterm.core.errors import CorpusError
from lyricterm.core.i18n import _
from lyricterm.core.sanitize import brief
from lyricterm.core.text_settings import TextSettings
from lyricterm.corpus import cache, index
from lyricterm.corpus.beginnings import beginnings, repeated_share
from lyricterm.corpus.blocks import whole_lines
from lyricterm.corpus.characters import Cleaned, composed, end_lines
from lyricterm.corpus.encodings import DecodedFile, decoded
from lyricterm.corpus.formats import reader_of
from lyricterm.corpus.formats.base import FormatFindings, Opened
from lyricterm.corpus.formats.columns import COLUMN_NAME
from lyricterm.corpus.gathered import Gathered
from lyricterm.corpus.index import UNKNOWN
from lyricterm.corpus.length import MANY_DISTINCT, cost_of_distinct
from lyricterm.corpus.mapped import MappedText, Text
from lyricterm.corpus.notes import notes_of
from lyricterm.corpus.sources import Found, Source, find, unreadable
from lyricterm.corpus.text import Corpus, FileRead
from lyricterm.corpus.tidy import Tidied, tidying
from lyricterm.corpus.unpack import Meter, chunks

LoadReport = Callable[[int, int], None]
_QUICKER = 4
"""Times as fast as read is a file looked up in the cache."""


@dataclass
class ReadingFindings:
    """What is found out while a corpus is read."""

    found: Found
    settings: TextSettings
    meter: Meter = field(default_factory=Meter)
    files: list[FileRead] = field(default_factory=list)
    decodings: dict[str, DecodedFile] = field(default_factory=dict)
    findings: dict[str, FormatFindings] = field(default_factory=dict)
    cleaned: Cleaned = field(default_factory=Cleaned)
    tidied: Tidied = field(default_factory=Tidied)
    total: int = 0
    """Characters of all files, before anything is left out."""


def load(settings: TextSettings, beyond: int = 0, report: LoadReport | None = None) -> Corpus:
    """Read the text that the settings describe, and so many characters behind it; a large one only once.

    Args:
        settings: which text, and what is made of it.
        beyond: characters behind it that are wanted too.
        report: is told how many bytes are read, of about how many (0 of 0 while files are looked for); may raise
            ``StoppedError`` to stop the reading.

    Raises:
        CorpusError: if there is no such text, or nothing in it.
    """
    shown = brief(settings.corpus)
    try:
        with ExitStack() as stack:
            tell = report or _nothing_to_say
            found = find(settings.corpus, stack, partial(tell, 0, 0))
            size = sum(source.size for source in found.sources)
            looking = _Looking(tell, size, cache.size_of(found.sources) // _QUICKER)
            key = cache.key_of(found.sources, settings, beyond, looking.hashed)
            kept = cache.recall(key, looking.recalled) if key else None
            if kept is not None:
                return kept
            reading = ReadingFindings(found, settings, Meter(size, looking.read if key else tell))
            gathered = Gathered(settings, beyond)
            try:
                _gather(reading, gathered, stack)
                corpus = _corpus(gathered, reading, shown)
                if key:
                    cache.keep(key, corpus, gathered.spool)
            finally:
                if gathered.spool is not None:
                    gathered.spool.close()
    except OSError as error:
        raise CorpusError(unreadable(shown, error)) from error
    except MemoryError as error:
        sentence = _("{path} does not fit into memory; take fewer characters of it with --max-chars.")
        raise CorpusError(sentence.format(path=shown)) from error
    return corpus


@dataclass(frozen=True)
class _Looking:
    """Tells how far the whole is: the search in the cache, which is the quicker part, then the reading."""

    tell: LoadReport
    size: int
    """Bytes that are read."""
    before: int
    """As how many more the search counts."""

    def hashed(self, done: int) -> None:
        """So many bytes were looked up in the cache."""
        self.tell(done // _QUICKER, self.before + self.size)

    def recalled(self) -> None:
        """What was kept is being checked."""
        self.tell(self.before, self.before + self.size)

    def read(self, done: int, total: int) -> None:
        """So many bytes of a text that was not kept are read."""
        self.tell(self.before + done, self.before + total)


def _nothing_to_say(_done: int, _total: int) -> None:
    """Nobody watches."""


def _corpus(gathered: Gathered, reading: ReadingFindings, shown: str) -> Corpus:
    looked_at = gathered.looked_at
    if not looked_at.strip():
        raise CorpusError(_nothing(reading, shown))
    text, fingerprint = gathered.text()
    if reading.settings.min_count > 1:
        _check_some_left(text, reading.settings.min_count, shown)
    cost = cost_of_distinct(_uses(text))
    notes = notes_of(reading.found.skipped, reading.decodings, reading.findings, reading.cleaned, reading.tidied)
    corpus = Corpus(
        reading.found.name,
        text,
        reading.total,
        gathered.rest,
        tuple(reading.files),
        (cost, *notes) if cost else notes,
        beginnings(looked_at),
        repeated_share(looked_at),
    )
    return corpus.known(fingerprint) if fingerprint else corpus


def _uses(text: Text) -> Iterable[int]:
    """How often each character is used, where they may be many: a long text is not counted in vain."""
    if isinstance(text, MappedText):
        return text.uses().tolist() if len(text.characters) >= MANY_DISTINCT else ()
    return index.count(text).values() if len(text) >= MANY_DISTINCT else ()


def _check_some_left(text: Text, min_count: int, shown: str) -> None:
    left = text.characters if isinstance(text, MappedText) else set(text)
    if not set(left) - {UNKNOWN}:
        sentence = _("{path} has no character that is used {count} times; give a smaller --min-count.")
        raise CorpusError(sentence.format(path=shown, count=f"{min_count:,}"))


def _nothing(reading: ReadingFindings, shown: str) -> str:
    if not reading.total and reading.found.skipped:
        return reading.found.skipped[0]
    if 0 < reading.total <= reading.settings.start:
        sentence = _("{path} has {total} characters, and --from leaves out all of them; give a smaller number.")
        return sentence.format(path=shown, total=f"{reading.total:,}")
    if reading.tidied.dropped:
        return _("--drop leaves nothing of {path}; write an expression that matches less.").format(path=shown)
    return _("{path} has no text in it; choose a file with lyrics.").format(path=shown)


def _gather(reading: ReadingFindings, gathered: Gathered, stack: ExitStack) -> None:
    """The first characters, as many as are wanted; what comes behind them is only counted."""
    settings = reading.settings
    tidy = tidying(settings, reading.tidied, stack)
    skip = settings.start
    for block in whole_lines(_all_files(reading)):
        reading.total += len(block)
        if not gathered.room:
            continue
        piece = composed(block, settings, reading.cleaned)
        if settings.newlines == "keep":
            piece = end_lines(piece, "keep")
        piece = tidy(piece)
        skipped = min(skip, len(piece))
        skip -= skipped
        gathered.add(piece[skipped:])


def _all_files(reading: ReadingFindings) -> Iterator[str]:
    """The characters of every file, each beginning on a new line; one of several that cannot be read is left out."""
    end = "\n"
    for source in reading.found.sources:
        begun = False
        try:
            for block in filter(None, _one_file(source, reading)):
                if not begun and end not in "\r\n":
                    yield "\n"
                begun, end = True, block[-1]
                yield block
        except CorpusError as error:
            if not reading.found.several:
                raise
            reading.found.skipped.append(str(error))
        except OSError as error:
            if not reading.found.several:
                raise
            reading.found.skipped.append(unreadable(source.shown, error))


def _one_file(source: Source, reading: ReadingFindings) -> Iterator[str]:
    settings, shown = reading.settings, source.shown
    decoding, characters = DecodedFile(), 0
    with source.open() as stream:

        def text() -> Iterator[str]:
            reading.decodings[shown] = decoding
            return decoded(chunks(stream, reading.meter, shown), settings.encoding, shown, decoding)

        findings = reading.findings[shown] = FormatFindings()
        for block in reader_of(source.suffix)(Opened(shown, settings.column, stream, text, findings)):
            characters += len(block)
            yield block
    known = shown in reading.decodings
    encoding, confidence = (decoding.name, decoding.confidence) if known else ("", 1.0)
    reading.files.append(FileRead(shown, characters, encoding, confidence, brief(findings.column, COLUMN_NAME)))
