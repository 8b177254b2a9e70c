"""What a listed track means, field by field."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from goscrobble_navidrome.normalise import normalise
from goscrobble_navidrome.payloads import NoSubsonic, read
from hypothesis import given
from hypothesis import strategies as st

from tests.plugins.navidrome.stand_in import song

NOW = 1_780_315_200.0  # 2026-06-01 12:00:00 UTC
MBID = "0b6e2a3c-6f2a-4f0e-9f5e-0a1b2c3d4e5f"
FIXTURES = Path(__file__).parents[4] / "shared" / "fixtures" / "subsonic"


def listed(*entries, username="ada", server="navidrome", asked=NOW):
    answer = {"status": "ok", "type": server, "nowPlaying": {"entry": list(entries)}}
    return normalise(read({"subsonic-response": answer}), username, asked, NOW)


def only(**fields):
    (one,), skipped = listed(song(username="ada", minutesAgo=1) | fields)
    assert skipped == []
    return one


@pytest.mark.parametrize(
    ("fields", "artists"),
    [
        ({"artist": "Can"}, ("Can",)),
        ({"artist": "Metro Boomin • James Blake"}, ("Metro Boomin", "James Blake")),
        ({"artist": "Metro Boomin • James Blake", "artists": [{"name": "A"}, {"name": "B"}]}, ("A", "B")),
        ({"artist": "Björk; feat. 日本"}, ("Björk; feat. 日本",)),
        ({"artist": None, "displayArtist": "Can • Faust"}, ("Can", "Faust")),
        ({"artist": "Can • [Unknown Artist]"}, ("Can",)),
        ({"artists": [{"id": "1"}, {"name": ""}, 5, None]}, ("Can",)),
        ({"artists": {"name": "One"}}, ("One",)),
        ({"artist": 311}, ("311",)),
    ],
)
def test_artists_are_taken_apart(fields, artists):
    assert only(**fields).draft.artists == artists


@pytest.mark.parametrize(
    ("fields", "expected"),
    [
        ({"title": 1979}, {"title": "1979"}),
        ({"album": 1984}, {"album": "1984"}),
        ({"album": "[Unknown Album]"}, {"album": None}),
        ({"album": "[non-album tracks]"}, {"album": None}),
        ({"album": "[Unknown Pleasures]"}, {"album": "[Unknown Pleasures]"}),
        ({"album": None}, {"album": None}),
        ({"duration": "266"}, {"duration": 266}),
        ({"duration": 265.5}, {"duration": 266}),
        ({"duration": 0}, {"duration": None}),
        ({"duration": -5}, {"duration": None}),
        ({"duration": [1]}, {"duration": None}),
        ({"albumArtists": [{"name": "Various"}]}, {"album_artists": ("Various",)}),
    ],
)
def test_whatever_type_a_field_has_it_is_read(fields, expected):
    assert expected == {key: getattr(only(**fields).draft, key) for key in expected}


@pytest.mark.parametrize(
    ("fields", "ids"),
    [
        ({"musicBrainzId": MBID.upper()}, (MBID, None)),
        ({"musicBrainzId": "4321"}, (None, None)),
        ({"isrc": ["ISRC-1", "DE-A61-72-00001"]}, (None, "DEA617200001")),
        ({"isrc": "DEA617200001"}, (None, "DEA617200001")),
        ({"isrc": None, "musicBrainzId": None}, (None, None)),
    ],
)
def test_identifiers_are_kept_where_they_are_well_formed(fields, ids):
    found = only(**fields).draft.ids
    assert (found.recording_mbid, found.isrc) == ids


@pytest.mark.parametrize(
    ("fields", "state", "tells", "position", "rate"),
    [
        ({}, "playing", False, None, 1),
        ({"state": "playing", "positionMs": 61_500}, "playing", True, 61.5, 1),
        ({"state": "Paused", "positionMs": 61_500, "playbackRate": 1}, "paused", True, 61.5, 1),
        ({"state": "starting", "positionMs": 0, "playbackRate": 0}, "starting", True, 0, 1),
        ({"state": "playing", "positionMs": 999_000, "playbackRate": 1.5}, "playing", True, 200, 1.5),
        ({"state": "playing", "positionMs": -5}, "playing", True, None, 1),
    ],
)
def test_what_a_player_does_is_told_where_the_server_knows(fields, state, tells, position, rate):
    one = only(**fields)
    assert (one.state, one.tells, one.position, one.rate) == (state, tells, position, rate)


@pytest.mark.parametrize(
    ("fields", "began"),
    [
        ({"minutesAgo": 0}, (NOW - 60, NOW)),
        ({"minutesAgo": 2}, (NOW - 180, NOW - 120)),
        ({"minutesAgo": "2"}, (NOW - 180, NOW - 120)),
        ({"minutesAgo": 0.0}, (NOW - 1, NOW)),
        ({"minutesAgo": 1.5}, (NOW - 91, NOW - 90)),
        ({"minutesAgo": None}, (0, NOW)),
        ({"minutesAgo": "soon"}, (0, NOW)),
        ({"minutesAgo": None, "positionMs": 30_000}, (NOW - 90, NOW - 30)),
    ],
)
def test_a_start_is_known_to_the_minute_or_to_the_second(fields, began):
    assert only(**fields).began == began


def test_what_the_way_to_the_server_took_makes_the_start_less_sure():
    (one,), _ = listed(song(username="ada", minutesAgo=2), asked=NOW - 7)
    assert one.began == (NOW - 187, NOW - 120)


@pytest.mark.parametrize(
    ("fields", "is_stale"),
    [
        ({"minutesAgo": 4}, False),
        ({"minutesAgo": 5}, True),
        ({"minutesAgo": 4.5}, False),
        ({"minutesAgo": 4.51}, True),
        ({"minutesAgo": 60, "duration": None}, False),
        ({"minutesAgo": 61, "duration": None}, True),
        ({"minutesAgo": 25, "state": "paused", "positionMs": 90_000}, False),
        ({"minutesAgo": 25, "state": "playing", "positionMs": 90_000}, False),
        ({"minutesAgo": 25, "state": "playing", "positionMs": 200_000}, True),
        ({"state": "stopped"}, True),
        ({"state": "expired"}, True),
    ],
)
def test_what_must_be_over_is_not_playing(fields, is_stale):
    found = listed(song(username="ada", minutesAgo=1) | fields)
    assert found == ([], []) if is_stale else len(found[0]) == 1


@pytest.mark.parametrize(("username", "count"), [("ada", 1), ("ADA", 1), ("ad", 0), ("", 0)])
def test_only_the_listeners_own_playing_counts_in_any_letter_case(username, count):
    found, _ = listed(song(username="Ada", minutesAgo=1), song("Theirs", username="bob"), username=username)
    assert len(found) == count


def test_an_entry_that_names_nobody_is_nobodys():
    assert listed(song(), username="ada") == ([], [])


@pytest.mark.parametrize(("server", "origin"), [("navidrome", "navidrome"), ("Navidrome", "navidrome"), (None, None)])
def test_the_sound_came_from_navidrome_where_the_server_says_so(server, origin):
    (one,), _ = listed(song(username="ada"), server=server)
    assert one.draft.origin == origin


def test_tracks_are_told_apart_by_their_ids_or_by_their_names():
    assert only(id="1").item == only(id="1", title="Other").item
    assert only(id="1").item != only(id="2").item
    assert only(id=None).item != only(id=None, title="Other").item


@pytest.mark.parametrize(
    "listing",
    [None, {}, {"entry": []}, {"entry": None}, {"entry": 5}, {"entry": ["a", 1, None]}, [], "x", {"entry": [[{}]]}],
)
def test_an_empty_list_may_look_like_anything(listing):
    answer = read({"subsonic-response": {"status": "ok", "nowPlaying": listing}})
    assert normalise(answer, "ada", NOW, NOW) == ([], [])


def test_a_single_entry_may_stand_alone():
    answer = read({"subsonic-response": {"status": "ok", "nowPlaying": {"entry": song(username="ada")}}})
    assert len(normalise(answer, "ada", NOW, NOW)[0]) == 1


@pytest.mark.parametrize(
    "payload",
    [None, [], "ok", 1, {}, {"status": "ok"}, {"subsonic-response": []}, {"subsonic-response": {"status": 1}}],
)
def test_what_is_no_answer_of_a_subsonic_server_is_said_to_be_none(payload):
    with pytest.raises(NoSubsonic):
        read(payload)


anything = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=5),
    lambda inside: st.lists(inside, max_size=2) | st.dictionaries(st.text(max_size=3), inside, max_size=2),
    max_leaves=4,
)
FIELDS = [
    "id",
    "title",
    "artist",
    "album",
    "duration",
    "type",
    "isVideo",
    "minutesAgo",
    "playerName",
    "mediaType",
    "artists",
    "displayArtist",
    "albumArtists",
    "musicBrainzId",
    "isrc",
    "state",
    "positionMs",
    "playbackRate",
]


@given(st.dictionaries(st.sampled_from(FIELDS), anything, max_size=6))
def test_whatever_stands_in_an_entry_it_is_a_track_or_left_out(fields):
    found, skipped = listed(song(username="ada") | fields)
    assert len(found) + len(skipped) <= 1
    for one in found:
        assert one.draft.title
        assert one.draft.artists
        assert one.began[0] <= one.began[1] <= NOW
        assert one.rate > 0


# ---- recorded answers ----

RECORDED = {  # of alice: state, title, artists, duration, position, seconds since it began (at least, at most)
    "classic_numeric_title": [("playing", "1979", ("311",), 266, None, 60, 120)],
    "navidrome_055_nowplaying_no_position": [
        ("playing", 'Jóga & "Quotes"', ("Metro Boomin", "James Blake"), 146, None, 0, 60)
    ],
    "navidrome_duration_missing": [("playing", 'Jóga & "Quotes"', ("artist1", "artist2"), None, 185, 180, 240)],
    "navidrome_nowplaying_multi_artist": [("playing", 'Jóga & "Quotes"', ("artist1", "artist2"), 146, 146, 180, 240)],
    "navidrome_nowplaying_real": [],
    "navidrome_paused": [("paused", 'Jóga & "Quotes"', ("artist1", "artist2"), 146, 90, 1500, 1560)],
    "navidrome_same_track_two_players": [
        ("playing", 'Jóga & "Quotes"', ("artist1", "artist2"), 146, 146, 180, 240),
        ("playing", 'Jóga & "Quotes"', ("artist1", "artist2"), 146, 146, 180, 240),
    ],
    "navidrome_starting": [("starting", 'Jóga & "Quotes"', ("artist1", "artist2"), 146, 0, 0, 60)],
    "navidrome_two_users": [("playing", 'Jóga & "Quotes"', ("artist1", "artist2"), 146, 146, 180, 240)],
    "navidrome_unknown_artist": [],
    "supysonic_nowplaying": [("playing", 'Jóga & "Quotes" <b>', ("Björk; feat. Ärtist 日本",), 40, None, 0, 1)],
    "supysonic_nowplaying_empty": [],
    "navidrome_ping": [],
    "navidrome_extensions": [],
    "navidrome_user": [],
    "supysonic_getuser": [],
}
FAILED = {
    "error_41_token_not_supported": 41,
    "supysonic_error_10_token_auth_unsupported": 10,
    "supysonic_error_404_unknown_method": 0,
}
NOT_ASKED_FOR = {"navidrome_auth_login"}  # Navidrome's own API


def recorded(name):
    file = FIXTURES / f"{name}.json"
    if not file.exists():
        pytest.skip("the recorded answers are not part of the project")
    return read(json.loads(file.read_text())["response"]["json"])


@pytest.mark.parametrize("name", RECORDED)
def test_a_recorded_answer_means_what_it_should(name):
    found, _ = normalise(recorded(name), "Alice", NOW, NOW)
    assert RECORDED[name] == [
        (
            one.state,
            one.draft.title,
            one.draft.artists,
            one.draft.duration,
            one.position,
            NOW - one.began[1],
            NOW - one.began[0],
        )
        for one in found
    ]


@pytest.mark.parametrize("name", FAILED)
def test_a_recorded_failure_has_its_code(name):
    answer = recorded(name)
    assert (answer.status, answer.error.code) == ("failed", FAILED[name])


def test_no_recorded_answer_is_left_out():
    recorded("navidrome_ping")  # skips where there are none
    assert {path.stem for path in FIXTURES.glob("*.json")} == {*RECORDED, *FAILED, *NOT_ASKED_FOR}
