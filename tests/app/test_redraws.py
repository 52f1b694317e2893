"""What is drawn anew when something is heard or typed: only what has changed."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from dataclasses import replace
from types import SimpleNamespace
from typing import Any

import pytest
from textual.screen import Screen

from lyricterm.app.messages import wrap
from lyricterm.app.widgets.curves import Curves
from lyricterm.app.widgets.header import Header
from lyricterm.app.widgets.settings_panel import SettingRow, SettingsPanel
from lyricterm.core.settings import Recipe
from tests.app.desk import WIDE, completed, key_event, progress, series, studio


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


async def test_a_typed_character_is_painted_before_all_else(monkeypatch: pytest.MonkeyPatch) -> None:
    painted: list[set[str]] = []
    paint = Screen._compositor_refresh

    def noted(screen: Screen[Any]) -> None:
        regions = screen._compositor._dirty_regions
        shown = {name: screen.query_one(f"#{name}").region for name in ("loss", "typed")}
        painted.append({name for name, region in shown.items() if any(region.overlaps(dirty) for dirty in regions)})
        paint(screen)

    async with studio(WIDE) as desk:
        await desk.press("slash", "x", "backspace")
        monkeypatch.setattr(Screen, "_compositor_refresh", noted)
        # The clock stands still: what is painted has not waited for it.
        monkeypatch.setattr(Screen, "_update_timer", SimpleNamespace(resume=lambda: None, pause=lambda: None))
        desk.app.post_message(wrap(progress(minibatch=7, loss=series(7.2, 1.0))))
        desk.app.post_message(key_event("分"))
        await desk.until(lambda: bool(painted))
        assert painted[0] == {"typed"}


async def test_the_curves_are_drawn_one_after_the_other(monkeypatch: pytest.MonkeyPatch) -> None:
    async with studio(WIDE) as desk:
        turns: list[Callable[[], None]] = []
        curves = desk.app.screen.query_one(Curves)
        monkeypatch.setattr(curves, "set_timer", lambda _seconds, turn: turns.append(turn))
        panels = ("#loss", "#perplexity", "#norm")
        new = {"#loss": "1.50", "#perplexity": "9.00", "#norm": "8.00"}

        def fresh() -> list[str]:
            return [panel for panel in panels if new[panel] in desk.title(panel)]

        told = progress(minibatch=6, loss=series(7.2, 1.5), perplexity=series(9.0), grad_norm=series(8.0))
        await desk.hear(told)
        await desk.until(lambda: fresh() == ["#loss"])
        # What is told in between does not start a second round beside the first.
        await desk.hear(replace(told, minibatch=7))
        for shown in (["#loss", "#perplexity"], list(panels), list(panels)):
            assert len(turns) == 1
            turns.pop()()
            await desk.until(lambda shown=shown: fresh() == shown)  # type: ignore[misc]
        assert turns == []
