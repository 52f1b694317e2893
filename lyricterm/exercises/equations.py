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


def forward_lines(recipe: Recipe) -> tuple[str, ...]:
    """All that the model computes at a time step, a line for each equation, with the activation's name."""
    name = _NAMES.get(recipe.activation, recipe.activation)
    below = ("X_t^(l) = H_t^(l-1),  l > 1",) if recipe.layers > 1 else ()
    embedded = ("X_t = onehot(x_t) E",) if recipe.embedding else ()
    return (*embedded, *(line.replace("φ", name) for line in FORWARD.get(recipe.cell, ())), *below, OUTPUT)


def back(recipe: Recipe) -> str:
    """How the gradient goes one time step back."""
    if recipe.cell == "rnn":
        return "∂L/∂H_t = (∂L/∂H_{t+1} ⊙ φ′(A_{t+1})) W_hhᵀ + ∂L/∂Y_t W_hyᵀ"
    return "∂L/∂H_t = (∂H_{t+1}/∂H_t)ᵀ ∂L/∂H_{t+1} + ∂L/∂Y_t W_hyᵀ; " + forward(recipe)
