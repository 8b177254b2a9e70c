"""The catalogue: finding and creating artists, albums, tracks, and the words that listeners' sources told.

Entries are only ever added, artists before tracks before albums and each in sorted order, and found by a digest of
folded names, so any number of workers can learn the same names at once.
"""

from __future__ import annotations

import uuid
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import partial
from typing import Any, NamedTuple

from sqlalchemy import Connection, Table, bindparam, insert, select, update

from goscrobble.models import Album, AlbumArtist, Artist, Told, Track, TrackArtist, table
from goscrobble.storage.dialect import any_key, any_of, as_one_value, inserting
from goscrobble.storage.prepared import Prepared

_artist, _album, _track = table(Artist), table(Album), table(Track)
_track_artist, _album_artist, _told = table(TrackArtist), table(AlbumArtist), table(Told)


class Known(NamedTuple):
    """An entry of the catalogue: its id here, and the one that leaves the server."""

    id: int
    uuid: str


Credits = tuple[Known, ...]  # a track's artists, in order


@dataclass(frozen=True, slots=True)
class ToldRow:
    """A row of words as told, with the track, artists and album they were identified as."""

    id: int
    digest: bytes
    title: str
    artists: str  # JSON
    album: str | None
    album_artists: str  # JSON
    ids: str  # JSON
    duration: int | None
    track_id: int
    album_id: int | None
    artist_ids: str  # JSON
    track_uuid: str
    album_uuid: str | None
    credited: Credits = ()


_TOLD_COLUMNS = (
    *(_told.c[name] for name in ToldRow.__dataclass_fields__ if name in _told.c),
    _track.c.uuid.label("track_uuid"),
    _album.c.uuid.label("album_uuid"),
)


def _told_where(dialect: str, column: str) -> Any:
    """Return the query for rows with any of some keys in this column: of a listener, but where it is the id."""
    query = (
        select(*_TOLD_COLUMNS)
        .join(_track, _track.c.id == _told.c.track_id)
        .outerjoin(_album, _album.c.id == _told.c.album_id)
        .order_by(_told.c.id)
    )
    if column == "id":
        return query.where(any_of(dialect, _told.c.id, "keys"))
    return query.where(_told.c.user_id == bindparam("the_user"), any_key(dialect, _told.c[column], "keys"))


def _found_by_key(dialect: str, of: Table) -> Any:
    return select(of.c.key, of.c.id, of.c.uuid).where(any_key(dialect, of.c.key, "keys"))


def _adding_entries(dialect: str, into: Table) -> Any:
    return inserting(dialect, into).on_conflict_do_nothing().returning(into.c.key, into.c.id, into.c.uuid)


def _putting_album_artists(dialect: str) -> Any:
    statement = inserting(dialect, _album_artist)
    change = {"artist_id": statement.excluded.artist_id}
    return statement.on_conflict_do_update(index_elements=list(_album_artist.primary_key), set_=change)


_BY = {column: Prepared(partial(_told_where, column=column)) for column in ("digest", "title_key", "album_key", "id")}
_CREDITS = Prepared(
    lambda dialect: (
        select(_track_artist.c.track_id, _artist.c.id, _artist.c.uuid)
        .join(_artist, _artist.c.id == _track_artist.c.artist_id)
        .where(any_of(dialect, _track_artist.c.track_id, "tracks"))
        .order_by(_track_artist.c.track_id, _track_artist.c.position)
    )
)
_ENTRIES = (_artist, _track, _album)
_FIND = {of: Prepared(partial(_found_by_key, of=of)) for of in _ENTRIES}
_ADD = {into: Prepared(partial(_adding_entries, into=into), ["uuid", "key", "created_at"]) for into in _ENTRIES}
_ADD_CREDITS = Prepared(lambda _dialect: insert(_track_artist), _track_artist.c.keys())
_NEW_TOLD = [column.name for column in _told.c if column.name != "id"]
_ADD_TOLD = Prepared(lambda _dialect: insert(_told).returning(_told.c.id, _told.c.digest, _told.c.variant), _NEW_TOLD)
_PUT_ALBUM_ARTISTS = Prepared(_putting_album_artists, _album_artist.c.keys())
_LEARN_DURATION = Prepared(
    lambda _dialect: (
        update(_told)
        .where(_told.c.id == bindparam("the_told"), _told.c.duration.is_(None))
        .values(duration=bindparam("length"))
    )
)


def find_told(connection: Connection, user_id: int, digests: Collection[bytes]) -> list[ToldRow]:
    """Return a listener's rows with these digests, the oldest first; of equal words there may be several lengths."""
    return _with_credits(connection, _BY["digest"].fetch_any(connection, "keys", digests, {"the_user": user_id}))


def told_by_id(connection: Connection, ids: Collection[int]) -> list[ToldRow]:
    """Return the rows of these ids, whoever told them."""
    bound = {"keys": as_one_value(connection.dialect.name, ids)}
    return _with_credits(connection, _BY["id"].fetch(connection, bound))


def told_like(
    connection: Connection, user_id: int, titles: Collection[bytes], albums: Collection[bytes]
) -> list[ToldRow]:
    """Return what a listener told before with one of these titles or albums (digests), oldest first, no credits."""
    user = {"the_user": user_id}
    found = [
        *_BY["title_key"].fetch_any(connection, "keys", titles, user),
        *_BY["album_key"].fetch_any(connection, "keys", albums, user),
    ]
    return [ToldRow(*row) for row in sorted({row[0]: row for row in found}.values())]


def _with_credits(connection: Connection, rows: Sequence[tuple[Any, ...]]) -> list[ToldRow]:
    told = [ToldRow(*row) for row in sorted(rows, key=lambda row: row[0])]
    credited = credits(connection, {row.track_id for row in told})
    return [replace(row, credited=credited[row.track_id]) for row in told]


def credits(connection: Connection, tracks: Collection[int]) -> dict[int, Credits]:  # noqa: A001 - the word
    """Return the artists credited on each track, in order."""
    found: dict[int, Credits] = dict.fromkeys(tracks, ())
    if tracks:
        bound = {"tracks": as_one_value(connection.dialect.name, tracks)}
        for track, *artist in _CREDITS.fetch(connection, bound):
            found[track] += (Known(*artist),)
    return found


def artists_of(connection: Connection, tracks: Collection[int]) -> dict[int, tuple[int, ...]]:
    """Return the ids of the artists credited on each track, in order."""
    return {track: tuple(one.id for one in credited) for track, credited in credits(connection, tracks).items()}


@dataclass(frozen=True, slots=True)
class Entries:
    """Entries of the catalogue by their keys. `made` are the tracks that were not there before."""

    artists: dict[bytes, Known]
    tracks: dict[bytes, Known]
    albums: dict[bytes, Known]
    made: dict[bytes, Credits]


def ensure(
    connection: Connection,
    *,
    artists: Collection[bytes],
    tracks: Mapping[bytes, Sequence[bytes]],
    albums: Collection[bytes],
    now: int,
) -> Entries:
    """Return the entries with these keys, creating those that are missing: tracks with the artists of these keys."""
    known_artists, _ = _ensure(connection, _artist, artists, now)
    known_tracks, new = _ensure(connection, _track, tracks, now)
    known_albums, _ = _ensure(connection, _album, albums, now)
    made = {key: tuple(dict.fromkeys(known_artists[artist] for artist in tracks[key])) for key in sorted(new)}
    rows = [
        {"track_id": known_tracks[key].id, "position": position, "artist_id": artist.id}
        for key, credited in made.items()
        for position, artist in enumerate(credited)
    ]
    _ADD_CREDITS.run(connection, rows)
    return Entries(known_artists, known_tracks, known_albums, made)


def _ensure(
    connection: Connection, into: Table, keys: Collection[bytes], now: int
) -> tuple[dict[bytes, Known], set[bytes]]:
    """Return the entry of each key, and which keys were missing and are now inserted, in sorted order."""
    found = _by_key(connection, into, keys)
    missing = [{"uuid": str(uuid.uuid4()), "key": key, "created_at": now} for key in sorted(keys) if key not in found]
    if not missing:
        return found, set()
    made = {key: Known(*rest) for key, *rest in _ADD[into].fetch_each(connection, missing)}
    found |= made
    if len(found) < len(keys):
        # Another worker was faster with the rest: its rows are committed by the time our INSERT has waited for them.
        found |= _by_key(connection, into, [key for key in keys if key not in found])
    return found, set(made)


def _by_key(connection: Connection, of: Table, keys: Collection[bytes]) -> dict[bytes, Known]:
    return {key: Known(*rest) for key, *rest in _FIND[of].fetch_any(connection, "keys", keys)}


def learn_durations(connection: Connection, durations: Mapping[int, int]) -> None:
    """Note the length that was told with words that had none."""
    _LEARN_DURATION.run(connection, [{"the_told": told, "length": it} for told, it in sorted(durations.items())])


@dataclass(frozen=True, slots=True)
class NewWords:
    """A row of words as told that has no id yet, and what else is stored with it."""

    row: ToldRow
    title_key: bytes  # digest of the folded title
    album_key: bytes | None
    variant: int  # how many rows of equal words, of another length, are there


def add_told(connection: Connection, user_id: int, words: Sequence[NewWords]) -> list[int]:
    """Add words that a listener, whose row is locked, never told before; returns their numbers."""
    rows = [
        {
            **{name: getattr(one.row, name) for name in _NEW_TOLD if name in ToldRow.__slots__},
            "user_id": user_id,
            "title_key": one.title_key,
            "album_key": one.album_key,
            "variant": one.variant,
        }
        for one in words
    ]
    made = {(digest, variant): number for number, digest, variant in _ADD_TOLD.fetch_each(connection, rows)}
    return [made[one.row.digest, one.variant] for one in words]


def put_album_artists(connection: Connection, user_id: int, artists: Mapping[int, tuple[int, int]]) -> None:
    """Note whom a listener takes albums to be by: album to (artist, number of the words that told it)."""
    rows = [
        {"album_id": album, "user_id": user_id, "artist_id": artist, "number": number}
        for album, (artist, number) in sorted(artists.items())
    ]
    _PUT_ALBUM_ARTISTS.run(connection, rows)
