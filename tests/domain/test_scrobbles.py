"""The public spelling of a play's id."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from goscrobble.domain.scrobbles import parse_play_token, play_token


@given(st.integers(0, 2**60 - 1))
def test_a_token_leads_back_to_its_play(play):
    assert play == parse_play_token(play_token(play))


def test_tokens_are_short_alike_and_tell_nothing_of_their_order():
    tokens = [play_token(play) for play in range(1, 2000)]
    assert len(tokens) == len(set(tokens))
    assert {15} == {len(token) for token in tokens}
    assert sorted(tokens) != tokens


def test_a_token_never_changes():
    assert [play_token(1), play_token(2)] == ["9e3779b97f4a7c5", "3c6ef372fe94f8a"]


@pytest.mark.parametrize(
    "text",
    [
        "",
        "1",
        "9e3779b97f4a7c",
        "9e3779b97f4a7c55",
        "9E3779B97F4A7C5",
        "g" * 15,
        "-e3779b97f4a7c5",
        "٣" * 15,
        " " * 15,
        "0x3779b97f4a7c5",
    ],
)
def test_anything_else_is_no_token(text):
    assert parse_play_token(text) is None
