"""What entries of the catalogue are called, by the ids that sums and plays hold."""

from __future__ import annotations

from collections.abc import Collection

from sqlalchemy import BindParameter, Connection, bindparam, func, select

from goscrobble.domain.scrobbles import Entity
from goscrobble.models import Album, Artist, TrackArtist, table
from goscrobble.storage.counting import ENTITIES, Kind

_artist, _album, _track_artist = table(Artist), table(Album), table(TrackArtist)
_IDS: BindParameter[int] = bindparam("ids", expanding=True)
_NAMES = {
    kind: select(entity.c.id, entity.c.uuid, entity.c.name if kind == "artists" else entity.c.title).where(
        entity.c.id.in_(_IDS)
    )
    for kind, entity in ENTITIES.items()
}
_SHOWN = _artist.alias("shown")
_ARTISTS_OF_ALBUMS = (
    select(_album.c.id, _SHOWN.c.uuid, _SHOWN.c.name)
    .join(_artist, _artist.c.id == _album.c.artist_id)
    .join(_SHOWN, _SHOWN.c.id == func.coalesce(_artist.c.canonical_id, _artist.c.id))
    .where(_album.c.id.in_(_IDS))
)
_ARTISTS_OF_TRACKS = (
    select(_track_artist.c.track_id, _SHOWN.c.uuid, _SHOWN.c.name)
    .join(_artist, _artist.c.id == _track_artist.c.artist_id)
    .join(_SHOWN, _SHOWN.c.id == func.coalesce(_artist.c.canonical_id, _artist.c.id))
    .where(_track_artist.c.track_id.in_(_IDS))
    .order_by(_track_artist.c.track_id, _track_artist.c.position)
)


def names_of(connection: Connection, kind: Kind, ids: Collection[int]) -> dict[int, Entity]:
    """Return the public id and the name of each of these."""
    if not ids:
        return {}
    rows = connection.execute(_NAMES[kind], {"ids": list(ids)})
    return {key: Entity(uuid, text) for key, uuid, text in rows}


def artists_of(connection: Connection, kind: Kind, ids: Collection[int]) -> dict[int, tuple[Entity, ...]]:
    """Return the artists of each of these albums or tracks, in order; nothing for artists."""
    if kind == "tracks":
        return artists_of_tracks(connection, ids)
    if kind == "artists" or not ids:
        return {}
    rows = connection.execute(_ARTISTS_OF_ALBUMS, {"ids": list(ids)})
    return {album: (Entity(uuid, name),) for album, uuid, name in rows}


def artists_of_tracks(connection: Connection, tracks: Collection[int]) -> dict[int, tuple[Entity, ...]]:
    """Return the artists credited on each track, in order."""
    found: dict[int, list[Entity]] = {track: [] for track in tracks}
    if found:
        for track, uuid, name in connection.execute(_ARTISTS_OF_TRACKS, {"ids": sorted(found)}):
            found[track].append(Entity(uuid, name))
    return {track: tuple(artists) for track, artists in found.items()}
