"""Numbers as people read them."""

from __future__ import annotations

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lyricterm.core.i18n import translator
from lyricterm.core.number_format import clock, figure, setting_value
from lyricterm.core.settings import Value


@pytest.mark.parametrize(
    ("value", "shown"),
    [
        (0.0, "0.00"),
        (2.314, "2.31"),
        (9.994, "9.99"),
        (9.996, "10.0"),
        (73.66, "73.7"),
        (99.94, "99.9"),
        (99.96, "100"),
        (412.4, "412"),
        (1489.2, "1,489"),
        (999_999.0, "999,999"),
        (1e6, "1,000,000"),
        (9_999_999.4, "9,999,999"),
        (9_999_999.6, "1.0×10⁷"),
        (6.9e9, "6.9×10⁹"),
        (1.7e308, "1.7×10³⁰⁸"),
        (0.1, "0.10"),
        (0.0502, "0.050"),
        (0.00431, "0.0043"),
        (4.3e-5, "4.3×10⁻⁵"),
        (-2.5, "-2.50"),
        (math.inf, "∞"),
        (-math.inf, "-∞"),
        (math.nan, "–"),
    ],
)
def test_figures(value: float, shown: str) -> None:
    assert figure(value) == shown


@given(st.floats(min_value=0, max_value=1e308))
def test_a_figure_is_short_and_near_its_value(value: float) -> None:
    shown = figure(value)
    assert len(shown) <= 10
    assert read(shown) == pytest.approx(value, rel=0.051)


def read(shown: str) -> float:
    """The number that is written."""
    mantissa, _times, power = shown.replace(",", "").partition("×10")
    lowered = power.translate(str.maketrans("⁻⁰¹²³⁴⁵⁶⁷⁸⁹", "-0123456789"))
    return float(f"{mantissa}e{lowered or 0}")


@pytest.mark.parametrize(
    ("seconds", "shown"),
    [
        (0, "0:00"),
        (0.4, "0:00"),
        (0.6, "0:01"),
        (31, "0:31"),
        (59.6, "1:00"),
        (725, "12:05"),
        (3599, "59:59"),
        (3723, "1:02:03"),
        (47 * 3600 + 59 * 60 + 59, "47:59:59"),
        (48 * 3600, "2 days"),
        (math.inf, "11574 days"),
    ],
)
def test_clocks(seconds: float, shown: str) -> None:
    assert clock(seconds) == shown


@pytest.mark.parametrize(
    ("value", "shown"),
    [
        (True, "on"),
        (False, "off"),
        ("random", "random"),
        ("relu", "ReLU"),
        ("tanh", "tanh"),
        ("gru", "gru"),
        (5.0, "5"),
        (0.2, "0.2"),
        (1e-05, "1e-05"),
        (35, "35"),
        (("分开", "不分开"), "分开|不分开"),
    ],
)
def test_settings(value: Value, shown: str) -> None:
    assert setting_value(value) == shown


def test_settings_in_another_language() -> None:
    translator.use("zh")
    assert setting_value(True) != "on"
    assert setting_value("random") != "random"
    assert setting_value("relu") == "ReLU"
    assert setting_value("/home/relu.txt") == "/home/relu.txt"
