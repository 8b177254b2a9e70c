"""Top lists and totals of one user. All of time from the rollups, a bounded range from the plays' one index."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Literal

from sqlalchemy import Connection, Select, case, func, literal, select

from goscrobble.domain.periods import Period
from goscrobble.domain.scrobbles import Entity
from goscrobble.models import (
    Album,
    Artist,
    ScrobbleRow,
    Track,
    TrackArtist,
    UserAlbum,
    UserArtist,
    UserDay,
    UserTrack,
    table,
)
from goscrobble.storage.history import artists_of_tracks

Kind = Literal["artists", "albums", "tracks"]
By = Literal["plays", "time"]

_scrobble, _track_artist, _day = table(ScrobbleRow), table(TrackArtist), table(UserDay)
_artist, _album, _track = table(Artist), table(Album), table(Track)
_ROLLUPS = {"artists": table(UserArtist), "albums": table(UserAlbum), "tracks": table(UserTrack)}
_ENTITIES = {"artists": _artist, "albums": _album, "tracks": _track}
_KEYS = {"artists": "artist_id", "albums": "album_id", "tracks": "track_id"}


@dataclass(frozen=True, slots=True)
class TopEntry:
    """One line of a top list. First and last played are of all time, Unix seconds."""

    rank: int
    entity: Entity
    artists: tuple[Entity, ...]  # of a track or album; empty for an artist
    plays: int
    seconds: int
    first_played_at: int
    last_played_at: int


@dataclass(frozen=True, slots=True)
class Totals:
    """What a user's history adds up to. `first_at` and `last_at` are Unix seconds, None without plays."""

    plays: int
    seconds: int
    artists: int
    albums: int
    tracks: int
    first_at: int | None
    last_at: int | None


def top(
    connection: Connection, user_id: int, kind: Kind, period: Period, *, by: By, limit: int, offset: int
) -> list[TopEntry]:
    """Return a top list, best first; ties by last played (of all time), then by the entry's id, so that pages agree."""
    whole = period.start is None and period.end is None
    sums = _all_time(user_id, kind) if whole else _bounded(user_id, kind, period)
    counted = sums.subquery()
    rollup, key = _ROLLUPS[kind], _KEYS[kind]
    own, entity = _ENTITIES[kind].alias("own"), _ENTITIES[kind]
    name = entity.c.name if kind == "artists" else entity.c.title
    plays, seconds = func.sum(counted.c.plays).label("plays"), func.sum(counted.c.seconds).label("seconds")
    first, last = func.min(rollup.c.first_at).label("first_at"), func.max(rollup.c.last_at).label("last_at")
    query = (
        select(entity.c.id, entity.c.uuid, name.label("name"), plays, seconds, first, last)
        .select_from(counted)
        .join(own, own.c.id == counted.c.key)
        .join(entity, entity.c.id == func.coalesce(own.c.canonical_id, own.c.id))
        .join(rollup, (rollup.c.user_id == user_id) & (rollup.c[key] == counted.c.key))
        .group_by(entity.c.id, entity.c.uuid, name)
        .order_by((plays if by == "plays" else seconds).desc(), last.desc(), entity.c.id)
        .limit(limit)
        .offset(offset)
    )
    rows = connection.execute(query).all()
    artists = _artists(connection, kind, [row.id for row in rows])
    return [
        TopEntry(
            rank=offset + i,
            entity=Entity(row.uuid, row.name),
            artists=artists.get(row.id, ()),
            plays=int(row.plays),
            seconds=int(row.seconds),
            first_played_at=int(row.first_at),
            last_played_at=int(row.last_at),
        )
        for i, row in enumerate(rows, 1)
    ]


def totals(connection: Connection, user_id: int) -> Totals:
    """Return what a user's history adds up to."""
    plays, seconds = connection.execute(
        select(func.coalesce(func.sum(_day.c.plays), 0), func.coalesce(func.sum(_day.c.seconds), 0)).where(
            _day.c.user_id == user_id
        )
    ).one()
    counts = {
        kind: int(
            connection.execute(
                select(func.count(func.distinct(func.coalesce(entity.c.canonical_id, entity.c.id))))
                .join(_ROLLUPS[kind], _ROLLUPS[kind].c[_KEYS[kind]] == entity.c.id)
                .where(_ROLLUPS[kind].c.user_id == user_id)
            ).scalar_one()
        )
        for kind, entity in _ENTITIES.items()
    }
    first, last = connection.execute(
        select(func.min(_scrobble.c.played_at), func.max(_scrobble.c.played_at)).where(_scrobble.c.user_id == user_id)
    ).one()
    return Totals(int(plays), int(seconds), counts["artists"], counts["albums"], counts["tracks"], first, last)


def _all_time(user_id: int, kind: Kind) -> Select[Any]:
    rollup = _ROLLUPS[kind]
    return select(rollup.c[_KEYS[kind]].label("key"), rollup.c.plays, rollup.c.seconds).where(
        rollup.c.user_id == user_id
    )


def _bounded(user_id: int, kind: Kind, period: Period) -> Select[Any]:
    """Group by track (or album) in the index's own order first; only the sums meet the credits."""
    at = _scrobble.c.played_at
    length = func.coalesce(
        case((_scrobble.c.listened > 0, _scrobble.c.listened), else_=None), _scrobble.c.duration, literal(0)
    )
    key = _scrobble.c.album_id if kind == "albums" else _scrobble.c.track_id
    query = select(key.label("key"), func.count().label("plays"), func.sum(length).label("seconds"))
    query = query.where(_scrobble.c.user_id == user_id, key.is_not(None))
    if period.start is not None:
        query = query.where(at >= period.start)
    if period.end is not None:
        query = query.where(at < period.end)
    query = query.group_by(key)
    if kind != "artists":
        return query
    tracks = query.subquery()
    return (
        select(
            _track_artist.c.artist_id.label("key"),
            func.sum(tracks.c.plays).label("plays"),
            func.sum(tracks.c.seconds).label("seconds"),
        )
        .join(tracks, tracks.c.key == _track_artist.c.track_id)
        .group_by(_track_artist.c.artist_id)
    )


def _artists(connection: Connection, kind: Kind, ids: list[int]) -> dict[int, tuple[Entity, ...]]:
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
