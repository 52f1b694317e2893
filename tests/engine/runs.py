"""Small runs to test with."""

from __future__ import annotations

import random
from typing import Any

import torch

from lyricterm.core.metrics import EpochMetrics
from lyricterm.core.settings import Recipe
from lyricterm.corpus.text import Corpus
from lyricterm.engine.trainer import Trainer
from lyricterm.engine.trainer_state import Step

WORDS = ("风吹", "过山", "雨落", "在海", "你说", "别走", "我等", "天亮")
TEXT = " ".join(random.Random(7).choices(WORDS, k=200))[:600]


def small(**values: Any) -> Recipe:
    """A recipe that trains in milliseconds."""
    axes: dict[str, Any] = {"hidden": 24, "batch": 4, "steps": 7, "lr": 0.05, "device": "cpu"}
    return Recipe(**(axes | values))


def start(recipe: Recipe, text: str = TEXT, dtype: torch.dtype = torch.float32) -> Trainer:
    return Trainer(recipe, Corpus("test", text, len(text)), dtype)


def train(trainer: Trainer, minibatches: int) -> list[Step]:
    """Train some minibatches, none of which overflows."""
    steps = [trainer.step() for _ in range(minibatches)]
    assert not any(step.overflow for step in steps)
    return steps


def epochs(trainer: Trainer, count: int) -> list[Step]:
    """Train whole epochs from where the trainer stands."""
    steps: list[Step] = []
    for _ in range(count):
        steps += train(trainer, trainer.minibatches - trainer.minibatch)
    return steps


def losses(steps: list[Step]) -> list[float]:
    return [step.loss for step in steps]


def figures(steps: list[Step]) -> list[EpochMetrics]:
    return [step.finished for step in steps if step.finished is not None]
