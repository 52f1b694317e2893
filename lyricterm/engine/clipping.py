"""Clipping the gradient (chapter: "clip the gradient"): g ← min(θ/‖g‖, 1) g, one norm over all parameters."""

from __future__ import annotations

import math
from collections.abc import Callable

from torch import Tensor


def gradient_norm(gradient: Tensor) -> float:
    """The L2 norm of a flat gradient; not finite only if a component is not, or the norm exceeds float64."""
    squares = float(gradient.dot(gradient))
    if not math.isfinite(squares):
        wide = gradient.double()
        squares = float(wide.dot(wide))
    return math.sqrt(squares)


def clip_to_theta(norm: float, theta: float) -> float:
    """The factor min(θ/‖g‖, 1). There is no epsilon: a zero gradient stays as it is."""
    return min(theta / norm, 1.0) if norm > 0 else 1.0


def leave(norm: float, theta: float) -> float:
    """No clipping: the factor is 1."""
    return 1.0


CLIPPINGS: dict[bool, Callable[[float, float], float]] = {True: clip_to_theta, False: leave}
