"""Which track and album words name, given what the same listener told before."""

import pytest

from goscrobble.domain.drafts import ScrobbleDraft, TrackIds
from goscrobble.domain.identity import OtherTrack, SameTrack, has_various_artists, same_album, same_track, words_of

ONE, TWO = "11111111-1111-4111-8111-111111111111", "22222222-2222-4222-8222-222222222222"


def words(title="Intro", artists=("Can",), album="Tago Mago", *, duration=None, by=(), track=None, on=None, **ids):
    draft = ScrobbleDraft(
        title=title,
        artists=artists,
        played_at=0,
        album=album,
        album_artists=by,
        duration=duration,
        ids=TrackIds(**ids),
    )
    return words_of(draft, track=track, album=on)


@pytest.mark.parametrize(
    ("earlier", "told", "same"),
    [
        (words(isrc="A"), words(isrc="A"), True),
        (words(isrc="A"), words("INTRO", isrc="A"), True),
        (words(isrc="A"), words("Outro", isrc="A"), None),
        (words(isrc="A"), words(artists=("Can", "Mooney"), isrc="A"), True),
        (words(isrc="A"), words(artists=("Neu!",), isrc="B"), None),
        (words(duration=100), words(duration=115), True),
        (words(duration=100), words(duration=116), False),
        (words(duration=100), words(), True),
        (words(duration=100, isrc="A"), words(duration=116, isrc="A"), False),
        (words(isrc="A"), words(isrc="B"), False),
        (words(isrc="A"), words(spotify="B"), True),
        (words(isrc="A", spotify="A"), words(isrc="A", spotify="B"), True),
        (words(isrc="A", release_mbid=ONE), words(isrc="B", release_mbid=TWO), True),
        (words(isrc="A", release_mbid=ONE), words(isrc="B", release_mbid=ONE), False),
    ],
)
def test_on_one_album_ids_and_lengths_tell_tracks_of_one_title_apart_and_join_no_two_titles(earlier, told, same):
    known = words_like(earlier, track=7, album=3)
    found = same_track(told, 3, [known])
    assert found == {True: SameTrack(7), None: None}.get(same, found)
    assert isinstance(found, OtherTrack) == (same is False)


def words_like(one, track, album):
    return type(one)(**{name: getattr(one, name) for name in one.__slots__} | {"track": track, "album": album})


def test_on_another_album_or_none_it_is_the_track_of_the_names_whatever_its_length():
    known = words(duration=100, track=7, on=3)
    assert same_track(words(album="Live", duration=300), 4, [known]) == SameTrack(7)
    assert same_track(words(album=None, duration=300), None, [known]) == SameTrack(7)


def test_without_an_album_the_nearest_length_is_meant():
    short, long = words(duration=30, track=7, on=3), words(duration=95, track=8, on=3)
    assert same_track(words(album=None, duration=94), None, [short, long]) == SameTrack(8)
    assert same_track(words(album=None, duration=31), None, [short, long]) == SameTrack(7)
    assert same_track(words(album=None), None, [short, long]) == SameTrack(7)


def test_a_third_track_of_one_title_is_a_third_one_and_each_is_found_again():
    first = words(duration=30, track=7, on=3)
    second = same_track(words(duration=95), 3, [first])
    third = same_track(words(duration=200), 3, [first, words(duration=95, track=8, on=3)])
    assert isinstance(second, OtherTrack)
    assert isinstance(third, OtherTrack)
    assert second.sign != third.sign
    assert same_track(words(duration=99), 3, [first, words(duration=95, track=8, on=3)]) == SameTrack(8)


@pytest.mark.parametrize(
    ("earlier", "told", "same"),
    [
        (words(), words("Bring Me Coffee or Tea"), True),
        (words(), words(album="TAGO-MAGO"), True),
        (words(), words(artists=("Neu!",)), False),
        (words(), words(artists=("Neu!",), by=("Can",)), True),
        (words(release_mbid=ONE), words(artists=("Neu!",), release_mbid=ONE), True),
        (words(release_mbid=ONE), words(artists=("Neu!",), release_mbid=TWO), False),
        (words(release_group_mbid=ONE), words(artists=("Neu!",), release_group_mbid=ONE), True),
        (words(release_mbid=ONE), words(album="Soundtracks", release_mbid=ONE), False),
    ],
)
def test_an_album_is_one_by_title_and_artist_or_by_title_and_release(earlier, told, same):
    assert (same_album(told, [words_like(earlier, track=7, album=3)]) == 3) is same


def test_an_album_with_nobody_on_all_of_it_is_by_various_artists():
    assert has_various_artists([words(artists=("A",)), words(artists=("B",))])
    assert not has_various_artists([words(artists=("A",)), words(artists=("A feat. B",))])
    assert not has_various_artists([words(artists=("A",)), words(artists=("B",), by=("A",))])
