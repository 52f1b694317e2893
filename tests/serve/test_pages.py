"""What the server's pages say, and that they are as dark or light as the lab."""

from __future__ import annotations

import asyncio
from pathlib import Path

import pytest
from aiohttp.test_utils import TestClient, TestServer

from lyricterm.core.i18n import translator
from lyricterm.core.visitor import Visitor
from lyricterm.serve.access import Access
from lyricterm.serve.server import House, Server, _no_room


async def _page(house: House, path: str) -> str:
    async with TestClient(TestServer(Server(house).application())) as client:
        return await (await client.get(path)).text()


@pytest.mark.parametrize("scheme", ["dark", "light"])
@pytest.mark.parametrize("path", ["/", "/?token=wrong-token", "/nothing"])
def test_the_pages_are_as_dark_or_light_as_the_lab(tmp_path: Path, scheme: str, path: str) -> None:
    house = House((), Visitor(), Access(b"s" * 32, "right-token"), tmp_path, 1, 1, scheme=scheme)
    page = asyncio.run(_page(house, path))
    assert f'<html lang="en" data-scheme="{scheme}">' in page
    assert "token" in page


def test_the_sentence_fits_the_number_of_labs() -> None:
    try:
        for language, one, many in (
            ("en", "The only lab of this server is in use.", "All 3 labs of this server are in use."),
            ("zh", "服务器唯一的实验室正在使用中。", "服务器的 3 个实验室都在使用中。"),
        ):
            translator.use(language)
            assert (_no_room(1), _no_room(3)) == (one, many)
    finally:
        translator.use("en")
