"""The catalogue: finding and creating artists, albums, tracks, and the words that listeners' sources told.

Entries are only ever added, in sorted order, and found by a digest of folded names, so any number of workers can
learn the same names at once.
"""

from __future__ import annotations

import uuid
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, replace
from typing import Any

from sqlalchemy import Connection, Table, bindparam, or_, select, update

from goscrobble.models import Album, AlbumArtist, Artist, Told, Track, TrackArtist, table
from goscrobble.storage.dialect import adding, upsert

_artist, _album, _track = table(Artist), table(Album), table(Track)
_track_artist, _album_artist, _told = table(TrackArtist), table(AlbumArtist), table(Told)
_MOST_BOUND = 500  # values in one IN (...): well below what either database takes


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
    credited: tuple[tuple[int, str], ...] = ()  # ids and UUIDs of the track's artists, in order


@dataclass(frozen=True, slots=True)
class EarlierRow:
    """What a listener told before, as far as it helps to identify what is told now."""

    title: str
    artists: str  # JSON
    album: str | None
    album_artists: str  # JSON
    ids: str  # JSON
    duration: int | None
    track_id: int
    album_id: int | None


_EARLIER = tuple(_told.c[name] for name in EarlierRow.__dataclass_fields__)
_TOLD = (
    select(
        *(_told.c.id, _told.c.digest, *_EARLIER, _told.c.artist_ids),
        *(_track.c.uuid.label("track_uuid"), _album.c.uuid.label("album_uuid")),
    )
    .join(_track, _track.c.id == _told.c.track_id)
    .outerjoin(_album, _album.c.id == _told.c.album_id)
    .order_by(_told.c.id)
)
_TOLD_BY_DIGEST = _TOLD.where(
    _told.c.user_id == bindparam("the_user"), _told.c.digest.in_(bindparam("keys", expanding=True))
)
_TOLD_BY_ID = _TOLD.where(_told.c.id.in_(bindparam("keys", expanding=True)))
_LIKE = (
    select(*_EARLIER)
    .where(
        _told.c.user_id == bindparam("the_user"),
        or_(
            _told.c.title_key.in_(bindparam("titles", expanding=True)),
            _told.c.album_key.in_(bindparam("albums", expanding=True)),
        ),
    )
    .order_by(_told.c.id)
)
_CREDITS = (
    select(_track_artist.c.track_id, _artist.c.id, _artist.c.uuid)
    .join(_artist, _artist.c.id == _track_artist.c.artist_id)
    .where(_track_artist.c.track_id.in_(bindparam("tracks", expanding=True)))
    .order_by(_track_artist.c.track_id, _track_artist.c.position)
)
_BY_KEY = {
    of: select(of.c.key, of.c.id).where(of.c.key.in_(bindparam("keys", expanding=True)))
    for of in (_artist, _album, _track)
}
_LEARN_DURATION = (
    update(_told)
    .where(_told.c.id == bindparam("the_told"), _told.c.duration.is_(None))
    .values(duration=bindparam("length"))
)


def find_told(connection: Connection, user_id: int, digests: Collection[bytes]) -> list[ToldRow]:
    """Return a listener's rows with these digests, the oldest first; of equal words there may be several lengths."""
    values = {"the_user": user_id}
    return _told_rows(connection, _TOLD_BY_DIGEST, list(digests), values)


def told_by_id(connection: Connection, ids: Collection[int]) -> list[ToldRow]:
    """Return the rows of these ids, whoever told them."""
    return _told_rows(connection, _TOLD_BY_ID, list(ids), {})


def _told_rows(connection: Connection, query: Any, keys: list[Any], values: Mapping[str, Any]) -> list[ToldRow]:
    rows = [row for part in _parts(keys) for row in connection.execute(query, {"keys": part, **values})]
    credited = _credits(connection, {row.track_id for row in rows})
    return [replace(ToldRow(*row), credited=tuple(credited[row.track_id])) for row in rows]


def told_like(
    connection: Connection, user_id: int, titles: Collection[bytes], albums: Collection[bytes]
) -> list[EarlierRow]:
    """Return what a listener told before with one of these titles, or albums (digests), the oldest first."""
    found: dict[EarlierRow, None] = {}
    ordered = sorted(titles), sorted(albums)
    for start in range(0, max(map(len, ordered)), _MOST_BOUND):
        parts = (part[start : start + _MOST_BOUND] for part in ordered)
        values = dict(zip(("titles", "albums"), parts, strict=True))
        found |= dict.fromkeys(EarlierRow(*row) for row in connection.execute(_LIKE, {"the_user": user_id, **values}))
    return list(found)


def credits(connection: Connection, tracks: Collection[int]) -> dict[int, tuple[int, ...]]:  # noqa: A001 - the word
    """Return the artists credited on each track, in order."""
    found = _credits(connection, tracks)
    return {track: tuple(artist for artist, _ in artists) for track, artists in found.items()}


def _credits(connection: Connection, tracks: Collection[int]) -> dict[int, list[tuple[int, str]]]:
    found: dict[int, list[tuple[int, str]]] = {track: [] for track in tracks}
    for part in _parts(list(tracks)):
        for track, artist, uuid_ in connection.execute(_CREDITS, {"tracks": part}):
            found[track].append((artist, uuid_))
    return found


def ensure_artists(connection: Connection, keys: Collection[bytes], now: int) -> dict[bytes, int]:
    """Return the id of each artist by key, creating those that are missing."""
    return _ensure(connection, _artist, keys, now)


def ensure_albums(connection: Connection, keys: Collection[bytes], now: int) -> dict[bytes, int]:
    """Return the id of each album by key, creating those that are missing."""
    return _ensure(connection, _album, keys, now)


def ensure_tracks(connection: Connection, tracks: Mapping[bytes, tuple[int, ...]], now: int) -> dict[bytes, int]:
    """Return the id of each track by key, creating those that are missing with these artists."""
    created: set[bytes] = set()
    ids = _ensure(connection, _track, tracks, now, created)
    rows = [
        {"track_id": ids[key], "position": position, "artist_id": artist}
        for key in sorted(created)
        for position, artist in enumerate(tracks[key])
    ]
    if rows:
        connection.execute(_track_artist.insert(), rows)
    return ids


def learn_durations(connection: Connection, durations: Mapping[int, int]) -> None:
    """Note the length that was told with words that had none."""
    if durations:
        connection.execute(_LEARN_DURATION, [{"the_told": t, "length": d} for t, d in sorted(durations.items())])


def add_told(connection: Connection, rows: Iterable[Mapping[str, Any]]) -> None:
    """Add words as told; what is there already stays."""
    values = sorted(rows, key=lambda row: (row["digest"], row["variant"]))
    if values:
        connection.execute(adding(connection, _told), values)


def put_album_artists(connection: Connection, user_id: int, artists: Mapping[int, tuple[int, int]]) -> None:
    """Note whom a listener takes albums to be by: album to (artist, number of the words that told it)."""
    if not artists:
        return
    rows = [
        {"album_id": album, "user_id": user_id, "artist_id": artist, "number": number}
        for album, (artist, number) in sorted(artists.items())
    ]
    statement = upsert(connection, _album_artist)
    change = {"artist_id": statement.excluded.artist_id}
    connection.execute(
        statement.on_conflict_do_update(index_elements=list(_album_artist.primary_key), set_=change), rows
    )


def _ensure(
    connection: Connection, into: Table, keys: Collection[bytes], now: int, created: set[bytes] | None = None
) -> dict[bytes, int]:
    """Return the id of each key, inserting the missing rows in sorted order; notes in `created` which were inserted."""
    found = _ids(connection, into, keys)
    missing = [{"uuid": str(uuid.uuid4()), "key": key, "created_at": now} for key in sorted(keys) if key not in found]
    if missing:
        made = dict(connection.execute(adding(connection, into, "key", "id"), missing).all())
        found |= made
        if created is not None:
            created.update(made)
        # Another worker was faster with the rest: its rows are committed by the time our INSERT has waited for them.
        found |= _ids(connection, into, [key for key in keys if key not in found])
    return found


def _ids(connection: Connection, of: Table, keys: Iterable[bytes]) -> dict[bytes, int]:
    found: dict[bytes, int] = {}
    for part in _parts(list(keys)):
        found |= dict(connection.execute(_BY_KEY[of], {"keys": part}).all())
    return found


def _parts(values: list[Any]) -> Iterable[list[Any]]:
    return (values[i : i + _MOST_BOUND] for i in range(0, len(values), _MOST_BOUND))
