"""Which encoding a text has, and its characters; bytes that are no characters are counted, never replaced."""

from __future__ import annotations

import codecs
import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field

from lyricterm.core.errors import CorpusError, EncodingNameError
from lyricterm.core.i18n import _
from lyricterm.core.sanitize import brief
from lyricterm.core.setting import AUTO
from lyricterm.corpus.legacy_encodings import likeliest
from lyricterm.corpus.other_kinds import other_kind

_MARKS = (
    (codecs.BOM_UTF8, "utf-8-sig"),
    (codecs.BOM_UTF32_LE, "utf-32"),
    (codecs.BOM_UTF32_BE, "utf-32"),
    (codecs.BOM_UTF16_LE, "utf-16"),
    (codecs.BOM_UTF16_BE, "utf-16"),
)
"""Byte order marks; UTF-32's begins as UTF-16's."""
_WIDE = ("utf-16-le", "utf-16-be", "utf-32-le", "utf-32-be")
_HARDLY_MET = ("mac_latin2", "mac_turkish", "mac_greek", "cp437", "cp775", "cp857", "cp737", "cp862", "cp864")
"""Looked for where no reading in a frequent encoding makes sense."""
_NAMES = {
    "utf-8-sig": "UTF-8",
    "gb18030": "GB18030",
    "big5": "Big5",
    "big5hkscs": "Big5",
    "cp932": "Shift-JIS",
    "cp949": "EUC-KR",
    "euc_jp": "EUC-JP",
    "cp1252": "Latin-1",
    "koi8_r": "KOI8-R",
    "koi8_u": "KOI8-U",
    **{f"iso8859_{part}": f"ISO-8859-{part}" for part in (2, 3, 5, 6, 14)},
    "mac_cyrillic": "Mac Cyrillic",
    "mac_roman": "Mac Roman",
    **{f"cp{page}": f"Windows-{page}" for page in (874, *range(1250, 1252), *range(1253, 1259))},
}
_SAMPLE = 1 << 16
"""Bytes from which an encoding is guessed."""
_FEW = 0.02
"""Share of a text's foreign characters that may be broken."""
_TELLING = 4
"""Foreign bytes, in different words, that halve the doubt about an encoding."""
_MOSTLY = 0.95
"""Share of foreign characters that are usual in the language, from which on nothing is doubted."""
_MOST_SURE = 0.8
"""Confidence in an encoding that is hardly met."""
_MAX_NULS = 0.1
"""Share of control characters in what is a text all the same."""
_MAX_CONTROLS = 0.02
"""The same of a text that is not UTF-8: of any bytes 10 % are such."""
_MOST_LINES = 3
_BROKEN = re.compile("[\udc00-\udcff]")
_BROKEN_TO = "lyricterm-broken"
"""The error handler below."""
_FOREIGN = re.compile(rb"[\x80-\xff]")
_CONTROL = re.compile(rb"[\x00-\x08\x0e-\x1a\x1c-\x1f]")


def _mark_broken(error: UnicodeError) -> tuple[str, int]:
    """An error handler of decoders: a byte that is no character becomes a lone surrogate, to be counted."""
    if not isinstance(error, UnicodeDecodeError):
        raise error
    return "".join(chr(0xDC00 + byte) for byte in error.object[error.start : error.end]), error.end


codecs.register_error(_BROKEN_TO, _mark_broken)


@dataclass
class DecodedFile:
    """How one file was decoded; filled while it is read."""

    encoding: str = "utf-8"
    """The codec."""
    confidence: float = 1.0
    """From 0 to 1; 1 where it is certain."""
    broken: int = 0
    """Bytes that are no characters, dropped."""
    broken_lines: list[int] = field(default_factory=list)
    """The first lines with such, counted from 1."""

    @property
    def name(self) -> str:
        """The encoding as people call it."""
        return _NAMES.get(self.encoding, self.encoding.upper())


def codec_of(wanted: str) -> str:
    """The codec of an encoding that a person names.

    Raises:
        CorpusError: if there is none.
    """
    try:
        "".encode(wanted)
        name = codecs.lookup(wanted).name
        codecs.getincrementaldecoder(name)("strict").decode(b"", True)
        # With a byte order mark or without.
        return "utf-8-sig" if name == "utf-8" else name
    except (LookupError, ValueError) as error:
        sentence = _("There is no encoding {name}; write for example {examples}.")
        examples = "utf-8, utf-16, gb18030, big5, shift_jis, euc_kr, latin-1"
        raise EncodingNameError(sentence.format(name=brief(wanted, 60), examples=examples)) from error


def decoded(chunks: Iterable[bytes], wanted: str, shown: str, told: DecodedFile) -> Iterator[str]:
    """The characters of a file, in pieces.

    Args:
        chunks: the file's bytes, in order.
        wanted: the encoding, or ``auto``.
        shown: the file's name, for the sentence.
        told: is told the encoding, and what was broken.

    Raises:
        CorpusError: if it is no text, or its encoding is not found.
    """
    if wanted != AUTO:
        told.encoding = codec_of(wanted)
        decoder = _Decoder(told)
        for chunk in chunks:
            yield decoder.characters(chunk, shown)
        yield decoder.characters(b"", shown, final=True)
    else:
        yield from _found(iter(chunks), shown, told)


def _found(chunks: Iterator[bytes], shown: str, told: DecodedFile) -> Iterator[str]:
    """As UTF-8 for as long as it is ASCII; what comes then decides."""
    chunk, ended = _gathered(next(chunks, b""), chunks)
    told.encoding = next((codec for mark, codec in _MARKS if chunk.startswith(mark)), None) or _wide(chunk) or "utf-8"
    undecided = told.encoding == "utf-8"
    if undecided:
        _refuse_binary(chunk, shown)
    decoder = _Decoder(told)
    while chunk:
        if undecided and not chunk.isascii():
            chunk, ended = _gathered(chunk, chunks)
            told.encoding, told.confidence = _encoding_of(chunk, ended, shown)
            decoder, undecided = _Decoder(told, decoder.line), False
        yield decoder.characters(chunk, shown)
        chunk = next(chunks, b"")
    yield decoder.characters(b"", shown, final=True)


def _gathered(chunk: bytes, chunks: Iterator[bytes]) -> tuple[bytes, bool]:
    """So much that an encoding can be guessed, and whether that is all there is."""
    while len(chunk) < _SAMPLE:
        more = next(chunks, b"")
        if not more:
            return chunk, True
        chunk += more
    return chunk, False


class _Decoder:
    """Decodes piece by piece, and takes out and counts what is broken."""

    def __init__(self, told: DecodedFile, line: int = 1) -> None:
        self._told = told
        self.line = line
        """The line that is being read, counted from 1."""
        self._decoder = codecs.getincrementaldecoder(told.encoding)()

    def characters(self, chunk: bytes, shown: str, final: bool = False) -> str:
        """The next characters.

        Raises:
            CorpusError: if this codec cannot go on behind what is broken.
        """
        before = self._decoder.getstate()
        try:
            text = self._decoder.decode(chunk, final)
        except UnicodeError:
            text = self._again(before, chunk, shown, final)
        self.line += text.count("\n")
        return text

    def _again(self, before: tuple[bytes, int], chunk: bytes, shown: str, final: bool) -> str:
        """What is broken is marked; to search all of a sound text for such marks takes as long as to decode it."""
        self._decoder.errors = _BROKEN_TO
        self._decoder.setstate(before)
        try:
            return self._without_broken(self._decoder.decode(chunk, final))
        except UnicodeError as error:
            sentence = _("{path} is not {encoding}; leave --encoding out, and it is found.")
            raise CorpusError(sentence.format(path=shown, encoding=self._told.name)) from error
        finally:
            self._decoder.errors = "strict"

    def _without_broken(self, text: str) -> str:
        for found in _BROKEN.finditer(text):
            self._told.broken += 1
            if len(self._told.broken_lines) < _MOST_LINES:
                line = self.line + text.count("\n", 0, found.start())
                if line not in self._told.broken_lines:
                    self._told.broken_lines.append(line)
        return _BROKEN.sub("", text)


def _wide(sample: bytes) -> str | None:
    """UTF-16 or UTF-32 without a mark, recognised by its NULs and by letters that come of it."""
    sample = sample[: _SAMPLE & ~3]
    nuls = sample.count(0)
    # Plain letters two by two are ideographs.
    least = 0.25 if sample.isascii() else 0.02
    if nuls < len(sample) * least or len(sample) < 4:
        return None
    scores = {codec: _letters(sample[: len(sample) & ~3], codec) for codec in _WIDE}
    best = max(scores, key=lambda codec: scores[codec])
    return best if scores[best] > 0.9 else None


def _letters(sample: bytes, codec: str) -> float:
    """The share of letters, blanks, digits and punctuation."""
    text = sample.decode(codec, "replace")
    plain = sum(c.isalnum() or c.isspace() or 0x20 < ord(c) < 0x7F or 0x2010 <= ord(c) < 0x3040 for c in text)
    return plain / max(1, len(text))


def _encoding_of(chunk: bytes, ended: bool, shown: str) -> tuple[str, float]:
    """The encoding of the first bytes that are not ASCII, and how sure that is."""
    found = _FOREIGN.search(chunk)
    sample = chunk[max(0, found.start() - 200 if found else 0) :][:_SAMPLE]
    whole = ended and chunk.endswith(sample)
    # The end of a sample may be the middle of a character.
    text = codecs.getincrementaldecoder("utf-8")(_BROKEN_TO).decode(sample, whole)
    broken = len(_BROKEN.findall(text))
    foreign = sum(c > "\x7f" for c in text) - broken
    if broken <= _FEW * foreign:
        return "utf-8", 1 - broken / max(1, foreign)
    _refuse_binary(sample, shown, _MAX_CONTROLS)
    return _legacy(sample if whole else sample[: sample.rfind(b"\n") + 1] or sample, shown)


def _refuse_binary(chunk: bytes, shown: str, most: float = _MAX_NULS) -> None:
    if kind := other_kind(chunk, shown):
        raise CorpusError(kind)
    if len(_CONTROL.findall(chunk[:_SAMPLE])) > most * len(chunk[:_SAMPLE]):
        sentence = _("{path} is not a text (it has bytes that no text has); give a file of lyrics.")
        raise CorpusError(sentence.format(path=shown))


def _legacy(sample: bytes, shown: str) -> tuple[str, float]:
    guess = likeliest(sample, _BROKEN_TO)
    broken = _share_broken(sample, guess.codec)
    if broken > _FEW or guess.usual <= 0.5:
        return _by_its_words(sample, shown)
    # A word that is repeated tells nothing new.
    foreign = sum(len(_FOREIGN.findall(word)) for word in set(sample.split()))
    few = 2 ** (-foreign / _TELLING)
    return guess.codec, guess.probability * min(1.0, guess.usual / _MOSTLY) * (1 - broken) * (1 - few)


def _by_its_words(sample: bytes, shown: str) -> tuple[str, float]:
    """Of the encodings that are hardly met, the one in which letters follow one another as in a language."""
    from charset_normalizer import from_bytes  # only for what is not met often

    best = from_bytes(sample, cp_isolation=list(_HARDLY_MET)).best()
    if best is not None and best.encoding in _HARDLY_MET and best.coherence:
        return best.encoding, min(_MOST_SURE, best.coherence)
    sentence = _("The encoding of {path} is not known; name it with --encoding, for example --encoding gb18030.")
    raise CorpusError(sentence.format(path=shown))


def _share_broken(sample: bytes, codec: str) -> float:
    text = sample.decode(codec, _BROKEN_TO)
    return len(_BROKEN.findall(text)) / max(1, sum(1 for c in text if c > "\x7f"))
