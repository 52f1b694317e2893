"""Files that hold lyrics, but not as a text: documents and archives that are known by their first bytes."""

from __future__ import annotations

from collections.abc import Iterable

from lyricterm.core.i18n import _

_DOCUMENTS = {b"%PDF-": "PDF", b"{\\rtf": "RTF"}
_ARCHIVES = {b"Rar!\x1a\x07": "RAR", b"7z\xbc\xaf\x27\x1c": "7z"}
_TAR = b"ustar"
_TAR_AT = 257
_PARTS = ("[Content_Types].xml", "mimetype")
"""Members of the zip archives that documents (docx, odt, epub) are."""


def other_kind(start: bytes, shown: str) -> str | None:
    """What to do with a file that begins so, if it is a document or an archive; None if it is neither."""
    for mark, kind in _DOCUMENTS.items():
        if start.startswith(mark):
            sentence = _("{path} is a document ({kind}), not a text; save it as plain text, .txt.")
            return sentence.format(path=shown, kind=kind)
    if start[_TAR_AT:].startswith(_TAR):
        return _unpack_it(shown, "tar")
    for mark, kind in _ARCHIVES.items():
        if start.startswith(mark):
            return _unpack_it(shown, kind)
    return None


def document_in_zip(names: Iterable[str], shown: str) -> str | None:
    """The same of a zip archive with members of these names."""
    if any(name in _PARTS for name in names):
        sentence = _("{path} is a document ({kind}), not a text; save it as plain text, .txt.")
        return sentence.format(path=shown, kind="Word, LibreOffice, EPUB")
    return None


def _unpack_it(shown: str, kind: str) -> str:
    sentence = _("{path} is an archive ({kind}) that is not read here; unpack it and give the folder.")
    return sentence.format(path=shown, kind=kind)
