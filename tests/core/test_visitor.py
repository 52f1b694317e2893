"""What a visitor may read."""

from __future__ import annotations

import pytest

from lyricterm.core.visitor import VARIABLE, Visitor, told, visitor


def test_whoever_is_at_the_machine_is_no_visitor() -> None:
    assert visitor({}) is None


def test_what_the_server_says_arrives() -> None:
    guest = Visitor({"songs": "/srv/歌.txt"}, "/srv/runs")
    assert visitor(told(guest)) == guest


@pytest.mark.parametrize("text", ["", "x", "[]", "{}", '{"corpora": 1, "shared_runs": ""}', "null"])
def test_what_cannot_be_read_allows_nothing(text: str) -> None:
    assert visitor({VARIABLE: text}) == Visitor()


def test_only_texts_of_the_server_may_be_used() -> None:
    guest = Visitor({"songs": "/srv/songs.txt"})
    assert guest.refusal("demo-zh") == guest.refusal("songs") == guest.refusal("/srv/songs.txt") == ""
    for foreign in ("/etc/passwd", "songs.txt", "../songs", "~", ""):
        names = "demo-zh, demo-en, demo-ja, demo-ko, songs"
        assert guest.refusal(foreign) == f"In a browser, only this server's texts can be used: {names}."
        assert guest.path(foreign) is None
    assert str(guest.path("songs")) == str(guest.path("/srv/songs.txt")) == "/srv/songs.txt"
