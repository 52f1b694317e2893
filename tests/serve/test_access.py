"""Who may come in."""

from __future__ import annotations

import stat
from pathlib import Path

import pytest

from lyricterm.serve.access import Access, is_loopback, loopback_names, make_token, secret_of

ACCESS = Access(b"s" * 32, "right-token")


def test_only_the_right_token_and_what_it_earned_come_in() -> None:
    assert ACCESS.is_token("right-token")
    assert not any(ACCESS.is_token(wrong) for wrong in ("", "right-toke", "right-token ", "ｒight-token", "\udc80"))
    assert ACCESS.admits(ACCESS.pass_cookie)
    assert not any(ACCESS.admits(wrong) for wrong in ("", "right-token", ACCESS.pass_cookie[:-1], "\udcff"))


def test_another_token_makes_old_passes_worthless() -> None:
    assert not Access(ACCESS.secret, "another-token").admits(ACCESS.pass_cookie)
    assert not Access(b"t" * 32, "right-token").admits(ACCESS.pass_cookie)


def test_without_a_token_everybody_comes_in() -> None:
    assert Access(b"s" * 32).admits("")
    assert Access(b"s" * 32).is_token("")


def test_a_visitor_is_known_by_the_cookie_that_the_server_made_and_by_no_other() -> None:
    visitor = ACCESS.new_visitor()
    cookie = ACCESS.visitor_cookie(visitor)
    assert ACCESS.visitor_of(cookie) == visitor
    other = ACCESS.new_visitor()
    forged = [
        f"{other}.{cookie.partition('.')[2]}",
        visitor,
        f"{visitor}.",
        "",
        "../../etc.0",
        cookie + "0",
        "\udc80.x",
    ]
    assert [ACCESS.visitor_of(wrong) for wrong in forged] == [None] * len(forged)
    assert Access(b"t" * 32).visitor_of(cookie) is None


def test_a_socket_must_come_from_the_servers_own_page() -> None:
    assert ACCESS.is_own_page("http://127.0.0.1:8000", "127.0.0.1:8000")
    assert ACCESS.is_own_page("https://Lab.school", "lab.school")
    foreign = [
        "",
        "null",
        "http://evil.example",
        "http://127.0.0.1:8001",
        "file://127.0.0.1:8000",
        "http://[",
        "http://x@127.0.0.1:8000",
    ]
    assert not any(ACCESS.is_own_page(origin, "127.0.0.1:8000") for origin in foreign)
    assert not ACCESS.is_own_page("http://", "")


def test_a_loopback_server_answers_under_its_own_names_only() -> None:
    access = Access(b"s" * 32, hosts=loopback_names("127.0.0.1"))
    assert all(access.knows_host(host) for host in ("127.0.0.1:8000", "localhost", "LOCALHOST:1", "[::1]:8000"))
    foreign = ("evil.example:8000", "", "127.0.0.1:8000; script-src *", "localhost\n", "127.0.0.1.evil.example")
    assert not any(access.knows_host(host) for host in foreign)
    assert ACCESS.knows_host("lab.school:80")
    assert not ACCESS.knows_host("lab school")


@pytest.mark.parametrize(
    ("address", "private"), [("127.0.0.1", True), ("127.8.8.8", True), ("::1", True), ("0.0.0.0", False), ("::", False)]
)
def test_which_addresses_only_this_machine_reaches(address: str, private: bool) -> None:
    assert is_loopback([address]) is private


def test_tokens_are_long_and_differ() -> None:
    assert len({make_token() for _ in range(100)}) == 100
    assert all(len(make_token()) >= 22 for _ in range(10))


def test_the_secret_is_made_once_and_for_the_owner_only(tmp_path: Path) -> None:
    secret = secret_of(tmp_path)
    assert len(secret) == 32
    assert secret_of(tmp_path) == secret
    assert stat.S_IMODE((tmp_path / "secret").stat().st_mode) == 0o600
    (tmp_path / "secret").write_bytes(b"short")
    assert len(secret_of(tmp_path)) == 32


def test_neither_secret_nor_token_is_shown() -> None:
    assert "right-token" not in repr(ACCESS)
    assert "ssss" not in repr(ACCESS)
