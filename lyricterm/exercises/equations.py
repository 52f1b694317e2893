"""The forward equations of the cells, as the exercises and the inspector show them."""

from __future__ import annotations

from lyricterm.core.settings import Recipe

_GATED = "σ(X_t W_x{0} + H_{{t-1}} W_h{0} + b_{0})"

FORWARD: dict[str, tuple[str, ...]] = {
    "rnn": ("H_t = φ(X_t W_xh + H_{t-1} W_hh + b_h)",),
    "gru": (
        f"R_t = {_GATED.format('r')}",
        f"Z_t = {_GATED.format('z')}",
        "H̃_t = φ(X_t W_xh + (R_t ⊙ H_{t-1}) W_hh + b_h)",
        "H_t = Z_t ⊙ H_{t-1} + (1 − Z_t) ⊙ H̃_t",
    ),
    "lstm": (
        f"I_t = {_GATED.format('i')}",
        f"F_t = {_GATED.format('f')}",
        f"O_t = {_GATED.format('o')}",
        "C̃_t = φ(X_t W_xc + H_{t-1} W_hc + b_c)",
        "C_t = F_t ⊙ C_{t-1} + I_t ⊙ C̃_t",
        "H_t = O_t ⊙ φ(C_t)",
    ),
}
"""By the cell's name, a line for each equation; φ is the activation."""

OUTPUT = "Y_t = H_t W_hy + b_y"
_NAMES = {"tanh": "tanh", "relu": "ReLU"}


def forward(recipe: Recipe) -> str:
    """How the hidden state is computed from the characters, on one line, with the activation's name."""
    return "; ".join(forward_lines(recipe)[:-1])


def forward_of_any(recipe: Recipe) -> str:
    """As ``forward``, where runs differ in the activation, which stands as φ."""
    return "; ".join(_lines(recipe, "φ")[:-1])


def forward_lines(recipe: Recipe) -> tuple[str, ...]:
    """All that the model computes at a time step, a line for each equation, with the activation's name."""
    return _lines(recipe, _NAMES.get(recipe.activation, recipe.activation))


def _lines(recipe: Recipe, name: str) -> tuple[str, ...]:
    below = ("X_t^(l) = H_t^(l-1),  l > 1",) if recipe.layers > 1 else ()
    embedded = ("X_t = onehot(x_t) E",) if recipe.embedding else ()
    return (*embedded, *(line.replace("φ", name) for line in FORWARD.get(recipe.cell, ())), *below, OUTPUT)


UPDATES = {
    "sgd": "w ← w − η g",
    "momentum": "v ← 0.9 v + g, w ← w − η v",
    "rmsprop": "s ← 0.99 s + 0.01 g², w ← w − η g / (√s + ε)",
    "adam": "m ← 0.9 m + 0.1 g, s ← 0.999 s + 0.001 g², w ← w − η m̂ / (√ŝ + ε)",
    "adamw": "m ← 0.9 m + 0.1 g, s ← 0.999 s + 0.001 g², w ← (1 − η λ) w − η m̂ / (√ŝ + ε)",
}
"""By the optimiser's name; g is the gradient, clipped where it is, η the learning rate."""


def gradient(recipe: Recipe) -> str:
    """What g is in the rules of the update."""
    if not recipe.clipping:
        return "g = ∂L/∂w"
    by_norm = recipe.clip_by == "norm"
    return "g = min(θ / ‖∂L/∂w‖, 1) ∂L/∂w" if by_norm else "g = max(−θ, min(θ, ∂L/∂w))"


def clipped_update(recipe: Recipe) -> str:
    """The update of a run that is clipped, and what its loss is."""
    clipped = gradient(recipe.with_values({"clipping": True}))
    return f"{UPDATES[recipe.optimizer]},  {clipped},  L = Σ −log p"


def back(recipe: Recipe) -> str:
    """How the gradient goes one time step back."""
    if recipe.cell == "rnn":
        return "∂L/∂H_t = (∂L/∂H_{t+1} ⊙ φ′(A_{t+1})) W_hhᵀ + ∂L/∂Y_t W_hyᵀ"
    return "∂L/∂H_t = (∂H_{t+1}/∂H_t)ᵀ ∂L/∂H_{t+1} + ∂L/∂Y_t W_hyᵀ; " + forward(recipe)
