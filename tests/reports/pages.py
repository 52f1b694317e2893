"""Reads a page of HTML as a browser would, and sees what foreign text does there."""

from __future__ import annotations

from html.parser import HTMLParser

EVIL = '<script>alert("1")</script>&\'\x1b[2J\u202e'
VOID = {"meta", "br", "link"}


class Reader(HTMLParser):
    """Collects tags and text; complains of tags that do not match."""

    def __init__(self) -> None:
        super().__init__()
        self.open: list[str] = []
        self.tags: list[tuple[str, dict[str, str | None]]] = []
        self.text: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, dict(attrs)))
        if tag not in VOID:
            self.open.append(tag)

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, dict(attrs)))

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag

    def handle_data(self, data: str) -> None:
        self.text.append(data)


def read(text: str) -> Reader:
    reader = Reader()
    reader.feed(text)
    reader.close()
    assert reader.open == []
    return reader


def shows_only_text(html: str) -> None:
    """``EVIL``, wherever it was put in, is text: no tag, no attribute, and nothing that steers a terminal."""
    reader = read(html)
    assert "script" not in [tag for tag, _attributes in reader.tags]
    assert not [name for _tag, attributes in reader.tags for name in attributes if name.startswith("on")]
    shown = "".join(reader.text)
    assert 'alert("1")' in shown
    assert "\x1b" not in shown
    assert "\u202e" not in shown
