"""Keys of one's own: they work, every word that names a key follows, and what cannot be used is told."""

from __future__ import annotations

from importlib import import_module
from pathlib import Path

import pytest

from lyricterm import app
from lyricterm.app.actions import ActionOwner, Keys, actions_of, bindings
from lyricterm.app.app import LyrictermApp
from lyricterm.app.keymap import Keymap
from lyricterm.app.owners import OWNERS
from lyricterm.core.commands import Change, Complete, Pause, Restart, StepOnce
from lyricterm.core.events import Diverged, Failed
from lyricterm.core.run_status import RunStatus
from lyricterm.core.user_config import Config, read
from tests.app.desk import USUAL, WIDE, Desk, became, completed, key_event, studio
from tests.app.test_help import page
from tests.app.test_notices import DIVERGED, notice

PLACES: tuple[type[ActionOwner], ...] = (LyrictermApp, *OWNERS)
OURS = {action.id: Keys().of(action) for place in PLACES for action in place.ACTIONS if action.keys}

FOLDERS = [Path(app.__file__).parent / name for name in ("screens", "widgets")]


def written(tmp_path: Path, *lines: str) -> Config:
    """The configuration with these lines under [keys]."""
    path = tmp_path / "config.toml"
    path.write_text("\n".join(["[keys]", *lines]), encoding="utf-8")
    config = read(path)
    assert config.problems == ()
    return config


def taken(config: Config) -> tuple[dict[str, str], list[str]]:
    """The keymap, and the problems without their file."""
    keymap, problems = Keymap(PLACES).take(config)
    assert all("config.toml: " in problem for problem in problems)
    return keymap, [problem.partition("config.toml: ")[2] for problem in problems]


def test_every_class_with_actions_is_a_place_and_binds_them() -> None:
    screens = [f"lyricterm.app.{folder.name}.{file.stem}" for folder in FOLDERS for file in folder.glob("[!_]*.py")]
    classes = {each for screen in screens for each in vars(import_module(screen)).values() if isinstance(each, type)}
    assert {each for each in classes if vars(each).get("ACTIONS")} == set(OWNERS)
    for place in PLACES:
        assert vars(place)["BINDINGS"] == bindings(place.ACTIONS)
        assert {action.place for action in place.ACTIONS} == {place.ACTIONS[0].place}
    assert len({place.ACTIONS[0].place for place in PLACES}) == len(PLACES)


def test_every_action_is_there_with_its_words() -> None:
    for place in PLACES:
        for action in actions_of(place):
            name = action.run.partition("(")[0]
            assert any(hasattr(place, f"{prefix}{name}") for prefix in ("action_", "_action_")), action.id
            assert action.label
            assert action.help


async def test_every_action_may_have_another_key(tmp_path: Path) -> None:
    lines = ('"studio.go" = "p"', '"studio.sampling" = "f5"', '"app.palette" = "ctrl+b"', '"studio.step" = "space,k"')
    async with studio((200, 60), config=written(tmp_path, *lines)) as desk:
        bar = desk.lines()[-1]
        for words in ("p pause", "f5 sampling", "^b palette", "space one step", "c clipping"):
            assert words in bar
        await desk.press("s", "n")
        assert desk.sent == []
        await desk.press("p", "f5", "space", "k")
        assert desk.sent == [Pause(), Change((("sampling", "consecutive"),)), StepOnce(), StepOnce()]
        await desk.click("#keys", bar.index("p pause"))
        assert desk.sent[4:] == [Pause()]
        await desk.press("ctrl+b")
        assert desk.app.screen.id == "--command-palette"


async def test_two_actions_may_swap_their_keys(tmp_path: Path) -> None:
    async with studio(config=written(tmp_path, '"studio.sampling" = "c"', '"studio.clipping" = "s"')) as desk:
        await desk.press("s", "c")
        assert desk.sent == [Change((("clipping", False),)), Change((("sampling", "consecutive"),))]


async def test_the_settings_show_the_keys(tmp_path: Path) -> None:
    lines = ('"studio.sampling" = "f5"', '"studio.theta-down" = "("', '"studio.lr-up" = "ctrl+shift+pageup"')
    async with studio(WIDE, config=written(tmp_path, *lines)) as desk:
        rows = desk.panel("#settings-panel")
        assert rows[0].startswith("f5     sampling ")
        assert rows[1].startswith("c      clipping ")
        assert rows[2].startswith("(]     theta ")
        assert rows[5].startswith("-shif… lr ")
        assert rows[5].rstrip().endswith("‹ 0.2 ›")


async def test_the_help_names_the_keys(tmp_path: Path) -> None:
    lines = (
        '"studio.clipping" = "K"',
        '"studio.theta-up" = "ctrl+up"',
        '"studio.help" = "f1"',
        '"studio.go" = "p"',
        '"help.close" = "x"',
        '"prompt.take" = "ctrl+o"',
    )
    async with studio(config=written(tmp_path, *lines)) as desk:
        await desk.press("?")
        assert desk.app.screen is desk.app.studio
        await desk.press("f1")
        assert "x closes" in desk.subtitle("#help")
        told = page(desk)
        assert "clipping (K) and theta ([ Ctrl+↑)" in told
        assert "p pauses and goes on, n trains one minibatch" in told
        assert "Enter keeps the completion in the log, Ctrl+O takes it over, Esc leaves." in told
        await desk.press("escape")
        assert desk.app.screen is not desk.app.studio
        await desk.press("x")
        assert desk.app.screen is desk.app.studio


async def test_notices_name_the_keys(tmp_path: Path) -> None:
    lines = ('"studio.clipping" = "K"', '"studio.lr-down" = "f2"', '"studio.go" = "p"', '"studio.settings" = "ctrl+o"')
    async with studio(WIDE, config=written(tmp_path, *lines)) as desk:
        await desk.hear(*DIVERGED)
        assert "Recover with clipping on (b), or lower the learning rate (F2) and go on (p), or restart (r)." in notice(
            desk
        )
        await desk.hear(became(RunStatus.FAILED), Failed(0, "No room."))
        assert notice(desk) == "No room. Press Ctrl+O to change the settings."


async def test_a_notice_follows_a_key_that_changes_while_it_stands(tmp_path: Path) -> None:
    async with studio(WIDE) as desk:
        await desk.hear(became(RunStatus.DIVERGED), Diverged(1, 1, 1, "loss"))
        assert "restart (r)." in notice(desk)
        desk.app.set_keymap({"studio.restart": "z"})
        await desk.settle()
        assert "restart (z)." in notice(desk)
        assert "z restart" in desk.lines()[-1]
        await desk.press("z")
        assert isinstance(desk.sent[-1], Restart)


async def test_the_settings_and_leaving_name_the_keys(tmp_path: Path) -> None:
    lines = ('"settings.accept" = "ctrl+g"', '"settings.cancel" = "f3"', '"app.quit" = "f10"')
    async with studio(WIDE, config=written(tmp_path, *lines)) as desk:
        await desk.press("e")
        assert desk.subtitle("#settings") == "Tab next · ^t texts · ^g apply · F3 cancel"
        await desk.press("f3")
        assert desk.app.screen is desk.app.studio
        await desk.press("ctrl+c")
        await desk.until(lambda: "F10 leaves lyricterm." in desk.text())
        await desk.press("ctrl+q")
        assert desk.app.is_running
        desk.app.post_message(key_event("f10"))
        await desk.until(lambda: not desk.app.is_running)


async def test_the_arrow_moves_the_cursor_where_another_key_takes_over(tmp_path: Path) -> None:
    async with studio(config=written(tmp_path, '"prompt.take" = "ctrl+o"')) as desk:
        await desk.press("/")
        await desk.type("分开")
        assert desk.sent[-1] == Complete(2, "分开", 50)
        await desk.hear(completed("分开", "你我"))
        assert "^o take over" in desk.lines()[-1]
        await desk.press("right")
        assert desk.app.studio.query_one("#typed").value == "分开"  # type: ignore[attr-defined]
        await desk.press("left", "left", "right")
        await desk.type("a")
        assert desk.app.studio.query_one("#typed").value == "分a开"  # type: ignore[attr-defined]
        await desk.press("backspace", "end")
        await desk.hear(completed("分开", "你我"))
        await desk.press("ctrl+o")
        assert desk.app.studio.query_one("#typed").value == "分开你我"  # type: ignore[attr-defined]


@pytest.mark.parametrize(
    ("line", "sentence"),
    [
        (
            '"studio.gp" = "x"',
            "There is no action called studio.gp; did you mean studio.go, studio.log-up, studio.step? The",
        ),
        ('"sing" = "x"', "There is no action called sing; the help lists all actions."),
        ('"studio.go" = "nokey"', "There is no key 'nokey'; write a character such as p, or a name such as f5"),
        ('"studio.go" = "ctrl+nokey"', "There is no key 'ctrl+nokey'"),
        ('"studio.go" = ""', "There is no key ''"),
        ('"studio.go" = "x,nokey"', "There is no key 'nokey'"),
        ('"studio.go" = "<ignore>"', "There is no key '<ignore>'"),
        ('"studio.go" = "\\u0000"', "There is no key"),
        ('"studio.go" = "s"', "studio.go cannot have the key s: it is the key of studio.sampling."),
        ('"studio.go" = "slash"', "studio.go cannot have the key /: it is the key of studio.prompt."),
        ('"studio.go" = "ctrl+q"', "studio.go cannot have the key Ctrl+Q: it is the key of app.quit."),
        ('"studio.go" = "tab"', "studio.go cannot have the key Tab: on its screen that key does"),
        ('"studio.go" = "ctrl+i"', "studio.go cannot have the key Tab: on its screen that key does"),
        ('"help.close" = "down"', "help.close cannot have the key ↓: on its screen that key does"),
        ('"prompt.keep" = "backspace"', "prompt.keep cannot have the key Backspace: on its screen"),
        ('"prompt.leave" = "x"', "prompt.leave cannot have the key x: on its screen that key types a character."),
        ('"app.quit" = "/"', "app.quit cannot have the key /: on its screen that key types a character."),
        ('"settings.accept" = "space"', "settings.accept cannot have the key Space: on its screen that key types"),
        ('"app.quit" = "ctrl+s"', "app.quit cannot have the key Ctrl+S: it is the key of settings.accept."),
    ],
)
def test_what_cannot_be_a_key_is_named_and_the_rest_applies(tmp_path: Path, line: str, sentence: str) -> None:
    keymap, problems = taken(written(tmp_path, '"studio.seed" = "z"', line, '"studio.step" = "f4"'))
    assert keymap == {"studio.seed": "z", "studio.step": "f4"}
    (problem,) = problems
    assert problem.startswith(f"{sentence}")


@pytest.mark.parametrize(
    ("given", "keys"),
    [
        ("p", "p"),
        ("P", "P"),
        ("shift+p", "P"),
        ("ctrl+p, F5", None),
        ("F5", "f5"),
        ("Ctrl+B", "ctrl+b"),
        (";", "semicolon"),
        ("semicolon", "semicolon"),
        ("colon,;", "colon,semicolon"),
        ("p,p", "p"),
        (" p , f5 ", "p,f5"),
        ("ctrl+space", "ctrl+@"),
        ("alt+p", "alt+p"),
        ("\\\\", "backslash"),
        ("backslash", "backslash"),
        ("*", "asterisk"),
        ("é", "é"),
    ],
)
def test_a_key_has_many_spellings(tmp_path: Path, given: str, keys: str | None) -> None:
    keymap, problems = taken(written(tmp_path, f'"studio.go" = "{given}"'))
    assert keymap.get("studio.go") == keys
    assert len(problems) == (keys is None)


def test_a_comma_is_a_key(tmp_path: Path) -> None:
    keymap, problems = taken(written(tmp_path, '"studio.go" = ","', '"studio.period-down" = "<"'))
    assert (keymap, problems) == ({"studio.go": "comma", "studio.period-down": "less_than_sign"}, [])


def test_of_two_actions_with_one_key_the_first_has_it(tmp_path: Path) -> None:
    keymap, problems = taken(written(tmp_path, '"studio.go" = "z"', '"studio.step" = "z"', '"studio.seed" = "f2"'))
    assert keymap == {"studio.go": "z", "studio.seed": "f2"}
    assert problems == ["studio.step cannot have the key z: it is the key of studio.go."]


def test_what_falls_back_to_its_old_key_takes_it_from_whoever_wanted_it(tmp_path: Path) -> None:
    lines = ('"studio.step" = "space"', '"studio.go" = "s"', '"studio.restart" = "n"')
    keymap, problems = taken(written(tmp_path, *lines))
    # go keeps the space bar because s is taken; so step keeps n; so restart keeps r.
    assert keymap == {}
    assert problems == [
        "studio.step cannot have the key Space: it is the key of studio.go.",
        "studio.go cannot have the key s: it is the key of studio.sampling.",
        "studio.restart cannot have the key n: it is the key of studio.step.",
    ]


def test_actions_that_never_meet_may_share_a_key(tmp_path: Path) -> None:
    lines = ('"studio.go" = "f9"', '"help.close" = "s"', '"settings.cancel" = "f2"', '"studio.step" = "f2"')
    keymap, problems = taken(written(tmp_path, *lines))
    assert len(keymap) == 4
    assert problems == []


def test_the_programs_own_keys_pass_their_own_check() -> None:
    for name in OURS:
        keys = ",".join(OURS[name])
        assert Keymap(PLACES).take(Config(keys={name: keys})) == ({name: keys}, ())
    everything = {name: ",".join(OURS[name]) for name in OURS}
    assert Keymap(PLACES).take(Config(keys=everything)) == (everything, ())


def test_every_binding_has_a_word_of_its_own() -> None:
    words = Keys().words(action for place in PLACES for action in place.ACTIONS)
    assert len(words) == len(OURS) > 85


async def test_problems_are_told_in_toasts(tmp_path: Path) -> None:
    path = tmp_path / "config.toml"
    path.write_text('theme = "[pink]"\n[keys]\n"studio.go" = "s"\n', encoding="utf-8")
    config = read(path)
    async with studio((160, 50), config=config) as desk:
        await desk.until(lambda: toasts(desk).count("config.toml: ") == 2)
        assert "theme must be one of dark, light, not '[pink]'." in toasts(desk)
        assert "studio.go cannot have the key s: it is the key of studio.sampling." in toasts(desk)
        await desk.press("s")
        assert desk.sent == [Change((("sampling", "consecutive"),))]


async def test_many_problems_are_counted(tmp_path: Path) -> None:
    config = written(tmp_path, *(f'"studio.no{number}" = "x"' for number in range(30)))
    async with studio((160, 50), config=config) as desk:
        await desk.until(lambda: "config.toml has 27 more problems." in desk.text())
        assert toasts(desk).count("There is no action called") == 3
        assert desk.widget("#keys").region.width == 160


async def test_without_problems_nothing_is_said(tmp_path: Path) -> None:
    async with studio(USUAL, config=written(tmp_path, '"studio.go" = "p"')) as desk:
        assert not list(desk.app._notifications)


def toasts(desk: Desk) -> str:
    """What the notifications say, in one line."""
    return " ".join(" ".join(notification.message for notification in desk.app._notifications).split())
