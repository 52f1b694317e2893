"""The web server: pages, the WebSocket between a browser and its lab, downloads (on textual-serve's)."""

from __future__ import annotations

import asyncio
import contextlib
import html
import signal
import socket
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import textual_serve
from aiohttp import WSCloseCode, WSMsgType, web
from textual_serve.download_manager import DownloadManager

from lyricterm.core.i18n import _, translator
from lyricterm.core.log import logger
from lyricterm.core.sentences import together
from lyricterm.core.visitor import Visitor
from lyricterm.serve.access import Access
from lyricterm.serve.lab import Lab
from lyricterm.serve.pages import PAGES, message_page, page
from lyricterm.serve.visitors import VisitorPlace, Visitors

HEARTBEAT = 4.0
"""Seconds between two looks whether a browser is still there; after one and a half it counts as gone."""
_FAREWELL = 1.0
"""Seconds that a browser has to answer when the server closes its WebSocket."""
_YEAR = 365 * 24 * 3600
_MOST_MESSAGE = 1 << 20
"""Bytes that a browser may send at once: a long paste."""
_POLITE = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)
_PATHS = {
    "/static/": Path(textual_serve.__file__).parent / "static",
    "/page/": PAGES,
}

Handler = Callable[[web.Request], Awaitable[web.StreamResponse]]


@dataclass(frozen=True)
class House:
    """What is served, and to how many."""

    arguments: Sequence[str]
    """Of each lab's command line."""
    guest: Visitor
    access: Access
    folder: Path
    """Holds the visitors' folders."""
    visitors: int
    threads: int
    port: int = 0
    background: str = "#000000"
    """Of the page, until the lab says which one it has."""
    scheme: str = "dark"
    """Of pages beside the lab: dark or light, as its theme."""
    language: str = field(default_factory=lambda: translator.language)


class Server:
    """Serves one house."""

    def __init__(self, house: House) -> None:
        self._house = house
        self._access = house.access
        self._visitors = Visitors(house.folder, house.visitors, house.threads)
        self._downloads = DownloadManager()
        self._sockets: set[web.WebSocketResponse] = set()
        self._visitor_cookie = f"lyricterm-visitor-{house.port}"
        self._pass_cookie = f"lyricterm-pass-{house.port}"

    def application(self) -> web.Application:
        """The routes, guarded."""
        application = web.Application(middlewares=[self._guarded], client_max_size=1 << 16)
        application.router.add_get("/", self._index)
        application.router.add_post("/", self._take_token)
        application.router.add_get("/ws", self._websocket)
        application.router.add_get("/download/{key}", self._download)
        for path, folder in _PATHS.items():
            application.router.add_static(path, folder)
        application.on_startup.append(_hear_signals)
        application.on_shutdown.append(self._close)
        return application

    def serve(self, sock: socket.socket, ready: Callable[[], None]) -> None:
        """Serve, after ``ready`` has told so, until a signal ends it; every lab has saved its run then."""
        application = self.application()

        async def tell(application: web.Application) -> None:
            ready()

        application.on_startup.append(tell)
        web.run_app(application, sock=sock, print=None, access_log=None, shutdown_timeout=1.0, handle_signals=False)

    @web.middleware
    async def _guarded(self, request: web.Request, handler: Handler) -> web.StreamResponse:
        """Nothing is shown under a foreign name, nor without the token."""
        response = await self._answered(request, handler)
        if not response.prepared:
            _harden(response, request.host)
        return response

    async def _answered(self, request: web.Request, handler: Handler) -> web.StreamResponse:
        if not self._access.knows_host(request.host):
            return message_page(_("The lab cannot be reached at this address."), 421, self._house.scheme)
        open_to_all = request.path == "/" and (request.method == "POST" or "token" in request.query)
        if not open_to_all and not self._access.admits(request.cookies.get(self._pass_cookie, "")):
            return _asked_for_token(self._house.scheme, wrong=False)
        try:
            return await handler(request)
        except web.HTTPException as error:
            return message_page(_("There is nothing at this address."), error.status, self._house.scheme)

    async def _take_token(self, request: web.Request) -> web.StreamResponse:
        """The token, typed into the page that asks for it."""
        if not self._access.is_own_page(request.headers.get("Origin", ""), request.host):
            return _asked_for_token(self._house.scheme, wrong=True)
        given = (await request.post()).get("token", "")
        return self._admit(given if isinstance(given, str) else "")

    def _admit(self, given: str) -> web.StreamResponse:
        if not self._access.is_token(given.strip()):
            return _asked_for_token(self._house.scheme, wrong=True)
        response = web.Response(status=303, headers={"Location": "/"})
        response.set_cookie(self._pass_cookie, self._access.pass_cookie, httponly=True, samesite="Lax")
        return response

    async def _index(self, request: web.Request) -> web.StreamResponse:
        """The lab's page, which opens the WebSocket."""
        if "token" in request.query:
            # Away from the address at once: it is shown, kept and sent on.
            return self._admit(request.query["token"])
        visitor = self._visitor(request)
        if not self._visitors.may_load(visitor):
            return _full(self._visitors.most, self._house.scheme)
        response = page("lab.html", title="lyricterm", language=self._house.language,
                        unreachable=_("The server cannot be reached now; try again later."),
                        background=self._house.background, scheme=self._house.scheme, ended=_("The lab is closed."),
                        again=_("Open it again"))  # fmt: skip
        cookie = self._access.visitor_cookie(visitor or self._access.new_visitor())
        response.set_cookie(self._visitor_cookie, cookie, max_age=_YEAR, httponly=True, samesite="Lax")
        return response

    def _visitor(self, request: web.Request) -> str | None:
        return self._access.visitor_of(request.cookies.get(self._visitor_cookie, ""))

    async def _websocket(self, request: web.Request) -> web.StreamResponse:
        """A lab for a tab, as long as the tab is open."""
        visitor = self._visitor(request)
        if visitor is None or not self._access.is_own_page(request.headers.get("Origin", ""), request.host):
            return web.Response(status=403)
        browser = web.WebSocketResponse(timeout=_FAREWELL, heartbeat=HEARTBEAT, max_msg_size=_MOST_MESSAGE)
        await browser.prepare(request)
        self._sockets.add(browser)
        place = None
        try:
            place = await self._visitors.enter(visitor)
            if place is None:
                # The page shows the reason.
                await browser.close(code=WSCloseCode.TRY_AGAIN_LATER, message=_no_room(self._visitors.most).encode())
            else:
                await self._live(place, browser, request)
        except OSError as error:
            logger().warning("a visitor's lab: %s", error)
        finally:
            self._sockets.discard(browser)
            await asyncio.shield(self._part(place, browser))
        return browser

    async def _part(self, place: VisitorPlace | None, browser: web.WebSocketResponse) -> None:
        if place is not None:
            await self._visitors.leave(place)
        with contextlib.suppress(OSError):
            await browser.close()

    async def _live(self, place: VisitorPlace, browser: web.WebSocketResponse, request: web.Request) -> None:
        house = self._house

        async def close() -> None:
            await browser.close()

        place.lab = lab = Lab(
            house.arguments, place.folder, house.guest, place.cpus, self._downloads,
            write_bytes=browser.send_bytes, write_str=browser.send_str, close=close,
        )  # fmt: skip
        width, height = (request.query.get(name, "") for name in ("width", "height"))
        await lab.start(int(width) if width.isdecimal() else 80, int(height) if height.isdecimal() else 24)
        async for message in browser:
            if message.type is not WSMsgType.TEXT:
                continue
            try:
                await _obey(lab, browser, message.json())
            except (ValueError, TypeError, KeyError, IndexError, AttributeError):
                logger().warning("a browser sent what is no message")

    async def _download(self, request: web.Request) -> web.StreamResponse:
        """A file for the visitor whose lab has offered it."""
        key = request.match_info["key"]
        try:
            meta = await self._downloads.get_download_metadata(key)
        except KeyError as error:
            raise web.HTTPNotFound from error
        visitor = self._visitor(request)
        if visitor is None or self._visitors.owner_of(meta.app_service) != visitor:
            raise web.HTTPNotFound
        response = web.StreamResponse(headers={"Content-Type": "application/octet-stream"})
        name = "".join(c for c in meta.file_name if c.isascii() and (c.isalnum() or c in "._-"))
        response.headers["Content-Disposition"] = f'attachment; filename="{name}"'
        _harden(response, request.host)
        await response.prepare(request)
        async for chunk in self._downloads.download(key):
            await response.write(chunk)
        await response.write_eof()
        return response

    async def _close(self, application: web.Application) -> None:
        """Every lab ends; each saves its run."""
        await asyncio.gather(*(browser.close(code=1001) for browser in self._sockets), return_exceptions=True)
        await asyncio.gather(*(place.left.wait() for place in self._visitors.here))


async def _hear_signals(application: web.Application) -> None:
    """Ctrl+C, a request to end and a lost ssh line end the server; a server started with nohup outlives the line."""
    heard = [name for name in _POLITE if name != signal.SIGHUP or signal.getsignal(name) is not signal.SIG_IGN]
    loop = asyncio.get_running_loop()

    def end() -> None:
        # aiohttp and a loop that closes set their signals back to the default, which would kill the server on its way.
        signal.pthread_sigmask(signal.SIG_BLOCK, heard)
        first = [loop.remove_signal_handler(name) for name in heard]
        for name in heard:
            signal.signal(name, signal.SIG_IGN)
        signal.pthread_sigmask(signal.SIG_UNBLOCK, heard)
        if any(first):
            raise web.GracefulExit

    for name in heard:
        loop.add_signal_handler(name, end)


async def _obey(lab: Lab, browser: web.WebSocketResponse, envelope: Any) -> None:
    """Hand what the page sends to the lab."""
    match envelope:
        case ["stdin", str(typed)]:
            await lab.send_bytes(typed.encode("utf-8", "replace"))
        case ["resize", {"width": width, "height": height}]:
            await lab.set_terminal_size(width, height)
        case ["ping", int() | float() | str() as token]:
            await browser.send_json(["pong", token])
        case ["blur", *_rest]:
            await lab.blur()
        case ["focus", *_rest]:
            await lab.focus()


def _harden(response: web.StreamResponse, host: str) -> None:
    """What a browser may do with a page: nothing that the lab does not need."""
    response.headers.update(
        {
            "Content-Security-Policy": "default-src 'self'; style-src 'self' 'unsafe-inline'; img-src 'self' data:; "
            f"connect-src 'self' ws://{host} wss://{host}; frame-ancestors 'none'; base-uri 'none'; form-action 'self'",
            "X-Content-Type-Options": "nosniff",
            "Referrer-Policy": "same-origin",
            "Cache-Control": "no-store",
        }
    )


def _no_room(most: int) -> str:
    # Of one lab a sentence of its own: "all 1" is none in any language.
    if most == 1:
        return _("The only lab of this server is in use.")
    return _("All {count} labs of this server are in use.").format(count=most)


def _full(most: int, scheme: str) -> web.Response:
    sentence = _("This page tries again by itself; a lab becomes free as soon as somebody closes theirs.")
    return message_page(together(_no_room(most), sentence), 503, scheme, refresh=10)


def _asked_for_token(scheme: str, *, wrong: bool) -> web.Response:
    sentence = _("This is not the token. Ask whoever runs the server for the link with the right one.")
    asked = _("This lab needs a token: open the link that the server printed, or type the token here.")
    button = html.escape(_("Open the lab"))
    form = (
        '<form method="post" action="/"><input name="token" autocomplete="off" autofocus aria-label="token">'
        f"<button>{button}</button></form>"
    )
    return message_page(sentence if wrong else asked, 403, scheme, form=form)
