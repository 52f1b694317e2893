"""Clipping the gradient (chapter: "clip the gradient"): g ← min(θ/‖g‖, 1) g, one norm over all parameters."""

from __future__ import annotations

import math
from collections.abc import Callable

import torch
from torch import Tensor

from lyricterm.core.settings import Recipe
from lyricterm.engine.model import STRIDE


def gradient_norm(gradient: Tensor) -> float:
    """The L2 norm of a flat gradient; not finite only if a component is not, or the norm exceeds float64.

    The norm of the norms of pieces, so that the result does not depend on the number of threads.
    """
    norm = float(_norm(gradient))
    return norm if math.isfinite(norm) else float(_norm(gradient.cpu().double()))


def _norm(gradient: Tensor) -> Tensor:
    whole = len(gradient) // STRIDE * STRIDE
    pieces: Tensor = torch.linalg.vector_norm(gradient[:whole].view(-1, STRIDE), dim=1)
    if whole < len(gradient):
        pieces = torch.cat((pieces, torch.linalg.vector_norm(gradient[whole:])[None]))
    norm: Tensor = torch.linalg.vector_norm(pieces)
    return norm


def clip_to_theta(norm: float, theta: float) -> float:
    """The factor min(θ/‖g‖, 1). There is no epsilon: a zero gradient stays as it is."""
    return min(theta / norm, 1.0) if norm > 0 else 1.0


Clip = Callable[[Tensor, float, float], tuple[float, float]]
"""A flat gradient, its norm and θ, to what the gradient is still to be multiplied with, and the norm after clipping."""


def by_norm(gradient: Tensor, norm: float, theta: float) -> tuple[float, float]:
    """The chapter's; the multiplication is left to the step."""
    factor = clip_to_theta(norm, theta)
    return factor, factor * norm


def by_value(gradient: Tensor, norm: float, theta: float) -> tuple[float, float]:
    """Each component to between -θ and θ, in place; the direction changes."""
    gradient.clamp_(-theta, theta)
    return 1.0, gradient_norm(gradient)


def leave(gradient: Tensor, norm: float, theta: float) -> tuple[float, float]:
    """No clipping."""
    return 1.0, norm


CLIPPINGS: dict[str, Clip] = {"norm": by_norm, "value": by_value, "off": leave}


def clipping_of(recipe: Recipe) -> Clip:
    """What the settings say."""
    return CLIPPINGS[recipe.clip_by if recipe.clipping else "off"]
