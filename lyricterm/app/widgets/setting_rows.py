"""The settings that are changed with one key: a row of the panel each, with what its keys and clicks do."""

from __future__ import annotations

from dataclasses import dataclass

from lyricterm.app.actions import Action
from lyricterm.core.i18n import N_, _
from lyricterm.core.settings import SETTINGS


@dataclass(frozen=True)
class PanelRow:
    """One setting of the panel, with what a click does."""

    setting: str
    down: Action
    """Flips the setting, or steps a number down: a click on the row, or on its left arrow."""
    up: Action | None = None
    """Steps a number up: a click on the right arrow."""
    short: str = ""
    """A shorter label than the setting's own, in the source language."""

    @property
    def label(self) -> str:
        """In the language in use."""
        return _(self.short or SETTINGS[self.setting].label)

    @property
    def actions(self) -> tuple[Action, ...]:
        """One or both."""
        return (self.down, self.up) if self.up else (self.down,)


ROWS = (
    PanelRow(
        "sampling",
        Action(
            "studio.sampling",
            "s",
            N_("sampling"),
            N_("random or consecutive sampling, from the next epoch"),
            "flip('sampling')",
            rank=70,
            changes=True,
            synonyms=N_("random consecutive flip"),
        ),
    ),
    PanelRow(
        "clipping",
        Action(
            "studio.clipping",
            "c",
            N_("clipping"),
            N_("clipping of the gradient on or off"),
            "flip('clipping')",
            rank=71,
            changes=True,
            synonyms=N_("explode overflow flip"),
        ),
    ),
    PanelRow(
        "theta",
        Action(
            "studio.theta-down",
            "[",
            N_("lower theta"),
            N_("lower the clipping threshold theta"),
            "nudge('theta', -1)",
            title=N_("theta: lower"),
        ),
        Action(
            "studio.theta-up",
            "]",
            N_("raise theta"),
            N_("raise the clipping threshold theta"),
            "nudge('theta', 1)",
            title=N_("theta: raise"),
        ),
    ),
    PanelRow(
        "activation",
        Action(
            "studio.activation",
            "a",
            N_("activation"),
            N_("tanh or ReLU as the activation"),
            "flip('activation')",
            rank=72,
            changes=True,
            synonyms=N_("function flip"),
        ),
    ),
    PanelRow(
        "detach",
        Action(
            "studio.detach",
            "d",
            N_("detach"),
            N_("cut the carried hidden state from the gradient at each minibatch, or not"),
            "flip('detach')",
            rank=73,
            changes=True,
            synonyms=N_("truncated BPTT flip"),
        ),
    ),
    PanelRow(
        "lr",
        Action(
            "studio.lr-down",
            "-",
            N_("lower the learning rate"),
            N_("smaller steps: lower the learning rate"),
            "nudge('lr', -1)",
            title=N_("learning rate: lower"),
            synonyms="lr",
        ),
        Action(
            "studio.lr-up",
            "+,=",
            N_("raise the learning rate"),
            N_("larger steps: raise the learning rate"),
            "nudge('lr', 1)",
            title=N_("learning rate: raise"),
            synonyms="lr",
        ),
        short=N_("lr"),
    ),
    PanelRow(
        "pred_period",
        Action(
            "studio.period-down",
            "comma",
            N_("lyrics more often"),
            N_("write lyrics more often"),
            "nudge('pred_period', -1)",
            synonyms=N_("sample period"),
        ),
        Action(
            "studio.period-up",
            ".",
            N_("lyrics less often"),
            N_("write lyrics less often"),
            "nudge('pred_period', 1)",
            synonyms=N_("sample period"),
        ),
        short=N_("lyrics"),
    ),
    PanelRow(
        "cell",
        Action(
            "studio.cell",
            "l",
            N_("cell"),
            N_("RNN, GRU or LSTM: starts a new run; the one that trains now is saved"),
            "flip('cell')",
            rank=75,
            changes=True,
            synonyms=N_("gates recurrent GRU LSTM flip"),
        ),
    ),
)
SETTING_ACTIONS: tuple[Action, ...] = tuple(action for row in ROWS for action in row.actions)
