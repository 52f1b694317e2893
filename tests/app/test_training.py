"""The app over the real trainer: everything a person does in a first hour."""

from __future__ import annotations

import gc
from pathlib import Path

import pytest

from lyricterm.core.settings import Recipe
from tests.app.desk import USUAL, Desk, key_event
from tests.app.real import LYRICS, PATIENCE, doing, epoch, small, training


@pytest.fixture(autouse=True)
def one_thread() -> None:
    """Threads of torch that spin beside the app's would only wait for each other."""
    import torch

    torch.set_num_threads(1)


async def answered(desk: Desk, typed: str) -> str:
    """Type, and wait for what the model says."""
    await desk.press("/")
    await desk.type(typed)
    await desk.until(lambda: desk.panel("#typed")[0].startswith(typed) and bool(desk.subtitle("#prompt")))
    return desk.panel("#typed")[0].rstrip().removeprefix(typed)


async def figures(desk: Desk, run: int) -> list[str]:
    """What the curves say when a run has finished."""
    await desk.until(
        lambda: desk.lyrics().count("▶ new run") == run and doing(desk) == "finished" and "epoch 2/2" in desk.lines()[1]
    )
    await desk.settle()
    return [desk.title(panel) + desk.subtitle(panel) for panel in ("#loss", "#perplexity", "#norm")]


async def shown(desk: Desk, text: str) -> None:
    """Wait for a text."""
    await desk.until(lambda: text in desk.text())


async def test_it_trains_by_itself_and_samples_stream(tmp_path: Path) -> None:
    async with training(small(tmp_path)) as desk:
        await desk.until(lambda: epoch(desk) >= 3)
        assert doing(desk) == "training"
        assert "small" in desk.lines()[0]
        assert "characters/s" in desk.lines()[0]
        await desk.until(lambda: sum("  春天" in line for line in desk.panel("#log")) >= 3)
        assert desk.title("#perplexity").startswith("perplexity ")


async def test_pausing_stops_it_and_the_space_bar_goes_on(tmp_path: Path) -> None:
    async with training(small(tmp_path)) as desk:
        await desk.press(" ")
        await desk.until(lambda: doing(desk) == "paused")
        header = desk.lines()[1]
        # An answer has gone through the trainer's loop, which would have trained on the way.
        await answered(desk, "春")
        assert desk.lines()[1] == header
        await desk.press("escape", " ")
        stood = epoch(desk)
        await desk.until(lambda: doing(desk) == "training" and epoch(desk) > stood)


async def test_paused_from_the_start_and_one_minibatch_at_a_time(tmp_path: Path) -> None:
    minibatches = (len(LYRICS) - 1) // 5 // 2
    async with training(small(tmp_path, epochs=1), paused=True) as desk:
        assert doing(desk) == "paused"
        for done in (1, 2, 3):
            await desk.press("n")
            await shown(desk, f" {100 * done / minibatches:.0f} %")
            await desk.until(lambda: doing(desk) == "paused")


async def test_the_same_seed_gives_the_same_numbers_and_another_seed_others(tmp_path: Path) -> None:
    async with training(small(tmp_path, epochs=2)) as desk:
        numbers = [await figures(desk, 1)]
        await desk.press("r")
        numbers.append(await figures(desk, 2))
        await desk.press("R")
        numbers.append(await figures(desk, 3))
        assert numbers[0] == numbers[1]
        assert numbers[1] != numbers[2]
        assert "seed 1" in desk.lines()[0]


async def test_the_prompt_is_answered_and_answered_anew_as_the_model_learns(tmp_path: Path) -> None:
    async with training(small(tmp_path)) as desk:
        assert len(await answered(desk, "春天")) == 10
        first = desk.subtitle("#prompt")
        assert first.startswith("epoch ")
        await desk.until(lambda: desk.subtitle("#prompt") not in ("", first))
        assert desk.panel("#typed")[0].startswith("春天")
        await desk.press("enter")
        await desk.until(lambda: "◆ kept" in "\n".join(desk.panel("#log")))


async def test_a_character_that_is_not_in_the_vocabulary_is_named_and_skipped(tmp_path: Path) -> None:
    async with training(small(tmp_path), paused=True) as desk:
        await answered(desk, "春é天")
        assert desk.title("#prompt") == "prompt · not in the vocabulary, skipped: é"


async def test_a_flip_reaches_the_running_model_and_leaves_its_mark(tmp_path: Path) -> None:
    async with training(small(tmp_path, pred_period=1_000_000)) as desk:
        await desk.press("a")
        assert desk.setting("activation") == "ReLU"
        await desk.until(lambda: "ReLU" in desk.panel("#loss")[0])
        await desk.until(lambda: "activation tanh → ReLU" in "\n".join(desk.panel("#log")))
        await desk.press("s")
        await desk.until(lambda: "sampling random → consecutive" in "\n".join(desk.panel("#log")))
        assert desk.setting("sampling") == "consecutive"


async def test_a_flip_while_paused_waits_for_the_next_minibatch(tmp_path: Path) -> None:
    async with training(small(tmp_path), paused=True) as desk:
        await desk.press("c")
        await answered(desk, "春")
        await desk.press("escape")
        assert desk.setting("clipping") == "off"
        assert desk.subtitle("#settings-panel") == ""
        await desk.press("n")
        await desk.until(lambda: "clipping on → off" in "\n".join(desk.panel("#log")))


async def test_sampling_that_the_text_is_too_short_for_is_refused(tmp_path: Path) -> None:
    async with training(small(tmp_path), paused=True) as desk:
        await desk.press("e")
        desk.widget("#set-steps").focus()
        await desk.press("home", "ctrl+k")
        await desk.paste("5000")
        await desk.press("ctrl+s")
        await shown(desk, "The text has")
        assert "time steps 5 " in "\n".join(desk.panel("#settings-panel"))


async def test_a_diverged_run_does_not_take_the_app_down(tmp_path: Path) -> None:
    recipe = small(tmp_path, lr=1e6, clipping=False, activation="relu", pred_period=1_000_000)
    async with training(recipe) as desk:
        await desk.until(lambda: doing(desk) == "diverged" and "Diverged in epoch " in desk.text())
        await desk.until(lambda: "×" in "".join(desk.panel("#loss")) + "".join(desk.panel("#norm")))
        assert len(await answered(desk, "春天")) == 10
        await desk.press("escape", "c")
        for _step in range(18):
            await desk.press("-")
        assert desk.setting("lr") == "‹ 1 ›"
        await desk.press("r")
        await desk.until(lambda: doing(desk) in ("training", "finished") and epoch(desk) >= 1)
        assert "Diverged in epoch " not in desk.text()


async def test_a_first_start_without_its_corpus_can_be_put_right(tmp_path: Path) -> None:
    right = small(tmp_path)
    wrong = Recipe(**{**vars(right), "corpus": str(tmp_path / "nowhere.txt")})
    async with training(wrong, begun=False) as desk:
        await desk.until(lambda: "nowhere.txt" in "".join(desk.panel("#notice")))
        assert "Press e to change the settings." in " ".join(" ".join(desk.panel("#notice")).split())
        await desk.press(" ")
        await desk.until(lambda: "There is no run to go on with" in desk.text())
        await desk.press("e")
        desk.widget("#set-corpus").focus()
        await desk.press("home", "ctrl+k")
        await desk.paste(right.corpus)
        await desk.press("enter")
        await desk.until(lambda: doing(desk) == "training" and epoch(desk) >= 1)
        assert "nowhere.txt" not in "".join(desk.lines()[:2])


async def test_a_restart_with_a_corpus_that_is_gone_leaves_the_run_going(tmp_path: Path) -> None:
    recipe = small(tmp_path)
    async with training(recipe) as desk:
        Path(recipe.corpus).unlink()
        before = epoch(desk)
        await desk.press("r")
        await desk.until(lambda: "small.txt" in desk.text())
        await desk.until(lambda: doing(desk) == "training" and epoch(desk) > before)


async def test_leaving_while_it_trains_ends_the_thread(tmp_path: Path) -> None:
    async with training(small(tmp_path, hidden=64, batch=8), size=USUAL) as desk:
        desk.app.post_message(key_event("ctrl+q"))
        await desk.until(lambda: not desk.app.is_running)
        assert desk.app.lab.stop(PATIENCE)


async def test_leaving_at_once(tmp_path: Path) -> None:
    async with training(small(tmp_path), size=USUAL, begun=False) as desk:
        desk.app.post_message(key_event("ctrl+q"))
        await desk.until(lambda: not desk.app.is_running)


async def test_garbage_is_looked_for_again_once_there_is_something_to_see(tmp_path: Path) -> None:
    gc.disable()
    try:
        async with training(small(tmp_path)) as desk:
            await desk.until(gc.isenabled)
            assert gc.get_freeze_count() > 0
    finally:
        gc.enable()
        gc.unfreeze()
