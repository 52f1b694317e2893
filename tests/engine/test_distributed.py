"""Several ranks train what one process trains."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest
import torch

from lyricterm.core.errors import RanksError, RecipeError
from lyricterm.corpus.text import Corpus
from lyricterm.engine import distributed
from lyricterm.engine.trainer import Trainer
from tests.engine.ranks import COMBINATIONS, TEXT, losses, recipe_of

ROOT = Path(__file__).parents[2]

Found = list[tuple[list[float], list[float], list[list[list[float]]]]]


@pytest.fixture(scope="module")
def found(tmp_path_factory: pytest.TempPathFactory) -> Found:
    """What two ranks saw."""
    path = tmp_path_factory.mktemp("ranks") / "found.json"
    launcher = [
        "-m",
        "torch.distributed.run",
        "--standalone",
        "--nproc-per-node=2",
        "-m",
        "tests.engine.ranks",
        str(path),
    ]
    done = subprocess.run(
        [sys.executable, *launcher], cwd=ROOT, capture_output=True, text=True, timeout=300,
        env=os.environ | {"OMP_NUM_THREADS": "1", "PYTHONWARNINGS": "ignore"}, check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    told: Found = json.loads(path.read_text())
    return told


@pytest.mark.slow
@pytest.mark.parametrize("i", range(len(COMBINATIONS)), ids=[" ".join(map(str, each)) for each in COMBINATIONS])
def test_two_ranks_follow_one_process(found: Found, i: int) -> None:
    recipe = recipe_of(*COMBINATIONS[i])
    alone = Trainer(recipe, Corpus("x", TEXT, len(TEXT)))
    together, parameters, state = found[i]
    assert together == pytest.approx(losses(alone), rel=1e-4)
    assert torch.tensor(parameters).allclose(alone.model.parameters.flat, rtol=1e-3, atol=1e-5)
    assert len(state) == len(alone.engine.state)
    for ours, theirs in zip(alone.engine.state, state, strict=True):
        assert torch.tensor(theirs).allclose(ours, rtol=1e-3, atol=1e-4)


@pytest.mark.parametrize(("batch", "ranks", "fitting"), [(32, 3, "30 or 33"), (2, 4, "4"), (5, 2, "4 or 6")])
def test_a_batch_that_cannot_be_shared_is_refused_with_those_that_can(batch: int, ranks: int, fitting: str) -> None:
    with pytest.raises(RecipeError, match=f"{batch} examples.*{ranks} ranks; take --batch {fitting}"):
        distributed.check_batch(batch, ranks)


def test_batches_that_can_be_shared_pass() -> None:
    for ranks in (1, 2, 4, 8, 16, 32):
        distributed.check_batch(32, ranks)


@pytest.fixture
def alone(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> distributed.World:
    """A world of one, without a process group: what the ranks say is made up."""
    return distributed.World(rank=0, size=2)


@pytest.mark.parametrize(
    ("told", "sentence"),
    [
        ([("", {"text": "a"}), ("", {"text": "b"})], r"Rank 1 has another text than rank 0 \(b, not a\)"),
        ([("", {}), ("There is no file x.", {})], "Rank 1: There is no file x."),
        ([("There is no file x.", {}), ("", {})], "^There is no file x.$"),
    ],
)
def test_ranks_that_differ_do_not_train(
    alone: distributed.World, monkeypatch: pytest.MonkeyPatch, told: list[tuple[str, dict[str, str]]], sentence: str
) -> None:
    def gather(into: list[object], mine: object) -> None:
        into[:] = told

    monkeypatch.setattr(torch.distributed, "all_gather_object", gather)
    with pytest.raises(RanksError, match=sentence):
        alone.agree()


def test_ranks_that_are_alike_go_on(alone: distributed.World, monkeypatch: pytest.MonkeyPatch) -> None:
    def gather(into: list[object], mine: object) -> None:
        into[:] = [mine, mine]

    monkeypatch.setattr(torch.distributed, "all_gather_object", gather)
    alone.agree(facts={"text": "a"})


def test_without_a_launcher_the_ranks_are_not_found(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("RANK", "WORLD_SIZE", "MASTER_ADDR", "MASTER_PORT"):
        monkeypatch.delenv(name, raising=False)
    with pytest.raises(RanksError, match="torchrun"), distributed.join():
        pytest.fail("there is nobody to meet")
