"""What the next minibatch's gradient is made of, measured on buffers of its own: nothing that trains is touched."""

from __future__ import annotations

import math
from collections.abc import Sequence

import torch
from torch import Tensor

from lyricterm.core.run_data import GradientProbe
from lyricterm.engine.activations import ACTIVATIONS
from lyricterm.engine.bptt import BpttEngine
from lyricterm.engine.inspector.through_time import last_through_time
from lyricterm.engine.model import Weights
from lyricterm.engine.stack import Stack
from lyricterm.engine.trainer import Trainer


@torch.no_grad()
def probe(trainer: Trainer) -> GradientProbe:
    """Measure the minibatch that is trained next, with the weights as they are before it."""
    recipe, model = trainer.recipe, trainer.model
    inputs, labels, state = trainer.next_minibatch()
    copy = model.copy(trainer.device)
    engine = BpttEngine(copy, recipe.cell)
    engine.carry(state)
    engine.forward(inputs, labels, recipe.activation, True)
    engine.backward()
    # In float64, on the CPU: where tanh saturates, float32 has no digits left for its slope.
    exact = inputs.cpu(), labels.cpu(), tuple(part.cpu().double() for part in state)
    of_last = last_through_time(model.copy(torch.device("cpu"), torch.float64), recipe, exact)
    stack = Stack(copy, recipe.cell)
    tape = stack.tape(inputs.shape[1], len(inputs))
    stack.forward(tape, inputs.t().reshape(-1), state, ACTIVATIONS[recipe.activation])
    on = tape.hidden[1:] > 0
    return GradientProbe(
        trainer.epoch + 1,
        trainer.minibatch + 1,
        norms_by_kind(copy.gradient.weights),
        spectral_radius(copy.weights.W_hh) if stack.cell.gates == 1 else math.nan,
        factor_per_step(of_last),
        float(on.float().mean()),
        int((~on.any(0).any(0)).sum()),
    )


def norms_by_kind(gradient: Weights) -> tuple[float, ...]:
    """Of all layers' W_xh (with an embedding's W_e), W_hh and b_h together, then of W_hy and b_y."""
    inputs, recurrent, biases = ([layer[i] for layer in gradient.layers] for i in range(3))
    if gradient.W_e is not None:
        inputs.append(gradient.W_e)
    kinds = (inputs, recurrent, biases, [gradient.W_hy], [gradient.b_y])
    return tuple(math.hypot(*(float(part.cpu().double().norm()) for part in kind)) for kind in kinds)


def spectral_radius(matrix: Tensor) -> float:
    """The largest absolute value of an eigenvalue of a square matrix; NaN if it is not finite."""
    if not bool(matrix.isfinite().all()):
        return math.nan
    return float(torch.linalg.eigvals(matrix.double().cpu()).abs().max())


def factor_per_step(norms: Sequence[float]) -> float:
    """By how much a norm is multiplied per time step back, on average; NaN if that cannot be told.

    Args:
        norms: of the gradient of the last time step's loss with respect to H_1 … H_T.
    """
    last = norms[-1]
    known = [(len(norms) - 1 - i, norm) for i, norm in enumerate(norms[:-1]) if 0 < norm < math.inf]
    if not known or not 0 < last < math.inf:
        return math.nan
    # From the furthest step at which the norm is neither lost to underflow nor to overflow.
    steps, norm = known[0]
    return math.exp((math.log(norm) - math.log(last)) / steps)
