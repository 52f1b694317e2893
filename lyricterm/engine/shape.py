"""How large a model is: the names and sizes of its parameters.

One layer over one-hot input has the chapter's five, W_xh, W_hh, b_h, W_hy and b_y. Each further layer has three of its
own, W_xh2, W_hh2, b_h2 and so on (Dive into Deep Learning, "deep recurrent neural networks"); an embedding has W_e.
"""

from __future__ import annotations

from dataclasses import dataclass

EMBEDDING = "W_e"
OUTPUT = ("W_hy", "b_y")


@dataclass(frozen=True)
class Shape:
    """V characters, H hidden units in each of L layers, G gates side by side (1 for the plain RNN)."""

    vocabulary: int
    hidden: int
    gates: int
    layers: int = 1
    embedding: int = 0
    """How many numbers stand for a character; 0: one-hot vectors."""

    @property
    def sizes(self) -> dict[str, tuple[int, ...]]:
        """The size of each parameter, by name, from the input to the output."""
        wide, below = self.gates * self.hidden, self.embedding or self.vocabulary
        sizes: dict[str, tuple[int, ...]] = {}
        if self.embedding:
            sizes[EMBEDDING] = (self.vocabulary, self.embedding)
        for layer in range(self.layers):
            sizes |= zip(layer_names(layer), ((below, wide), (self.hidden, wide), (wide,)), strict=True)
            below = self.hidden
        return sizes | dict(zip(OUTPUT, ((self.hidden, self.vocabulary), (self.vocabulary,)), strict=True))


def layer_names(layer: int) -> tuple[str, str, str]:
    """What the parameters of a layer are called; layers are counted from 0, and the first bears no number."""
    number = "" if layer == 0 else str(layer + 1)
    return f"W_xh{number}", f"W_hh{number}", f"b_h{number}"
