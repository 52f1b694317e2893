"""The served lab in a real browser."""

from __future__ import annotations

import http.client
import re
import signal
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, BrowserContext, ViewportSize

from lyricterm.serve.lab import FIRM, POLITE
from lyricterm.storage.atomic_write import read_lines
from lyricterm.storage.run_log import RESUMED, read_curve
from tests.serve.browser import PATIENCE, Served, Tab, browser, chromium, epoch, tab_of

pytestmark = [pytest.mark.browser, pytest.mark.skipif(chromium() is None, reason="there is no Chromium here")]

SIZE = ViewportSize(width=1200, height=700)


@pytest.fixture(scope="module")
def chrome() -> Iterator[Browser]:
    with browser() as opened:
        yield opened


@pytest.fixture
def someone(chrome: Browser) -> Iterator[BrowserContext]:
    """A browser that has never been here."""
    context = chrome.new_context(viewport=SIZE, accept_downloads=True)
    context.set_default_timeout(PATIENCE * 1000)
    yield context
    context.close()


@pytest.fixture
def another(chrome: Browser) -> Iterator[BrowserContext]:
    context = chrome.new_context(viewport=SIZE)
    context.set_default_timeout(PATIENCE * 1000)
    yield context
    context.close()


@pytest.fixture(scope="module")
def served(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    server = Served(tmp_path_factory.mktemp("served"), "--visitors=2")
    yield server
    assert server.end() == 130


def _gone(served: Served) -> None:
    """Wait until no lab is left: each is killed in the end, should it not listen."""
    end = time.monotonic() + PATIENCE
    while served.labs():
        assert time.monotonic() < end, "the lab is still there"
        time.sleep(0.05)


def _paged_to(words: str, tab: Tab) -> bool:
    """Whether the form shows this; if not, ask for its next page. More of that at its end changes nothing."""
    found = re.search(words, tab.text) is not None
    if not found:
        tab.press("PageDown")
    return found


def test_a_lab_has_less_than_ten_seconds_to_end_in() -> None:
    assert POLITE + 2 * FIRM < 10


def _complete(tab: Tab, prefix: str) -> None:
    """Type a prefix into the prompt, and wait for its completion there: the lyrics above may begin in the same way."""
    tab.press("/")
    tab.shows("esc leave")
    tab.type(prefix)
    tab.until(lambda text: re.search(prefix + "[^ │\n]{10}", text.partition("─ prompt")[2].replace(" ", "")))


def test_it_loads_trains_and_obeys_keys(served: Served, someone: BrowserContext) -> None:
    tab = tab_of(someone).open(served.url)
    tab.trains()
    assert "songs" in tab.text
    assert "random" in tab.text
    tab.press("s")
    tab.shows("consecutive")
    tab.page.close()
    _gone(served)


def _page_rows(tab: Tab) -> tuple[float, float]:
    """Where the terminal's last row ends, and the height of the page."""
    bottom, height = tab.page.evaluate(
        "[document.querySelector('.xterm-screen').getBoundingClientRect().bottom, innerHeight]"
    )
    return bottom, height


def test_the_whole_screen_is_on_the_page_at_any_size(served: Served, someone: BrowserContext) -> None:
    tab = tab_of(someone).open(served.url)
    tab.shows("quit")
    for width, height in ((390, 844), (844, 390), (1280, 800)):
        tab.page.set_viewport_size({"width": width, "height": height})
        tab.page.wait_for_function("height => height === innerHeight", arg=height)
        tab.until(lambda text: epoch(text) > 1 and "/ prompt" in text)
        bottom, page_height = _page_rows(tab)
        # Less than one row is left over.
        assert page_height - 24 < bottom <= page_height
    tab.page.close()
    _gone(served)


def _colours(tab: Tab) -> set[str]:
    """Of the page and of what the terminal's cells leave free."""
    script = "[...document.querySelectorAll('body, .xterm-viewport')].map(e => getComputedStyle(e).backgroundColor)"
    return set(tab.page.evaluate(script))


def test_the_page_has_the_background_of_the_theme_also_when_that_is_changed(
    served: Served, someone: BrowserContext
) -> None:
    tab = tab_of(someone).open(served.url)
    tab.shows("quit")
    assert _colours(tab) == {"rgb(16, 19, 26)"}
    tab.press("Control+p")
    tab.shows("Learning rate: raise")
    tab.type("theme light")
    tab.until(lambda text: "Theme: light" in text and "Learning rate" not in text)
    tab.press("Enter")
    script = "colour => getComputedStyle(document.body).backgroundColor === colour"
    tab.page.wait_for_function(script, arg="rgb(246, 245, 241)")
    assert _colours(tab) == {"rgb(246, 245, 241)"}
    tab.page.close()
    _gone(served)


def test_a_chinese_prefix_completes(served: Served, someone: BrowserContext) -> None:
    tab = tab_of(someone).open(served.url)
    tab.trains()
    _complete(tab, "秋天")
    tab.page.close()
    _gone(served)


def test_a_path_in_the_settings_form_is_refused(served: Served, someone: BrowserContext) -> None:
    tab = tab_of(someone).open(served.url)
    tab.trains()
    tab.press("e")
    tab.shows("from the next epoch")
    tab.until(lambda text: _paged_to("corpus +songs  ", tab))
    tab.rests("corpus +songs  ")
    tab.click("songs  ")
    tab.press("End", *["Backspace"] * 5)
    tab.type("/etc/passwd")
    tab.shows("only this server's texts can be used")
    tab.page.close()
    _gone(served)


def test_two_visitors_do_not_meet_and_a_third_is_told_so(
    served: Served, someone: BrowserContext, another: BrowserContext, chrome: Browser
) -> None:
    before = set(served.visitors)
    first, second = tab_of(someone).open(served.url), tab_of(another).open(served.url)
    first.trains()
    second.trains()
    assert len(served.labs()) == 2
    new = set(served.visitors) - before
    assert len(new) == 2
    for folder in new:
        assert len(list((folder / "data/lyricterm/runs").iterdir())) == 1
    third = chrome.new_context()
    third.set_default_timeout(PATIENCE * 1000)
    page = third.new_page()
    answer = page.goto(served.url)
    assert answer is not None
    assert answer.status == 503
    assert "All 2 labs of this server are in use." in page.inner_text("body")
    assert page.evaluate("getComputedStyle(document.body).backgroundColor") == "rgb(18, 23, 29)"
    third.close()
    # A tab that is loaded again has its own place; a second one of the same browser has none.
    first.page.reload()
    first.shows("Press o to go on with it")
    page = someone.new_page()
    page.goto(served.url)
    page.wait_for_selector(".closed p:has-text('All 2 labs of this server are in use.')")
    page.close()
    first.page.close()
    second.page.close()
    _gone(served)


def test_a_closed_tab_ends_its_lab_and_the_same_browser_goes_on(served: Served, someone: BrowserContext) -> None:
    others = set(served.visitors)
    tab = tab_of(someone).open(served.url)
    tab.until(lambda text: epoch(text) >= 10)
    tab.page.close()
    _gone(served)
    (folder,) = set(served.visitors) - others
    (curve,) = folder.glob("data/lyricterm/runs/*/curve.jsonl")
    before = len(read_curve(curve).epochs)
    assert before >= 10
    again = tab_of(someone).open(served.url)
    again.shows("Press o to go on with it")
    again.press("o")
    # The header names the epoch under way.
    again.until(lambda text: epoch(text) > before + 2)
    assert "songs.txt" not in again.text
    again.page.close()
    _gone(served)
    assert len(read_curve(curve).epochs) > before
    assert any(RESUMED in row for row in read_lines(curve))


def test_an_export_is_a_download_and_a_copy_the_browsers_clipboard(served: Served, someone: BrowserContext) -> None:
    someone.grant_permissions(["clipboard-read", "clipboard-write"], origin=served.url)
    tab = tab_of(someone).open(served.url)
    tab.trains()
    tab.press("w")
    tab.shows("report")
    with tab.page.expect_download() as waited:
        tab.press("Enter")
    assert waited.value.suggested_filename.endswith(".html")
    assert "<html" in Path(waited.value.path()).read_text(encoding="utf-8")
    _complete(tab, "春天")
    tab.press("Escape")
    # An Escape and a letter that follow each other closely would be one key.
    tab.until(lambda text: "esc leave" not in text)
    tab.press("y")
    tab.shows("Copied")
    # The clipboard is the browser's, which is written to a moment after the lab has said so.
    tab.page.wait_for_function("async () => (await navigator.clipboard.readText()).startsWith('春天')")
    tab.page.close()
    _gone(served)


def _answer(port: int, path: str, **headers: str) -> tuple[int, str]:
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=30)
    try:
        connection.request("GET", path, headers=headers)
        answer = connection.getresponse()
        return answer.status, answer.read().decode("utf-8", "replace")
    finally:
        connection.close()


def _upgrade(origin: str, **more: str) -> dict[str, str]:
    key = {"Sec-WebSocket-Key": "dGhlIHNhbXBsZSBub25jZQ==", "Sec-WebSocket-Version": "13"}
    return {"Connection": "Upgrade", "Upgrade": "websocket", "Origin": origin, **key, **more}


def test_a_socket_from_a_foreign_page_or_without_a_cookie_is_refused(served: Served, someone: BrowserContext) -> None:
    page = someone.new_page()
    page.goto(served.url)
    cookie = "; ".join(f"{cookie['name']}={cookie['value']}" for cookie in someone.cookies())
    page.close()
    own = f"http://127.0.0.1:{served.port}"
    assert _answer(served.port, "/ws", **_upgrade("http://evil.example", Cookie=cookie))[0] == 403
    assert _answer(served.port, "/ws", **_upgrade(own))[0] == 403
    assert _answer(served.port, "/", Host="evil.example")[0] == 421
    assert _answer(served.port, "/download/anything", Cookie=cookie)[0] == 404
    assert _answer(served.port, "/static/../../server.py")[0] == 404
    _gone(served)


def test_a_wrong_token_sees_nothing_and_the_printed_link_opens_the_lab(
    tmp_path: Path, someone: BrowserContext, another: BrowserContext
) -> None:
    served = Served(tmp_path / "guarded", "--host=0.0.0.0", "--share-runs")
    try:
        token = served.link.partition("token=")[2]
        assert len(token) >= 22
        for path in ("/", "/?token=wrong-token", "/page/lab.js", "/static/js/textual.js", "/ws", "/nothing"):
            status, text = _answer(served.port, path, **_upgrade(f"http://127.0.0.1:{served.port}"))
            assert (status, "textual-terminal" in text) == (403, False)
        page = another.new_page()
        page.goto(served.url)
        page.fill("input", "wrong-token")
        page.press("input", "Enter")
        page.wait_for_selector("text=This is not the token")
        assert not served.labs()
        page.fill("input", token)
        page.press("input", "Enter")
        page.wait_for_selector("body.-first-byte", state="attached")
        page.close()
        tab = tab_of(someone).open(f"{served.url}?token={token}")
        tab.trains()
        assert tab.page.url == served.url
    finally:
        code = served.end()
    assert code == 130


def test_a_lost_terminal_ends_the_server_as_ctrl_c_does_and_a_second_signal_changes_nothing(
    tmp_path: Path, someone: BrowserContext
) -> None:
    served = Served(tmp_path / "lost")
    try:
        tab = tab_of(someone).open(served.url)
        tab.trains()
        served.process.send_signal(signal.SIGHUP)
        tab.page.wait_for_selector("body.-closed", state="attached")
        served.process.send_signal(signal.SIGHUP)
        assert served.process.wait(PATIENCE) == 130
        assert served.process.stderr is not None
        assert "Traceback" not in served.process.stderr.read()
        # The page stays, and says why it cannot open the lab again.
        tab.page.click("#again")
        tab.page.wait_for_selector(".closed p:has-text('The server cannot be reached now')")
    finally:
        served.end()
