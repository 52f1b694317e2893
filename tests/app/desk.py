"""A studio to test: an app with a lab that only listens, events with known numbers, and the screen as text."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator, Callable, Iterable
from contextlib import asynccontextmanager
from typing import Any

from rich.cells import cell_len
from rich.style import Style
from textual import events
from textual.app import App
from textual.keys import _character_to_key
from textual.pilot import Pilot
from textual.widget import Widget

from lyricterm.app.app import LyrictermApp
from lyricterm.app.messages import wrap
from lyricterm.app.trainer_thread import TrainerThread
from lyricterm.app.widgets.curves import TURN, Curves
from lyricterm.app.widgets.log import SampleLog
from lyricterm.core.commands import Command
from lyricterm.core.events import Completed, Event, Generated, Progress, Started, StatusChanged
from lyricterm.core.run_data import CurveData, Facts, Mark, Sample
from lyricterm.core.run_status import RunStatus
from lyricterm.core.settings import Recipe
from lyricterm.core.user_config import DEFAULT, Config

KNOWN = "分开不想要你我在身边有的话说天空 abcdef"
FACTS = Facts("demo-zh", 20_000, 1_447, "cpu", 2, 438_567, frozenset(KNOWN))

WIDE, USUAL, SMALLEST = (120, 40), (80, 24), (40, 12)


class FakeLab(TrainerThread):
    """Writes down what it is told; no thread, no torch."""

    def __init__(self, recipe: Recipe, report: Callable[[Event], None], *, paused: bool) -> None:
        self.recipe, self.report, self.paused = recipe, report, paused
        self.sent: list[Command] = []
        self.started = self.stopped = False

    def start(self) -> None:
        self.started = True

    def send(self, command: Command) -> None:
        self.sent.append(command)

    def stop(self, timeout: float) -> bool:
        self.stopped = True
        return True


def series(*points: float, **changes: Any) -> CurveData:
    """A curve of these points, as the session would report it."""
    finite = [point for point in points if abs(point) < float("inf")]
    low, high = min(finite, default=float("inf")), max(finite, default=float("-inf"))
    told: dict[str, Any] = {"width": 1, "low": low, "high": high, "latest": points[-1] if points else float("nan")}
    return CurveData(points, **(told | changes))


def progress(**changes: Any) -> Progress:
    """Epoch 87 of 200, with the figures of the design page."""
    told: dict[str, Any] = {
        "run": 1,
        "recipe": Recipe(),
        "pending": (),
        "epoch": 87,
        "minibatch": 5,
        "minibatches": 17,
        "loss": series(7.2, 5.0, 4.0, 3.0, 2.31),
        "perplexity": series(1400.0, 300.0, 49.0, 10.1),
        "grad_norm": series(3.0, 10.0, 1240.0),
        "clipped": 0.98,
        "chars_per_second": 35_000.0,
        "seconds_left": 31.0,
        "threads": 2,
        "marks": (),
    }
    return Progress(**(told | changes))


def started(recipe: Recipe | None = None, run: int = 1) -> Started:
    """A run is ready."""
    return Started(run, recipe or Recipe(), FACTS)


def became(status: RunStatus) -> StatusChanged:
    """The trainer does something else now."""
    return StatusChanged(1, status)


def sampled(epoch: int, prefix: str, text: str, perplexity: float = 49.4) -> Generated:
    """Lyrics for a prefix."""
    return Generated(1, Sample(epoch, perplexity, prefix, text))


def completed(typed: str, text: str, **changes: Any) -> Completed:
    """The answer to what is typed, as sure of the last character as it is unsure of the first."""
    told: dict[str, Any] = {
        "run": 1,
        "request": 1,
        "typed": typed,
        "unknown": (),
        "text": text,
        "probabilities": tuple((i + 0.5) / len(text) for i in range(len(text))),
        "epoch": 87,
        "minibatch": 5,
        "perplexity": 10.1,
    }
    return Completed(**(told | changes))


def mark(setting: str, old: Any, new: Any, *, epoch: float = 40.5, minibatch: int = 2) -> Mark:
    """A flip while the model ran."""
    return Mark(epoch, minibatch, setting, old, new)


TRAINING: tuple[Event, ...] = (started(), became(RunStatus.TRAINING), progress())
"""What brings a studio to the middle of a run."""

Cell = tuple[str, Style]


class Desk:
    """An app that runs, with hands and eyes."""

    def __init__(self, app: LyrictermApp, pilot: Pilot[None]) -> None:
        self.app, self.pilot = app, pilot

    @property
    def sent(self) -> list[Command]:
        """What the fake lab was told."""
        assert isinstance(self.app.lab, FakeLab)
        return self.app.lab.sent

    async def begun(self) -> None:
        """Until the first frame is drawn and the lab is started."""
        lab = self.app.lab
        assert isinstance(lab, FakeLab)
        await self.until(lambda: lab.started)
        await self.settle()

    async def settle(self) -> None:
        """Until every message has been handled and drawn."""
        for _ in range(3):
            await self.pilot.pause(0)
        # The curves are drawn one after the other; a run that trains on may have news before the last one is.
        for _turn in range(3):
            if any(curves._due for curves in self.app.studio.query(Curves)):
                await self.pilot.pause(TURN)

    async def hear(self, *told: Event) -> None:
        """The trainer reports."""
        for event in told:
            self.app.post_message(wrap(event))
        await self.settle()

    async def press(self, *keys: str) -> None:
        """Keys by their character or, for those without one, by their name."""
        for key in keys:
            self.app.post_message(key_event(key))
            await self.settle()

    async def type(self, text: str) -> None:
        """Quickly, into what has the focus."""
        for character in text:
            self.app.post_message(key_event(character))
        await self.settle()

    async def paste(self, text: str) -> None:
        """As a terminal does with bracketed paste."""
        self.app.post_message(events.Paste(text))
        await self.settle()

    async def click(self, selector: str, x: int, y: int = 0) -> None:
        """A click at a place of a widget's content."""
        widget = self.app.screen.query_one(selector)
        region = widget.content_region
        await self.pilot.click(offset=(region.x + x, region.y + y))
        await self.settle()

    async def resize(self, width: int, height: int) -> None:
        """The terminal gets another size."""
        await self.pilot.resize_terminal(width, height)
        await self.settle()

    async def choose(self, title: str) -> None:
        """Open the palette, type a command's title, take it."""
        await self.press("ctrl+p")
        await self.paste(title)
        await self.until(lambda: any(title in line for line in self.lines()[4:]))
        await self.press("enter")
        await self.until(lambda: self.app.screen.id != "--command-palette")
        await self.settle()
        await self.settle()

    async def until(self, what: Callable[[], bool], seconds: float = 30.0) -> None:
        """Wait for something that must come."""
        end = time.monotonic() + seconds
        while not what():
            assert time.monotonic() < end, f"it never came; the screen was\n{self.text()}"
            await asyncio.sleep(0.01)

    def lines(self) -> list[str]:
        """The screen, line by line."""
        return ["".join(char for char, _ in row) for row in cells(self.app)]

    def text(self) -> str:
        """The screen."""
        return "\n".join(self.lines())

    def panel(self, selector: str, *, border: bool = False) -> list[str]:
        """What is drawn where a widget is."""
        widget = self.app.screen.query_one(selector)
        region = widget.region if border else widget.content_region
        rows = cells(self.app)[region.y : region.bottom]
        return ["".join(char for char, _ in row[region.x : region.right]) for row in rows]

    def lyrics(self) -> str:
        """All that stands in the lyrics, also what has scrolled out of sight."""
        log = self.app.screen.query_one("#log", SampleLog)
        return "\n".join(strip.text for strip in log._lines)

    def title(self, selector: str) -> str:
        """The words in a panel's upper border."""
        return self.panel(selector, border=True)[0].strip("╭╮─ ")

    def subtitle(self, selector: str) -> str:
        """The words in a panel's lower border."""
        return self.panel(selector, border=True)[-1].strip("╰╯─ ")

    def setting(self, label: str) -> str:
        """What the settings panel shows of a setting: the change that waits, else what is live."""
        region = self.app.screen.query_one("#settings-panel").content_region
        rows = [row[region.x : region.right] for row in cells(self.app)[region.y : region.bottom]]
        (row,) = [row for row in rows if "".join(char for char, _ in row[3:]).startswith(label + " ")]
        words = "".join(char for char, _ in row[3:]).removeprefix(label).strip()
        if "‹" in words:
            return words
        if "→" in words:
            return "→ " + words.partition("→")[2].split()[0]
        # The one in use is inverted, or underlined where it has no effect.
        ground = row[0][1].bgcolor
        return "".join(char for char, style in row[3:] if style.underline or (style.bold and style.bgcolor != ground))

    def styles(self, selector: str) -> list[Cell]:
        """Each character that is drawn where a widget is, with its style, without blanks."""
        region = self.app.screen.query_one(selector).content_region
        rows = [row[region.x : region.right] for row in cells(self.app)[region.y : region.bottom]]
        return [(char, style) for row in rows for char, style in row if char.strip()]

    def widget(self, selector: str) -> Widget:
        """A widget of the topmost screen."""
        return self.app.screen.query_one(selector)


def key_event(key: str) -> events.Key:
    """As a terminal's driver makes it."""
    return events.Key(_character_to_key(key), key) if len(key) == 1 else events.Key(key, None)


def cells(app: App[None]) -> list[list[Cell]]:
    """The screen cell by cell; a wide character stands in its first cell, the second is empty."""
    rows: list[list[Cell]] = []
    for strip in app.screen._compositor.render_strips():
        row: list[Cell] = []
        for segment in strip:
            for char in segment.text:
                style = segment.style or Style()
                row.append((char, style))
                row.extend([("", style)] * (cell_len(char) - 1))
        rows.append(row)
    return rows


def luminance(style: Style) -> float:
    """Of the foreground, 0 to 255."""
    assert style.color is not None
    red, green, blue = style.color.get_truecolor()
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


@asynccontextmanager
async def studio(
    size: tuple[int, int] = USUAL,
    told: Iterable[Event] = TRAINING,
    recipe: Recipe | None = None,
    theme: str = "dark",
    config: Config = DEFAULT,
) -> AsyncIterator[Desk]:
    """A studio over a lab that only listens, after some events."""
    app = LyrictermApp(recipe or Recipe(), make_lab=FakeLab, theme=theme, config=config)
    app.animation_level = "none"
    async with app.run_test(size=size, notifications=True) as pilot:
        desk = Desk(app, pilot)
        await desk.begun()
        await desk.hear(*told)
        yield desk
