"""What is drawn anew when something is heard or typed: only what has changed."""

from __future__ import annotations

from collections import Counter
from dataclasses import replace
from typing import Any

import pytest
from textual.screen import Screen

from lyricterm.app.widgets.header import Header
from lyricterm.app.widgets.settings_panel import SettingRow, SettingsPanel
from lyricterm.core.settings import Recipe
from tests.app.desk import WIDE, completed, progress, studio


@pytest.fixture
def drawn(monkeypatch: pytest.MonkeyPatch) -> Counter[str]:
    """How often the header was drawn, the settings were looked at, and the screen was laid out."""
    calls: Counter[str] = Counter()

    def count(kind: type[Any], name: str, called: str) -> None:
        method = getattr(kind, name)

        def counted(self: Any, *given: Any, **named: Any) -> Any:
            calls[called] += 1
            return method(self, *given, **named)

        monkeypatch.setattr(kind, name, counted)

    count(Header, "render", "header")
    count(SettingsPanel, "show", "settings")
    count(Screen, "_refresh_layout", "layout")
    return calls


async def test_only_what_has_changed_is_drawn(drawn: Counter[str]) -> None:
    async with studio(WIDE) as desk:
        await desk.press("slash", "x", "backspace")
        drawn.clear()
        await desk.press("分", "开")
        await desk.hear(completed("分开", "想要你在身边"))
        await desk.until(lambda: "分开想要你在身边" in desk.panel("#prompt")[0])
        assert drawn == {}, "neither a key nor its answer concerns the header or the settings, or moves anything"

        later = progress(minibatch=6)
        await desk.hear(later)
        await desk.until(lambda: drawn["header"] == 1)
        assert set(drawn) == {"header"}

        await desk.hear(replace(later, minibatch=7, pending=(("sampling", "consecutive"),)))
        await desk.until(lambda: desk.subtitle("#settings-panel") == "→ from the next epoch")
        assert drawn["settings"] == 1

        await desk.hear(replace(later, minibatch=8, recipe=Recipe(sampling="consecutive")))
        await desk.until(lambda: desk.setting("sampling") == "consecutive")
        assert all(row.parts for row in desk.app.screen.query(SettingRow))
