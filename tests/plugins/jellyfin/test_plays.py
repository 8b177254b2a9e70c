"""The documented call: one play, at once. One test for each sentence of the contract, and tables of what varies."""

from __future__ import annotations

import pytest
from goscrobble_jellyfin.normalise import normalise

from goscrobble.plugins import BadInput, ScrobbleDraft, Stamp, TrackIds
from tests.plugins.jellyfin.payloads import (
    ARTIST_MBID,
    AT,
    AT_SECONDS,
    GROUP_MBID,
    GUEST_MBID,
    NOW,
    RELEASE_MBID,
    TRACK_MBID,
    as_template,
    play,
)


def draft(**changes):
    return normalise(play(**changes), NOW)


def test_the_documented_call_is_one_play_now():
    assert draft() == ScrobbleDraft(
        title="Halleluhwah",
        artists=("Can",),
        album="Tago Mago",
        played_at=int(NOW),
        stamp=Stamp.ARRIVAL,
        duration=1108,
        origin="jellyfin",
    )


def test_a_play_with_a_utc_timestamp_is_a_play_at_that_time():
    assert (draft(UtcTimestamp=AT).played_at, draft(UtcTimestamp=AT).stamp) == (int(AT_SECONDS), Stamp.EITHER_START)


@pytest.mark.parametrize(
    ("told", "played_at"),
    [
        ("2026-06-01T11:30:00Z", 1_780_313_400),
        ("2026-06-01T11:30:00.9999999Z", 1_780_313_400),
        ("2026-06-01 11:30:00Z", 1_780_313_400),
        ("2026-06-01T13:30:00.0000000+02:00", 1_780_313_400),
        ("2026-06-01T11:30:00.1234567", 1_780_313_400),
        ("2026-06-01T13:00:00Z", 1_780_318_800),  # an hour ahead exactly
        ("2023-09-26T14:18:17.8399533Z", 1_695_737_897),  # long ago
    ],
)
def test_utc_timestamps_are_believed_up_to_an_hour_ahead(told, played_at):
    assert (draft(UtcTimestamp=told).played_at, draft(UtcTimestamp=told).stamp) == (played_at, Stamp.EITHER_START)


@pytest.mark.parametrize(
    "told",
    [
        "2026-06-01T13:00:01Z",
        "2099-01-01T00:00:00Z",
        "0001-01-01T00:00:00.0000000Z",  # .NET's word for "no time"
        "0001-01-01T00:00:00+14:00",
        "9999-12-31T23:59:59.9999999-14:00",
        "2026-06-01",
        "2026-13-01T00:00:00Z",
        "2026-06-01T25:00:00Z",
        "yesterday",
        "{{UtcTimestamp}}",
        "",
        None,
        1_780_313_400,
        True,
        [],
        {},
    ],
)
def test_a_utc_timestamp_that_cannot_be_believed_means_now(told):
    assert (draft(UtcTimestamp=told).played_at, draft(UtcTimestamp=told).stamp) == (int(NOW), Stamp.ARRIVAL)


def test_an_item_type_other_than_audio_is_not_stored():
    for item_type in ("Episode", "Movie", "MusicAlbum", "MusicVideo", "AudioBook"):
        assert draft(ItemType=item_type) is None


def test_an_absent_item_type_is_audio_where_the_notification_type_is_absent_too():
    assert draft(ItemType=None) == draft(ItemType="Audio")


@pytest.mark.parametrize("empty", [None, "", "   "])
@pytest.mark.parametrize("field", ["Name", "Artist"])
def test_a_missing_required_field_is_named(field, empty):
    with pytest.raises(BadInput, match=rf"^{field} is missing$"):
        draft(**{field: empty})


@pytest.mark.parametrize("empty", [None, "", "  "])
def test_a_missing_album_is_tolerated(empty):
    assert draft(Album=empty) == draft().model_copy(update={"album": None})


@pytest.mark.parametrize("wrong", [True, [], ["Can"], {"name": "Can"}, "\ud800"])
@pytest.mark.parametrize("field", ["Name", "Artist", "Album", "ItemType", "NotificationType"])
def test_a_field_of_the_wrong_type_is_named(field, wrong):
    with pytest.raises(BadInput, match=rf"^{field} (must be text|contains half of a surrogate pair)$"):
        draft(**{field: wrong})


@pytest.mark.parametrize("payload", [None, 1, 1.5, True, "text", [], [1], [play()]])
def test_a_body_that_is_no_object_is_invalid(payload):
    with pytest.raises(BadInput, match=r"^Invalid JSON$"):
        normalise(payload, NOW)


def test_a_title_that_a_template_left_bare_is_text():
    assert draft(Name=1979, Artist=311).title == "1979"


def test_unknown_keys_and_a_credential_are_ignored():
    assert draft(key="gs_secret", Extra={"deep": [1]}, **{"": None}) == draft()


def test_ids_are_kept_when_well_formed():
    ids = draft(
        Provider_musicbrainztrack=TRACK_MBID.upper(),
        Provider_musicbrainzalbum=RELEASE_MBID,
        Provider_musicbrainzreleasegroup=f" {GROUP_MBID} ",
        Provider_musicbrainzartist=f"{ARTIST_MBID};{GUEST_MBID}",
    ).ids
    assert ids == TrackIds(
        release_track_mbid=TRACK_MBID,
        release_mbid=RELEASE_MBID,
        release_group_mbid=GROUP_MBID,
        artist_mbids=(ARTIST_MBID, GUEST_MBID),
    )


@pytest.mark.parametrize("wrong", ["", "mbz-123", TRACK_MBID[:-1], TRACK_MBID.replace("-", ""), 5, None, [TRACK_MBID]])
@pytest.mark.parametrize("kind", ["track", "album", "releasegroup", "artist"])
def test_ids_are_dropped_when_malformed(kind, wrong):
    assert draft(**{f"Provider_musicbrainz{kind}": wrong}) == draft()


@pytest.mark.parametrize(
    ("told", "artists"),
    [
        ("89ad4ac3-39f7-470e-963a-56509c546377", ("Various Artists",)),
        (ARTIST_MBID, ("Can",)),
        (f"{ARTIST_MBID}; {GUEST_MBID}", ("Can",)),
        (GUEST_MBID, ()),
        ("nonsense", ()),
        (None, ()),
    ],
)
def test_an_album_artist_is_known_by_the_id_of_compilations_or_of_the_artist(told, artists):
    one = draft(Provider_musicbrainzartist=ARTIST_MBID, Provider_musicbrainzalbumartist=told)
    assert artists == one.album_artists


def test_a_malformed_artist_id_does_not_take_the_others_with_it():
    assert draft(Provider_musicbrainzartist=f"{ARTIST_MBID}; nonsense;").ids == TrackIds(artist_mbids=(ARTIST_MBID,))


@pytest.mark.parametrize(
    ("sent", "meant"),
    [
        (r"Song \"X\"", 'Song "X"'),
        ("Rock &amp; Roll", "Rock & Roll"),
        ("Ain&#x27;t &#39;It&#x2019;", "Ain't 'It’"),
        ("&quot;Heroes&quot;", '"Heroes"'),
        (r"\&quot;Heroes\&quot;", '"Heroes"'),
        ("Bj&#246;rk", "Björk"),
        ("a &lt; b &gt; c", "a < b > c"),
        ("&amp;amp;", "&amp;"),  # undone once
        ("Simon & Garfunkel", "Simon & Garfunkel"),
        ("AT&T &copy that", "AT&T &copy that"),  # not an entity without its semicolon
        ("&nosuchthing;", "&nosuchthing;"),
        (r"AC\DC", r"AC\DC"),
        ("• ; a, b & c feat. d", "• ; a, b & c feat. d"),
    ],
)
def test_backslashed_quotes_and_entities_in_names_are_undone(sent, meant):
    found = draft(Name=sent, Artist=sent, Album=sent)
    assert (found.title, found.artists, found.album) == (meant, (meant,), meant)


def test_a_name_of_nothing_but_an_entity_of_space_is_missing():
    with pytest.raises(BadInput, match=r"^Name is missing$"):
        draft(Name="&nbsp;")


@pytest.mark.parametrize(
    ("ticks", "clock", "duration"),
    [
        (2_000_000_000, None, 200),
        ("2000000000", None, 200),
        (2_004_999_999, None, 200),
        (2_005_000_000, None, 201),  # half up
        ("2.005e9", None, 201),
        (900_000_000_000, "01:00:00", 90_000),  # the text wraps at 24 hours: ticks are right
        (0, "00:03:20", 200),
        (0, "00:00:00", None),
        ("", "00:03:20", 200),
        (None, "00:03:20", 200),
        (None, "3:20", None),
        (None, "00:61:00", None),
        (None, "", None),
        (None, None, None),
        (-5, "00:03:20", 200),
        (True, "00:03:20", 200),
        ("lots", "00:03:20", 200),
        ("nan", None, None),
        (float("inf"), None, None),
        (10**400, None, None),
        (10**300, None, 2**31 - 1),  # which the rules refuse with a sentence
        ([], {}, None),
        (1, None, None),  # rounds to nothing
    ],
)
def test_a_duration_comes_from_ticks_else_from_the_text(ticks, clock, duration):
    assert draft(RunTimeTicks=ticks, RunTime=clock).duration == duration


def test_everything_may_come_as_strings():
    body = play(UtcTimestamp=AT, RunTimeTicks=2_000_000_000, IsPaused=False, NotificationType="", Year="", Album="A")
    assert normalise(as_template(body), NOW) == normalise(body, NOW)
    assert normalise(as_template(body), NOW).duration == 200


def test_the_client_is_kept_as_it_calls_itself():
    assert draft(ClientName=r"My \"Own\" &amp; Player").client == 'My "Own" & Player'
