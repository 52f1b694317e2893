"""Drives a session without a screen: commands are sent when the events that they answer come by."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from threading import Thread
from typing import Any, TypeVar

from lyricterm.core.commands import Command, Quit
from lyricterm.core.events import Event, Progress, StatusChanged
from lyricterm.core.run_status import RunStatus
from lyricterm.core.settings import Recipe
from lyricterm.training.resume import Prepare, fresh
from lyricterm.training.run_storage import RunStorage
from lyricterm.training.sample_schedule import SampleSchedule, every_period
from lyricterm.training.session import Session

LINE = "想要有你在我身边 分开不分开 "
MINIBATCHES = 11
"""How many an epoch of ``tiny`` has: 120 characters, (120 - 1) // 5 examples, // 2."""

_PATIENCE = 30.0

K = TypeVar("K", bound=Event)


@dataclass(frozen=True)
class When:
    """Waits for an event of a kind and with some values, and answers with commands."""

    kind: type
    values: dict[str, Any]
    commands: tuple[Command, ...] = ()

    def send(self, *commands: Command) -> When:
        """The same, with its answer."""
        return When(self.kind, self.values, commands)

    def fits(self, event: Event) -> bool:
        """Whether this is the event."""
        return isinstance(event, self.kind) and all(
            getattr(event, name) == value for name, value in self.values.items()
        )


def when(kind: type, **values: Any) -> When:
    """The next event of that kind with those values."""
    return When(kind, values)


def becomes(status: RunStatus) -> When:
    """The next change to that status."""
    return when(StatusChanged, status=status)


def drive(
    recipe: Recipe,
    *plan: When,
    paused: bool = False,
    prepare: Prepare = fresh,
    save: Path | None = None,
    stop_at_end: bool = False,
    storage: RunStorage | None = None,
    offer: bool = False,
    schedule: SampleSchedule = every_period,
    watch: Callable[[Event], None] | None = None,
) -> list[Event]:
    """Run a session in a thread by a plan, each part of which waits for the one before; quit at its end.

    ``watch`` is called with each event, in the session's thread, before the plan is.
    """
    events: list[Event] = []
    waiting = list(plan)

    def report(event: Event) -> None:
        events.append(event)
        if watch is not None:
            watch(event)
        if waiting and waiting[0].fits(event):
            for command in waiting.pop(0).commands:
                session.send(command)
            if not waiting and not stop_at_end:
                session.send(Quit())

    session = Session(
        recipe,
        report,
        paused=paused,
        prepare=prepare,
        save=save,
        stop_at_end=stop_at_end,
        storage=storage,
        offer=offer,
        schedule=schedule,
    )
    run_in_thread(session.run)
    assert waiting == []
    return events


def run_in_thread(run: Callable[[], None]) -> None:
    """Run to the end, or fail if there is none."""
    thread = Thread(target=run, daemon=True)
    thread.start()
    thread.join(_PATIENCE)
    assert not thread.is_alive(), "the session's loop did not end"


def tiny(folder: Path, **values: Any) -> Recipe:
    """Milliseconds an epoch: 120 characters, eight hidden units."""
    path = folder / "tiny.txt"
    path.write_text(LINE * 8, encoding="utf-8")
    small: dict[str, Any] = {
        "corpus": str(path),
        "hidden": 8,
        "steps": 5,
        "batch": 2,
        "epochs": 4,
        "pred_period": 100,
        "pred_len": 5,
        "prefixes": ("分开",),
        "device": "cpu",
        "threads": "1",
    }
    return Recipe(**(small | values))


def explosive(folder: Path, **values: Any) -> Recipe:
    """ReLU without clipping, which overflows in the second epoch."""
    settings = {"activation": "relu", "clipping": False, "lr": 2.0, "hidden": 64, "steps": 35, "batch": 1}
    return tiny(folder, **(settings | {"epochs": 50} | values))


def of(events: Sequence[Event], kind: type[K]) -> list[K]:
    """The events of one kind."""
    return [event for event in events if isinstance(event, kind)]


def losses(events: Sequence[Event]) -> tuple[float, ...]:
    """The loss of every minibatch so far (of short runs, whose curves keep every value)."""
    series = of(events, Progress)[-1].loss
    assert series.width == 1
    return series.points


def since(events: Sequence[Event], mark: When) -> list[Event]:
    """The events after the first one that fits."""
    first = next(i for i, event in enumerate(events) if mark.fits(event))
    return list(events[first + 1 :])
