"""Which track and which album a listener's words name, given what the same listener told before.

Only a listener's own words decide about their history: nobody else's tags can rename, join or split what stands in it.
An id never joins two titles. Among equal titles it joins what other spellings of the artists would keep apart, and
keeps apart what the names would join: two tracks of one title on one album.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field

from goscrobble.domain.drafts import ScrobbleDraft
from goscrobble.domain.names import artist_keys, fold

VARIOUS = "Various Artists"
SAME_LENGTH = 15  # seconds by which sources may differ about the length of one track

Ids = frozenset[tuple[str, str]]  # (kind, value)
Entry = int | bytes  # the id of an entry of the catalogue, or the key of one that is not there yet


@dataclass(frozen=True, slots=True)
class Words:
    """What a listener told of one track, folded for comparison. `track` and `album` are what it was identified as."""

    title: str
    artists: frozenset[str]
    ids: Ids
    duration: int | None  # seconds
    album_title: str  # "": none was told
    album_artist: str  # the album's artist where one was told, else the track's first
    is_album_artist_told: bool
    release_ids: Ids
    names: frozenset[str]  # of whoever may have made the album: `names.artist_keys`
    track: Entry | None = field(default=None, compare=False)
    album: Entry | None = field(default=None, compare=False)


def words_of(draft: ScrobbleDraft, *, track: Entry | None = None, album: Entry | None = None) -> Words:
    """Return what a tidy draft tells."""
    makers = draft.album_artists or draft.artists
    release = ("release_mbid", draft.ids.release_mbid), ("release_group_mbid", draft.ids.release_group_mbid)
    return Words(
        title=fold(draft.title),
        artists=frozenset(map(fold, draft.artists)),
        ids=frozenset(draft.ids.of_track()),
        duration=draft.duration,
        album_title=fold(draft.album) if draft.album else "",
        album_artist=fold(makers[0]),
        is_album_artist_told=bool(draft.album_artists),
        release_ids=frozenset((kind, value) for kind, value in release if value),
        names=artist_keys("", makers[:1]),
        track=track,
        album=album,
    )


def same_album(words: Words, earlier: Iterable[Words]) -> Entry | None:
    """Return the album that was told of before: one title by one artist, or one title with one release (group) id."""
    titled = [one for one in earlier if one.album is not None and one.album_title == words.album_title]
    by_id = (one for one in titled if not one.release_ids.isdisjoint(words.release_ids))
    by_artist = (one for one in titled if one.album_artist == words.album_artist)
    found = next(by_id, None) or next(by_artist, None)
    return None if found is None else found.album


def has_various_artists(album: Sequence[Words]) -> bool:
    """Return whether nobody told who made an album, and no artist is on all of what was told of it."""
    if any(one.is_album_artist_told for one in album):
        return False
    return not frozenset.intersection(*(one.names for one in album))


@dataclass(frozen=True, slots=True)
class SameTrack:
    """The track was told of before."""

    track: Entry


@dataclass(frozen=True, slots=True)
class OtherTrack:
    """The names are those of a track that was told of, but ids or lengths say it is another one on the same album.

    `sign` tells it from that one.
    """

    sign: str


def same_track(words: Words, album: Entry | None, earlier: Iterable[Words]) -> SameTrack | OtherTrack | None:
    """Return which track of those told of before this is; None: the one that its names name.

    `album` is what the words' album was identified as.
    """
    titled = [one for one in earlier if one.track is not None and one.title == words.title]
    known = [one for one in titled if not one.ids.isdisjoint(words.ids) or one.artists == words.artists]
    on_album = [one for one in known if album is not None and one.album == album]
    fitting = [one for one in known if one not in on_album or not _is_other(one, words)]
    if on_album and not any(one in on_album for one in fitting):
        return OtherTrack(_sign(words))
    best = min(fitting, key=lambda one: _likeness(one, words, album), default=None)
    return None if best is None or best.track is None else SameTrack(best.track)


def _likeness(one: Words, words: Words, album: Entry | None) -> tuple[bool, bool, int]:
    """Order earlier words by how surely they are of the same track: by id, on the same album, then by length."""
    apart = abs(one.duration - words.duration) if one.duration and words.duration else SAME_LENGTH
    return one.ids.isdisjoint(words.ids), album is None or one.album != album, apart if album is None else 0


def _is_other(one: Words, words: Words) -> bool:
    """Return whether these are two tracks, though title, artists and album are the same."""
    if one.duration and words.duration and abs(one.duration - words.duration) > SAME_LENGTH:
        return True
    return _ids_differ(one, words)


def _ids_differ(one: Words, words: Words) -> bool:
    """Return whether ids of one kind differ, and none agree. Those of two releases of an album are never the same."""
    releases = dict(one.release_ids).get("release_mbid"), dict(words.release_ids).get("release_mbid")
    if None not in releases and releases[0] != releases[1]:
        return False
    if not one.ids.isdisjoint(words.ids):
        return False
    kinds = {kind for kind, _ in one.ids} & {kind for kind, _ in words.ids}
    return bool(kinds)


def _sign(words: Words) -> str:
    for kind in ("recording_mbid", "release_track_mbid", "isrc", "spotify"):
        for own, value in words.ids:
            if own == kind:
                return f"{kind} {value}"
    return f"length {words.duration}"
