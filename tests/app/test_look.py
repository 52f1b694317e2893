"""Colours and languages, changed while the app runs."""

from __future__ import annotations

import pytest
from rich.cells import cell_len

from lyricterm.app.setting_values import parts_of
from lyricterm.app.themes import DARK, LIGHT
from lyricterm.app.widgets.setting_rows import ROWS
from lyricterm.core.events import Diverged
from lyricterm.core.i18n import translator
from lyricterm.core.number_format import setting_value
from lyricterm.core.run_status import RunStatus
from lyricterm.core.settings import Recipe
from tests.app.desk import SMALLEST, USUAL, WIDE, Desk, became, completed, progress, sampled, studio


def grounds(desk: Desk) -> set[str]:
    """The colours behind the header, the panels and the keys."""
    found = set()
    for selector in ("#header", "#log", "#settings-panel", "#keys"):
        found |= {style.bgcolor.get_truecolor().hex for _char, style in desk.styles(selector) if style.bgcolor}
    return found


async def test_dark_and_light() -> None:
    async with studio(USUAL) as desk:
        assert {DARK.background, DARK.panel} <= grounds(desk)
        await desk.choose("Theme: light")
        assert {LIGHT.background, LIGHT.panel} <= grounds(desk)
        assert not {DARK.background, DARK.panel} & grounds(desk)
        await desk.choose("Theme: dark")
        assert {DARK.background, DARK.panel} <= grounds(desk)


async def test_light_from_the_start() -> None:
    async with studio(USUAL, theme="light") as desk:
        assert {LIGHT.background, LIGHT.panel} <= grounds(desk)


async def test_another_language_at_once_and_back() -> None:
    async with studio(WIDE) as desk:
        await desk.hear(sampled(50, "分开", "天空"), became(RunStatus.DIVERGED), Diverged(1, 88, 6, "loss"))
        await desk.press("s")
        english = desk.text()
        assert "settings" in english
        await desk.choose("中文")
        chinese = desk.text()
        for word in ("training", "diverged", "epoch", "settings", "sampling", "prompt", "perplexity", "lyrics", "quit"):
            assert word not in chinese
        assert desk.title("#settings-panel") == translator.translate("settings")
        assert desk.title("#log") == translator.translate("lyrics while it learns")
        assert translator.translate("diverged") in desk.lines()[1]
        assert translator.translate("quit") in desk.lines()[-1]
        await desk.choose("English")
        await desk.until(lambda: desk.text() == english)


@pytest.mark.slow
async def test_forms_and_help_open_in_the_language_in_use() -> None:
    async with studio(WIDE) as desk:
        await desk.choose("中文")
        await desk.press("?")
        assert desk.title("#help") == translator.translate("help") != "help"
        assert "hidden state" not in desk.text()
        await desk.press("escape", "e")
        assert desk.title("#settings") == translator.translate("settings") != "settings"
        assert translator.translate("hidden units") in desk.text()
        assert desk.panel("#accept")[0].strip() == translator.translate("apply")


KEYS = {
    "sampling": "s",
    "clipping": "c",
    "theta": "[]",
    "activation": "a",
    "detach": "d",
    "lr": "-+",
    "pred_period": ",.",
    "cell": "l",
}


@pytest.mark.parametrize("language", ["en", "zh"])
async def test_no_word_is_cut_in_the_settings_panel(language: str) -> None:
    translator.use(language)
    crowded = Recipe(theta=0.05, lr=0.002, pred_period=1_000_000, sampling="consecutive", activation="relu")
    for recipe in (Recipe(), crowded):
        async with studio(USUAL, told=[progress(recipe=recipe)], recipe=recipe) as desk:
            await desk.press("s")
            rows = desk.panel("#settings-panel")
            assert "→" + setting_value("random" if recipe is crowded else "consecutive") in rows[0]
            for row, line in zip(ROWS, rows, strict=False):
                assert line.startswith(f"{KEYS[row.setting]:<3}{row.label} ")
                shown = "".join(part.text for part in parts_of(row.setting, desk.app.studio.state))
                assert line.rstrip(" ▁▂▃▄▅▆▇█").endswith(shown)
            assert translator.translate("→ from the next epoch") in desk.subtitle("#settings-panel")


@pytest.mark.parametrize("size", [USUAL, SMALLEST])
async def test_panels_hold_in_chinese(size: tuple[int, int]) -> None:
    translator.use("zh")
    async with studio(size) as desk:
        await desk.hear(sampled(50, "分开", "天空"))
        await desk.press("/", "分")
        await desk.hear(completed("分", "开你我"))
        for line in desk.lines():
            assert cell_len(line) == size[0]
        assert desk.title("#perplexity").startswith(translator.translate("perplexity"))
        assert desk.title("#log") == translator.translate("lyrics while it learns")
        assert desk.panel("#typed")[0].startswith("分开你我")
        assert translator.translate("quit") in desk.lines()[-1]
