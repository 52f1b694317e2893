"""What is done with the held-out text while a run trains: it is scored after each epoch, and the best is remembered."""

from __future__ import annotations

import math

import torch
from torch import Tensor

from lyricterm.core.settings import Recipe
from lyricterm.engine.best_epoch import NO_EPOCH, BestEpoch
from lyricterm.engine.held_out import HeldOut
from lyricterm.engine.model import Model
from lyricterm.engine.products.choices import Routes
from lyricterm.engine.split import HeldOutText


class Validation:
    """Of one run; where nothing is held out, the training text's loss decides which epoch is the best."""

    def __init__(self, text: HeldOutText | None, model: Model, cell: str, products: Routes) -> None:
        self.text = text
        """What is held out."""
        self.best: BestEpoch = NO_EPOCH
        self._model = model
        device = model.parameters.flat.device
        self._scored = None if text is None else HeldOut(text.indices.to(device), model, cell, products)
        self._from_zero: dict[int, HeldOut] = {}

    @property
    def characters(self) -> int:
        """How many held-out characters are scored."""
        return 0 if self._scored is None else self._scored.characters

    @property
    def read(self) -> Tensor | None:
        """The strips of it that are read, (strips, characters); None where nothing is held out."""
        return None if self._scored is None else self._scored.read

    def end_epoch(self, epoch: int, training_loss: float, recipe: Recipe) -> float:
        """Score the model; returns the mean nats per held-out character, NaN where nothing is held out."""
        valid_loss = self.loss(recipe.activation)
        loss = training_loss if self._scored is None else valid_loss
        self.best = self.best.after(epoch, loss, self._model.weights if recipe.keep == "best" else None)
        return valid_loss

    def loss(self, activation: str) -> float:
        """Mean nats per held-out character, with the weights as they are; NaN where nothing is held out."""
        return math.nan if self._scored is None else self._scored.loss(activation)

    def loss_from_zero(self, recipe: Recipe) -> float:
        """As ``loss``, with the zero state at the beginning of about every ``steps`` characters."""
        if self.text is None:
            return math.nan
        if recipe.steps not in self._from_zero:
            indices = self.text.indices.to(self._model.parameters.flat.device)
            self._from_zero = {recipe.steps: HeldOut(indices, self._model, recipe.cell, steps=recipe.steps)}
        return self._from_zero[recipe.steps].loss(recipe.activation, carried=False)

    def take_best(self) -> bool:
        """Take the best epoch's weights, if they are kept and differ from those of now; says whether it did."""
        best = self.best.weights
        if best is None or all(
            torch.equal(now, then.to(now.device)) for now, then in zip(self._model.weights, best, strict=True)
        ):
            return False
        self._model.parameters.load(best)
        self._model.keep()
        return True
