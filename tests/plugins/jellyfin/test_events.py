"""What the webhook plugin's own events mean."""

from __future__ import annotations

import pytest
from goscrobble_jellyfin.normalise import is_event, normalise

from goscrobble.plugins import BadInput, Playing, ScrobbleDraft, Stamp, TrackIds
from tests.plugins.jellyfin.payloads import (
    ARTIST_MBID,
    AT,
    AT_SECONDS,
    GROUP_MBID,
    NOW,
    RELEASE_MBID,
    TRACK_MBID,
    as_template,
    event,
    play,
)


def playing(kind="PlaybackProgress", **changes):
    return normalise(event(kind, **changes), NOW)


def test_progress_moves_the_session_on():
    found = playing("PlaybackProgress")
    assert found == Playing(
        player=found.player,
        item=found.item,
        draft=ScrobbleDraft(
            title="Vitamin C",
            artists=("Can",),
            album="Ege Bamyasi",
            played_at=int(AT_SECONDS),
            stamp=Stamp.START,
            duration=200,
            ids=TrackIds(
                release_track_mbid=TRACK_MBID,
                release_mbid=RELEASE_MBID,
                release_group_mbid=GROUP_MBID,
                artist_mbids=(ARTIST_MBID,),
            ),
            origin="jellyfin",
            client="Finamp",
        ),
        state="playing",
        at=AT_SECONDS,
        position=64.0,
        completed=False,
        starts=False,
    )


@pytest.mark.parametrize(
    ("kind", "paused", "state", "starts"),
    [
        ("PlaybackStart", False, "playing", True),
        ("PlaybackStart", True, "paused", True),
        ("PlaybackProgress", False, "playing", False),
        ("PlaybackProgress", True, "paused", False),
        ("PlaybackProgress", "True", "paused", False),
        ("PlaybackProgress", "False", "playing", False),
        ("PlaybackProgress", "", "playing", False),
        ("PlaybackProgress", None, "playing", False),
        ("PlaybackProgress", 1, "paused", False),
        ("PlaybackStop", False, "stopped", False),
        ("PlaybackStop", True, "stopped", False),
        ("playbackstop", False, "stopped", False),
    ],
)
def test_each_kind_of_event_gives_a_state(kind, paused, state, starts):
    found = playing(kind, IsPaused=paused)
    assert (found.state, found.starts) == (state, starts)


@pytest.mark.parametrize(
    ("told", "completed"),
    [
        (True, True),
        ("True", True),
        ("true", True),
        ("1", True),
        (1, True),
        (False, False),
        ("False", False),
        ("", False),
        ("2", False),
        ([], False),
    ],
)
def test_a_stop_tells_whether_it_was_played_to_completion(told, completed):
    assert playing("PlaybackStop", PlayedToCompletion=told).completed is completed


def test_only_a_stop_completes():
    assert playing("PlaybackProgress", PlayedToCompletion=True).completed is False


@pytest.mark.parametrize("kind", ["UserDataSaved", "ItemAdded", "SessionStart", "PlaybackFinished", "Generic", "5"])
def test_every_other_type_is_ignored_whatever_else_it_says(kind):
    assert playing(kind) is None
    assert normalise({"NotificationType": kind}, NOW) is None


def test_an_item_type_other_than_audio_is_ignored():
    assert playing("PlaybackStart", ItemType="Episode", Artist=None, Album=None) is None


@pytest.mark.parametrize("field", ["ItemType", "Name", "Artist"])
@pytest.mark.parametrize("empty", [None, "", " "])
def test_a_missing_required_field_is_named(field, empty):
    with pytest.raises(BadInput, match=rf"^{field} is missing$"):
        playing("PlaybackStop", **{field: empty})


def test_a_missing_album_is_tolerated():
    assert playing(Album=None).draft.album is None


@pytest.mark.parametrize("told", ["2026-06-01T13:00:01Z", "0001-01-01T00:00:00Z", "soon", "", None, 5])
def test_the_time_of_an_event_is_its_arrival_where_none_can_be_believed(told):
    assert playing(UtcTimestamp=told).at == NOW


def test_the_time_of_an_event_is_its_utc_timestamp():
    assert playing(UtcTimestamp=AT).at == AT_SECONDS


@pytest.mark.parametrize(
    ("ticks", "clock", "position"),
    [
        (640_000_000, None, 64.0),
        ("645000000", "00:00:00", 64.5),
        (900_000_000_000, "01:00:00", 90_000.0),
        (0, "00:00:00", 0.0),
        (None, "00:01:04", 64.0),
        (None, None, None),
        ("", "", None),
        (-1, None, None),
        ("x", "x", None),
        (10**300, None, None),
    ],
)
def test_a_position_comes_from_ticks_else_from_the_text(ticks, clock, position):
    assert playing(PlaybackPositionTicks=ticks, PlaybackPosition=clock).position == position


@pytest.mark.parametrize(("completed", "position"), [(True, None), (False, 0.0)])
def test_position_zero_at_the_stop_of_a_completed_track_is_unknown(completed, position):
    stop = playing("PlaybackStop", PlaybackPositionTicks=0, PlaybackPosition="00:00:00", PlayedToCompletion=completed)
    assert stop.position == position


def test_a_session_is_known_by_server_user_device_and_item():
    same = playing("PlaybackStart")
    assert (same.player, same.item) == (playing("PlaybackStop").player, playing("PlaybackStop").item)
    players = {same.player, *(playing(**{field: "e4" * 16}).player for field in ("ServerId", "UserId", "DeviceId"))}
    assert len(players) == 4
    assert playing(ItemId="e4" * 16).item != same.item
    assert playing(ItemId="e4" * 16).player == same.player


def test_two_devices_of_one_user_are_two_sessions():
    assert playing(DeviceId="phone").player != playing(DeviceId="tablet").player


def test_a_user_is_known_by_name_where_the_id_is_absent():
    by_name = playing(UserId=None)
    assert by_name.player != playing(UserId=None, NotificationUsername="grace").player
    assert by_name.player == playing(UserId=None, NotificationUsername=None, Username="ada").player


def test_the_documented_username_wins_over_the_one_the_plugin_sends():
    both = playing(UserId=None, Username="ada", NotificationUsername="grace")
    assert both.player == playing(UserId=None).player


def test_an_item_without_an_id_is_known_by_its_names():
    unnamed = playing(ItemId=None)
    assert unnamed.item == playing(ItemId=None, ItemType="audio").item
    assert unnamed.item != playing(ItemId=None, Name="Spoon").item
    assert unnamed.item != playing(ItemId=None, Artist="Neu!").item
    assert unnamed.item != playing(ItemId=None, Album="Live").item


def test_keys_of_sessions_are_short_however_long_the_ids_are():
    found = playing(DeviceId="d" * 4000, ItemId=None, Name="n" * 4000, ServerId=None)
    assert (len(found.player), len(found.item)) == (32, 32)


def test_null_is_allowed_everywhere_but_in_what_is_required():
    body = dict.fromkeys(event(), None) | {
        "NotificationType": "PlaybackStop", "ItemType": "Audio", "Name": "Spoon", "Artist": "Can",
    }  # fmt: skip
    found = normalise(body, NOW)
    assert (found.draft.title, found.position, found.at) == ("Spoon", None, NOW)


def test_everything_may_come_as_strings():
    body = event("PlaybackStop", IsPaused=True)
    assert normalise(as_template(body), NOW) == normalise(body, NOW)


def test_only_bodies_with_a_notification_type_are_events():
    assert [is_event(payload) for payload in (event(), event("ItemAdded"), play(NotificationType="PlaybackStop"))] == [
        True, True, True,
    ]  # fmt: skip
    for payload in (
        play(),
        play(NotificationType=""),
        {"NotificationType": None},
        {"NotificationType": []},
        [1],
        5,
        None,
    ):
        assert is_event(payload) is False
