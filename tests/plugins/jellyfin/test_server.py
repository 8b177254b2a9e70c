"""The whole way: what the webhook plugin posts to a real server, and what its listener's history then shows."""

from __future__ import annotations

import json
from datetime import UTC, datetime

import pytest

from goscrobble.services import history, playback, tokens
from goscrobble.testing import make_account, make_settings
from goscrobble.testing.clock import START
from tests.plugins.jellyfin.payloads import event, fixture, play

URL = "/api/v1/ingress/jellyfin"
SUCCESS = (200, {"message": "success"})
LENGTH = 200  # seconds, of the track of `event`
SPOON = {"ItemId": "f5" * 16, "Name": "Spoon", "Provider_musicbrainztrack": None}  # another track


@pytest.fixture
def ada(app, core):
    return make_account(core, "ada")


@pytest.fixture
def key(core, ada):
    return tokens.add_api_token(core, ada, "jellyfin", {"ingest"})[1]


@pytest.fixture
def send(client, key):
    """Post a body as the webhook plugin does: as text/plain, with the key in the address."""

    def post(body, content_type="text/plain; charset=utf-8"):
        text = body if isinstance(body, str | bytes) else json.dumps(body)
        answer = client.post(f"{URL}?key={key}", data=text, content_type=content_type)
        return answer.status_code, answer.json

    return post


@pytest.fixture
def happen(send, clock):
    """Send an event that happens at `after` seconds past the start of the test; the clock goes along."""

    def post(after, kind, position=None, **changes):
        clock.at = START + after
        moment = datetime.fromtimestamp(clock.at, UTC).isoformat().replace("+00:00", "Z")
        ticks = {"PlaybackPositionTicks": None if position is None else position * 10**7, "PlaybackPosition": None}
        return send(event(kind, **({"UtcTimestamp": moment} | ticks | changes)))

    return post


@pytest.fixture
def plays(core, ada):
    """Give (title, seconds after the start of the test) of each play, oldest first."""

    def shown():
        found, _ = history.recent(core, ada)
        return [(scrobble.track.name, scrobble.played_at - int(START)) for scrobble in reversed(found)]

    return shown


@pytest.fixture
def now_playing(core, ada):
    return lambda: [(playing.title, playing.paused) for playing in playback.now_playing(core, ada.id)]


# ---- the documented call ----


def test_a_body_without_notification_type_is_one_play_now_scrobbled_at_once(core, ada, send):
    assert send(play()) == SUCCESS
    ((scrobble,), _) = history.recent(core, ada)
    assert (scrobble.track.name, [artist.name for artist in scrobble.artists]) == ("Halleluhwah", ["Can"])
    assert (scrobble.album.name, scrobble.duration, scrobble.source) == ("Tago Mago", 1108, "jellyfin")
    assert scrobble.played_at == int(START)


def test_a_play_with_utc_timestamp_is_at_that_time(send, plays):
    assert send(play(UtcTimestamp="2026-06-01T11:00:00.0000000Z")) == SUCCESS
    assert plays() == [("Halleluhwah", -3600)]


def test_a_repeated_call_is_a_success_and_one_play(send, plays, clock):
    for _ in range(3):
        assert send(play()) == SUCCESS
        clock.advance(30)
    assert plays() == [("Halleluhwah", 0)]


def test_the_same_track_is_a_new_play_once_it_may_have_been_heard_again(send, plays, clock):
    send(play(RunTime="00:03:00"))
    clock.advance(181)
    send(play(RunTime="00:03:00"))
    assert plays() == [("Halleluhwah", 0), ("Halleluhwah", 181)]


def test_other_item_types_are_accepted_and_not_stored(send, plays):
    assert send(play(ItemType="Episode")) == SUCCESS
    assert plays() == []


def test_an_absent_item_type_is_audio_in_the_documented_call(send, plays):
    assert send(play(ItemType=None)) == SUCCESS
    assert plays() == [("Halleluhwah", 0)]


@pytest.mark.parametrize("field", ["Name", "Artist"])
def test_a_missing_required_field_is_400_naming_it(send, plays, field):
    assert send(play(**{field: None})) == (400, {"error": f"{field} is missing"})
    assert plays() == []


def test_a_missing_album_is_tolerated(core, ada, send):
    assert send(play(Album=None)) == SUCCESS
    ((scrobble,), _) = history.recent(core, ada)
    assert scrobble.album is None


# ---- events ----


def test_a_start_shows_what_is_playing_now(happen, now_playing, plays):
    assert happen(0, "PlaybackStart", 0) == SUCCESS
    assert (now_playing(), plays()) == ([("Vitamin C", False)], [])


def test_progress_moves_the_session_on(happen, now_playing):
    happen(0, "PlaybackStart", 0)
    happen(20, "PlaybackProgress", 20, IsPaused=True)
    assert now_playing() == [("Vitamin C", True)]
    happen(40, "PlaybackProgress", 20)
    assert now_playing() == [("Vitamin C", False)]


def test_a_stop_ends_the_session(happen, now_playing):
    happen(0, "PlaybackStart", 0)
    happen(20, "PlaybackStop", 20, PlayedToCompletion=False)
    assert now_playing() == []


def test_a_play_is_stamped_with_the_sessions_start(core, ada, happen, plays):
    happen(0, "PlaybackStart", 0)
    happen(LENGTH, "PlaybackStop", LENGTH)
    assert plays() == [("Vitamin C", 0)]
    ((scrobble,), _) = history.recent(core, ada)
    assert (scrobble.duration, scrobble.listened, scrobble.source) == (LENGTH, LENGTH, "jellyfin")


@pytest.mark.parametrize(("position", "count"), [(0, 0), (190, 1)])
def test_played_to_completion_counts_with_a_position(happen, plays, position, count):
    """Jellyfin says so whenever a client tells no position: then the clock decides."""
    happen(0, "PlaybackStart", 0)
    happen(30, "PlaybackStop", position)
    assert plays() == [("Vitamin C", 0)] * count


@pytest.mark.parametrize(("heard", "count"), [(99, 0), (100, 1), (150, 1)])
def test_half_of_the_runtime_counts(happen, plays, heard, count):
    happen(0, "PlaybackStart", 0)
    happen(heard, "PlaybackStop", heard, PlayedToCompletion=False)
    assert len(plays()) == count


@pytest.mark.parametrize(("heard", "count"), [(239, 0), (240, 1)])
def test_four_minutes_count_of_a_long_track(happen, plays, heard, count):
    happen(0, "PlaybackStart", 0, RunTimeTicks=36_000_000_000)
    happen(heard, "PlaybackStop", heard, RunTimeTicks=36_000_000_000, PlayedToCompletion=False)
    assert len(plays()) == count


def test_clock_time_counts_and_not_the_position(happen, plays):
    happen(0, "PlaybackStart", 0)
    happen(15, "PlaybackStop", 190, PlayedToCompletion=False)  # skipped to the end
    assert plays() == []


def test_pauses_do_not_count(happen, plays):
    happen(0, "PlaybackStart", 0)
    happen(50, "PlaybackProgress", 50, IsPaused=True)
    happen(500, "PlaybackProgress", 50)
    happen(540, "PlaybackStop", 90, PlayedToCompletion=False)
    assert plays() == []


def test_a_play_with_a_pause_keeps_its_start(happen, plays):
    happen(0, "PlaybackStart", 0)
    happen(50, "PlaybackProgress", 50, IsPaused=True)
    happen(500, "PlaybackProgress", 50)
    happen(560, "PlaybackStop", 110, PlayedToCompletion=False)
    assert plays() == [("Vitamin C", 0)]


@pytest.mark.parametrize(("position", "found"), [(150, [("Vitamin C", -150)]), (50, [])])
def test_a_lone_stop_is_judged_by_its_position_and_starts_that_much_earlier(happen, plays, position, found):
    assert happen(0, "PlaybackStop", position, PlayedToCompletion=False) == SUCCESS
    assert plays() == found


def test_a_lone_stop_of_a_completed_track_without_a_position_is_a_play(happen, plays):
    happen(0, "PlaybackStop", 0)
    assert plays() == [("Vitamin C", -LENGTH)]


def test_any_event_opens_the_session(happen, plays, now_playing):
    happen(0, "PlaybackProgress", 30)
    assert now_playing() == [("Vitamin C", False)]
    happen(80, "PlaybackStop", 110, PlayedToCompletion=False)
    assert plays() == [("Vitamin C", -30)]


def test_a_start_whose_stop_never_comes_is_judged_when_the_next_event_arrives(happen, plays):
    happen(0, "PlaybackStart", 0)
    assert happen(120, "PlaybackStart", 0, **SPOON) == SUCCESS
    assert plays() == [("Vitamin C", 0)]


def test_a_start_whose_track_was_skipped_is_judged_when_the_next_event_arrives(happen, plays):
    happen(0, "PlaybackStart", 0)
    happen(20, "PlaybackStart", 0, **SPOON)
    assert plays() == []


def test_a_start_whose_stop_never_comes_is_judged_when_its_runtime_has_passed(core, happen, plays, clock):
    happen(0, "PlaybackStart", 0)
    clock.at = START + LENGTH + 120
    playback.judge_due(core)
    assert plays() == [("Vitamin C", 0)]


def test_a_judged_session_takes_no_second_verdict(core, happen, plays, clock):
    happen(0, "PlaybackStart", 0)
    happen(LENGTH, "PlaybackStop", LENGTH)
    assert happen(LENGTH + 1, "PlaybackStop", LENGTH) == SUCCESS
    happen(LENGTH + 2, "PlaybackProgress", LENGTH)
    clock.advance(10_000)
    playback.judge_due(core)
    assert plays() == [("Vitamin C", 0)]


def test_the_stop_of_a_track_may_come_after_the_start_of_the_next(core, happen, plays):
    happen(0, "PlaybackStart", 0)
    happen(199, "PlaybackStart", 0, **SPOON)
    happen(200, "PlaybackStop", 199)
    happen(399, "PlaybackStop", 200, **SPOON)
    assert plays() == [("Vitamin C", 0), ("Spoon", 199)]


def test_progress_every_second_makes_exactly_one_play(happen, plays):
    short = {"RunTimeTicks": 10**9}  # 100 seconds; so few events that they stay within the limit
    happen(0, "PlaybackStart", 0, **short)
    assert {happen(second, "PlaybackProgress", second, **short)[0] for second in range(1, 55)} == {200}
    happen(55, "PlaybackStop", 55, PlayedToCompletion=False, **short)
    assert plays() == [("Vitamin C", 0)]


@pytest.mark.parametrize("kind", ["UserDataSaved", "ItemAdded", "SessionStart", "SomethingNew"])
def test_every_other_type_is_accepted_and_ignored(happen, plays, now_playing, kind):
    assert happen(0, kind, 199) == SUCCESS
    assert (plays(), now_playing()) == ([], [])


def test_an_event_is_at_its_utc_timestamp_though_it_arrives_late(send, plays, clock):
    send(event("PlaybackStart", UtcTimestamp="2026-06-01T10:00:00Z", PlaybackPositionTicks=0))
    clock.advance(5)
    send(event("PlaybackStop", UtcTimestamp="2026-06-01T10:03:20Z", PlaybackPositionTicks=2 * 10**9))
    assert plays() == [("Vitamin C", -7200)]


@pytest.mark.parametrize("told", ["2026-06-01T13:00:01Z", "not a time", None])
def test_an_event_is_at_its_arrival_where_its_time_cannot_be_believed(send, plays, clock, told):
    send(event("PlaybackStart", UtcTimestamp=told, PlaybackPositionTicks=0))
    clock.advance(LENGTH)
    send(event("PlaybackStop", UtcTimestamp=told, PlaybackPositionTicks=2 * 10**9))
    assert plays() == [("Vitamin C", 0)]


@pytest.mark.parametrize(("minutes", "shown"), [(9, [("Vitamin C", False)]), (11, [])])
def test_now_playing_is_shown_only_from_events_under_ten_minutes_old(send, now_playing, minutes, shown):
    long = {"RunTimeTicks": 36_000_000_000, "PlaybackPositionTicks": 0}
    send(event("PlaybackStart", UtcTimestamp=f"2026-06-01T11:{60 - minutes}:00Z", **long))
    assert now_playing() == shown


def test_two_devices_of_one_user_are_two_sessions(happen, plays, now_playing):
    happen(0, "PlaybackStart", 0)
    happen(1, "PlaybackStart", 0, DeviceId="phone", **SPOON)
    assert sorted(now_playing()) == [("Spoon", False), ("Vitamin C", False)]
    happen(200, "PlaybackStop", 200)
    happen(201, "PlaybackStop", 200, DeviceId="phone", **SPOON)
    assert plays() == [("Vitamin C", 0), ("Spoon", 1)]


# ---- bodies ----


@pytest.mark.parametrize(
    "body",
    [
        '{"NotificationType":"PlaybackStop","ItemType":"Audio","Name":"X","Artist":"Y","PlayedToCompletion": True,}',
        '{"NotificationType":"PlaybackStop","ItemType":"Audio","Name":"X","Artist":"Y","Year":,"PlayedToCompletion":"True"}',
        '{"ItemType":"Audio","Name":"X","Artist":"Y","Overview":"one\ntwo"}',
        '{"Name":"X","Artist":"Y","Overview":"AC\\DC \\&quot;live\\&quot;"}',
    ],
)
def test_what_templates_break_is_mended(send, plays, body):
    assert send(body) == SUCCESS
    assert plays() == [("X", 0)]


def test_a_form_is_read_whatever_its_content_type(send, plays):
    assert send("Name=X+%26+Y&Artist=Z&ItemType=Audio&IsPaused=False") == SUCCESS
    assert plays() == [("X & Y", 0)]


@pytest.mark.parametrize("content_type", ["application/json", "text/plain; charset=utf-8", "text/html", "x", None])
def test_json_is_read_whatever_the_content_type(send, plays, content_type):
    assert send(play(), content_type) == SUCCESS
    assert plays() == [("Halleluhwah", 0)]


@pytest.mark.parametrize("body", ["", "hello", '{"Name":', "{'Name': 'X'}", b"\xff\xfe", b'{"Name":"\xff"}', '"' * 50])
def test_what_no_reading_can_save_is_invalid_json(send, body):
    status, answer = send(body)
    assert (status, answer["error"].split(":")[0]) == (400, "Invalid JSON")


@pytest.mark.parametrize("body", ["null", "[]", "5", "true", '"text"', "{}", "[{}]", "[1]", "[" * 10_000])
def test_json_of_another_shape_is_400(send, body):
    status, answer = send(body)
    assert (status, list(answer)) == (400, ["error"])


@pytest.mark.parametrize(
    "changes",
    [
        {"Name": "a\0b"},
        {"Artist": "\ud800"},
        {"Name": "n" * 5001},
        {"Name": {"deep": []}},
        {"RunTimeTicks": 10**300},
        {"PlaybackPositionTicks": 10**300},
        {"UtcTimestamp": "1970-01-01T00:00:01Z"},
        {"ClientName": "\0"},
        {"DeviceId": "\0", "ItemId": "\ud800", "ServerId": "x" * 10_000},
    ],
)
def test_hostile_values_are_no_failure_of_the_server(send, plays, now_playing, changes):
    for body in (play(**changes), event("PlaybackStart", **changes), event("PlaybackStop", **changes)):
        assert send(body)[0] in {200, 400}
        json.dumps([plays(), now_playing()]).encode()


# ---- credentials and limits ----


def test_nobodys_play_is_401(client):
    assert client.post(URL, json=play()).status_code == 401
    assert client.post(f"{URL}?key=gs_wrong", json=play()).status_code == 401


def test_the_key_may_come_in_the_header_the_address_or_the_body(client, key, plays, clock):
    for options in (
        {"headers": {"Authorization": f"Bearer {key}"}, "json": play(Name="one")},
        {"query_string": {"key": key}, "json": play(Name="two")},
        {"json": play(Name="three", key=key)},
        {"data": play(Name="four", key=key)},
    ):
        assert client.post(URL, **options).status_code == 200
        clock.advance(1)
    assert [title for title, _ in plays()] == ["one", "two", "three", "four"]


class TestLimits:
    """With the limits as they are by default."""

    @pytest.fixture
    def settings(self, instance_path, database_url):
        return make_settings(instance_path, database_url=database_url, rate_limit_light="1/4s burst 2")

    def test_only_a_body_without_notification_type_costs_a_light_token(self, send, happen):
        assert [send(play(Name=name))[0] for name in ("one", "two", "three")] == [200, 200, 429]
        assert {happen(0, "PlaybackProgress", second)[0] for second in range(50)} == {200}


# ---- recorded requests ----


@pytest.mark.parametrize(
    ("name", "status", "title"),
    [
        ("empty_body", 400, None),
        ("episode_start_real", 200, None),
        ("genericform_strings", 200, "Brother Madonna"),
        ("itemadded_musicalbum_real", 200, None),
        ("missing_album", 200, "Brother Madonna"),
        ("multi_artist_only_first", 200, "Annihilate (feat. Offset)"),
        ("progress_audio_real_10_8", 200, None),
        ("progress_automated_1s_later", 200, None),
        ("progress_paused", 200, None),
        ("runtime_over_24h", 200, "25 hour ambient mix"),
        ("stop_audio_completed", 200, "Brother Madonna"),
        ("stop_audio_half_not_completed", 200, "Brother Madonna"),
        ("stop_audio_skipped_at_5s", 200, None),
        ("stop_position_zero_completed", 200, "Brother Madonna"),
        ("template_backslash_entity_invalid_json", 200, None),
        ("template_capital_bool_invalid_json", 200, None),
        ("template_html_entities", 200, "Rock & Roll Ain't Noise Pollution"),
        ("template_newline_invalid_json", 200, None),
        ("userdatasaved_progress", 200, None),
        ("zero_runtime", 200, "Brother Madonna"),
    ],
)
def test_a_recorded_request_is_kept_or_left_as_it_should_be(send, plays, name, status, title):
    envelope = fixture(name)
    body = envelope["body_text"] if "body_text" in envelope else envelope["json"]
    assert send(body, envelope["request"]["headers"]["Content-Type"])[0] == status
    assert [found for found, _ in plays()] == ([title] if title else [])
