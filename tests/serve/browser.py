"""A served lab, and tabs of a real browser that look at it."""

from __future__ import annotations

import json
import os
import re
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pyte
from playwright.sync_api import Browser, BrowserContext, Page, WebSocket, sync_playwright
from rich.cells import cell_len

from tests.app.real import LYRICS

PATIENCE = 240.0
"""Seconds that anything may take on a slow machine with much else to do."""


_LOOKS = 10
"""At the screen, until what stands still is believed to."""


def chromium() -> str | None:
    """The browser that Debian brings."""
    return shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")


class Served:
    """``lyricterm serve`` in a home of its own."""

    def __init__(self, home: Path, *flags: str) -> None:
        home.mkdir(parents=True, exist_ok=True)
        self.home = home
        lyrics = home / "songs.txt"
        lyrics.write_text(LYRICS, encoding="utf-8")
        small = ["--hidden=8", "--batch=2", "--steps=5", "--epochs=1000000", "--device=cpu", "--prefix=春天"]
        environment = {name: value for name, value in os.environ.items() if not name.startswith("XDG_")}
        self.process = subprocess.Popen(
            [sys.executable, "-m", "lyricterm", "serve", "--port=0", f"--corpus={lyrics}", *small, *flags],
            stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, env=environment | {"HOME": str(home)},
        )  # fmt: skip
        assert self.process.stdout is not None
        self.link = self.process.stdout.readline().strip()
        assert self.link.startswith("http://"), self.process.stderr and self.process.stderr.read()

    @property
    def port(self) -> int:
        found = re.search(r":([0-9]+)/", self.link)
        assert found
        return int(found[1])

    @property
    def url(self) -> str:
        """The address without a token, from this machine."""
        return f"http://127.0.0.1:{self.port}/"

    @property
    def visitors(self) -> list[Path]:
        """The visitors' folders."""
        return [path for path in (self.home / ".local/share/lyricterm/visitors").glob("*") if path.is_dir()]

    def labs(self) -> list[int]:
        """The processes that the server has started and that still run."""
        children = Path(f"/proc/{self.process.pid}/task").glob("*/children")
        return [int(pid) for path in children for pid in path.read_text().split()]

    def end(self) -> int:
        """As with Ctrl+C; the exit code."""
        self.process.send_signal(signal.SIGINT)
        try:
            code = self.process.wait(PATIENCE)
        finally:
            self.process.kill()
            self.process.wait()
            for stream in (self.process.stdout, self.process.stderr):
                assert stream is not None
                stream.close()
        return code


class Tab:
    """One tab; the screen is read from what the lab sends to the browser's terminal."""

    def __init__(self, page: Page) -> None:
        self.page = page
        self._screen = pyte.Screen(80, 24)
        self._stream = pyte.ByteStream(self._screen)
        self.frames = 0
        page.on("websocket", self._listen)

    def _listen(self, socket: WebSocket) -> None:
        socket.on("framereceived", self._draw)
        socket.on("framesent", self._resize)

    def _draw(self, payload: str | bytes) -> None:
        if isinstance(payload, bytes):
            self.frames += 1
            self._stream.feed(payload)

    def _resize(self, payload: str | bytes) -> None:
        kind, *rest = json.loads(payload)
        if kind == "resize":
            self._screen.resize(rest[0]["height"], rest[0]["width"])

    @property
    def text(self) -> str:
        """The screen."""
        return "\n".join(self._screen.display)

    def open(self, url: str) -> Tab:
        self.page.goto(url)
        return self

    def until(self, what: Callable[[str], Any], seconds: float = PATIENCE) -> None:
        """Wait until the screen is so."""
        end = time.monotonic() + seconds
        while not what(self.text):
            assert time.monotonic() < end, "it never came; the screen was\n" + self.text
            self.page.wait_for_timeout(50)

    def shows(self, *words: str) -> None:
        self.until(lambda text: all(word in text for word in words))

    def press(self, *keys: str) -> None:
        for key in keys:
            self.page.keyboard.press(key)

    def type(self, text: str) -> None:
        self.page.keyboard.insert_text(text)

    def rests(self, words: str) -> None:
        """Wait until a line with this pattern stands where it stood a moment before: nothing scrolls any more."""
        seen: list[int | None] = []

        def is_still(text: str) -> bool:
            seen.append(next((i for i, line in enumerate(text.splitlines()) if re.search(words, line)), None))
            return len(seen) > _LOOKS and seen[-1] is not None and len(set(seen[-_LOOKS:])) == 1

        self.until(is_still)

    def click(self, word: str) -> None:
        """On the first place where the screen has this word."""
        row, line = next((i, line) for i, line in enumerate(self._screen.display) if word in line)
        box = self.page.locator(".xterm-screen").bounding_box()
        assert box is not None
        column = cell_len(line.partition(word)[0]) + 0.5
        x = box["x"] + box["width"] * column / self._screen.columns
        self.page.mouse.click(x, box["y"] + box["height"] * (row + 0.5) / self._screen.lines)

    def trains(self) -> None:
        """Wait until epochs go by."""
        self.until(lambda text: epoch(text) > 1)


def epoch(text: str) -> int:
    """The epochs done, as the header says."""
    found = re.search(r"epoch ([0-9,]+)/", text)
    return int(found[1].replace(",", "")) if found else -1


@contextmanager
def browser() -> Iterator[Browser]:
    """Headless Chromium."""
    with sync_playwright() as playwright:
        # Inside a container, root may not use Chromium's own sandbox.
        opened = playwright.chromium.launch(executable_path=chromium(), args=["--no-sandbox"])
        try:
            yield opened
        finally:
            opened.close()


def tab_of(context: BrowserContext) -> Tab:
    return Tab(context.new_page())
