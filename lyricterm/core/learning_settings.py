"""The settings that say how the model is built and how it learns."""

from __future__ import annotations

from dataclasses import dataclass

from lyricterm.core.i18n import N_
from lyricterm.core.setting import Applies, setting
from lyricterm.core.text_settings import TextSettings


@dataclass(frozen=True)
class LearningSettings(TextSettings):
    """The part of a recipe between the text and the course of a run. The defaults are the chapter's."""

    sampling: str = setting(
        "random",
        label=N_("sampling"),
        help=N_("how minibatches are drawn from the text"),
        applies=Applies.NEXT_EPOCH,
        flag="--sampling",
        choices=("random", "consecutive"),
    )
    activation: str = setting(
        "tanh",
        label=N_("activation"),
        help=N_("the hidden layer's activation function"),
        applies=Applies.NEXT_MINIBATCH,
        flag="--activation",
        choices=("tanh", "relu"),
    )
    clipping: bool = setting(
        True,
        label=N_("clipping"),
        help=N_("train without clipping the gradient"),
        applies=Applies.NEXT_MINIBATCH,
        flag="--no-clip",
    )
    theta: float = setting(
        5.0,
        label=N_("theta"),
        help=N_("clip the gradient to this norm over all parameters"),
        applies=Applies.NEXT_MINIBATCH,
        flag="--clip",
        metavar="THETA",
        above=0,
        high=1e9,
    )
    clip_by: str = setting(
        "norm",
        label=N_("clip by"),
        help=N_("norm: shrink the whole gradient; value: cut each component to between -theta and theta"),
        applies=Applies.NEXT_MINIBATCH,
        flag="--clip-by",
        choices=("norm", "value"),
    )
    optimizer: str = setting(
        "sgd",
        label=N_("optimizer"),
        help=N_("the rule of the update; sgd is the chapter's; for adam lower the learning rate, say to 0.005"),
        applies=Applies.NEXT_MINIBATCH,
        flag="--optimizer",
        choices=("sgd", "momentum", "rmsprop", "adam", "adamw"),
    )
    schedule: str = setting(
        "constant",
        label=N_("schedule"),
        help=N_("how the learning rate changes from epoch to epoch"),
        applies=Applies.NEXT_EPOCH,
        flag="--schedule",
        choices=("constant", "step", "cosine", "warm-up", "plateau"),
    )
    weight_decay: float = setting(
        0.0,
        label=N_("weight decay"),
        help=N_("pull the parameters towards zero by this share of themselves"),
        applies=Applies.NEXT_MINIBATCH,
        flag="--weight-decay",
        metavar="X",
        low=0,
        high=10,
    )
    detach: bool = setting(
        True,
        label=N_("detach"),
        help=N_("cut the carried hidden state from the gradient at each minibatch (consecutive sampling)"),
        applies=Applies.NEXT_MINIBATCH,
        flag="--detach",
    )
    cell: str = setting(
        "rnn",
        label=N_("cell"),
        help=N_("the recurrent cell"),
        applies=Applies.NEW_RUN,
        flag="--cell",
        choices=("rnn", "gru", "lstm"),
    )
    hidden: int = setting(
        256,
        label=N_("hidden units"),
        help=N_("how many hidden units"),
        applies=Applies.NEW_RUN,
        flag="--hidden",
        metavar="N",
        low=1,
        high=16_384,
    )
    layers: int = setting(
        1,
        label=N_("layers"),
        help=N_("how many recurrent layers, one above the other, each with as many hidden units"),
        applies=Applies.NEW_RUN,
        flag="--layers",
        metavar="N",
        low=1,
        high=4,
    )
    dropout: float = setting(
        0.0,
        label=N_("dropout"),
        help=N_("the share of the numbers between two layers that are dropped while training; it needs two layers"),
        applies=Applies.NEXT_MINIBATCH,
        flag="--dropout",
        metavar="P",
        low=0,
        high=0.9,
    )
    embedding: int = setting(
        0,
        label=N_("embedding"),
        help=N_("how many learnt numbers stand for a character in place of a one-hot vector; 0: one-hot"),
        applies=Applies.NEW_RUN,
        flag="--embedding",
        metavar="N",
        low=0,
        high=4_096,
    )
    init: str = setting(
        "normal",
        label=N_("initial weights"),
        help=N_(
            "the initial weights; normal: the chapter's, from N(0, 0.01²); uniform: as PyTorch's own modules; "
            "orthogonal: uniform, but W_hh changes no length"
        ),
        applies=Applies.NEW_RUN,
        flag="--init",
        choices=("normal", "uniform", "orthogonal"),
    )
    steps: int = setting(
        35,
        label=N_("time steps"),
        help=N_("how many time steps one example has"),
        applies=Applies.NEXT_EPOCH,
        flag="--steps",
        metavar="N",
        low=1,
        high=10_000,
    )
    batch: int = setting(
        32,
        label=N_("batch size"),
        help=N_("how many examples one minibatch has"),
        applies=Applies.NEXT_EPOCH,
        flag="--batch",
        metavar="N",
        low=1,
        high=65_536,
    )
    lr: float = setting(
        0.2,
        label=N_("learning rate"),
        help=N_("the learning rate (it multiplies the gradient of the summed loss)"),
        applies=Applies.NEXT_MINIBATCH,
        flag="--lr",
        metavar="X",
        above=0,
        high=1e6,
    )
