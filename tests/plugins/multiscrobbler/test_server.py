"""The whole way: what is posted to a real server, and what its listener's history then shows."""

from __future__ import annotations

import json

import pytest

from goscrobble.services import history, tokens
from goscrobble.testing import make_account
from goscrobble.testing.clock import START
from tests.plugins.multiscrobbler.payloads import AT, fixture, original, play

URL = "/api/v1/ingress/multiscrobbler"
SUCCESS = (200, {"message": "success"})


@pytest.fixture
def ada(app, core):
    return make_account(core, "ada")


@pytest.fixture
def key(core, ada):
    return tokens.add_api_token(core, ada, "multi-scrobbler", {"ingest"})[1]


@pytest.fixture
def send(client, key):
    def post(body, content_type="application/json"):
        text = body if isinstance(body, str | bytes) else json.dumps(body)
        headers = {"Authorization": f"Bearer {key}"}
        answer = client.post(URL, data=text, content_type=content_type, headers=headers)
        return answer.status_code, answer.json

    return post


@pytest.fixture
def plays(core, ada):
    """Give (title, Unix seconds) of each play, oldest first."""

    def shown():
        found, _ = history.recent(core, ada, limit=1000)
        return [(scrobble.track.name, scrobble.played_at) for scrobble in reversed(found)]

    return shown


def test_the_documented_body_is_a_play(core, ada, send):
    body = {"Track": "T", "Album": "A", "Artist": ["B", "C"], "PlayedAt": 1640397719, "Duration": 215}
    assert send(body) == SUCCESS
    ((scrobble,), _) = history.recent(core, ada)
    assert (scrobble.track.name, [artist.name for artist in scrobble.artists]) == ("T", ["B", "C"])
    assert (scrobble.album.name, scrobble.duration, scrobble.source) == ("A", 215, "multiscrobbler")
    assert scrobble.played_at == 1640397719


def test_the_play_is_in_the_api(client, send):
    send(play())
    (shown,) = client.get("/api/v1/users/ada/scrobbles").json["scrobbles"]
    assert (shown["track"]["title"], shown["played_at"]) == ("Roygbiv", "2026-06-01T11:00:00Z")


def test_a_repeat_in_any_spelling_is_a_success_and_one_play(send, plays):
    assert [send(play()), send(original()), send([play()])] == [
        SUCCESS, SUCCESS, (200, {"message": "success", "rejected": []}),
    ]  # fmt: skip
    assert plays() == [("Roygbiv", AT)]


@pytest.mark.parametrize("changes", [{"PlayedAt": None}, {"PlayedAt": 0}])
def test_a_missing_or_zero_played_at_is_now(send, plays, changes):
    assert send(play(**changes)) == SUCCESS
    assert plays() == [("Roygbiv", int(START))]


@pytest.mark.parametrize(
    ("duration", "later", "count"),
    [
        (151, 140, 1),  # within its length
        (151, 152, 2),
        (900, 239, 1),  # within four minutes
        (900, 241, 2),
        (None, 29, 1),  # within 30 seconds
        (None, 31, 2),
    ],
)
def test_a_play_that_we_stamp_repeats_an_earlier_one_within_its_length(send, plays, clock, duration, later, count):
    send(play(PlayedAt=None, Duration=duration))
    clock.advance(later)
    assert send(play(PlayedAt=None, Duration=duration)) == SUCCESS
    assert len(plays()) == count


def test_another_track_at_once_is_another_play(send, plays):
    send(play(PlayedAt=None))
    send(play(PlayedAt=None, Track="Olson"))
    assert len(plays()) == 2


@pytest.mark.parametrize(
    ("told", "error"),
    [
        (START + 3601, "The play is more than an hour in the future"),
        (1_009_843_199, "The play is from before 2002"),
        (-(10**30), "The play is from before 2002"),
        (10**30, "The play is more than an hour in the future"),
    ],
)
def test_a_time_beyond_one_hour_ahead_or_before_2002_is_400(send, plays, told, error):
    assert send(play(PlayedAt=told)) == (400, {"error": error})
    assert plays() == []


def test_the_bad_plays_of_an_array_are_told_and_the_good_ones_kept(send, plays):
    body = [play(), play(Track=""), play(PlayedAt=AT + 600, Track="Olson"), play(Artist="\ud800"), play(Track="a\0b")]
    assert send(body) == (
        200,
        {
            "message": "success",
            "rejected": [
                {"index": 1, "error": "Track is missing"},
                {"index": 3, "error": "Artist contains half of a surrogate pair"},
                {"index": 4, "error": "Track contains a NUL character"},
            ],
        },
    )
    assert plays() == [("Roygbiv", AT), ("Olson", AT + 600)]


def test_an_array_without_a_good_play_is_400(send, plays):
    error = "None of these plays can be kept; the first: Track is missing"
    assert send([play(Track=None), play(PlayedAt=5)]) == (400, {"error": error})
    assert plays() == []


def test_a_thousand_plays_are_kept_and_one_more_is_refused(send, plays):
    many = [play(PlayedAt=AT - 300 * number) for number in range(1001)]
    assert send(many)[0] == 400
    assert send(many[:1000]) == (200, {"message": "success", "rejected": []})
    assert len(plays()) == 1000


def test_a_form_is_read_whatever_its_content_type(send, plays):
    body = "Track=Roygbiv&Artist=Boards+of+Canada&PlayedAt=1780311600&Duration=151"
    assert [send(body, kind) for kind in ("application/x-www-form-urlencoded", "text/plain", None)] == [SUCCESS] * 3
    assert plays() == [("Roygbiv", AT)]


@pytest.mark.parametrize("body", ["", "hello", '{"Track":', "null", "[]", "5", "true", '"text"', "{}", "[{}]", "[[]]"])
def test_every_other_body_is_400(send, body):
    status, answer = send(body)
    assert (status, list(answer)) == (400, ["error"])


def test_nobodys_play_is_401(client):
    assert client.post(URL, json=play()).status_code == 401
    assert client.post(f"{URL}?key=gs_wrong", json=play()).status_code == 401


def test_the_key_may_come_in_the_address_or_the_body(client, key, plays):
    assert client.post(f"{URL}?key={key}", json=play()).status_code == 200
    assert client.post(URL, json=play(Track="Olson", key=key)).status_code == 200
    assert len(plays()) == 2


@pytest.mark.parametrize("name", ["artist_string", "documented", "float_duration", "missing_album", "null_fields"])
def test_a_derived_request_is_kept(send, plays, name):
    body = fixture(f"goscrobble_ingress_{name}")["json"]
    assert send(body) == SUCCESS
    assert plays() == [(body["Track"], int(body["PlayedAt"]))]


@pytest.mark.parametrize("at_once", [True, False])
def test_a_short_track_that_is_repeated_counts_each_round_and_told_again_none(send, plays, at_once):
    rounds = [play(Track="Jingle", PlayedAt=AT + n * 20, Duration=20) for n in range(3)]
    for _ in range(2):
        for body in [rounds] if at_once else rounds:
            assert send(body)[0] == 200
    assert plays() == [("Jingle", AT + n * 20) for n in range(3)]


def test_a_track_that_is_told_again_within_its_length_is_one_play(send, plays):
    for seconds in (0, 2, 10):
        assert send(play(Track="Jingle", PlayedAt=AT + seconds, Duration=20))[0] == 200
    assert plays() == [("Jingle", AT)]


def test_a_leap_second_is_a_time(send, plays):
    assert send({"track": "T", "artists": ["B"], "playDate": "2016-12-31T23:59:60Z", "duration": 20})[0] == 200
    assert plays() == [("T", 1_483_228_800)]
