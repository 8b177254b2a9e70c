"""The values that cross borders."""

import pytest
from pydantic import ValidationError

from goscrobble.domain.drafts import NowPlaying, Playing, ScrobbleDraft, Stamp, TrackIds

DRAFT = {"title": "Night Road", "artists": ("Ada",), "played_at": 1_800_000_000}


def test_a_draft_needs_a_title_artists_and_a_time_alone():
    draft = ScrobbleDraft(**DRAFT)
    assert (draft.stamp, draft.album, draft.duration, draft.client, draft.nth) == (Stamp.START, None, None, "", 0)
    assert draft.ids == TrackIds()


@pytest.mark.parametrize(
    "wrong",
    [
        {"user": 1},
        {"duration": -1},
        {"duration": 2**31},
        {"listened": 1.5},
        {"stamp": "sometime"},
        {"artists": "Ada"},
        {"played_at": None},
        {"title": None},
        {"ids": {"deezer": "1"}},
    ],
)
def test_a_draft_that_a_plugin_filled_wrongly_is_refused_at_once(wrong):
    with pytest.raises(ValidationError):
        ScrobbleDraft(**(DRAFT | wrong))


def test_a_draft_survives_being_written_down():
    draft = ScrobbleDraft(**DRAFT, stamp=Stamp.ENDL, listened=9, ids=TrackIds(isrc="GBX", artist_mbids=("a", "b")))
    assert draft == ScrobbleDraft.model_validate_json(draft.model_dump_json())


def test_values_cannot_be_changed():
    with pytest.raises(ValidationError):
        ScrobbleDraft(**DRAFT).title = "Day Road"
    playing = Playing(player="p", item="i", draft=ScrobbleDraft(**DRAFT), state="playing", at=0)
    with pytest.raises(ValidationError):
        playing.state = "stopped"


def test_a_player_is_playing_paused_or_stopped():
    with pytest.raises(ValidationError):
        Playing(player="p", item="i", draft=ScrobbleDraft(**DRAFT), state="buffering", at=0)


def test_now_playing_names_the_track_the_player_and_since_when():
    shown = NowPlaying(
        title="Night Road",
        artists=("Ada",),
        album=None,
        duration=None,
        source="jellyfin",
        player="Kitchen",
        started_at=1,
    )
    assert (shown.paused, shown.started_at) == (False, 1)


def test_only_ids_of_the_track_itself_link_titles():
    ids = TrackIds(
        recording_mbid="r",
        release_track_mbid="t",
        release_mbid="x",
        release_group_mbid="y",
        artist_mbids=("z",),
        isrc="i",
    )
    assert ids.of_track() == (("isrc", "i"), ("recording_mbid", "r"), ("release_track_mbid", "t"))
    assert TrackIds().of_track() == ()
