"""What is wrong with a call of ``serve`` is said before anything starts; what a visitor's lab is started with."""

from __future__ import annotations

import socket
from collections.abc import Callable
from pathlib import Path
from urllib.parse import parse_qs, urlsplit

import pytest

from lyricterm.cli import serve
from lyricterm.cli.command_line import whole_parser
from lyricterm.cli.flags import recipe_of
from lyricterm.core.settings import Recipe
from tests.cli.calls import Call

Caller = Callable[..., Call]


def _refused(done: Call, *words: str, code: int = 1) -> None:
    assert (done.code, done.out) == (code, "")
    assert [word for word in words if word not in done.sentence()] == []


@pytest.mark.parametrize(
    ("flags", "words"),
    [
        (["--port", "70000"], ["--port", "65,535", "70000"]),
        (["--visitors", "0"], ["--visitors", "1"]),
        (["--threads-each", "1000"], ["--threads-each"]),
        (["--threads-each", "0"], ["--threads-each", "1", "0"]),
        (["--token", "short"], ["--token", "8"]),
        (["--token", "short     "], ["--token", "8"]),
        (["--host", "no.such.host.invalid"], ["no.such.host.invalid"]),
        (["--offer", "nothing.txt"], ["nothing.txt"]),
        (["--corpus", "nothing.txt"], ["nothing.txt"]),
        (["--hidden", "0"], ["--hidden"]),
        (["--corpus", "a.txt", "--corpus", "b.txt"], ["--offer"]),
    ],
)
def test_a_wrong_flag_is_refused_in_one_sentence(call: Caller, flags: list[str], words: list[str]) -> None:
    is_there_nothing = "host" in flags[0] or "nothing.txt" in flags
    _refused(call("serve", *flags), *words, code=1 if is_there_nothing else 2)


def test_a_port_in_use_is_refused(call: Caller) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        _refused(call("serve", "--port", port), str(port), ", cannot be served: Address already in use; try", "--port")


def test_without_its_parts_serve_names_the_extra(call: Caller, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(serve, "find_spec", lambda name: None)
    _refused(call("serve"), "pip install 'lyricterm[serve]'")


def _prepared(*words: str) -> tuple[list[str], Recipe]:
    namespace = whole_parser().parse_args(["serve", *words])
    recipe, _guest = serve._offered(recipe_of(namespace), namespace.offer, namespace.share_runs)
    arguments = serve._lab_arguments(namespace, recipe)
    return arguments, recipe_of(whole_parser().parse_args(arguments))


@pytest.mark.parametrize(
    "words",
    [
        [],
        ["--no-clip", "--no-detach", "--cell", "lstm", "--lr", "0.05"],
        ["--clip", "2.5", "--prefix", "-a", "--prefix", "b|c\\", "--threads", "2", "--seed", "7"],
    ],
)
def test_every_lab_begins_with_the_servers_settings(words: list[str]) -> None:
    words = [f"--prefix={word}" if word in ("-a", "b|c\\") else word for word in words if word != "--prefix"]
    _arguments, recipe = _prepared(*words)
    assert recipe == recipe_of(whole_parser().parse_args(["serve", *words]))


def test_theme_language_and_pause_reach_the_lab() -> None:
    arguments, _recipe = _prepared("--theme", "light", "--paused")
    assert arguments == ["--lang", "en", "--theme", "light", "--paused"]


def test_texts_are_offered_under_names_that_tell_no_path(tmp_path: Path) -> None:
    paths = [tmp_path / name / "songs.txt" for name in ("a", "b")] + [tmp_path / "demo-zh.txt"]
    for path in paths:
        path.parent.mkdir(exist_ok=True)
        path.write_text("la la la")
    recipe, guest = serve._offered(Recipe(corpus=str(paths[1])), [paths[0], paths[2]], share_runs=False)
    assert dict(guest.corpora) == {"songs": str(paths[0]), "demo-zh-2": str(paths[2]), "songs-2": str(paths[1])}
    assert (recipe.corpus, guest.shared_runs) == ("songs-2", "")


def test_a_text_that_is_given_twice_is_offered_once(tmp_path: Path) -> None:
    path = tmp_path / "songs.txt"
    path.write_text("la la la")
    recipe, guest = serve._offered(Recipe(corpus=str(path)), [path, path], share_runs=False)
    assert (dict(guest.corpora), recipe.corpus) == ({"songs": str(path)}, "songs")


@pytest.mark.parametrize(
    ("address", "token", "link"),
    [
        ("127.0.0.1", "", "http://127.0.0.1:8000/"),
        ("::1", "open sesame&#?/%", "http://[::1]:8000/?token=open%20sesame%26%23%3F%2F%25"),
    ],
)
def test_the_printed_link_can_be_opened(address: str, token: str, link: str) -> None:
    assert serve._link(address, 8000, token) == link
    given = parse_qs(urlsplit(link).query).get("token", [""])
    assert given == [token]
