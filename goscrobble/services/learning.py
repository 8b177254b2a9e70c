"""Words that a listener never told before: identified by what they told earlier, and entered into the catalogue."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from hashlib import blake2b
from typing import Any

from goscrobble.domain.drafts import ScrobbleDraft, TrackIds
from goscrobble.domain.identity import (
    VARIOUS,
    Entry,
    OtherTrack,
    SameTrack,
    Words,
    has_various_artists,
    same_album,
    same_track,
    words_of,
)
from goscrobble.domain.names import fold
from goscrobble.storage import music, spellings
from goscrobble.storage.database import Connection
from goscrobble.storage.spellings import Spelt

Wanted = tuple[bytes, int | None]  # digest of a draft's words, and the length it tells


class Learning:
    """Identifies words that a listener never told before, in the transaction that enters them."""

    def __init__(self, connection: Connection, user_id: int, now: int) -> None:
        self._connection, self._user_id, self._now = connection, user_id, now

    def learn(self, drafts: Mapping[Wanted, ScrobbleDraft], variants: Mapping[bytes, int]) -> list[music.ToldRow]:
        """Enter words, and whatever they name that is not there; returns all rows with such words.

        `variants` tells how many rows of equal words are there.
        """
        earlier = _Earlier(self._connection, self._user_id, drafts.values())
        words = {wanted: earlier.identify(draft) for wanted, draft in drafts.items()}
        makers = {one.album: earlier.maker_of(one) for one in words.values() if one.album is not None}
        names = {name for draft in drafts.values() for name in (*draft.artists, *draft.album_artists)}
        artists = music.ensure_artists(self._connection, {*map(_artist_key, names), *makers.values()}, self._now)
        credited = {
            one.track: tuple(dict.fromkeys(artists[_artist_key(name)] for name in drafts[wanted].artists))
            for wanted, one in reversed(words.items())
            if isinstance(one.track, bytes)
        }
        made = music.ensure_tracks(self._connection, credited, self._now)
        tracks = {wanted: _id(one.track, made) for wanted, one in words.items() if one.track is not None}
        made = music.ensure_albums(self._connection, {it for it in makers if isinstance(it, bytes)}, self._now)
        albums = {wanted: _id(one.album, made) for wanted, one in words.items() if one.album is not None}
        of_track = music.credits(self._connection, set(tracks.values()))
        counted = dict(variants)
        rows = []
        for wanted, draft in drafts.items():
            track, digest = tracks[wanted], wanted[0]
            own = [artists[_artist_key(name)] for name in draft.artists]
            named = {"track_id": track, "album_id": albums.get(wanted), "artist_ids": _linked(own, of_track[track])}
            rows.append(
                {"user_id": self._user_id, "digest": digest, "variant": counted.get(digest, 0)} | _row(draft) | named
            )
            counted[digest] = counted.get(digest, 0) + 1
        music.add_told(self._connection, rows)
        told = music.find_told(self._connection, self._user_id, {digest for digest, _ in drafts})
        numbers = {row.digest: row.id for row in reversed(told)}
        spelt = [
            one
            for wanted, draft in drafts.items()
            for one in _spelt(draft, tracks[wanted], albums.get(wanted), artists, numbers[wanted[0]])
        ]
        by = {}
        for wanted, album in reversed(albums.items()):
            maker = makers[words[wanted].album or b""]
            by[album] = artists[maker], numbers[wanted[0]]
            if maker == _artist_key(VARIOUS):
                spelt.append(Spelt("artists", artists[maker], VARIOUS, numbers[wanted[0]]))
        spellings.add(self._connection, self._user_id, spelt)
        music.put_album_artists(self._connection, self._user_id, by)
        return told


class _Earlier:
    """What a listener told before with the same titles or albums, and what of the new words was identified so far."""

    def __init__(self, connection: Connection, user_id: int, drafts: Iterable[ScrobbleDraft]) -> None:
        self._titled: dict[str, list[Words]] = {}
        self._on_album: dict[str, list[Words]] = {}
        drafts = list(drafts)
        titles = {_title_key(draft.title) for draft in drafts}
        albums = {_title_key(draft.album) for draft in drafts if draft.album}
        for row in music.told_like(connection, user_id, titles, albums):
            self._add(_earlier_words(row))

    def identify(self, draft: ScrobbleDraft) -> Words:
        """Return the draft's words with the entries they name: their ids, or keys of those that may not be there."""
        words = words_of(draft)
        album = None
        if draft.album:
            album = same_album(words, self._on_album.get(words.album_title, ())) or _album_key(words)
        named = words.title, *sorted(words.artists)
        match same_track(words, album, self._titled.get(words.title, ())):
            case SameTrack(known):
                track = known
            case OtherTrack(sign):
                track = key(*named, "\x1e", words.album_title, sign)
            case _:
                track = key(*named)
        found = replace(words, track=track, album=album)
        self._add(found)
        return found

    def maker_of(self, words: Words) -> bytes:
        """Return the key of the artist whom the listener takes an album to be by, given all that they told of it."""
        told = [one for one in self._on_album[words.album_title] if one.album == words.album]
        if has_various_artists(told):
            return _artist_key(VARIOUS)
        return key(next((one for one in told if one.is_album_artist_told), told[0]).album_artist)

    def _add(self, words: Words) -> None:
        self._titled.setdefault(words.title, []).append(words)
        self._on_album.setdefault(words.album_title, []).append(words)


def _earlier_words(row: music.EarlierRow) -> Words:
    draft = ScrobbleDraft(
        title=row.title,
        artists=tuple(json.loads(row.artists)),
        played_at=0,
        album=row.album,
        album_artists=tuple(json.loads(row.album_artists)),
        duration=row.duration,
        ids=TrackIds(**json.loads(row.ids)),
    )
    return words_of(draft, track=row.track_id, album=row.album_id)


def _row(draft: ScrobbleDraft) -> dict[str, Any]:
    return {
        "title": draft.title,
        "artists": json.dumps(draft.artists),
        "album": draft.album,
        "album_artists": json.dumps(draft.album_artists),
        "ids": draft.ids.model_dump_json(exclude_defaults=True),
        "duration": draft.duration,
        "title_key": _title_key(draft.title),
        "album_key": _title_key(draft.album) if draft.album else None,
    }


def _spelt(
    draft: ScrobbleDraft, track: int, album: int | None, artists: Mapping[bytes, int], number: int
) -> Iterator[Spelt]:
    yield Spelt("tracks", track, draft.title, number)
    names = {_artist_key(name): name for name in (*draft.album_artists[::-1], *draft.artists[::-1])}
    for key, name in names.items():  # of one who is told in two ways at once, the track's own counts
        yield Spelt("artists", artists[key], name, number)
    if album is not None and draft.album:
        yield Spelt("albums", album, draft.album, number)


def _id(entry: Entry, made: Mapping[bytes, int]) -> int:
    return entry if isinstance(entry, int) else made[entry]


def _linked(own: Sequence[int], credited: Sequence[int]) -> str:
    """Return (as JSON) which of a track's artists each told name leads to: an id may have joined two spellings."""
    return json.dumps([it if it in credited else credited[min(i, len(credited) - 1)] for i, it in enumerate(own)])


def _title_key(title: str) -> bytes:
    return key(fold(title))


def _artist_key(name: str) -> bytes:
    return key(fold(name))


def _album_key(words: Words) -> bytes:
    return key(words.album_title, words.album_artist)


def key(*parts: str) -> bytes:
    """Return the digest by which names are found."""
    return blake2b("\x1f".join(parts).encode(), digest_size=16).digest()
