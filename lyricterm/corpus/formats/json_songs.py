"""Where in a JSON document the songs are, and the words of one."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from lyricterm.corpus.formats.columns import LONG, named_as_lyrics

_DEEPEST = 4
"""Objects or lists within one another that are looked into."""
_OF_LINES = ("lines", "line", "verses")
"""What the words within a song's lyrics are called, beside the names of the lyrics."""


def songs(whole: Any, deep: int = 0) -> Iterable[Any]:
    """The songs of a list, a list under a name, columns, or titles with their songs; else the whole is one song."""
    if not isinstance(whole, dict):
        return whole if isinstance(whole, list) else [whole]
    return _columns(whole) or _of_object(whole, deep) or [whole]


def words_of(value: Any, deep: int = 0) -> str:
    """A text, the lines of a list, or what an object has under a name for lyrics or lines."""
    if isinstance(value, str) or deep > _DEEPEST:
        return value if isinstance(value, str) else ""
    if isinstance(value, list):
        return "\n".join(filter(None, (words_of(part, deep + 1) for part in value)))
    if isinstance(value, dict):
        name = named_as_lyrics(value) or next((each for each in _OF_LINES if each in value), None)
        return words_of(value[name], deep + 1) if name else ""
    return ""


def _columns(whole: Mapping[str, Any]) -> list[Any]:
    """A list a column, or, as pandas writes it, an object a column."""
    cells = list(whole.values())
    if len(cells) > 1 and all(isinstance(column, list) for column in cells):
        return [dict(zip(whole, row, strict=False)) for row in zip(*cells, strict=False)]
    if named_as_lyrics(whole) and all(isinstance(column, dict) for column in cells):
        rows = zip(*(column.values() for column in cells), strict=False)
        return [dict(zip(whole, row, strict=False)) for row in rows]
    return []


def _of_object(whole: Mapping[str, Any], deep: int) -> Iterable[Any]:
    lists = [value for value in whole.values() if isinstance(value, list)]
    objects = [value for value in whole.values() if isinstance(value, dict)]
    name = named_as_lyrics(whole)
    if name and not _of_objects(whole[name]):
        return [whole]
    if len(lists) == 1:
        return lists[0]
    holding = [each for each in objects if _holds_list(each, deep)]
    if not lists and len(holding) == 1 and not named_as_lyrics(holding[0]):
        return songs(holding[0], deep + 1)
    if objects and len(objects) == len(whole):
        return objects
    texts = list(whole.values())
    return texts if len(texts) > 1 and all(isinstance(text, str) and len(text) >= LONG for text in texts) else []


def _of_objects(value: Any) -> bool:
    return isinstance(value, list) and any(named_as_lyrics(each) for each in value if isinstance(each, dict))


def _holds_list(whole: Mapping[str, Any], deep: int) -> bool:
    if deep > _DEEPEST:
        return False
    return any(isinstance(v, list) or (isinstance(v, dict) and _holds_list(v, deep + 1)) for v in whole.values())
