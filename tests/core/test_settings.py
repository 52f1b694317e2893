"""Axes: their bounds, and how values are read, shown and stored."""

from __future__ import annotations

import json
import math
import re
from dataclasses import fields
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lyricterm.core.decoding import GREEDY, KNOBS, Decoding
from lyricterm.core.errors import RecipeError
from lyricterm.core.sample_settings import SAMPLE_SETTINGS
from lyricterm.core.settings import (
    DEFAULTS,
    MAX_PREFIX_CHARS,
    MAX_PREFIXES,
    SETTINGS,
    Applies,
    Recipe,
    Value,
    allowed,
    differences,
    needs_new_run,
    parse,
    recipe_from_dict,
    recipe_to_dict,
    show,
)
from lyricterm.core.text_settings import TextSettings

NUMBERS = [name for name, value in DEFAULTS.items() if type(value) in (int, float)]
WHOLE = [name for name in NUMBERS if type(DEFAULTS[name]) is int]
HUGE = 10**5000
JUNK: list[Any] = [
    None, {}, {"a": 1}, [], [None], [[]], [""], ["x", 1], (), b"x", object(), "", " ", "\0", "junk",
    -1, 0, HUGE, -HUGE, 10**400, 1.5, math.nan, math.inf, -math.inf, 1e300, True, False,
]  # fmt: skip


def _valid(name: str) -> st.SearchStrategy[Any]:
    """What a setting accepts, from its declaration."""
    setting, default = SETTINGS[name], DEFAULTS[name]
    if setting.choices:
        return st.sampled_from(setting.choices)
    if setting.word and not setting.whole:
        low = max(setting.low, 1e-4 if setting.above == 0 else 0)
        return st.just(setting.word) | st.floats(low, setting.high).map(lambda number: f"{number:.4f}")
    if setting.word:
        return st.just(setting.word) | st.integers(int(setting.low), int(setting.high)).map(str)
    if isinstance(default, bool):
        return st.booleans()
    if isinstance(default, tuple):
        prefix = st.text(min_size=1, max_size=20)
        if setting.regex:
            prefix = prefix.map(re.escape).filter(lambda text: len(text) <= MAX_PREFIX_CHARS)
        return st.lists(prefix, max_size=MAX_PREFIXES).map(tuple)
    if isinstance(default, str):
        names = st.text(st.characters(exclude_characters="\0"), min_size=1).map(str.strip)
        return names.filter(bool)
    if isinstance(default, int):
        return st.integers(int(setting.low), int(setting.high))
    return st.floats(max(setting.low, setting.above), setting.high, exclude_min=True)


def _change(name: str, value: Value) -> Recipe:
    return Recipe().with_values({name: value})


def test_the_defaults_are_the_chapters() -> None:
    recipe = Recipe()
    assert (recipe.max_chars, recipe.hidden, recipe.epochs, recipe.steps, recipe.batch) == (
        20_000, 256, 200, 35, 32,
    )  # fmt: skip
    assert (recipe.lr, recipe.theta, recipe.pred_period, recipe.pred_len) == (0.2, 5.0, 50, 50)
    assert recipe.prefixes == ("分开", "不分开")
    assert recipe.decoding == GREEDY
    assert (recipe.sampling, recipe.activation, recipe.cell) == ("random", "tanh", "rnn")
    assert recipe.clipping
    assert recipe.detach


@pytest.mark.parametrize("name", SETTINGS)
@given(data=st.data())
def test_what_is_shown_is_read_back(name: str, data: st.DataObject) -> None:
    value = data.draw(_valid(name))
    assert parse(name, show(value)) == value
    assert type(parse(name, show(value))) is type(value)


@pytest.mark.parametrize("name", SETTINGS)
@given(data=st.data())
def test_what_is_stored_is_read_back(name: str, data: st.DataObject) -> None:
    recipe = _change(name, data.draw(_valid(name)))
    assert recipe_from_dict(json.loads(json.dumps(recipe_to_dict(recipe), allow_nan=False))) == recipe


def _refusal(plain: dict[str, Any]) -> RecipeError | None:
    try:
        recipe_from_dict(plain)
    except RecipeError as error:
        return error
    return None


@pytest.mark.parametrize("name", SETTINGS)
def test_junk_is_refused_with_a_sentence(name: str) -> None:
    refusals = [error for junk in JUNK if (error := _refusal({name: junk}))]
    assert len(refusals) > len(JUNK) // 2
    for error in refusals:
        assert error.setting == name
        assert SETTINGS[name].label in str(error)
        assert str(error).isprintable()
        assert len(str(error)) < 300


@pytest.mark.parametrize("name", SETTINGS)
def test_junk_that_is_taken_is_sound(name: str) -> None:
    for junk in JUNK:
        if not _refusal({name: junk}):
            _assert_sound(name, getattr(recipe_from_dict({name: junk}), name))


def _assert_sound(name: str, value: Any) -> None:
    default, setting = DEFAULTS[name], SETTINGS[name]
    if setting.choices:
        assert value in setting.choices
    elif isinstance(default, float):
        assert type(value) in (int, float)
        assert setting.above < value <= setting.high
    else:
        assert type(value) is type(default)


@given(st.dictionaries(st.sampled_from(list(SETTINGS)), st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=3), inner, max_size=3),
)))  # fmt: skip
def test_any_json_is_a_recipe_or_refused(plain: dict[str, Any]) -> None:
    refusal = _refusal(plain)
    if refusal is None:
        assert recipe_from_dict(recipe_to_dict(recipe_from_dict(plain))) == recipe_from_dict(plain)
    else:
        assert refusal.setting in plain


def test_missing_axes_take_their_defaults() -> None:
    assert recipe_from_dict({}) == Recipe(unicode="raw")
    assert recipe_from_dict({"hidden": 8}) == Recipe(hidden=8, unicode="raw")


@pytest.mark.parametrize("name", ["nothing", "", "__class__", "HIDDEN"])
def test_an_unknown_name_is_refused(name: str) -> None:
    with pytest.raises(RecipeError, match="no setting") as refusal:
        recipe_from_dict({name: 1})
    assert refusal.value.setting == name


@pytest.mark.parametrize("name", NUMBERS)
def test_numbers_are_taken_up_to_their_bounds(name: str) -> None:
    setting = SETTINGS[name]
    _change(name, int(setting.high))
    for wrong in (setting.high * 2, -1, math.nan, math.inf, -math.inf, True, "1", None):
        with pytest.raises(RecipeError):
            _change(name, wrong)  # type: ignore[arg-type]
    if name in WHOLE:
        _change(name, int(setting.low))
        for wrong in (int(setting.low) - 1, int(setting.high) + 1, 7.0):
            with pytest.raises(RecipeError):
                _change(name, wrong)
    else:
        _change(name, 1e-300)
        if setting.low == 0:
            _change(name, 0.0)
        else:
            with pytest.raises(RecipeError):
                _change(name, 0.0)


def test_prefixes_are_few_short_and_not_empty() -> None:
    _change("prefixes", ())
    _change("prefixes", ("x" * MAX_PREFIX_CHARS,) * MAX_PREFIXES)
    for wrong in (("",), ("x" * (MAX_PREFIX_CHARS + 1),), ("x",) * (MAX_PREFIXES + 1), "x", [1]):
        with pytest.raises(RecipeError, match="prefixes"):
            _change("prefixes", wrong)  # type: ignore[arg-type]


@pytest.mark.parametrize("name", SETTINGS)
def test_a_sentence_names_the_label_and_the_flag(name: str) -> None:
    with pytest.raises(RecipeError) as refusal:
        _change(name, "\0\x1b")
    sentence = str(refusal.value)
    assert sentence.startswith(SETTINGS[name].label)
    assert SETTINGS[name].flag in sentence
    assert sentence.endswith(".")
    assert sentence.isprintable()


@pytest.mark.parametrize(
    ("name", "text", "value"),
    [
        ("hidden", " 128 ", 128),
        ("max_chars", "20,000", 20_000),
        ("lr", "2e-1", 0.2),
        ("theta", "5", 5.0),
        ("clipping", "Off", False),
        ("detach", "true", True),
        ("sampling", " consecutive", "consecutive"),
        ("prefixes", "分开|不分开", ("分开", "不分开")),
        ("prefixes", "||我||", ("我",)),
        ("prefixes", r"a\|b|c\\|d\e", ("a|b", "c\\", r"d\e")),
        ("prefixes", "", ()),
        ("corpus", " ~/lyrics.txt ", "~/lyrics.txt"),
    ],
)
def test_what_a_person_types(name: str, text: str, value: Value) -> None:
    assert parse(name, text) == value


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("hidden", "1.5"),
        ("hidden", "9" * 5000),
        ("hidden", "９" * 400),
        ("lr", "fast"),
        ("lr", "nan"),
        ("lr", "inf"),
        ("lr", "0"),
        ("theta", "-5"),
        ("clipping", "maybe"),
        ("sampling", "Random"),
        ("threads", "0"),
        ("threads", "257"),
        ("threads", "Auto"),
        ("threads", "２"),
        ("corpus", "  "),
    ],
)
def test_what_a_person_mistypes(name: str, text: str) -> None:
    with pytest.raises(RecipeError) as refusal:
        parse(name, text)
    assert refusal.value.setting == name


def test_the_knobs_of_decoding_are_settings() -> None:
    assert {"pred_period", "pred_len", "prefixes", "sample_count", "sample_seed", *KNOBS} == set(SAMPLE_SETTINGS)
    for name, knob in KNOBS.items():
        assert (SETTINGS[name].flag, SETTINGS[name].help) == (knob.flag, knob.help)
        assert SETTINGS[name].default == "off"
    recipe = Recipe(temperature="0.8", top_k="20", no_repeat="3")
    assert recipe.decoding == Decoding(temperature=0.8, top_k=20, no_repeat=3)
    assert Recipe(sample_count=3).decoding == Decoding(temperature=1.0)


def test_of_beam_search_and_chance_the_newer_goes_on() -> None:
    drawn = Recipe(temperature="0.8", no_repeat="3")
    beam = drawn.with_values({"beam": "4"})
    assert beam.decoding == Decoding(beam=4, no_repeat=3)
    assert beam.with_values({"top_p": "0.9"}).decoding == Decoding(top_p=0.9, no_repeat=3)
    assert beam.with_values({"temperature": "off"}) == beam
    with pytest.raises(RecipeError, match="with --beam, leave --temperature") as refusal:
        Recipe().with_values({"beam": "4", "temperature": "0.8"})
    assert refusal.value.setting == "beam"


@pytest.mark.parametrize(
    ("name", "text", "told"),
    [
        ("temperature", "hot", "temperature (--temperature) must be off, or a number from 0 to 1,000, not 'hot'."),
        ("temperature", "-1", "temperature (--temperature) must be off, or a number from 0 to 1,000, not '-1'."),
        ("top_p", "0", "top-p (--top-p) must be off, or a number above 0 and up to 1, not '0'."),
        ("beam", "65", "beam width (--beam) must be off, or a whole number from 1 to 64, not '65'."),
        ("top_k", "2.5", "top-k (--top-k) must be off, or a whole number from 1 to 1,114,112, not '2.5'."),
    ],
)
def test_a_knob_that_is_out_of_its_range(name: str, text: str, told: str) -> None:
    with pytest.raises(RecipeError) as refusal:
        parse(name, text)
    assert str(refusal.value) == told


def test_what_is_allowed_in_words() -> None:
    assert allowed("hidden") == "a whole number from 1 to 16,384"
    assert allowed("lr") == "a number above 0 and up to 1,000,000"
    assert allowed("threads") == "auto, or a whole number from 1 to 256"
    assert allowed("cell") == "one of rnn, gru, lstm"
    assert allowed("detach") == "on or off"


def test_differences_are_the_new_values() -> None:
    old = Recipe()
    new = Recipe(hidden=8, lr=0.1)
    assert differences(old, new) == {"hidden": 8, "lr": 0.1}
    assert differences(new, old) == {"hidden": 256, "lr": 0.2}
    assert differences(old, Recipe()) == {}


def test_cold_changes_need_a_new_run() -> None:
    cold = {"cell", "hidden", "layers", "embedding", "init", "seed", "device", "engine", "matmul"}
    cold |= {field.name for field in fields(TextSettings)}
    assert {name for name in SETTINGS if needs_new_run({name: DEFAULTS[name]})} == cold
    assert needs_new_run({"lr": 0.1, "hidden": 8})
    assert not needs_new_run({})


def test_when_hot_changes_take_effect() -> None:
    heat = {heat: {name for name, setting in SETTINGS.items() if setting.applies is heat} for heat in Applies}
    assert heat[Applies.NEXT_MINIBATCH] == {
        "activation",
        "clipping",
        "theta",
        "detach",
        "lr",
        "clip_by",
        "optimizer",
        "weight_decay",
        "dropout",
    }
    assert heat[Applies.NEXT_EPOCH] == {"sampling", "steps", "batch", "schedule"}
    assert heat[Applies.AT_ONCE] == {"epochs", "keep", "patience", "threads", *SAMPLE_SETTINGS}


def test_flags_are_distinct() -> None:
    flags = [setting.flag for setting in SETTINGS.values()]
    assert len(set(flags)) == len(flags)
    assert all(flag.startswith("--") for flag in flags)


def test_the_seeds_bound_is_told_exactly() -> None:
    with pytest.raises(RecipeError, match="from 0 to 9,223,372,036,854,775,807, not 9223372036854775808"):
        Recipe(seed=2**63)


def test_what_was_written_before_there_were_some_settings_means_what_it_meant() -> None:
    plain = recipe_to_dict(Recipe())
    for name in ("unicode", "newlines", "case", "script", "min_count", "drop", "dedupe", "start"):
        del plain[name]
    assert differences(Recipe(), recipe_from_dict(plain)) == {"unicode": "raw"}


def test_all_characters() -> None:
    assert parse("max_chars", "all") == SETTINGS["max_chars"].high
    with pytest.raises(RecipeError):
        parse("epochs", "all")


@pytest.mark.parametrize("text", ["(", "[a", "*", "a{2,1}"])
def test_a_regular_expression_that_is_none(text: str) -> None:
    with pytest.raises(RecipeError, match=r"--drop.*is no regular expression"):
        Recipe(drop=("fine", text))
