"""Activations against torch and its autograd; names against the recipe's choices."""

from __future__ import annotations

from typing import Any

import pytest
import torch

from lyricterm.core.settings import SETTINGS
from lyricterm.engine.activations import ACTIVATIONS
from lyricterm.engine.cells import CELLS
from lyricterm.engine.clipping import CLIPPINGS
from lyricterm.engine.engines import ENGINES
from lyricterm.engine.optimizers import OPTIMIZERS
from lyricterm.engine.reference import ACTS, STATES, STEPS
from lyricterm.engine.sampling import SAMPLINGS
from lyricterm.engine.schedules import SCHEDULES

POINTS = [-1e30, -20.0, -1.5, -1e-7, -0.0, 0.0, 1e-7, 0.3, 2.0, 20.0, 1e30]
TORCH = {"tanh": torch.tanh, "relu": torch.relu}


@pytest.mark.parametrize("dtype", [torch.float32, torch.float64])
@pytest.mark.parametrize("name", sorted(ACTIVATIONS))
def test_values_and_the_way_back_are_torchs(name: str, dtype: torch.dtype) -> None:
    z = torch.tensor(POINTS, dtype=dtype, requires_grad=True)
    value = TORCH[name](z)
    (slope,) = torch.autograd.grad(value.sum(), z)
    d = torch.linspace(-2, 2, len(POINTS), dtype=dtype)
    found = torch.empty_like(d)
    assert ACTIVATIONS[name].apply(z.detach(), out=found) is found
    torch.testing.assert_close(found, value.detach())
    assert ACTIVATIONS[name].back(d, found, out=d) is d
    torch.testing.assert_close(d, slope * torch.linspace(-2, 2, len(POINTS), dtype=dtype))


@pytest.mark.parametrize("name", sorted(ACTIVATIONS))
def test_applied_in_place(name: str) -> None:
    z = torch.tensor(POINTS)
    expected = TORCH[name](z)
    assert ACTIVATIONS[name].apply(z, out=z) is z
    torch.testing.assert_close(z, expected)


@pytest.mark.parametrize(
    ("setting", "table"),
    [
        ("activation", ACTIVATIONS),
        ("activation", ACTS),
        ("sampling", SAMPLINGS),
        ("cell", CELLS),
        ("cell", STEPS),
        ("cell", STATES),
        ("engine", ENGINES),
        ("optimizer", OPTIMIZERS),
        ("schedule", SCHEDULES),
    ],
)
def test_every_choice_of_the_recipe_is_there_and_no_other(setting: str, table: dict[str, Any]) -> None:
    assert set(table) == set(SETTINGS[setting].choices)


def test_clipping_is_off_or_one_of_the_choices() -> None:
    assert set(CLIPPINGS) == {"off", *SETTINGS["clip_by"].choices}
