"""``--param``: what it may say, and what it may not."""

from __future__ import annotations

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lyricterm.core.errors import LyrictermError
from lyricterm.core.settings import DEFAULTS, SETTINGS, check
from lyricterm.sweep.params import Param, Range, parse_param, parse_params

NUMBERS = [name for name, value in DEFAULTS.items() if type(value) in (int, float) and name != "seed"]


@pytest.mark.parametrize(
    ("text", "param"),
    [
        ("hidden=64,256", Param("hidden", (64, 256))),
        ("lr=0.1, 0.2,log:0.05..0.5", Param("lr", (0.1, 0.2, Range("lr", 0.05, 0.5, log=True)))),
        ("steps=5..10", Param("steps", (Range("steps", 5, 10),))),
        ("--clip=1,5", Param("theta", (1.0, 5.0))),
        ("weight-decay=0..0.1", Param("weight_decay", (Range("weight_decay", 0, 0.1),))),
        ("clipping=on,off", Param("clipping", (True, False))),
        ("cell=rnn,gru,rnn", Param("cell", ("rnn", "gru"))),
        ("corpus=../songs.txt,demo-zh", Param("corpus", ("../songs.txt", "demo-zh"))),
        ("max-chars=1000,all", Param("max_chars", (1_000, 1_000_000_000))),
    ],
)
def test_values_and_ranges(text: str, param: Param) -> None:
    assert parse_params([text]) == (param,)


@pytest.mark.parametrize(
    ("texts", "sentence"),
    [
        (["hidden"], "--param must be NAME=VALUE,VALUE, such as hidden=64,256, not 'hidden'."),
        (["hidden= ,"], "not 'hidden= ,'."),
        (["hiden=4"], "There is no setting called 'hiden'; did you mean hidden?"),
        (["zzz=4"], "There is no setting called 'zzz'."),
        (["hidden=0"], "hidden units (--hidden) must be a whole number from 1 to 16,384, not 0."),
        (["hidden=4.5"], "must be a whole number"),
        (["cell=elman"], "must be one of rnn, gru, lstm"),
        (["lr=0.5..0.1"], "from the lower to the higher number, not 0.5..0.1"),
        (["lr=0..1"], "above 0"),
        (["weight-decay=log:0..1"], "must begin above 0"),
        (["lr=nan..1"], "learning rate"),
        (["lr=log:0.1"], "learning rate"),
        (["seed=1,2"], "--seeds"),
        (["prefixes=a"], "a list of texts"),
        (["lr=0.1", "hidden=2", "lr=0.2"], "--param lr is given twice"),
    ],
)
def test_what_cannot_be_is_one_sentence(texts: list[str], sentence: str) -> None:
    with pytest.raises(LyrictermError) as raised:
        parse_params(texts)
    assert sentence in str(raised.value)
    assert "\n" not in str(raised.value)


@given(st.sampled_from(NUMBERS), st.floats(0, 1), st.floats(0, 1), st.floats(0, 1), st.booleans())
def test_whatever_is_drawn_is_a_value_between_the_ends(
    name: str, first: float, second: float, share: float, log: bool
) -> None:
    declared, whole = SETTINGS[name], isinstance(DEFAULTS[name], int)
    least = max(declared.low, declared.above, 1.0 if whole else 1e-6)
    span = math.log(declared.high / least)
    # Rounded, the way to the highest value may lead a little past it.
    ends = sorted(min(max(least * math.exp(part * span), least), declared.high) for part in (first, second))
    low, high = (float(min(max(round(end), least), declared.high)) if whole else end for end in ends)
    if not low < high:
        return
    shown = [str(int(end)) if whole else repr(end) for end in (low, high)]
    (choice,) = parse_param(f"{name}={'log:' if log else ''}{shown[0]}..{shown[1]}").choices
    assert isinstance(choice, Range)
    drawn = choice.at(share)
    check(name, drawn)
    assert isinstance(drawn, int | float)
    assert low <= drawn <= high
    assert type(drawn) is type(DEFAULTS[name])


def test_a_logarithmic_range_is_drawn_by_its_logarithms() -> None:
    assert Range("lr", 0.01, 1.0, log=True).at(0.5) == pytest.approx(0.1, rel=1e-3)
    assert Range("lr", 0.0, 1.0).at(0.5) == 0.5


@given(st.text(max_size=40))
def test_any_text_is_params_or_one_sentence(text: str) -> None:
    sentence = ""
    try:
        choices = parse_param(text).choices
    except LyrictermError as error:
        choices, sentence = (), str(error)
    assert bool(choices) != bool(sentence)
    assert "\n" not in sentence
