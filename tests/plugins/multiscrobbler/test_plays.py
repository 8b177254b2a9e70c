"""One test for each sentence of the contract, and tables of what varies."""

from __future__ import annotations

import pytest
from goscrobble_multiscrobbler.normalise import normalise

from goscrobble.plugins import BadInput, ScrobbleDraft, Stamp
from tests.plugins.multiscrobbler.payloads import AT, NOW, original, play

MEANT = ScrobbleDraft(
    title="Roygbiv",
    artists=("Boards of Canada",),
    album="MHTRTC",
    played_at=AT,
    stamp=Stamp.EITHER_START,
    duration=151,
)


def draft(**changes):
    return normalise(play(**changes), NOW)


def test_the_documented_body_is_a_play():
    body = {"Track": "T", "Album": "A", "Artist": ["B", "C"], "PlayedAt": 1640397719, "Duration": 215}
    assert normalise(body, NOW) == ScrobbleDraft(
        title="T", artists=("B", "C"), album="A", played_at=1640397719, stamp=Stamp.EITHER_START, duration=215
    )


@pytest.mark.parametrize(
    ("told", "played_at"),
    [
        (1640397719, 1640397719),
        (1640397719.4, 1640397719),
        (1640397719.5, 1640397720),  # half up
        (1640397718.5, 1640397719),  # half up, not to even
        ("1640397719", 1640397719),
        (" 1640397719.5 ", 1640397720),
        ("1.640397719e9", 1640397719),
        (1640397719000, 1640397719),
        (1640397719499, 1640397719),
        (1640397719500, 1640397720),
        ("1640397719500", 1640397720),
        (10**11, 10**8),  # milliseconds from here on
        (10**11 - 1, 10**11 - 1),  # and still seconds here, for the rules to refuse
        (-5, -5),
    ],
)
def test_played_at_is_unix_seconds_or_milliseconds_rounded_once_half_up(told, played_at):
    assert (draft(PlayedAt=told).played_at, draft(PlayedAt=told).stamp) == (played_at, Stamp.EITHER_START)


@pytest.mark.parametrize("told", [None, 0, 0.0, "0", "", "  ", -0.0])
def test_a_missing_or_zero_played_at_is_now(told):
    assert (draft(PlayedAt=told).played_at, draft(PlayedAt=told).stamp) == (int(NOW), Stamp.ARRIVAL)


def test_a_null_played_at_is_now():
    assert normalise(play() | {"PlayedAt": None}, NOW) == draft(PlayedAt=None)


@pytest.mark.parametrize(
    "wrong", ["yesterday", True, False, [], {}, [AT], "nan", "inf", "1e999", 10**400, "2026-06-01"]
)
def test_a_played_at_that_is_no_time_is_named(wrong):
    with pytest.raises(BadInput, match=r"^PlayedAt must be Unix seconds or an RFC 3339 time$"):
        draft(PlayedAt=wrong)


@pytest.mark.parametrize(
    ("told", "duration"),
    [
        (215, 215),
        (240.004921, 240),
        (214.5, 215),
        (215.5, 216),
        ("215", 215),
        (" 214.5 ", 215),
        (30_000, 30_000),
        (30_001, 30),  # milliseconds from here on
        (215_499, 215),
        (215_500, 216),
        ("215500", 216),
        (0, None),
        ("0", None),
        (0.4, None),
        (-1, None),
        (-215_000, None),
        ("", None),
        (None, None),
        (10**300, 2**31 - 1),  # which the rules refuse with a sentence
    ],
)
def test_duration_is_seconds_or_milliseconds_rounded_once_half_up(told, duration):
    assert draft(Duration=told).duration == duration


@pytest.mark.parametrize("wrong", ["3:35", True, [], {}, "nan", float("inf"), 10**400])
def test_a_duration_that_is_no_number_is_named(wrong):
    with pytest.raises(BadInput, match=r"^Duration must be a number$"):
        draft(Duration=wrong)


@pytest.mark.parametrize(
    ("sent", "artists"),
    [
        ("Kaidi Tatham", ("Kaidi Tatham",)),
        ("A, B & C feat. D", ("A, B & C feat. D",)),
        (["A", None, "B", None], ("A", "B")),
        (["A", "", " B "], ("A", "B")),
        ([311], ("311",)),
    ],
)
def test_artist_may_be_one_string_and_its_nulls_are_dropped(sent, artists):
    assert draft(Artist=sent).artists == artists


@pytest.mark.parametrize("empty", [None, "", " ", [], [None], [""]])
def test_a_missing_artist_is_named(empty):
    with pytest.raises(BadInput, match=r"^Artist is missing$"):
        draft(Artist=empty)


@pytest.mark.parametrize("empty", [None, "", " "])
def test_a_missing_track_is_named(empty):
    with pytest.raises(BadInput, match=r"^Track is missing$"):
        draft(Track=empty)


@pytest.mark.parametrize("empty", [None, "", " "])
def test_a_missing_album_is_fine(empty):
    assert draft(Album=empty) == MEANT.model_copy(update={"album": None})


def test_nulls_are_fine_wherever_nothing_is_required():
    body = play() | {"Album": None, "Duration": None, "PlayedAt": None}
    assert normalise(body, NOW) == draft(Album=None, Duration=None, PlayedAt=None)


@pytest.mark.parametrize("wrong", [True, {}, ["x"], "\ud800"])
@pytest.mark.parametrize("field", ["Track", "Album"])
def test_text_of_the_wrong_type_is_named(field, wrong):
    with pytest.raises(BadInput, match=rf"^{field} (must be text|contains half of a surrogate pair)$"):
        draft(**{field: wrong})


@pytest.mark.parametrize("wrong", [True, {}, {"name": "A"}, [["A"]], ["A", False], [{"name": "A"}]])
def test_artists_of_the_wrong_type_are_named(wrong):
    with pytest.raises(BadInput, match=r"^Artist must be text or a list of texts$"):
        draft(Artist=wrong)


@pytest.mark.parametrize("payload", [None, 1, "text", True, [], [play()]])
def test_what_is_no_object_is_no_play(payload):
    with pytest.raises(BadInput, match=r"^A play must be a JSON object$"):
        normalise(payload, NOW)


def test_the_original_programs_spellings_are_accepted():
    assert normalise(original(), NOW) == MEANT


@pytest.mark.parametrize(
    ("told", "played_at"),
    [
        ("2021-12-25T02:01:59Z", 1640397719),
        ("2021-12-25T02:01:59.5Z", 1640397720),
        ("2021-12-25T02:01:59.4999999Z", 1640397719),
        ("2021-12-25t03:01:59+01:00", 1640397719),
        ("2021-12-25 02:01:59Z", 1640397719),
        ("2021-12-25T02:01:59", 1640397719),  # times are UTC where nothing else is said
        ("1640397719", 1640397719),
        (1640397719, 1640397719),
    ],
)
def test_play_date_is_an_rfc_3339_time(told, played_at):
    assert normalise(original(playDate=told), NOW).played_at == played_at
    assert draft(PlayedAt=told).played_at == played_at


@pytest.mark.parametrize("wrong", ["2021-13-25T02:01:59Z", "2021-12-25T26:01:59Z", "2021-12-25Tnoon"])
def test_a_play_date_that_is_no_time_is_named(wrong):
    with pytest.raises(BadInput, match=r"^PlayedAt must be Unix seconds or an RFC 3339 time$"):
        normalise(original(playDate=wrong), NOW)


@pytest.mark.parametrize("respell", [str.lower, str.upper, str.title, str.swapcase])
@pytest.mark.parametrize("body", [play(), original()])
def test_any_letter_case_is_accepted(body, respell):
    assert normalise({respell(key): value for key, value in body.items()}, NOW) == MEANT


@pytest.mark.parametrize("turn", [list, reversed])
def test_where_two_spellings_are_sent_the_documented_one_wins(turn):
    other = original(track="x", album="x", artists=["x"], playDate="2020-01-01T00:00:00Z", duration=1)
    shouted = {key.upper(): value for key, value in other.items()}
    both = [*play().items(), *other.items(), *shouted.items()]
    assert normalise(dict(turn(both)), NOW) == MEANT


@pytest.mark.parametrize("turn", [list, reversed])
def test_the_documented_word_in_another_case_wins_over_the_original_word(turn):
    both = [("artist", ["A"]), ("playedat", AT), ("artists", ["B"]), ("playDate", 5), ("Track", "T")]
    found = normalise(dict(turn(both)), NOW)
    assert (found.artists, found.played_at) == (("A",), AT)


def test_a_documented_spelling_that_is_null_does_not_hide_the_other():
    assert normalise(original() | dict.fromkeys(play()), NOW) == MEANT


def test_unknown_keys_and_a_credential_are_ignored():
    assert draft(key="gs_secret", Extra={"deep": [1]}, **{"": 1}) == MEANT
