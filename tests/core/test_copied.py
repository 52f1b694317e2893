"""What is copied is found, no more and no less."""

from __future__ import annotations

import math

from hypothesis import given
from hypothesis import strategies as st

from lyricterm.core.copied import MOST_SEARCHED, RUN, copied_share, copied_spans, moved

TRAINING = "春天的风吹过山坡你在河边唱着歌夏天的雨落在窗台"


def test_runs_of_eight_are_copied_and_shorter_ones_are_not() -> None:
    assert copied_spans(TRAINING[3:11], TRAINING) == ((0, 8),)
    assert copied_spans(TRAINING[3:10], TRAINING) == ()
    assert copied_spans("我" + TRAINING[2:14] + "我" + TRAINING[0:8], TRAINING) == ((1, 13), (14, 22))
    assert copied_share("我" * 8 + TRAINING[:8], TRAINING) == 0.5
    assert copied_share("", TRAINING) == 0


@given(st.text("ab", max_size=40), st.text("ab", max_size=60), st.integers(1, 8))
def test_a_character_is_copied_if_a_run_around_it_is(text: str, training: str, run: int) -> None:
    spans = copied_spans(text, training, run)
    assert spans is not None
    for place in range(len(text)):
        starts = range(max(0, place - run + 1), min(place, len(text) - run) + 1)
        wanted = any(text[start : start + run] in training for start in starts)
        assert any(begin <= place < end for begin, end in spans) == wanted


def test_the_spans_of_what_is_left_when_some_of_it_was_typed() -> None:
    assert moved(((1, 9), (12, 20)), 4) == ((0, 5), (8, 16))
    assert moved(((1, 9), (12, 20)), 9) == ((3, 11),)
    assert moved((), 3) == ()


def test_a_text_that_is_too_long_is_not_searched() -> None:
    assert copied_spans("x" * RUN, "x" * (MOST_SEARCHED + 1)) is None
    assert math.isnan(copied_share("x" * RUN, "x" * (MOST_SEARCHED + 1)))
