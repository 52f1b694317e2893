"""The hand-derived engine and the chapter's own way train alike."""

from __future__ import annotations

from itertools import product
from typing import TYPE_CHECKING, Any

import pytest
import torch

from .runs import epochs, losses, small, start

if TYPE_CHECKING:
    from lyricterm.engine.trainer_state import Step

RNN = [
    {"cell": "rnn", "sampling": sampling, "activation": activation, "clipping": clipping, "detach": detach}
    for sampling, activation, clipping, detach in product(
        ("random", "consecutive"), ("tanh", "relu"), (True, False), (True, False)
    )
]
GATED = [
    {"cell": cell, "sampling": "consecutive", "activation": activation, "clipping": True, "detach": detach}
    for cell, activation, detach in product(("gru", "lstm"), ("tanh", "relu"), (True, False))
] + [
    {"cell": cell, "sampling": "random", "activation": "tanh", "clipping": False, "detach": True}
    for cell in ("gru", "lstm")
]


def both(dtype: torch.dtype, **values: Any) -> tuple[list[Step], list[Step]]:
    # Without clipping the summed loss takes long steps: the rate is small enough for none to overflow.
    rate = 0.2 if values["clipping"] else 0.01
    fast, slow = (
        epochs(start(small(engine=engine, lr=rate, theta=1.0, **values), dtype=dtype), 3)
        for engine in ("bptt", "reference")
    )
    return fast, slow


def name(values: dict[str, Any]) -> str:
    return "-".join(str(value) for value in values.values())


@pytest.mark.parametrize(
    ("dtype", "tolerance"), [pytest.param(torch.float32, 1e-4, marks=pytest.mark.slow), (torch.float64, 1e-10)]
)
@pytest.mark.parametrize("values", RNN + GATED, ids=name)
def test_same_losses_for_every_combination(values: dict[str, Any], dtype: torch.dtype, tolerance: float) -> None:
    fast, slow = both(dtype, **values)
    assert losses(fast) == pytest.approx(losses(slow), rel=tolerance)
    assert [step.grad_norm for step in fast] == pytest.approx([step.grad_norm for step in slow], rel=10 * tolerance)
    assert [step.clipped for step in fast] == [step.clipped for step in slow]
    assert any(step.clipped for step in fast) is values["clipping"]
    assert losses(fast)[-1] < losses(fast)[0] - 0.1


@pytest.mark.parametrize("engine", ["bptt", "reference"])
def test_detach_matters_for_consecutive_sampling_only(engine: str) -> None:
    def run(sampling: str, detach: bool) -> list[float]:
        recipe = small(engine=engine, sampling=sampling, detach=detach, lr=0.2)
        return losses(epochs(start(recipe), 1))

    assert run("consecutive", True) != run("consecutive", False)
    assert run("random", True) == run("random", False)


@pytest.mark.parametrize("cell", ["rnn", "gru", "lstm"])
def test_same_losses_when_variants_change_while_training(cell: str) -> None:
    def run(engine: str) -> list[float]:
        trainer = start(small(engine=engine, cell=cell, sampling="consecutive"), dtype=torch.float64)
        steps = [trainer.step() for _ in range(4)]
        for values in ({"detach": False}, {"activation": "relu"}, {"detach": True}, {"detach": False}):
            trainer.change(values)
            steps += [trainer.step() for _ in range(3)]
        return losses(steps)

    assert run("bptt") == pytest.approx(run("reference"), rel=1e-10)
