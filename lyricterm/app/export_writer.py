"""Exports to a file: asks what and where, writes it in a thread, asks again if that fails."""

from __future__ import annotations

import re
import time
from collections.abc import Callable
from dataclasses import replace
from functools import partial
from io import BytesIO
from pathlib import Path

from textual.screen import Screen

from lyricterm.app.screens.export import KINDS, ExportRequest, ExportScreen
from lyricterm.core.errors import LyrictermError, RunError
from lyricterm.core.i18n import _
from lyricterm.core.log import logger
from lyricterm.core.pasted_path import pasted
from lyricterm.core.paths import log_file
from lyricterm.core.sanitize import brief, one_line
from lyricterm.reports.export import free_name, write

Content = Callable[[str, bool], bytes]
"""The content of a file, by its ending and whether it is of the samples; called in a thread."""

_DOWNLOADED = "application/octet-stream"
"""Never a type that a browser opens in the lab's own page."""
_NAME = 100
"""Characters that a downloaded file's name may have."""


class ExportWriter:
    """One export of one screen, until it is written or given up."""

    def __init__(self, screen: Screen[None], content: Callable[[], Content]) -> None:
        """``content`` tells what would be exported from the screen now."""
        # The screen's app can only be asked for in the app's own context.
        self._screen, self._app, self._now = screen, screen.app, content

    def ask(self) -> None:
        """Ask what to write, and where."""
        self._in_thread(self._look_for_names, ExportRequest(), "")

    def _look_for_names(self, request: ExportRequest, sentence: str) -> None:
        """In a thread: the first names that are free here."""
        stem = time.strftime("lyricterm-%Y%m%d")
        if self._app.is_web:
            names = {kind: stem + ending for kind, (_words, ending) in KINDS.items()}
            self._app.call_from_thread(self._ask_what, request, names, _("the browser's downloads"), sentence)
            return
        folder = _here()
        names = {kind: free_name(folder, stem, ending).name for kind, (_words, ending) in KINDS.items()}
        self._app.call_from_thread(self._ask_what, request, names, str(folder), sentence)

    def _ask_what(self, request: ExportRequest, names: dict[str, str], folder: str, sentence: str) -> None:
        if self._app.screen is self._screen:
            self._app.push_screen(ExportScreen(request, names, one_line(folder), sentence), self._take)

    def _take(self, request: ExportRequest | None) -> None:
        if request is not None:
            # The screen is drawn without the dialog first: it may be what is wanted.
            self._screen.call_after_refresh(self._write, request)

    def _write(self, request: ExportRequest) -> None:
        picture = self._app.export_screenshot(title="lyricterm") if request.kind == "screen" else ""
        self._in_thread(self._write_out, request, self._now(), picture)

    def _write_out(self, request: ExportRequest, content: Content, picture: str) -> None:
        """In a thread: write it; if that fails, ask again with all as it was."""
        try:
            if self._app.is_web:
                self._download(request, _bytes(request, content, picture))
                return
            path = _resolved(request)
            write(path, _bytes(request, content, picture))
        except _ThereError as there:
            self._look_for_names(replace(request, replaces=request.path), str(there))
        except LyrictermError as error:
            self._look_for_names(request, str(error))
        else:
            sentence = _("Written: {path}").format(path=brief(str(path)))
            self._app.call_from_thread(partial(self._screen.notify, sentence, markup=False))

    def _download(self, request: ExportRequest, content: bytes) -> None:
        """In a thread: hand it to the visitor's browser; nothing is written where the server runs."""
        name = file_name(request.path, KINDS[request.kind][1])
        deliver = partial(self._app.deliver_binary, BytesIO(content), save_filename=name, mime_type=_DOWNLOADED)
        self._app.call_from_thread(deliver)
        sentence = _("Sent to the browser as {name}.").format(name=name)
        self._app.call_from_thread(partial(self._screen.notify, sentence, markup=False))

    def _in_thread(self, work: Callable[..., None], *arguments: object) -> None:
        self._screen.run_worker(
            partial(self._guarded, work, *arguments), thread=True, exit_on_error=False, group="export"
        )

    def _guarded(self, work: Callable[..., None], *arguments: object) -> None:
        try:
            work(*arguments)
        except Exception as error:
            logger().exception("while something was exported")
            if self._app.is_running:
                sentence = _("Nothing was written ({kind}); the log in {path} has the details.")
                told = sentence.format(kind=type(error).__name__, path=one_line(str(log_file())))
                self._app.call_from_thread(partial(self._screen.notify, told, severity="error", markup=False))


class _ThereError(RunError):
    """There is a file already."""


def _resolved(request: ExportRequest) -> Path:
    """The path to write, which no file has, or one that may be replaced.

    Raises:
        RunError: if that cannot be.
    """
    try:
        path = Path(pasted(request.path)).expanduser()
        there = path.exists()
    except (OSError, RuntimeError, ValueError) as error:
        sentence = _("{path} cannot be written: {reason}.")
        reason = getattr(error, "strerror", None) or error
        raise RunError(sentence.format(path=brief(request.path), reason=reason)) from error
    if there and path.is_file() and request.replaces != request.path:
        sentence = _("There is a file {path} already; write again to replace it, or change the name.")
        raise _ThereError(sentence.format(path=brief(str(path))))
    return path


def file_name(typed: str, ending: str) -> str:
    """The name that a browser is told for what was typed: no folders, nothing that a header cannot hold."""
    name = re.sub(r"[^\w.-]+", "-", typed.replace("\\", "/").rpartition("/")[2], flags=re.ASCII).strip(".-")
    return (name or time.strftime("lyricterm-%Y%m%d") + ending)[:_NAME]


def _bytes(request: ExportRequest, content: Content, picture: str) -> bytes:
    if picture:
        return picture.encode("utf-8", "replace")
    return content(KINDS[request.kind][1], request.kind.startswith("samples"))


def _here() -> Path:
    try:
        return Path.cwd()
    except OSError:
        # The folder has gone.
        return Path.home()
