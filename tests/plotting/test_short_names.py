"""Names that are cut stay names of different things."""

from __future__ import annotations

from itertools import product

from hypothesis import given
from hypothesis import strategies as st
from rich.cells import cell_len

from lyricterm.plotting.short_names import end_cut, middle_cut, told_apart


def test_a_name_that_is_cut_keeps_its_end() -> None:
    names = ["hyperparameters-batch-size-16-0", "hyperparameters-batch-size-4-0", "mine"]
    shown = ["hyperparame…-size-16-0", "hyperparame…h-size-4-0", "mine"]
    assert told_apart(names, 22, middle_cut) == dict(zip(names, shown, strict=True))
    assert middle_cut("十秒一圈又一圈", 8) == "十秒…圈"


def test_what_differs_in_the_middle_stays() -> None:
    names = ["activation-relu-unclipped-2", "activation-tanh-unclipped-2", "activation-relu-unclipped-3"]
    shown = ["activ…relu-unclipped-2", "activ…tanh-unclipped-2", "activation…unclipped-3"]
    found = told_apart(names, 22, middle_cut)
    assert list(found.values())[:2] == shown[:2]
    assert len(set(found.values())) == 3
    assert told_apart(["又一圈我说你说他说甲", "又一圈你说你说他说甲"], 14, middle_cut) == {
        "又一圈我说你说他说甲": "…我说你…他说甲",
        "又一圈你说你说他说甲": "…你说你…他说甲",
    }
    assert told_apart(["random tanh one two", "random tanh one too"], 14, end_cut) == {
        "random tanh one two": "random tan…two",
        "random tanh one too": "random tan…too",
    }


def test_the_runs_of_an_exercise_have_different_names_in_the_columns_of_tables() -> None:
    words = (("activation", "clipping"), ("tanh", "relu", "sigmoid"), ("clipped", "unclipped"), "012")
    names = ["-".join(parts) for parts in product(*words)]
    for width in range(22, 40):
        assert len(set(told_apart(names, width, middle_cut).values())) == len(names), width


@given(
    st.lists(st.text("ab-十说", max_size=30), max_size=8), st.integers(2, 40), st.sampled_from([end_cut, middle_cut])
)
def test_any_names_fit_and_two_of_them_are_told_apart(names: list[str], width: int, cut: object) -> None:
    assert cut in (end_cut, middle_cut)
    found = told_apart(names, width, end_cut if cut is end_cut else middle_cut)
    assert set(found) == set(names)
    assert all(cell_len(short) <= width for short in found.values())
    assert all(found[name] == name for name in names if cell_len(name) <= width)
    pair = list(dict.fromkeys(names))[:2]
    if width >= 6 and len(pair) == 2:
        assert len(set(told_apart(pair, width, middle_cut).values())) == 2
