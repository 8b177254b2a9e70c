"""What entries of the catalogue are called, by the ids that sums and plays hold."""

from __future__ import annotations

from collections.abc import Collection

from sqlalchemy import Connection, func, select

from goscrobble.domain.scrobbles import Entity
from goscrobble.models import Album, Artist, table
from goscrobble.storage.counting import ENTITIES, Kind
from goscrobble.storage.history import artists_of_tracks

_artist, _album = table(Artist), table(Album)


def names_of(connection: Connection, kind: Kind, ids: Collection[int]) -> dict[int, Entity]:
    """Return the public id and the name of each of these."""
    if not ids:
        return {}
    entity = ENTITIES[kind]
    name = entity.c.name if kind == "artists" else entity.c.title
    rows = connection.execute(select(entity.c.id, entity.c.uuid, name).where(entity.c.id.in_(ids)))
    return {key: Entity(uuid, text) for key, uuid, text in rows}


def artists_of(connection: Connection, kind: Kind, ids: Collection[int]) -> dict[int, tuple[Entity, ...]]:
    """Return the artists of each of these albums or tracks, in order; nothing for artists."""
    if kind == "tracks":
        return artists_of_tracks(connection, ids)
    if kind == "artists" or not ids:
        return {}
    shown = _artist.alias("shown")
    rows = connection.execute(
        select(_album.c.id, shown.c.uuid, shown.c.name)
        .join(_artist, _artist.c.id == _album.c.artist_id)
        .join(shown, shown.c.id == func.coalesce(_artist.c.canonical_id, _artist.c.id))
        .where(_album.c.id.in_(ids))
    )
    return {album: (Entity(uuid, name),) for album, uuid, name in rows}
