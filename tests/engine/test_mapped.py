"""A text that lies in a file trains as one in memory does, number for number, and takes no memory for its length."""

from __future__ import annotations

import os
import random
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from lyricterm.core.settings import Recipe
from lyricterm.corpus import gathered
from lyricterm.corpus.load import load
from lyricterm.corpus.mapped import MappedText
from lyricterm.corpus.text import Corpus
from lyricterm.engine import checkpoint, orders, snapshot
from lyricterm.engine.split import beyond
from lyricterm.engine.trainer import Trainer
from lyricterm.engine.vocabulary import Vocabulary

from .runs import epochs, losses, small, train

SONG = "".join(random.Random(3).choices("the rain 风从窗边过\n", k=900)) + "x" + "abc" * 20


@pytest.fixture(autouse=True)
def own_cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))


def read(tmp_path: Path, *, mapped: bool, **values: Any) -> tuple[Recipe, Corpus]:
    """The song, in memory or in a file."""
    path = tmp_path / "song.txt"
    path.write_text(SONG, "utf-8")
    recipe = small(corpus=str(path), **({"max_chars": 1_000} | values))
    with pytest.MonkeyPatch.context() as patch:
        if mapped:
            patch.setattr(gathered, "MAPPED", 10)
        corpus = load(recipe, beyond(recipe))
    assert isinstance(corpus.text, MappedText) is mapped
    return recipe, corpus


SETTINGS: list[dict[str, Any]] = [
    {},
    {"sampling": "consecutive"},
    {"valid": "0.2"},
    {"min_count": 60},
    {"newlines": "keep", "start": 7},
]


@pytest.mark.parametrize("values", SETTINGS, ids=str)
def test_the_same_numbers_as_in_memory(tmp_path: Path, values: dict[str, Any]) -> None:
    recipe, plain = read(tmp_path, mapped=False, **values)
    _recipe, mapped = read(tmp_path, mapped=True, **values)
    assert str(mapped.text) == plain.text
    assert mapped.characters == plain.characters
    assert mapped.fingerprint == plain.fingerprint
    assert mapped.beyond == plain.beyond
    assert mapped.counts == plain.counts
    assert mapped.beginnings == plain.beginnings
    runs = [Trainer(recipe, corpus) for corpus in (plain, mapped)]
    first, second = (epochs(trainer, 2) for trainer in runs)
    assert losses(first) == losses(second)
    assert [step.finished.valid_loss for step in first if step.finished] == pytest.approx(
        [step.finished.valid_loss for step in second if step.finished], rel=0, nan_ok=True
    )
    assert runs[0].prefixes == runs[1].prefixes


def test_characters_that_stand_only_behind_the_cut_are_not_learnt(tmp_path: Path) -> None:
    recipe, corpus = read(tmp_path, mapped=True, max_chars=len(SONG), valid="0.1")
    trainer = Trainer(recipe, corpus)
    cut = len(SONG) - round(0.1 * len(SONG))
    assert trainer.vocabulary == Vocabulary.of(SONG.replace("\n", " ")[:cut])
    assert "b" in corpus.characters
    assert "b" not in trainer.vocabulary.index


def test_what_stands_in_it_is_found(tmp_path: Path) -> None:
    text = read(tmp_path, mapped=True)[1].text
    plain = str(text)
    for start in range(0, 990, 37):
        assert plain[start : start + 9] in text
    for absent in ("zebra", "风风风风风风风", "rain\0"):
        assert (absent in text) == (absent in plain)
    assert "" in text


@pytest.mark.parametrize("shuffle", orders.SHUFFLES)
def test_a_run_goes_on_with_the_shuffle_that_it_began_with(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, shuffle: str
) -> None:
    monkeypatch.setattr(orders, "MOST_LISTED", 10)
    recipe, corpus = read(tmp_path, mapped=True)
    whole, part = (Trainer(recipe, corpus) for _ in range(2))
    for trainer in (whole, part):
        trainer.shuffle = shuffle
        trainer.change({"lr": 0.1})
    expected = losses(train(whole, 60))
    before = losses(train(part, 25))
    path = tmp_path / "saved"
    checkpoint.save(snapshot.capture(part), path)
    resumed = snapshot.resume(saved := checkpoint.load(path), saved.asked, corpus)
    assert before + losses(train(resumed, 35)) == expected
    assert resumed.shuffle == shuffle


_MEASURE = """
import sys
import torch
def peak():
    return int(next(line.split()[1] for line in open("/proc/self/status") if line.startswith("VmHWM"))) / 1024
torch.zeros(9, 9) @ torch.zeros(9, 9)
before = peak()
from lyricterm.core.inspection import AskSampling, AskVocabulary
from lyricterm.core.settings import Recipe
from lyricterm.corpus.load import load
from lyricterm.engine.inspector.characters import vocabulary
from lyricterm.engine.inspector.sampling import windows
from lyricterm.engine.split import beyond
from lyricterm.engine.trainer import Trainer
recipe = Recipe(corpus=sys.argv[1], max_chars=1_000_000_000, hidden=32, device="cpu", threads="1")
trainer = Trainer(recipe, load(recipe, beyond(recipe)))
assert len(trainer.corpus.text) == int(sys.argv[2])
for _ in range(100):
    trainer.step()
trained = peak()
windows(trainer, AskSampling(None, 3, 0, 40, 2_000))
vocabulary(trainer, AskVocabulary())
print(trained - before, peak() - trained)
"""


def measured(path: Path, lines: int) -> tuple[float, float]:
    """Megabytes that opening and training a text take beyond torch, and that looking inside takes beyond those."""
    line = b"the rain came down and the river rose, and the whole town stood at the window, and nobody said a word\n"
    with path.open("wb") as file:
        for _ in range(lines // 1_000):
            file.write(line * 1_000)
    length = str(len(line) * (lines // 1_000) * 1_000)
    told = subprocess.run(
        [sys.executable, "-c", _MEASURE, str(path), length], capture_output=True, text=True, check=True, env=os.environ
    )
    trained, inside = map(float, told.stdout.split())
    return trained, inside


@pytest.mark.skipif(not Path("/proc/self/status").exists(), reason="the system does not tell the peak")
@pytest.mark.slow
@pytest.mark.parametrize(("megabytes", "most"), [(100, 200), (980, 400)])
def test_memory_does_not_grow_with_the_text(tmp_path: Path, megabytes: int, most: int) -> None:
    trained, inside = measured(tmp_path / "long.txt", megabytes * 10_000)
    assert trained < most
    # Which minibatch owns a character is arithmetic.
    assert inside < 20
