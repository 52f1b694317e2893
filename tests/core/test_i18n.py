"""Which language is spoken, and that all of the program speaks it."""

from __future__ import annotations

import gettext
import os

import pytest

from lyricterm.cli import main
from lyricterm.core.i18n import LANGUAGES, N_, _, language_of, listed, n_, translator
from lyricterm.core.settings import SETTINGS

CHINESE_EPOCHS = "迭代周期"


@pytest.mark.parametrize(
    ("environment", "language"),
    [
        ({}, "en"),
        ({"LANG": ""}, "en"),
        ({"LANG": "C"}, "en"),
        ({"LANG": "POSIX"}, "en"),
        ({"LANG": "C.UTF-8"}, "en"),
        ({"LANG": "en_US.UTF-8"}, "en"),
        ({"LANG": "de_DE.UTF-8"}, "en"),
        ({"LANG": "zh_CN.UTF-8"}, "zh"),
        ({"LANG": "zh_CN.GBK"}, "zh"),
        ({"LANG": "zh-TW"}, "zh"),
        ({"LANG": "zh"}, "zh"),
        ({"LANG": "ZH_cn"}, "zh"),
        ({"LANG": "zhx_XX"}, "en"),
        ({"LC_MESSAGES": "zh_CN.UTF-8", "LANG": "en_US.UTF-8"}, "zh"),
        ({"LC_ALL": "en_US.UTF-8", "LC_MESSAGES": "zh_CN.UTF-8"}, "en"),
        ({"LC_ALL": "C", "LANG": "zh_CN.UTF-8"}, "en"),
        ({"LC_ALL": "", "LANG": "zh_CN.UTF-8"}, "zh"),
        ({"LANGUAGE": "zh_CN", "LC_ALL": "en_US.UTF-8"}, "zh"),
        ({"LANGUAGE": "en:zh", "LANG": "zh_CN.UTF-8"}, "en"),
        ({"LANGUAGE": "fr:zh:en"}, "zh"),
        ({"LANGUAGE": "", "LANG": "zh_CN.UTF-8"}, "zh"),
    ],
)
def test_the_environment_picks_the_language(environment: dict[str, str], language: str) -> None:
    assert language_of(environment) == language


def test_switching_there_and_back() -> None:
    source = N_("epochs")
    assert _(source) == "epochs"
    translator.use("zh")
    assert (_(source), translator.language) == (CHINESE_EPOCHS, "zh")
    translator.use("en")
    assert (_(source), translator.language) == ("epochs", "en")


def test_an_unknown_language_changes_nothing() -> None:
    translator.use("zh")
    with pytest.raises(KeyError):
        translator.use("tlh")
    assert _("epochs") == CHINESE_EPOCHS


def test_the_empty_text_stays_empty() -> None:
    # gettext's own answer would be the catalogue's header.
    for language in LANGUAGES:
        translator.use(language)
        assert _("") == ""


def test_counted_messages() -> None:
    forms = ("expected %s argument", "expected %s arguments")
    assert [n_(*forms, count) for count in (1, 2)] == list(forms)
    translator.use("zh")
    assert [n_(*forms, count) for count in (1, 2)] == ["需要 %s 个值"] * 2


def test_a_list_has_the_comma_of_its_language() -> None:
    assert (listed(["tanh", "GRU"]), listed(["tanh"]), listed([])) == ("tanh, GRU", "tanh", "")
    translator.use("zh")
    assert listed(["随机采样", "tanh", "{}"]) == "随机采样、tanh、{}"


def test_the_standard_library_follows() -> None:
    translator.use("zh")
    assert gettext.gettext("usage: ") == "用法: "
    translator.use("en")
    assert gettext.gettext("usage: ") == "usage: "


def test_chinese_help(capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("COLUMNS", "80")
    with pytest.raises(SystemExit) as stop:
        main(["--lang", "zh", "--help"])
    printed = capsys.readouterr().out
    assert stop.value.code == 0
    assert printed.startswith("用法: lyricterm")
    assert "\n选项" in printed
    assert "显示此帮助并退出" in printed
    assert "显示版本号并退出" in printed
    for english in ("usage", "options", "show ", "default"):
        assert english not in printed
    flags = {"--version", "--lang"} | {setting.flag for setting in SETTINGS.values()}
    assert [flag for flag in sorted(flags) if f"\n  {flag}" not in printed] == []


@pytest.mark.parametrize(
    ("arguments", "reason"),
    [
        (["--hidden"], "参数 --hidden：需要一个值"),
        (["complete", "--length", "many"], "参数 --length：'many' 不是整数"),
        (["complete", "--top-p", "most"], "参数 --top-p：'most' 不是数"),
        (["--sampling", "none"], "参数 --sampling：无效的选择：'none'"),
        (["--clip", "1", "--no-clip"], "参数 --no-clip：不能与参数 --clip 同时使用"),
        (["--no-clip=1"], "参数 --no-clip：不接受值 '1'"),
        (["--zzzz"], "没有 --zzzz（见 lyricterm --help）"),
        (["train", "extra"], "无法识别的参数：extra（见 lyricterm train --help）"),
        (["runs", "show"], "缺少以下参数：RUN"),
        (["sing"], "参数 COMMAND：无效的选择：'sing'"),
    ],
)
def test_usage_errors_are_chinese(arguments: list[str], reason: str, capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as stop:
        main(["--lang", "zh", *arguments])
    last = capsys.readouterr().err.splitlines()[-1]
    assert stop.value.code == 2
    assert last.startswith("lyricterm: ")
    assert reason in last


def test_the_environment_is_asked_when_lang_is_not_given(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("LANGUAGE", "zh_CN:en")
    assert main(["--hidden", "0"]) == 2
    assert "隐藏单元（--hidden）" in capsys.readouterr().err


def test_lang_wins_over_the_environment(capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(os.environ, "LANGUAGE", "zh_CN")
    assert main(["--lang", "en", "--hidden", "0"]) == 2
    assert capsys.readouterr().err.startswith("lyricterm: hidden units (--hidden) must be")


def test_a_wrong_lang_is_told_once(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as stop:
        main(["--lang", "tlh"])
    told = capsys.readouterr().err
    assert stop.value.code == 2
    assert told.startswith("lyricterm: argument --lang")
    assert told.count("'tlh'") == 1
