"""Words that a listener never told before: identified by what they told earlier, and entered into the catalogue."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from hashlib import blake2b

from goscrobble.domain.drafts import NO_IDS, ScrobbleDraft, TrackIds
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
from goscrobble.storage.music import Credits, Entries, Known
from goscrobble.storage.spellings import Spelt

Wanted = tuple[bytes, int | None]  # digest of a draft's words, and the length it tells


class Learning:
    """Identifies words that a listener never told before, in the transaction that enters them."""

    def __init__(self, connection: Connection, user_id: int, now: int) -> None:
        self._connection, self._user_id, self._now = connection, user_id, now

    def learn(self, drafts: Mapping[Wanted, ScrobbleDraft], variants: Mapping[bytes, int]) -> list[music.ToldRow]:
        """Enter words, and whatever they name that is not there; returns their rows.

        `variants` tells how many rows of equal words are there.
        """
        earlier = _Earlier(self._connection, self._user_id, drafts.values())
        words = {wanted: earlier.identify(draft) for wanted, draft in drafts.items()}
        makers = {one.album: earlier.maker_of(one) for one in words.values() if one.album is not None}
        names = {name for draft in drafts.values() for name in (*draft.artists, *draft.album_artists)}
        there = music.ensure(
            self._connection,
            artists={*map(_artist_key, names), *makers.values()},
            tracks={
                one.track: [_artist_key(name) for name in drafts[wanted].artists]
                for wanted, one in reversed(words.items())
                if isinstance(one.track, bytes)
            },
            albums={album for album in makers if isinstance(album, bytes)},
            now=self._now,
        )
        named = {wanted: earlier.named(one, there) for wanted, one in words.items()}
        others = {track.id for track, _ in named.values()} - {there.tracks[key].id for key in there.made}
        credited = {there.tracks[key].id: artists for key, artists in there.made.items()}
        credited |= music.credits(self._connection, others)
        rows = self._enter(drafts, named, there, credited, variants)
        self._spell(drafts, rows, there, makers, words, earlier)
        return rows

    def _enter(
        self,
        drafts: Mapping[Wanted, ScrobbleDraft],
        named: Mapping[Wanted, tuple[Known, Known | None]],
        there: Entries,
        credited: Mapping[int, Credits],
        variants: Mapping[bytes, int],
    ) -> list[music.ToldRow]:
        counted = dict(variants)
        new, rows = [], []
        for wanted, draft in drafts.items():
            digest, (track, album) = wanted[0], named[wanted]
            artists = credited[track.id]
            own = [there.artists[_artist_key(name)].id for name in draft.artists]
            row = music.ToldRow(
                id=0,
                digest=digest,
                title=draft.title,
                artists=json.dumps(draft.artists),
                album=draft.album,
                album_artists=json.dumps(draft.album_artists),
                ids=draft.ids.model_dump_json(exclude_defaults=True) if draft.ids is not NO_IDS else "{}",
                duration=draft.duration,
                track_id=track.id,
                album_id=album.id if album else None,
                artist_ids=_linked(own, [artist.id for artist in artists]),
                track_uuid=track.uuid,
                album_uuid=album.uuid if album else None,
                credited=artists,
            )
            rows.append(row)
            new.append(
                music.NewWords(
                    row,
                    title_key=_title_key(draft.title),
                    album_key=_title_key(draft.album) if draft.album else None,
                    variant=counted.get(digest, 0),
                )
            )
            counted[digest] = counted.get(digest, 0) + 1
        numbers = music.add_told(self._connection, self._user_id, new)
        return [replace(row, id=number) for row, number in zip(rows, numbers, strict=True)]

    def _spell(
        self,
        drafts: Mapping[Wanted, ScrobbleDraft],
        rows: Sequence[music.ToldRow],
        there: Entries,
        makers: Mapping[Entry, bytes],
        words: Mapping[Wanted, Words],
        earlier: _Earlier,
    ) -> None:
        """Note how the listener spells what is named, and whom they take the albums to be by."""
        spelt: list[Spelt] = []
        makers_of: dict[int, tuple[int, int]] = {}
        for (wanted, draft), row in zip(drafts.items(), rows, strict=True):
            spelt += _spelt(draft, row, there.artists, earlier)
            album = words[wanted].album
            if row.album_id is None or album is None:
                continue
            maker = there.artists[makers[album]].id
            makers_of.setdefault(row.album_id, (maker, row.id))
            if makers[album] == _artist_key(VARIOUS):
                spelt.append(Spelt("artists", maker, VARIOUS, row.id))
        spellings.add(self._connection, self._user_id, spelt)
        music.put_album_artists(self._connection, self._user_id, makers_of)


class _Earlier:
    """What a listener told before with the same titles or albums, and what of the new words was identified so far."""

    def __init__(self, connection: Connection, user_id: int, drafts: Iterable[ScrobbleDraft]) -> None:
        self._titled: dict[str, list[Words]] = {}
        self._on_album: dict[str, list[Words]] = {}
        drafts = list(drafts)
        titles = {_title_key(draft.title) for draft in drafts}
        albums = {_title_key(draft.album) for draft in drafts if draft.album}
        self._tracks: dict[int, Known] = {}
        self._albums: dict[int, Known] = {}
        self.artists: set[str] = set()  # whose names are spelt so
        self.titles: set[tuple[int, str]] = set()  # of tracks
        self.album_titles: set[tuple[int, str]] = set()
        for row in music.told_like(connection, user_id, titles, albums):
            self._add(_earlier_words(row))
            self._tracks[row.track_id] = Known(row.track_id, row.track_uuid)
            self.artists.update(json.loads(row.artists))
            self.titles.add((row.track_id, row.title))
            if row.album_id is not None and row.album_uuid is not None:
                self._albums[row.album_id] = Known(row.album_id, row.album_uuid)
                self.album_titles.add((row.album_id, row.album or ""))

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

    def named(self, words: Words, there: Entries) -> tuple[Known, Known | None]:
        """Return the track and the album of identified words."""
        track, album = words.track, words.album
        if track is None:
            raise ValueError("these words are not identified")
        return (
            self._tracks[track] if isinstance(track, int) else there.tracks[track],
            self._albums[album] if isinstance(album, int) else there.albums[album] if album is not None else None,
        )

    def maker_of(self, words: Words) -> bytes:
        """Return the key of the artist whom the listener takes an album to be by, given all that they told of it."""
        told = [one for one in self._on_album[words.album_title] if one.album == words.album]
        if has_various_artists(told):
            return _artist_key(VARIOUS)
        return key(next((one for one in told if one.is_album_artist_told), told[0]).album_artist)

    def _add(self, words: Words) -> None:
        self._titled.setdefault(words.title, []).append(words)
        self._on_album.setdefault(words.album_title, []).append(words)


def _earlier_words(row: music.ToldRow) -> Words:
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


def _spelt(
    draft: ScrobbleDraft, row: music.ToldRow, artists: Mapping[bytes, Known], earlier: _Earlier
) -> Iterator[Spelt]:
    """Yield how these words spell what they name, but for what was spelt so before."""
    if (row.track_id, draft.title) not in earlier.titles:
        yield Spelt("tracks", row.track_id, draft.title, row.id)
    names = {_artist_key(name): name for name in (*draft.album_artists[::-1], *draft.artists[::-1])}
    for key, name in names.items():  # of one who is told in two ways at once, the track's own counts
        if name not in earlier.artists:
            yield Spelt("artists", artists[key].id, name, row.id)
    if row.album_id is not None and draft.album and (row.album_id, draft.album) not in earlier.album_titles:
        yield Spelt("albums", row.album_id, draft.album, row.id)


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
