"""The inside, on a lab that only listens: what is asked, what is drawn, how to move about."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import replace
from time import monotonic
from typing import Any

import pytest
from rich.cells import cell_len

from lyricterm.app.screens import inspector as screen_of_inside
from lyricterm.app.screens.inspector import InspectorScreen
from lyricterm.core.commands import Change, Inspect, Pause, StepOnce
from lyricterm.core.events import Inspected
from lyricterm.core.i18n import translator
from lyricterm.core.inspection import (
    Answer,
    AskCheck,
    AskHidden,
    AskNext,
    AskOptimizerStep,
    AskRow,
    AskSampling,
    AskThroughTime,
    AskVocabulary,
    CheckShown,
    Difference,
    Example,
    HiddenShown,
    NextShown,
    NotShown,
    OptimizerStepShown,
    ParameterCheck,
    ParameterStep,
    Question,
    RowShown,
    SamplingShown,
    ThroughTimeShown,
    VocabularyShown,
    Window,
)
from lyricterm.core.run_status import RunStatus
from lyricterm.core.settings import Recipe
from tests.app.desk import SMALLEST, USUAL, WIDE, Desk, became, progress, started, studio

CHARACTERS = (" ", "分", "开", "想", "你", "\x1b", "\u0301", "👩")
COUNTS = (40, 7, 5, 9, 30, 1, 2, 3)
TEXT = "分开想你 " * 40
LARGE = 200, 60


def rows(*starts: int) -> tuple[tuple[int, ...], ...]:
    return tuple(tuple(range(first, first + 6)) for first in starts)


RANDOM = Example((rows(18, 6), rows(0, 12)), (rows(19, 7), rows(1, 13)))
CONSECUTIVE = Example((rows(0, 15), rows(6, 21)), (rows(1, 16), rows(7, 22)))


def sampling(question: AskSampling) -> SamplingShown:
    """Two rows of five, of a text of 200 characters: random takes the last pieces first."""
    minibatch, row = question.minibatch, question.row
    starts = (190 - 10 * minibatch, 185 - 10 * minibatch), (5 * minibatch, 100 + 5 * minibatch)
    windows = []
    for name, example, (first, second) in zip(("random", "consecutive"), (RANDOM, CONSECUTIVE), starts, strict=True):
        start = (first, second)[row]
        owners = tuple(minibatch if 0 <= place - start < 5 else -1 for place in range(start, start + 9))
        text = TEXT[start : start + 9]
        windows.append(
            Window(name, name == "consecutive", example, 19, minibatch, row, (first, second), start, text, owners)
        )
    return SamplingShown(question.epoch or 87, "random", 2, 5, 200, tuple(windows))


def hidden(question: AskHidden) -> HiddenShown:
    first = 0 if question.unit in (None, 2, 5) else 1
    values = ((0.9, -0.9, 0.9, -0.9, 0.0), (0.5, 0.4, 0.3, 0.2, 0.1), (0.0, 0.0, 0.0, 0.0, 0.01))
    return HiddenShown(
        "分开想你 ", 2, (2, 5, 7), (0.8, 0.1, 0.01), first, values[first : first + 2], question.unit or 2, 0.9
    )


def checked(question: AskCheck) -> CheckShown:
    good, bad = Difference(4e-7, 0.03), Difference(math_nan, math_nan)
    parameters = (
        ParameterCheck("W_xh", (8, 256), 3.5, good, Difference(2e-16, 7e-12)),
        ParameterCheck("b_y", (8,), 1.0, bad, good),
    )
    return CheckShown(question.turn, 87, 5, "rnn", "tanh", parameters, 0.25)


math_nan = float("nan")


def stepped(**changed: Any) -> OptimizerStepShown:
    parameters = (ParameterStep("W_xh", 20.0, 40.0, 0.2), ParameterStep("b_y", 0.0, 400.0, 0.1))
    shown = OptimizerStepShown(87, 5, "adam", "cosine", 0.0015, 402.0, 5.0, 1_234, parameters)
    return replace(shown, **changed)


def answer(question: Question) -> Answer:
    match question:
        case AskSampling():
            return sampling(question)
        case AskVocabulary():
            return VocabularyShown(CHARACTERS, COUNTS)
        case AskRow():
            return RowShown(question.index, 4, ((0.5, -1.0, 0.0, 0.25),), ("",), 1.0, 1.15)
        case AskThroughTime():
            return ThroughTimeShown("rnn", "tanh", 5, (1e-8, 1e-6, 1e-4, 1e-2, 1.0), (2.0, 2.0, 2.0, 2.0, 1.0))
        case AskHidden():
            return hidden(question)
        case AskNext():
            likeliest = tuple(((("你", "开", "\x1b")[i % 3], 0.6), ("想", 0.3)) for i in range(6))
            return NextShown("分开想你 ", 2, likeliest, (0.6, 0.3, 0.1, 0.2, 0.01))
        case AskCheck():
            return checked(question)
        case AskOptimizerStep():
            return stepped()


def asked(desk: Desk) -> list[Question]:
    return [command.question for command in desk.sent if isinstance(command, Inspect)]


async def told(desk: Desk, instead: Answer | None = None) -> None:
    """Wait for the next question that is not answered yet, and answer it."""

    def waiting() -> list[Inspect]:
        return [each for each in desk.sent if isinstance(each, Inspect)][answered(desk) :]

    await desk.until(lambda: bool(waiting()))
    (question,) = waiting()
    ANSWERED[id(desk)] = answered(desk) + 1
    await desk.hear(Inspected(1, question.request, instead or answer(question.question)))


ANSWERED: dict[int, int] = {}


def answered(desk: Desk) -> int:
    return ANSWERED.get(id(desk), 0)


@asynccontextmanager
async def inside(tab: int = 1, size: tuple[int, int] = WIDE, **changes: Any) -> AsyncIterator[Desk]:
    """A tab that is open and, if it asks by itself, has got what it wants."""
    ANSWERED.clear()
    async with studio(size, **changes) as desk:
        await desk.press("i")
        assert isinstance(desk.app.screen, InspectorScreen)
        await told(desk)
        if tab > 1:
            await desk.press(str(tab))
        if tab not in (1, 6):
            await told(desk)
        if tab == 2:
            await told(desk)
        yield desk


def pane(desk: Desk) -> list[str]:
    return [line.rstrip() for line in desk.panel("#inside")]


class Clock:
    """The time that the screen sees: the real one, or one that stands still, and what a test has put it ahead."""

    def __init__(self) -> None:
        self.ahead = 0.0
        self.stands: float | None = None

    def __call__(self) -> float:
        return (monotonic() if self.stands is None else self.stands) + self.ahead


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> Clock:
    clock = Clock()
    monkeypatch.setattr(screen_of_inside, "monotonic", clock)
    return clock


def look_later(screen: InspectorScreen, clock: Clock, seconds: float = 60.0) -> None:
    """What the screen's timer does, some time later: see whether there is something to ask."""
    clock.ahead += seconds
    screen._ask()


async def test_nothing_is_asked_anywhere_else() -> None:
    async with studio(WIDE) as desk:
        for keys in (("?", "escape"), ("e", "escape"), ("/", "分", "escape"), ("ctrl+p", "escape"), ("s", "c")):
            await desk.press(*keys)
            await desk.hear(progress(minibatch=6))
        assert asked(desk) == []


async def test_only_the_open_tab_asks_and_nothing_once_it_is_left(clock: Clock) -> None:
    async with inside() as desk:
        screen = desk.app.screen
        assert isinstance(screen, InspectorScreen)
        kinds = [AskSampling]
        assert [type(question) for question in asked(desk)] == kinds
        for tab, kind in enumerate((AskVocabulary, AskThroughTime, AskHidden, AskNext), 2):
            before = len(asked(desk))
            await desk.press(str(tab))
            await told(desk)
            assert type(asked(desk)[before]) is kind
            if tab == 2:
                await told(desk)
                assert type(asked(desk)[-1]) is AskRow
        before = len(asked(desk))
        await desk.press("6")
        for minibatch in range(6, 12):
            await desk.hear(progress(minibatch=minibatch))
            look_later(screen, clock)
        assert len(asked(desk)) == before
        await desk.press("?")
        await desk.hear(progress(minibatch=12))
        look_later(screen, clock)
        assert len(asked(desk)) == before
        await desk.press("escape", "3")
        await told(desk)
        assert type(asked(desk)[-1]) is AskThroughTime
        await desk.press("escape")
        assert desk.app.screen is desk.app.studio
        before = len(asked(desk))
        await desk.hear(progress(minibatch=13))
        look_later(screen, clock)
        assert len(asked(desk)) == before
        # Nor does it look by itself any more.
        assert not screen.is_running


async def test_at_most_about_two_questions_a_second_and_none_while_nothing_changes(clock: Clock) -> None:
    async with inside(3) as desk:
        screen = desk.app.screen
        assert isinstance(screen, InspectorScreen)
        clock.stands = monotonic()
        before = len(asked(desk))
        look_later(screen, clock)
        assert len(asked(desk)) == before
        await desk.hear(progress(minibatch=6))
        await told(desk)
        for minibatch in range(7, 15):
            await desk.hear(progress(minibatch=minibatch))
            look_later(screen, clock, 0.05)
        assert len(asked(desk)) == before + 1
        clock.ahead += 0.11
        await told(desk)
        # Not answered yet: no other one.
        await desk.hear(progress(minibatch=16))
        look_later(screen, clock, 1)
        assert len(asked(desk)) == before + 3
        await desk.hear(progress(minibatch=1))
        look_later(screen, clock, 1)
        assert len(asked(desk)) == before + 3


async def test_sampling_side_by_side() -> None:
    async with inside() as desk:
        lines = pane(desk)
        left, right = ([line[cut].strip() for line in lines] for cut in (slice(0, 57), slice(59, None)))
        assert left[1] == "random · the model trains with it"
        assert right[1] == "consecutive"
        assert left[2].startswith("0  1  2  3  4  5")
        assert "0→ X 18 19 20 21 22 23 →0  " in "\n".join(left)
        assert "Y 19 20 21 22 23 24" in "\n".join(left)
        assert "0→ X  0  1  2  3  4  5 →H" in "\n".join(right)
        assert "‹ minibatch 1 of 19 ›  ‹ row 1 of 2 ›" in left
        assert "characters 190 to 194 of 200" in left
        assert "→0 its last state is dropped" in left
        assert "→H goes on to row 1 of minibatch 2" in right
        await desk.press("right")
        await told(desk)
        await desk.press("down")
        await told(desk)
        lines = pane(desk)
        left, right = ([line[cut].strip() for line in lines] for cut in (slice(0, 57), slice(59, None)))
        assert "‹ minibatch 2 of 19 ›  ‹ row 2 of 2 ›" in left
        assert "characters 175 to 179 of 200" in left
        assert "0→ starts at zero" in left
        assert "characters 105 to 109 of 200" in right
        assert "H→ goes on from row 2 of minibatch 1" in right
        assert "H→ X  6  7  8  9 10 11 →0" in "\n".join(right)
        assert asked(desk)[-1].epoch == 87  # type: ignore[union-attr]


async def test_pieces_have_the_colour_of_their_minibatch() -> None:
    async with inside() as desk:
        cells = [(char, style.bgcolor) for char, style in desk.styles("#inside")]
        shown = "".join(char for char, _ in cells)
        # The numbers of one minibatch share a ground, those of another have another one.
        at = shown.index("01234567891011121314")
        grounds = [ground for _, ground in cells[at : at + 20]]
        assert len(set(grounds[:6])) == len(set(grounds[6:14])) == 1
        assert grounds[0] != grounds[6]
        assert len(set(grounds[14:18])) == 1
        assert grounds[14] == grounds[0]


async def test_the_characters_are_listed_sorted_and_found() -> None:
    async with inside(2) as desk:
        lines = pane(desk)
        assert lines[0].startswith("8 characters · by index")
        listed = [line[:24].split() for line in lines[1:9]]
        names = ["␣", "分", "开", "想", "你", "U+001B", "◌\u0301", "👩"]
        assert [(int(row[0]), row[1], int(row[2])) for row in listed] == list(zip(range(8), names, COUNTS, strict=True))
        await desk.press("enter")
        order = [int(line[:7]) for line in pane(desk)[1:9]]
        assert order == sorted(range(8), key=lambda index: -COUNTS[index])
        await desk.press("down", "down")
        while asked(desk)[-1].index != 3:  # type: ignore[union-attr]
            await told(desk)
        await desk.until(lambda: len(asked(desk)) > answered(desk) or "index 3" in desk.text())
        while answered(desk) < len(asked(desk)):
            await told(desk)
        assert asked(desk)[-1] == AskRow(3, asked(desk)[-1].most)  # type: ignore[union-attr]
        text = "\n".join(pane(desk))
        assert "想 · U+60F3 · index 3 · 9 times, 9.28% of the text" in text
        (vector,) = [line[line.index("[") :] for line in pane(desk) if "[" in line]
        assert vector.split() == ["[", *"00010000", "]"]
        assert "X W_xh = row 3 of W_xh (8 × 4) · norm 1.15 · largest ±1.00" in text
        await desk.type("你na")
        await desk.until(lambda: len([line for line in pane(desk) if line[:7].strip().isdigit()]) == 1)
        await told(desk)
        assert asked(desk)[-1].index == 4  # type: ignore[union-attr]
        await desk.press("escape", "escape")
        assert desk.app.screen is desk.app.studio
        assert not any(isinstance(command, StepOnce | Change) for command in desk.sent)


async def test_digits_are_found_behind_the_slash() -> None:
    async with inside(2) as desk:
        await desk.press("/", "1")
        assert desk.panel("#find")[0].strip() == "1"
        assert "None of these characters is in the vocabulary." in " ".join(" ".join(pane(desk)).split())


async def test_the_gradient_is_seen_to_vanish_and_to_explode() -> None:
    async with inside(3) as desk:
        lines = pane(desk)
        heights = bars(lines, 0, 57)
        assert heights == sorted(heights, reverse=True)
        assert heights[0] > 4 * heights[-1]
        other = bars(lines, 60, 117)
        # Twice as much is 0.3 of 10 decades.
        assert max(other) - min(other) <= 8
        assert "On average × 0.01 per step back: after 4 steps 10⁻⁸ of it is left: it vanishes." in lines
        await desk.hear(progress(minibatch=6))
        seen = ThroughTimeShown("rnn", "relu", 5, (float("inf"), 1e6, 1e4, 1e2, 1.0), (2.0,) * 5)
        await told(desk, seen)
        lines = pane(desk)
        assert "The gradient overflows on its way back: it explodes." in lines
        assert any("×" in line[:57] for line in lines)
        assert "rnn, ReLU." in "\n".join(lines)


def bars(lines: list[str], start: int, end: int) -> list[int]:
    """The heights of a chart's columns in eighths."""
    rows_of_bars = [line.ljust(end)[start + 7 : end] for line in lines]
    return [
        sum(" ▁▂▃▄▅▆▇█".index(row[x]) for row in rows_of_bars if row[x] in "▁▂▃▄▅▆▇█") for x in range(end - start - 7)
    ]


@pytest.mark.parametrize(
    ("last", "words"),
    [
        ((5.0,), "one time step only"),
        ((0.0, 0.0), "zero at the last time step already"),
        ((0.0, 0.0, 1.0, 2.0), "After 1 step back nothing at all is left"),
        ((8.0, 4.0, 2.0, 1.0), "× 2.00 per step back: after 3 steps it is 8 times as large: it explodes."),
        ((1.0, 1.0, 1.0), "× 1.00 per step back: after 2 steps it is 1 times as large."),
    ],
)
async def test_verdicts(last: tuple[float, ...], words: str) -> None:
    async with inside(3) as desk:
        await desk.hear(progress(minibatch=6))
        await told(desk, ThroughTimeShown("gru", "tanh", 5, last, last))
        assert words in " ".join(" ".join(pane(desk)).split())


async def test_hidden_units() -> None:
    async with inside(4) as desk:
        assert asked(desk)[-1].typed == "分开"  # type: ignore[union-attr]
        lines = pane(desk)
        assert "unit 2 · 1 of 3 by how much it varies · standard deviation 0.80" in lines[0]
        assert lines[1].startswith("分开想你")
        assert [line.split()[0] for line in lines[4:6]] == ["2", "5"]
        row = [style.bgcolor for _, style in cells_of_row(desk, 4)[7:]]
        # +0.9, -0.9, +0.9 …, each two cells wide.
        assert row[0] == row[1] == row[4] != row[2] == row[3] == row[6]
        text = [style.bgcolor for _, style in cells_of_row(desk, 1)]
        assert text[:8] == row[:8]
        await desk.press("down")
        assert "unit 5 · 2 of 3" in pane(desk)[0]
        # While a question has no answer there is no other.
        await told(desk)
        assert asked(desk)[-1].unit == 5  # type: ignore[union-attr]
        await desk.press("end")
        await desk.until(lambda: asked(desk)[-1].unit == 7)  # type: ignore[union-attr]
        await told(desk)
        assert "unit 7 · 3 of 3" in pane(desk)[0]
        await desk.press("home")
        await told(desk)
        assert "unit 2 · 1 of 3" in pane(desk)[0]
        await desk.click("#inside", 3, 5)
        assert "unit 5 · 2 of 3" in pane(desk)[0]


def cells_of_row(desk: Desk, y: int) -> list[Any]:
    from tests.app.desk import cells

    region = desk.app.screen.query_one("#inside").content_region
    return list(cells(desk.app)[region.y + y][region.x : region.right])


async def test_the_memory_and_the_gates_are_chosen_by_enter_and_the_equations_stand_below() -> None:
    parts = ("H", "C", "I", "F", "O", "C̃")
    recipe = Recipe(cell="lstm", activation="relu")
    async with inside(4, (120, 40)) as desk:
        await desk.hear(progress(recipe=recipe))
        await told(desk, replace(hidden(AskHidden("分开", 50, None, 5)), parts=parts))
        for equation in ("I_t = σ(X_t W_xi + H_{t-1} W_hi + b_i)", "H_t = O_t ⊙ ReLU(C_t)", "Y_t = H_t W_hy + b_y"):
            assert equation in desk.text()
        assert " H  C  I  F  O " in desk.text()
        await desk.press("enter")
        await desk.until(lambda: getattr(asked(desk)[-1], "part", "") == "C")


async def test_the_way_back_to_the_memory_beside_that_to_the_state() -> None:
    async with inside(3, (200, 60)) as desk:
        falling, steady = (1e-8, 1e-6, 1e-4, 1e-2, 1.0), (0.9, 0.92, 0.95, 0.97, 1.0)
        await desk.hear(progress(minibatch=6))
        await told(desk, ThroughTimeShown("lstm", "tanh", 5, falling, falling, memory=steady))
        text = desk.text()
        assert "the same to C: ‖∂L_5/∂C_t‖" in text
        assert "C, the memory: On average × 0.97 per step back" in " ".join(text.split())


async def test_the_way_back_in_every_layer_has_its_memory() -> None:
    back = (1e-4, 1e-3, 1e-2, 1e-1, 1.0)
    shown = ThroughTimeShown("lstm", "tanh", 5, back, back, (), back, (back, back), (back, back))
    async with inside(3, (120, 60)) as desk:
        await desk.hear(progress(epoch=88))
        await told(desk, shown)
        words = "\n".join(pane(desk))
        titles = ("the same to C:", "the same to layer 1", "the same to C of layer 1", "the same to C of layer 2")
        assert all(title in words for title in titles)


async def test_the_minibatch_is_a_list_of_matrices() -> None:
    async with inside(2, (120, 40)) as desk:
        await desk.hear(progress(minibatch=6))
        inputs = tuple((step % 4, (step + 1) % 4) for step in range(35))
        row = RowShown(0, 4, ((0.5, -1.0, 0.0, 0.25),), ("",), 1.0, 1.15, batch=32, steps=35, inputs=inputs)
        await told(desk, row)
        text = " ".join(desk.text().split())
        assert f"X_1 … X_35, a list of 35 matrices of 32 × {len(CHARACTERS):,}" in text
        assert "X_1 " in text
        assert "X_35 " in text
        await desk.press("down")
        await told(desk, replace(row, index=1, embedding=6))
        assert "X = row 1 of the embedding E" in " ".join(desk.text().split())


async def test_the_prompts_text_is_what_is_looked_at() -> None:
    async with studio(WIDE) as desk:
        ANSWERED.clear()
        await desk.press("/")
        await desk.type("想")
        await desk.press("escape", "i", "4")
        while not any(isinstance(question, AskHidden) for question in asked(desk)):
            await told(desk)
        assert asked(desk)[-1].typed == "想"  # type: ignore[union-attr]


async def test_the_next_character_and_going_on_from_it() -> None:
    async with inside(5) as desk:
        text = pane(desk)
        assert text[0].startswith("分开想你")
        assert "the likeliest next characters at place 2 of 5" in text
        assert text[3].split()[1:3] == ["U+001B", "60.00%"]
        assert "想" in text[4]
        assert "30.00%" in text[4]
        assert text[4].startswith(" •")
        await desk.press("right")
        assert "at place 3 of 5" in pane(desk)[2]
        assert pane(desk)[3].split()[0] == "▸•"
        await desk.press("down", "enter")
        assert desk.app.studio.query_one("#typed").value == "分开想想"  # type: ignore[attr-defined]
        await told(desk)
        assert asked(desk)[-1].typed == "分开想想"  # type: ignore[union-attr]
        assert "at place 2 of 5" in pane(desk)[2]
        await desk.press("home")
        await desk.click("#inside", 4, 3)
        assert desk.app.studio.query_one("#typed").value == "你"  # type: ignore[attr-defined]


async def test_a_character_that_the_prompt_cannot_hold() -> None:
    async with inside(5) as desk:
        await desk.press("enter")
        assert desk.app.studio.query_one("#typed").value == ""  # type: ignore[attr-defined]
        assert "U+001B cannot be shown" in " ".join(desk.text().split())


async def test_the_gradient_check_is_made_when_it_is_asked_for(clock: Clock) -> None:
    async with inside(6) as desk:
        screen = desk.app.screen
        assert isinstance(screen, InspectorScreen)
        before = len(asked(desk))
        look_later(screen, clock)
        assert len(asked(desk)) == before
        await desk.press("enter")
        assert "checking…" in "\n".join(pane(desk))
        await told(desk)
        assert asked(desk)[-1] == AskCheck(1)
        text = "\n".join(pane(desk))
        assert "epoch 88, minibatch 6 · rnn, tanh · took 0.25 s" in text
        lines = {line.split()[0]: line.split() for line in pane(desk) if line.startswith(("W", "b_"))}
        assert lines["W_xh"] == ["W_xh", "8", "×", "256", "3.50", "4.0×10⁻⁷", "0.030", "2.0×10⁻¹⁶", "7.0×10⁻¹²"]
        assert lines["b_y"][3:5] == ["overflow", "overflow"]
        assert "They do not agree: b_y differ by more than rounding, or overflow." in " ".join(text.split())
        await desk.click("#inside", 3, 3)
        await told(desk)
        assert asked(desk)[-1] == AskCheck(2)
        await desk.resize(*SMALLEST)
        assert "epoch 88, minibatch 6 · rnn, tanh · took 0.25 s" in " ".join(" ".join(pane(desk)).split())


async def test_the_step_of_the_optimiser_parameter_by_parameter() -> None:
    async with inside(7) as desk:
        lines = pane(desk)
        shown = "\n".join(lines)
        assert "epoch 88, minibatch 6 · step 1,235 of adam, learning rate 0.0015" in shown
        assert "gradient norm 402, clipped to 5.00" in shown
        (head,) = (line.split() for line in lines if "‖w‖" in line and "‖g‖" in line and "w:" not in line)
        assert head == ["‖w‖", "‖g‖", "‖Δw‖", "‖Δw‖/‖w‖", "‖Δw‖/‖g‖"]
        table = {line.split()[0]: line.split()[1:] for line in lines if line.startswith(("W_xh", "b_y"))}
        assert table["W_xh"] == ["20.0", "40.0", "0.20", "0.010", "0.0050"]
        assert table["b_y"] == ["0.00", "400", "0.10", "–", "2.5×10⁻⁴"]
        assert "Each parameter has its own rate: that of W_xh is 20.0 times that of b_y." in shown
        await desk.hear(progress(epoch=88))
        plain = ParameterStep("W_xh", 20.0, 40.0, 8.0), ParameterStep("b_y", 1.0, 400.0, 80.0)
        await told(desk, stepped(optimizer="sgd", clipped=402.0, parameters=plain))
        shown = "\n".join(pane(desk))
        assert "All parameters are moved at the same rate: the step is 0.20 times the gradient." in shown
        assert "gradient norm 402\n" in shown
        await desk.hear(progress(epoch=89))
        await told(desk, stepped(overflow=True, parameters=(ParameterStep("W_xh", 20.0, float("inf")),)))
        assert "no step can be taken" in " ".join(pane(desk))


async def test_what_cannot_be_seen_is_said() -> None:
    async with inside(3, told=[became(RunStatus.FAILED)]) as desk:
        await desk.hear(progress(minibatch=6))
        await told(desk, NotShown("There is no run to look into; change the settings and start one."))
        assert pane(desk)[0] == "There is no run to look into; change the settings and start one."
    async with studio(USUAL, told=()) as desk:
        await desk.press("i")
        assert pane(desk)[0] == "The run is being prepared…"


async def test_another_run_is_looked_at_anew() -> None:
    async with inside(4) as desk:
        await desk.press("down")
        await desk.hear(started(run=2), progress(run=2, epoch=0, minibatch=1))
        assert pane(desk)[0] == "The run is being prepared…"
        await desk.hear(became(RunStatus.TRAINING))
        await desk.until(lambda: isinstance(asked(desk)[-1], AskHidden) and asked(desk)[-1].unit is None)  # type: ignore[union-attr]


async def test_the_studio_can_be_driven_from_here() -> None:
    async with inside(3) as desk:
        await desk.press("space", "n", "a", "c")
        rest = [command for command in desk.sent if not isinstance(command, Inspect)]
        assert rest == [
            Pause(),
            StepOnce(),
            Change((("activation", "relu"),)),
            Change((("clipping", False),)),
        ]
        assert "space pause" in desk.lines()[-1]
        await desk.hear(became(RunStatus.PAUSED))
        assert "space go on" in desk.lines()[-1]
        await desk.press("i", "s", "r", "e")
        assert isinstance(desk.app.screen, InspectorScreen)
        assert [command for command in desk.sent if not isinstance(command, Inspect)] == rest
        await desk.hear(became(RunStatus.FINISHED))
        assert "space more epochs" in desk.lines()[-1]
        assert "one step" not in desk.lines()[-1]


async def test_tabs_by_mouse_and_the_key_bar() -> None:
    async with inside() as desk:
        for title, number in (("3 through time", 2), ("6 gradient check", 5), ("2 characters", 1)):
            await desk.click("#tabs", desk.panel("#tabs")[0].index(title) + 3)
            assert desk.app.screen._open == number  # type: ignore[attr-defined]
        await desk.click("#keys", desk.lines()[-1].index("studio"))
        assert desk.app.screen is desk.app.studio


async def test_a_click_steps_to_the_next_minibatch() -> None:
    async with inside() as desk:
        (y,) = [i for i, line in enumerate(pane(desk)) if "minibatch 1 of 19" in line]
        await desk.click("#inside", pane(desk)[y].index("›"), y)
        await told(desk)
        assert "minibatch 2 of 19" in pane(desk)[y]


async def test_every_key_has_an_offer_in_the_palette() -> None:
    async with inside() as desk:
        await desk.choose("Gradient check")
        assert desk.app.screen._open == 5  # type: ignore[attr-defined]
        await desk.choose("Back to the studio")
        shown: object = desk.app.screen
        assert shown is desk.app.studio
        await desk.choose("Inside the model")
        assert desk.widget("#tabs").display


@pytest.mark.slow
@pytest.mark.parametrize("language", ["en", "zh"])
@pytest.mark.parametrize("size", [LARGE, WIDE, USUAL, (66, 20), SMALLEST])
async def test_every_tab_in_every_size_and_language(size: tuple[int, int], language: str) -> None:
    translator.use(language)
    async with inside(1, size) as desk:
        for tab in range(1, 8):
            await desk.press(str(tab), *(("enter",) if tab == 6 else ()))
            for _ in range((0, 0, 2, 1, 1, 1, 1, 1)[tab]):
                await told(desk)
            # The tab before may have asked once more in the meantime.
            while len([line for line in pane(desk) if line.strip()]) < 2:
                await told(desk)
            lines = desk.lines()
            assert [cell_len(line) for line in lines] == [size[0]] * size[1]
            assert len([line for line in pane(desk) if line.strip()]) >= 4
            await desk.press("pagedown", "pageup")
            while [each for each in desk.sent if isinstance(each, Inspect)][answered(desk) :]:
                await told(desk)


async def test_too_small_and_light() -> None:
    async with inside(3, theme="light") as desk:
        await desk.resize(39, 11)
        assert "needs 40×12." in " ".join(desk.text().split())
        await desk.resize(*USUAL)
        assert "t = 5" in desk.text()


@pytest.mark.parametrize("tab", range(1, 8))
async def test_a_vocabulary_of_one_character(tab: int) -> None:
    import os
    from pathlib import Path

    from tests.app.real import training

    path = Path(os.environ["HOME"]) / "one.txt"
    path.write_text("a" * 300)
    recipe = Recipe(corpus=str(path), hidden=1, batch=2, steps=3, device="cpu", threads="1", prefixes=("我",))
    async with training(recipe, paused=True, size=USUAL) as desk:
        await desk.press("i", str(tab), "enter")
        await desk.until(lambda: not {"looking…", "checking…"} & set(" ".join(pane(desk)).split()))
        await desk.press("left", "right", "up", "down", "home", "end", "pageup", "pagedown")
        assert len([line for line in pane(desk) if line]) >= 3


@pytest.mark.parametrize("cell", ["rnn", "gru", "lstm"])
async def test_on_the_real_thing(cell: str, tmp_path: Any) -> None:
    from tests.app.real import small, training

    hostile = "\x00\x1b[2J\u202e👩🏽\u200d🚀e\u0301的 \u3000" * 30
    recipe = small(tmp_path, cell=cell, epochs=10**6, sampling="consecutive")
    (tmp_path / "small.txt").write_text(hostile, encoding="utf-8")
    async with training(recipe, size=USUAL) as desk:
        await desk.press("i")
        signs = ("minibatch 1 of", "one-hot vector", "t = 5", "unit ", "at place", "W_hh", "‖Δw‖/‖w‖")
        for tab, words in enumerate(signs, 1):
            await desk.press(str(tab))
            if tab == 6:
                await desk.press("enter")
            await desk.until(lambda words=words: words in "\n".join(pane(desk)))  # type: ignore[misc]
            assert "\x1b" not in desk.text()
            assert "\u202e" not in desk.text()
            await desk.press("right", "down", "down")
        assert desk.app.screen._refusal == ""  # type: ignore[attr-defined]
