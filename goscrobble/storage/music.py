"""The catalogue: finding and creating artists, albums, tracks, and the names that sources told.

Rows are only ever added, in sorted order, and found by a digest of their folded names, so any number of workers can
learn the same names at once.
"""

from __future__ import annotations

import uuid
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Connection, Table, bindparam, select, tuple_, update

from goscrobble.domain.scrobbles import Entity
from goscrobble.models import Album, Artist, Identifier, Told, Track, TrackArtist, table
from goscrobble.storage.dialect import adding
from goscrobble.storage.words import add_words

_artist, _album, _track = table(Artist), table(Album), table(Track)
_track_artist, _identifier, _told = table(TrackArtist), table(Identifier), table(Told)
_NAME = {_artist: "name", _album: "title", _track: "title"}
_MOST_BOUND = 500  # values in one IN (...): well below what either database takes


@dataclass(frozen=True, slots=True)
class ToldRow:
    """A row of names as told, with the track, artists and album it was identified as."""

    id: int
    digest: bytes
    title: str
    artists: str  # JSON
    ids: str  # JSON
    track_id: int
    album_id: int | None
    track_uuid: str
    track_title: str
    album_uuid: str | None
    album_title: str | None
    credited: tuple[tuple[int, Entity], ...]  # artists with their ids, in order


_TOLD = (
    select(
        *(_told.c.id, _told.c.digest, _told.c.title, _told.c.artists, _told.c.ids, _told.c.track_id, _told.c.album_id),
        *(_track.c.uuid, _track.c.title, _album.c.uuid, _album.c.title),
    )
    .join(_track, _track.c.id == _told.c.track_id)
    .outerjoin(_album, _album.c.id == _told.c.album_id)
)
_TOLD_BY_DIGEST = _TOLD.where(_told.c.digest.in_(bindparam("keys", expanding=True)))
_TOLD_BY_ID = _TOLD.where(_told.c.id.in_(bindparam("keys", expanding=True)))
_CREDITS = (
    select(_track_artist.c.track_id, _artist.c.id, _artist.c.uuid, _artist.c.name)
    .join(_artist, _artist.c.id == _track_artist.c.artist_id)
    .where(_track_artist.c.track_id.in_(bindparam("tracks", expanding=True)))
    .order_by(_track_artist.c.track_id, _track_artist.c.position)
)
_BY_KEY = {
    of: select(of.c.key, of.c.id).where(of.c.key.in_(bindparam("keys", expanding=True)))
    for of in (_artist, _album, _track)
}
_LEARN_DURATION = (
    update(_track)
    .where(_track.c.id == bindparam("track"), _track.c.duration.is_(None))
    .values(duration=bindparam("length"))
)


def find_told(
    connection: Connection, *, digests: Collection[bytes] = (), ids: Collection[int] = ()
) -> Iterable[ToldRow]:
    """Return the rows of these digests or ids that exist."""
    by, keys = (_TOLD_BY_DIGEST, list(digests)) if digests else (_TOLD_BY_ID, list(ids))
    rows = [row for part in _parts(keys) for row in connection.execute(by, {"keys": part})]
    credited = _credits(connection, {row.track_id for row in rows})
    return [ToldRow(*row, credited=tuple(credited[row.track_id])) for row in rows]


def credits(connection: Connection, tracks: Collection[int]) -> dict[int, tuple[int, ...]]:  # noqa: A001 - the word
    """Return the artists credited on each track, in order."""
    found = _credits(connection, tracks)
    return {track: tuple(artist for artist, _ in artists) for track, artists in found.items()}


def _credits(connection: Connection, tracks: Collection[int]) -> dict[int, list[tuple[int, Entity]]]:
    found: dict[int, list[tuple[int, Entity]]] = {track: [] for track in tracks}
    for part in _parts(list(tracks)):
        for track, artist, uuid_, name in connection.execute(_CREDITS, {"tracks": part}):
            found[track].append((artist, Entity(uuid_, name)))
    return found


def find_by_identifiers(connection: Connection, pairs: Collection[tuple[str, str]]) -> dict[tuple[str, str], int]:
    """Return the track that each (kind, value) names."""
    found: dict[tuple[str, str], int] = {}
    for part in _parts(sorted(pairs)):
        rows = connection.execute(
            select(_identifier.c.kind, _identifier.c.value, _identifier.c.entity_id).where(
                _identifier.c.entity == "track", tuple_(_identifier.c.kind, _identifier.c.value).in_(part)
            )
        )
        found |= {(kind, value): track for kind, value, track in rows}
    return found


def names_of_tracks(connection: Connection, tracks: Collection[int]) -> dict[int, tuple[str, tuple[str, ...]]]:
    """Return title and artists' names of each track."""
    found: dict[int, tuple[str, list[str]]] = {}
    for part in _parts(sorted(tracks)):
        rows = connection.execute(
            select(_track.c.id, _track.c.title, _artist.c.name)
            .join(_track_artist, _track_artist.c.track_id == _track.c.id)
            .join(_artist, _artist.c.id == _track_artist.c.artist_id)
            .where(_track.c.id.in_(part))
            .order_by(_track.c.id, _track_artist.c.position)
        )
        for track, title, artist in rows:
            found.setdefault(track, (title, []))[1].append(artist)
    return {track: (title, tuple(artists)) for track, (title, artists) in found.items()}


def ensure_artists(connection: Connection, names: Mapping[bytes, str], now: int) -> dict[bytes, int]:
    """Return the id of each artist by key, creating those that are missing with the name given."""
    return _ensure(connection, _artist, {key: {"name": name, "created_at": now} for key, name in names.items()})


def ensure_albums(connection: Connection, albums: Mapping[bytes, tuple[str, int]], now: int) -> dict[bytes, int]:
    """Return the id of each album by key, creating those that are missing with (title, artist id)."""
    return _ensure(
        connection,
        _album,
        {key: {"title": title, "artist_id": artist, "created_at": now} for key, (title, artist) in albums.items()},
    )


def ensure_tracks(
    connection: Connection, tracks: Mapping[bytes, tuple[str, int | None, tuple[int, ...]]], now: int
) -> dict[bytes, int]:
    """Return the id of each track by key, creating those that are missing with (title, duration, artist ids)."""
    created: set[bytes] = set()
    ids = _ensure(
        connection,
        _track,
        {key: {"title": t, "duration": duration, "created_at": now} for key, (t, duration, _) in tracks.items()},
        created,
    )
    rows = [
        {"track_id": ids[key], "position": position, "artist_id": artist}
        for key in sorted(created)
        for position, artist in enumerate(tracks[key][2])
    ]
    if rows:
        connection.execute(_track_artist.insert(), rows)
    return ids


def learn_durations(connection: Connection, durations: Mapping[int, int]) -> None:
    """Note the length of tracks of which none was known."""
    if durations:
        connection.execute(_LEARN_DURATION, [{"track": t, "length": d} for t, d in sorted(durations.items())])


def add_identifiers(connection: Connection, rows: Collection[tuple[str, str, str, int]]) -> None:
    """Note (entity, kind, value, entity id); a value that names something already keeps its meaning."""
    if rows:
        names = ("entity", "kind", "value", "entity_id")
        values = [dict(zip(names, row, strict=True)) for row in sorted(set(rows))]
        connection.execute(adding(connection, _identifier), values)


def add_told(connection: Connection, rows: Mapping[bytes, Mapping[str, Any]]) -> None:
    """Add names as told, by digest."""
    values = [{"digest": digest, **rows[digest]} for digest in sorted(rows)]
    connection.execute(adding(connection, _told), values)


def _ensure(
    connection: Connection,
    into: Table,
    rows: Mapping[bytes, Mapping[str, Any]],
    created: set[bytes] | None = None,
) -> dict[bytes, int]:
    """Return the id of each key, inserting the missing rows in sorted order; notes in `created` which were inserted."""
    found = _ids(connection, into, rows)
    missing = [{"uuid": str(uuid.uuid4()), "key": key, **rows[key]} for key in sorted(rows) if key not in found]
    if missing:
        made = dict(connection.execute(adding(connection, into, "key", "id"), missing).all())
        found |= made
        add_words(connection, into.name, {id_: rows[key][_NAME[into]] for key, id_ in made.items()})
        if created is not None:
            created.update(made)
        # Another worker was faster with the rest: its rows are committed by the time our INSERT has waited for them.
        found |= _ids(connection, into, [key for key in rows if key not in found])
    return found


def _ids(connection: Connection, of: Table, keys: Iterable[bytes]) -> dict[bytes, int]:
    found: dict[bytes, int] = {}
    for part in _parts(list(keys)):
        found |= dict(connection.execute(_BY_KEY[of], {"keys": part}).all())
    return found


def _parts(values: list[Any]) -> Iterable[list[Any]]:
    return (values[i : i + _MOST_BOUND] for i in range(0, len(values), _MOST_BOUND))
