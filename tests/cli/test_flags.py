"""Every setting of the recipe has its flag, for the lab and for ``train`` alike."""

from __future__ import annotations

import argparse

import pytest

from lyricterm.cli.command_line import whole_parser
from lyricterm.cli.flags import recipe_of, with_local_corpus
from lyricterm.core.i18n import translator
from lyricterm.core.settings import DEFAULTS, SETTINGS, Recipe, Value
from lyricterm.core.user_config import Config

PARSERS: list[list[str]] = [[], ["train"]]


def _other(name: str) -> tuple[list[str], Value]:
    """Flags that set a setting to something else than its default, and that value."""
    setting, default = SETTINGS[name], DEFAULTS[name]
    if name == "clipping":
        return [setting.flag], False
    if isinstance(default, bool):
        return [setting.flag.replace("--", "--no-")], False
    if isinstance(default, tuple):
        return [setting.flag, "一", setting.flag, "二|三"], ("一", "二|三")
    if setting.word:
        number = "7" if setting.whole else f"{max(0.25, setting.low):g}"
        return [setting.flag, number], number
    if setting.choices:
        value = next(choice for choice in setting.choices if choice != default)
        return [setting.flag, value], value
    if isinstance(default, str):
        return [setting.flag, " ~/a b.txt"], " ~/a b.txt"
    number_allowed = min(7, setting.high)
    return [setting.flag, str(number_allowed)], number_allowed


@pytest.mark.parametrize("command", PARSERS, ids=["lab", "train"])
@pytest.mark.parametrize("name", SETTINGS)
def test_each_axis_has_a_flag(command: list[str], name: str) -> None:
    flags, value = _other(name)
    parsed = recipe_of(whole_parser().parse_args([*command, *flags]))
    assert parsed == Recipe().with_values({name: value})


@pytest.mark.parametrize("command", PARSERS, ids=["lab", "train"])
def test_all_flags_together(command: list[str]) -> None:
    # Beam search draws nothing, so it goes with none of the knobs that draw.
    others = {name: _other(name) for name in SETTINGS if name not in ("clipping", "beam")}
    flags = [flag for given, _ in others.values() for flag in given]
    parsed = recipe_of(whole_parser().parse_args([*command, *flags]))
    assert parsed == Recipe().with_values({name: value for name, (_, value) in others.items()})


@pytest.mark.parametrize("command", PARSERS, ids=["lab", "train"])
def test_without_flags_the_defaults(command: list[str]) -> None:
    assert recipe_of(whole_parser().parse_args(command)) == Recipe()


def test_a_flag_of_one_parser_is_a_flag_of_the_other() -> None:
    lab = whole_parser()
    commands = next(action for action in lab._actions if isinstance(action, argparse._SubParsersAction))
    train = commands.choices["train"]
    train.parse_args([])  # gets its flags
    recipe = {setting.flag for setting in SETTINGS.values()}
    assert recipe <= set(lab._option_string_actions)
    assert recipe <= set(train._option_string_actions)
    only_train = set(train._option_string_actions) - set(lab._option_string_actions)
    assert only_train == {"--json", "--save"}


def test_a_theta_turns_clipping_on() -> None:
    parsed = recipe_of(whole_parser().parse_args(["train", "--clip", "3"]))
    assert (parsed.clipping, parsed.theta) == (True, 3.0)


@pytest.mark.parametrize(
    "arguments",
    [
        ["--clip", "1", "--no-clip"],
        ["train", "--no-clip", "--clip", "1"],
        ["--sampling", "sometimes"],
        ["--hid", "8"],
        ["--hidden"],
        ["sing"],
        ["train", "extra"],
        ["--theme", "pink"],
    ],
    ids=" ".join,
)
def test_usage_errors(arguments: list[str]) -> None:
    with pytest.raises(SystemExit) as stop:
        whole_parser().parse_args(arguments)
    assert stop.value.code == 2


@pytest.mark.parametrize(("language", "corpus"), [("en", "demo-en"), ("zh", "demo-zh")])
def test_the_lab_begins_with_a_text_in_the_persons_language(
    language: str, corpus: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(translator, "language", language)
    config = with_local_corpus(Config())
    assert config.recipe == Recipe(corpus=corpus)
    assert recipe_of(whole_parser(config).parse_args(["--corpus", "mine.txt"])).corpus == "mine.txt"
    configured = Config(recipe=Recipe(corpus="demo-zh"), configured=frozenset({"corpus"}))
    assert with_local_corpus(configured) is configured
    assert recipe_of(whole_parser().parse_args(["train"])).corpus == "demo-zh"
