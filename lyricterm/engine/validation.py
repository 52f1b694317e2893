"""What is done with the held-out text while a run trains: it is scored after each epoch, and the best is remembered."""

from __future__ import annotations

import math

import torch
from torch import Tensor

from lyricterm.core.i18n import _
from lyricterm.core.settings import Recipe
from lyricterm.engine.best_epoch import NO_EPOCH, BestEpoch
from lyricterm.engine.held_out import HeldOut
from lyricterm.engine.model import Model, Weights
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
        self._is_best = False
        """The model has the best epoch's weights, and keeps the last one's."""

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
        """Mean nats per held-out character, with the weights as they are; NaN where nothing is held out.

        Infinite where the scores overflow.
        """
        if self._scored is None:
            return math.nan
        loss = self._scored.loss(activation)
        return math.inf if math.isnan(loss) else loss

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
        if best is None or self._has(best):
            return False
        # What a run that goes on needs: the weights of its last epoch.
        self._model.keep()
        self._model.parameters.load(best)
        self._is_best = True
        return True

    def restored(self, best: BestEpoch, epoch: int) -> None:
        """Take up a run whose model has its weights already, and which stands at the end of an epoch."""
        self.best = best
        self._is_best = best.epoch < epoch and best.weights is not None and self._has(best.weights)

    def leave_best(self) -> bool:
        """Before training goes on: take the last epoch's weights again if the best one's are there; says whether."""
        left, self._is_best = self._is_best, False
        if left:
            self._model.go_back()
        return left

    def _has(self, weights: Weights) -> bool:
        pairs = zip(self._model.weights, weights, strict=True)
        return all(torch.equal(now, then.to(now.device)) for now, then in pairs)


def goes_on_from(epoch: int) -> str:
    """The notice that a run does not go on with the best epoch's weights, which it has shown since it finished."""
    sentence = _("Training goes on from the weights of epoch {epoch}, the last one trained, not from the best ones.")
    return sentence.format(epoch=f"{epoch:,}")
