"""The configuration on the command line: its defaults hold, flags come first, what is wrong is told once."""

from __future__ import annotations

import argparse
from collections.abc import Callable
from pathlib import Path

import pytest

from lyricterm.cli.command_line import configured, whole_parser
from lyricterm.cli.flags import recipe_of
from lyricterm.core.paths import config_file
from lyricterm.core.settings import Recipe
from lyricterm.core.user_config import Config
from tests.cli.calls import Call

Caller = Callable[..., Call]
Configure = Callable[..., Path]

WHERE = "~/config/lyricterm/config.toml:"


@pytest.fixture
def configure(clean_home: Path) -> Configure:
    """Write the person's configuration file."""

    def write(*lines: str) -> Path:
        path = config_file()
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text("\n".join(lines), encoding="utf-8")
        return path

    return write


def parsed(*given: str) -> argparse.Namespace:
    """The command line as it is understood."""
    return whole_parser(configured(given)).parse_args(given)


@pytest.mark.parametrize("command", [[], ["train"]], ids=["lab", "train"])
def test_flags_come_before_the_configuration(configure: Configure, command: list[str]) -> None:
    configure("[recipe]", "hidden = 512", "clipping = false", "prefixes = ['一', '二']", "threads = 3")
    base = Recipe(hidden=512, clipping=False, prefixes=("一", "二"), threads="3")
    assert recipe_of(parsed(*command)) == base
    assert recipe_of(parsed(*command, "--hidden", "8")) == Recipe(
        hidden=8, clipping=False, prefixes=("一", "二"), threads="3"
    )
    assert recipe_of(parsed(*command, "--clip", "3")).clipping is True
    assert recipe_of(parsed(*command, "--prefix", "三")).prefixes == ("三",)


@pytest.mark.parametrize("command", ["", "train", "complete x --checkpoint x", "corpus", "bench"])
def test_every_command_is_handed_the_configuration(configure: Configure, command: str) -> None:
    path = configure("autosave = 3", "budget = '1 GB'", "theme = 'light'", "[keys]", "'studio.go' = 'p'")
    config = parsed(*command.split()).config
    assert isinstance(config, Config)
    assert (config.path, config.autosave, config.budget, config.theme) == (path, 3.0, 10**9, "light")
    assert config.keys == {"studio.go": "p"}


def test_the_theme(configure: Configure) -> None:
    assert parsed().theme == "dark"
    configure("theme = 'light'")
    assert parsed().theme == "light"
    assert parsed("--theme", "dark").theme == "dark"


@pytest.mark.parametrize(
    ("given", "configured", "locale", "first"),
    [
        (["--lang", "en"], "zh", "zh_CN.UTF-8", "length: "),
        (["--lang", "zh"], "en", "C.UTF-8", "长度"),
        ([], "zh", "C.UTF-8", "长度"),
        ([], "en", "zh_CN.UTF-8", "length: "),
        ([], None, "zh_CN.UTF-8", "长度"),
        ([], None, "C.UTF-8", "length: "),
    ],
)
def test_the_language_is_asked_of_the_flag_then_the_file_then_the_locale(
    call: Caller,
    configure: Configure,
    monkeypatch: pytest.MonkeyPatch,
    given: list[str],
    configured: str | None,
    locale: str,
    first: str,
) -> None:
    monkeypatch.delenv("LANGUAGE")  # the language of the test before
    monkeypatch.setenv("LANG", locale)
    if configured:
        configure(f"language = '{configured}'")
    done = call("corpus", *given)
    assert (done.code, done.err) == (0, "")
    assert first in done.out


def test_problems_are_worded_in_the_configured_language(configure: Configure) -> None:
    configure("[recipe]", "cell = 3")
    (english,) = configured([]).problems
    configure("language = 'zh'", "[recipe]", "max-chars = 3.5")
    (chinese,) = configured([]).problems
    assert "whole number" not in english
    # The words for what is allowed are in the catalogue whatever becomes of the rest.
    assert "整数" in chinese
    (asked,) = configured(["--lang", "en"]).problems
    assert "max-chars must be a whole number from 2 to 1,000,000,000, not 3.5." in asked


def test_help_shows_the_defaults_that_hold(call: Caller, configure: Configure, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("COLUMNS", "200")
    for command in ("", "train"):
        printed = " ".join(call(*command.split(), "--help").out.split())
        assert "how many hidden units (default: 256)" in printed
        assert "language (default: the locale's)" in printed
    configure("theme = 'light'", "language = 'en'", "[recipe]", "hidden = 7", "corpus = '/50%/x.txt'", "max_chars = 9")
    for command in ("", "train"):
        printed = " ".join(call(*command.split(), "--help").out.split())
        assert "how many hidden units (default: 7)" in printed
        assert "(default: /50%/x.txt)" in printed
        assert "language (default: en)" in printed
        assert ("the lab's colours (default: light)" in printed) == (command == "")
    printed = " ".join(call("corpus", "--help").out.split())
    assert "several are joined (default: /50%/x.txt)" in printed
    assert "how many characters of the corpus to train on, or all (default: 9)" in printed


def test_train_uses_the_configuration(call: Caller, configure: Configure, tiny: list[str], text: Path) -> None:
    configure("[recipe]", f"corpus = '{text}'", "steps = 5", "batch = 2", "epochs = 1", "hidden = 4", "device = 'cpu'")
    done = call("train", "--epochs", 2, "--threads", 1, "--json")
    assert (done.code, done.err) == (0, "")
    (started,) = done.events("started")
    assert (started["corpus"], started["recipe"]["hidden"], started["recipe"]["epochs"]) == ("tiny.txt", 4, 2)
    assert len(done.events("epoch")) == 2


def test_corpus_uses_the_configuration(call: Caller, configure: Configure, text: Path) -> None:
    configure("[recipe]", f"corpus = '{text}'", "max_chars = 9")
    assert "length: 9 characters used of 120" in call("corpus").out
    assert call("corpus", "demo-zh", "--max-chars", 50).out.startswith("corpus: demo-zh")


def test_a_resumed_run_keeps_its_own_settings(call: Caller, configure: Configure, saved: Path) -> None:
    (before,) = call("train", "--resume", saved, "--epochs", 3, "--json").events("started")
    configure("[recipe]", "hidden = 99", "lr = 9.0", "epochs = 50", "theta = 1", "clipping = false", "corpus = 'gone'")
    done = call("train", "--resume", saved, "--epochs", 3, "--json")
    assert (done.code, done.err) == (0, "")
    assert done.events("started") == [before]
    (flipped,) = call("train", "--resume", saved, "--epochs", 3, "--lr", 0.1, "--json").events("started")
    assert flipped["recipe"] == {**before["recipe"], "lr": 0.1}


@pytest.mark.parametrize("command", ["train --epochs 1", "corpus"])
def test_each_problem_is_told_once_and_the_rest_applies(
    call: Caller, configure: Configure, text: Path, command: str
) -> None:
    configure(
        "tehme = 'dark'",
        "autosave = '3'",
        "[recipe]",
        f"corpus = '{text}'",
        "hidden = 0",
        "steps = 5",
        "batch = 2",
        "max_chars = 100",
    )
    done = call(*command.split(), "--json")
    assert done.code == 0
    assert done.err.splitlines()[:3] == [
        f"lyricterm: {WHERE} There is no setting called tehme; did you mean theme?",
        f"lyricterm: {WHERE} autosave must be a number of seconds from 0.1 to 86,400, not '3'.",
        f"lyricterm: {WHERE} [recipe] hidden must be a whole number from 1 to 16,384, not 0.",
    ]
    assert done.err.count("config.toml") == 3
    assert done.rows[0]["characters"] == 100


def test_without_a_terminal_the_lab_tells_them_too(call: Caller, configure: Configure, tiny: list[str]) -> None:
    configure("theme = 'pink'")
    done = call(*tiny, "--epochs", 1)
    assert done.code == 0
    assert done.err.splitlines()[:2] == [
        f"lyricterm: {WHERE} theme must be one of dark, light, not 'pink'.",
        "lyricterm: there is no terminal here; training without a screen, as lyricterm train does.",
    ]


def test_on_a_terminal_the_lab_tells_them_itself(
    call: Caller, configure: Configure, monkeypatch: pytest.MonkeyPatch
) -> None:
    opened: list[tuple[Recipe, str, Config]] = []

    def run(recipe: Recipe, *, theme: str, config: Config, **_others: object) -> int:
        opened.append((recipe, theme, config))
        return 0

    monkeypatch.setattr("lyricterm.cli.lab.has_terminal", lambda: True)
    monkeypatch.setattr("lyricterm.app.process.run", run)
    configure("theme = 'light'", "hidden = 3", "[recipe]", "hidden = 8", "[keys]", "'studio.go' = 'p'")
    done = call("--steps", 5)
    assert (done.code, done.out, done.err) == (0, "", "")
    ((recipe, theme, config),) = opened
    assert (recipe, theme) == (Recipe(corpus="demo-en", hidden=8, steps=5), "light")
    assert config.problems == (f"{WHERE} hidden belongs under [recipe].",)
    assert config.keys == {"studio.go": "p"}


@pytest.mark.parametrize("flag", ["--help", "--version"])
def test_help_is_not_held_up_by_problems(call: Caller, configure: Configure, flag: str) -> None:
    configure("theme = 'pink'")
    done = call(flag)
    assert (done.code, done.err) == (0, "")
    assert done.out
