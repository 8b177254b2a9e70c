"""What entries of the catalogue are called, by the ids that sums and plays hold."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Mapping
from functools import cache
from typing import Any

from sqlalchemy import (
    BindParameter,
    ColumnElement,
    CompoundSelect,
    Connection,
    Select,
    bindparam,
    func,
    literal_column,
    select,
    union_all,
)

from goscrobble.domain.scrobbles import Entity
from goscrobble.models import Album, Artist, TrackArtist, table
from goscrobble.storage.counting import ENTITIES, Kind

_artist, _album, _credit = table(Artist), table(Album), table(TrackArtist)
_SHOWN = _artist.alias("shown")
_WITH_ARTISTS: tuple[Kind, ...] = ("albums", "tracks")


def names_of(connection: Connection, kind: Kind, ids: Collection[int]) -> dict[int, Entity]:
    """Return the public id and the name of each of these."""
    return names_of_kinds(connection, {kind: ids})[kind]


def names_of_kinds(connection: Connection, ids: Mapping[Kind, Collection[int]]) -> dict[Kind, dict[int, Entity]]:
    """Return the same of several kinds."""
    found: dict[Kind, dict[int, Entity]] = {kind: {} for kind in ids}
    kinds = tuple(kind for kind, some in ids.items() if some)
    for kind, key, uuid, text in _found(connection, _names_of, kinds, ids):
        found[kind][key] = Entity(uuid, text)
    return found


def artists_of(connection: Connection, kind: Kind, ids: Collection[int]) -> dict[int, tuple[Entity, ...]]:
    """Return the artists of each of these albums or tracks, in order; nothing for artists."""
    return artists_of_kinds(connection, {kind: ids})[kind]


def artists_of_kinds(
    connection: Connection, ids: Mapping[Kind, Collection[int]]
) -> dict[Kind, dict[int, tuple[Entity, ...]]]:
    """Return the same of several kinds."""
    found: dict[Kind, dict[int, tuple[Entity, ...]]] = {kind: {} for kind in ids}
    kinds = tuple(kind for kind, some in ids.items() if some and kind in _WITH_ARTISTS)
    for kind, key, uuid, name, _place in _found(connection, _artists_of, kinds, ids):
        found[kind][key] = (*found[kind].get(key, ()), Entity(uuid, name))
    return found


def artists_of_tracks(connection: Connection, tracks: Collection[int]) -> dict[int, tuple[Entity, ...]]:
    """Return the artists credited on each track, in order."""
    return dict.fromkeys(tracks, ()) | artists_of(connection, "tracks", tracks)


# ---- queries, made once ----


def _names(kind: Kind) -> Select[Any]:
    entity = ENTITIES[kind]
    name = entity.c.name if kind == "artists" else entity.c.title
    return select(_named(kind), entity.c.id, entity.c.uuid, name).where(entity.c.id.in_(_bound(kind)))


def _artists(kind: Kind) -> Select[Any]:
    """Return the query for the artists of albums or tracks; the last column is their order."""
    place: ColumnElement[int]
    if kind == "albums":
        key, artist, place = _album.c.id, _album.c.artist_id, literal_column("0")
    else:
        key, artist, place = _credit.c.track_id, _credit.c.artist_id, _credit.c.position
    return (
        select(_named(kind), key, _SHOWN.c.uuid, _SHOWN.c.name, place.label("place"))
        .join(_artist, _artist.c.id == artist)
        .join(_SHOWN, _SHOWN.c.id == func.coalesce(_artist.c.canonical_id, _artist.c.id))
        .where(key.in_(_bound(kind)))
    )


def _named(kind: Kind) -> ColumnElement[str]:
    return literal_column(f"'{kind}'")


def _bound(kind: Kind) -> BindParameter[int]:
    return bindparam(kind, expanding=True)


@cache
def _names_of(kinds: tuple[Kind, ...]) -> CompoundSelect[Any]:
    return union_all(*map(_names, kinds))


@cache
def _artists_of(kinds: tuple[Kind, ...]) -> CompoundSelect[Any]:
    return union_all(*map(_artists, kinds)).order_by("place")


def _found(
    connection: Connection,
    query: Callable[[tuple[Kind, ...]], CompoundSelect[Any]],
    kinds: tuple[Kind, ...],
    ids: Mapping[Kind, Collection[int]],
) -> Iterable[Any]:
    """Return what a query finds of these kinds by their ids."""
    values: dict[str, Any] = {kind: list(ids[kind]) for kind in kinds}
    return connection.execute(query(kinds), values) if kinds else ()
