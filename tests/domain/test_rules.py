"""What counts as a listen, and what cannot be kept."""

import pytest

from goscrobble.domain.drafts import ScrobbleDraft, TrackIds
from goscrobble.domain.rules import EARLIEST, LONGEST, heard_enough, judge, threshold, tidy

NOW = 1_800_000_000


def draft(**fields):
    return ScrobbleDraft(**({"title": "Night Road", "artists": ("Ada",), "played_at": NOW} | fields))


@pytest.mark.parametrize(
    ("duration", "seconds"),
    [(30, 15), (31, 15.5), (200, 100), (480, 240), (481, 240), (5400, 240), (None, 240), (0, 240)],
)
def test_half_of_a_track_or_four_minutes_make_a_listen(duration, seconds):
    assert seconds == threshold(duration)
    assert heard_enough(seconds, duration)
    assert not heard_enough(seconds - 0.01, duration)


def test_a_tidy_draft_has_clean_names_once_each_and_no_empty_ones():
    told = draft(
        title=" Night  Road ",
        artists=("Ada", " Ada ", "", "Bob"),
        album="  ",
        album_artists=(" Ada\t",),
        duration=0,
        client=" web  player " + "x" * 100,
    )
    tidied = tidy(told)
    assert (tidied.title, tidied.artists) == ("Night Road", ("Ada", "Bob"))
    assert (tidied.album, tidied.album_artists, tidied.duration) == (None, ("Ada",), None)
    assert (tidied.client[:11], len(tidied.client)) == ("web player ", 60)


def test_tidying_leaves_what_was_told_alone():
    told = draft(album="Roads", duration=200, listened=150, nth=1)
    assert told == tidy(told)


@pytest.mark.parametrize(
    ("fields", "sentence"),
    [
        ({"title": "a\0b"}, "Track contains a NUL character"),
        ({"artists": ("Ada", "\ud800")}, "Artist contains half of a surrogate pair"),
        ({"album": "x" * 5001}, "Album is longer than 5000 characters"),
        ({"album_artists": ("\0",)}, "Album artist contains a NUL character"),
        ({"client": "\0"}, "Client contains a NUL character"),
    ],
)
def test_an_impossible_name_is_refused_by_its_field(fields, sentence):
    # A lone surrogate cannot even be in a draft that was validated; construct one as a careless plugin could.
    with pytest.raises(ValueError) as raised:
        tidy(draft().model_copy(update=fields))
    assert sentence == str(raised.value)


@pytest.mark.parametrize(
    ("fields", "sentence"),
    [
        ({}, None),
        ({"title": ""}, "Track is missing"),
        ({"artists": ()}, "Artist is missing"),
        ({"artists": tuple(map(str, range(51)))}, "More than 50 artists were given"),
        ({"artists": tuple(map(str, range(50)))}, None),
        ({"played_at": NOW + 3600}, None),
        ({"played_at": NOW + 3601}, "The play is more than an hour in the future"),
        ({"played_at": EARLIEST}, None),
        ({"played_at": EARLIEST - 1}, "The play is from before 2002"),
        ({"duration": LONGEST}, None),
        ({"duration": LONGEST + 1}, "The duration is longer than a week"),
        ({"listened": LONGEST + 1}, "The duration is longer than a week"),
    ],
)
def test_a_draft_that_cannot_be_kept_is_told_why(fields, sentence):
    assert sentence == judge(draft(**fields), NOW)


def test_an_id_that_can_be_none_is_dropped_and_the_listen_kept():
    ids = TrackIds(recording_mbid="x" * 65, isrc="A\0B", spotify="4uLU6hMCjMI75M1A2tKUQC", artist_mbids=("", "m", "é"))
    tidied = tidy(ScrobbleDraft(title="T", artists=("A",), played_at=0, ids=ids))

    assert tidied.ids == TrackIds(spotify="4uLU6hMCjMI75M1A2tKUQC", artist_mbids=("m",))
