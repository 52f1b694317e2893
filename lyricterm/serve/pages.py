"""The pages of the server: templates with a few words filled in."""

from __future__ import annotations

import html
from pathlib import Path
from string import Template

from aiohttp import web

from lyricterm.core.i18n import translator

PAGES = Path(__file__).parent / "static"
_TEMPLATES = Path(__file__).parent / "templates"


def page(name: str, status: int = 200, form: str = "", head: str = "", **words: str) -> web.Response:
    """A template with its words; only ``form`` and ``head`` are taken as HTML."""
    template = Template((_TEMPLATES / name).read_text(encoding="utf-8"))
    filled = template.substitute({key: html.escape(word) for key, word in words.items()}, form=form, head=head)
    return web.Response(text=filled, status=status, content_type="text/html")


def message_page(sentence: str, status: int, scheme: str, form: str = "", refresh: int = 0) -> web.Response:
    """A page that says one thing, dark or light as the lab is; ``refresh`` tries again after so many seconds."""
    head = f'<meta http-equiv="refresh" content="{refresh}">' if refresh else ""
    words = {"title": "lyricterm", "language": translator.language, "sentence": sentence, "scheme": scheme}
    return page("message.html", status, form, head, **words)
