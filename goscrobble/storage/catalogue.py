"""Artists, albums and tracks as those see them who may see only some listeners.

A play counts for the names it was identified as. An entry that was merged into another is asked for by its own id and
shown as the other, whose sums take in the plays of all that were merged into it.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from sqlalchemy import ColumnElement, Connection, Select, Table, and_, case, func, or_, select

from goscrobble.domain.accounts import Account
from goscrobble.domain.scrobbles import Entity
from goscrobble.models import AlbumArtist, Told, TrackArtist, User, table
from goscrobble.storage.counting import ENTITIES, KEYS, ROLLUPS, Kind
from goscrobble.storage.entries import Shared, named
from goscrobble.storage.users import visible_to

_user, _told = table(User), table(Told)
_track_artist, _album_artist = table(TrackArtist), table(AlbumArtist)


@dataclass(frozen=True, slots=True)
class Entry:
    """An entry of the catalogue as it is shown. `ids` are its own and those of all that were merged into it."""

    id: int
    uuid: str
    ids: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class Sums:
    """What plays add up to; first and last are Unix seconds."""

    plays: int
    seconds: int
    listeners: int
    first_at: int
    last_at: int


@dataclass(frozen=True, slots=True)
class Listed:
    """An entry in a list of some, by its plays."""

    entity: Entity
    artists: tuple[Entity, ...]  # of a track or album; empty for an artist
    plays: int
    seconds: int
    listeners: int


@dataclass(frozen=True, slots=True)
class Listener:
    """Somebody who played an entry; first and last are Unix seconds."""

    username: str
    plays: int
    seconds: int
    first_at: int
    last_at: int


# ---- one entry ----


def find(connection: Connection, kind: Kind, uuid: str) -> Entry | None:
    """Return the entry of a UUID, or the one that it was merged into."""
    own, entity = ENTITIES[kind].alias("own"), ENTITIES[kind]
    query = (
        select(entity).join(own, entity.c.id == func.coalesce(own.c.canonical_id, own.c.id)).where(own.c.uuid == uuid)
    )
    row = connection.execute(query).first()
    if row is None:
        return None
    merged = connection.execute(select(entity.c.id).where(entity.c.canonical_id == row.id).order_by(entity.c.id))
    return Entry(row.id, row.uuid, (row.id, *merged.scalars()))


def duration(connection: Connection, track: Entry, viewer: Account | None) -> int | None:
    """Return the length of a track in seconds, as the first public listener told it, else the first visible one."""
    query = (
        select(_told.c.duration)
        .join(_user, _user.c.id == _told.c.user_id)
        .where(_told.c.track_id.in_(track.ids), _told.c.duration.is_not(None), visible_to(viewer))
        .order_by(case((visible_to(None), 0), else_=1), _told.c.id)
        .limit(1)
    )
    return connection.execute(query).scalar()


def sums(connection: Connection, kind: Kind, entry: Entry, viewer: Account | None) -> Sums | None:
    """Return what the plays of all listeners add up to whom `viewer` may see; None if there are none."""
    rollup = ROLLUPS[kind]
    query = visible_sums(kind, viewer, *_totals(rollup), func.count(rollup.c.user_id.distinct()).label("listeners"))
    return _sums(connection.execute(query.where(is_of(kind, entry))).one())


def sums_of_one(connection: Connection, kind: Kind, entry: Entry, user_id: int) -> Sums | None:
    """Return what the plays of one user add up to; None if there are none."""
    rollup = ROLLUPS[kind]
    query = select(*_totals(rollup), func.count(rollup.c.user_id.distinct()).label("listeners"))
    return _sums(connection.execute(query.where(rollup.c.user_id == user_id, is_of(kind, entry))).one())


def rank(connection: Connection, kind: Kind, entry: Entry, user_id: int, own: Sums) -> int:
    """Return the place of an entry in a user's chart of all time: by plays, then last played, then id.

    Entries that have to do with a merge are summed up, the many others only compared.
    """
    entity, rollup, key = ENTITIES[kind], ROLLUPS[kind], ROLLUPS[kind].c[KEYS[kind]]
    merged = select(entity.c.id).where(entity.c.canonical_id > 0)
    mixed = merged.union(select(entity.c.canonical_id).where(entity.c.canonical_id > 0))
    mine = rollup.c.user_id == user_id
    single = select(func.count()).where(
        mine, key.not_in(mixed), _before(rollup.c.plays, rollup.c.last_at, key, own, entry)
    )
    shown = func.coalesce(entity.c.canonical_id, entity.c.id)
    plays, last = func.sum(rollup.c.plays), func.max(rollup.c.last_at)
    groups = (
        select(shown)
        .join(rollup, key == entity.c.id)
        .where(mine, key.in_(mixed))
        .group_by(shown)
        .having(_before(plays, last, shown, own, entry))
    )
    several = select(func.count()).select_from(groups.subquery())
    return 1 + sum(int(connection.execute(query).scalar_one()) for query in (single, several))


def listeners(
    connection: Connection, kind: Kind, entry: Entry, viewer: Account | None, *, limit: int, offset: int
) -> list[Listener]:
    """Return the listeners of an entry whom `viewer` may see: most plays first, then by name."""
    plays, seconds, first, last = _totals(ROLLUPS[kind])
    query = (
        visible_sums(kind, viewer, _user.c.username, plays, seconds, first, last)
        .where(is_of(kind, entry))
        .group_by(_user.c.id, _user.c.username, _user.c.username_key)
        .order_by(plays.desc(), _user.c.username_key)
        .limit(limit)
        .offset(offset)
    )
    rows = connection.execute(query)
    return [Listener(r.username, int(r.plays), int(r.seconds), int(r.first_at), int(r.last_at)) for r in rows]


# ---- what belongs to it ----


def albums(connection: Connection, kind: Kind, entry: Entry, viewer: Account | None, limit: int) -> list[Listed]:
    """Return the albums of an artist, or those that a track was played on, most plays first.

    Of a track's albums those plays count whose listeners have heard the track.
    """
    rollup = ROLLUPS["albums"]
    if kind == "artists":
        belongs: ColumnElement[bool] = rollup.c.album_id.in_(
            select(_album_artist.c.album_id)
            .join(_user, _user.c.id == _album_artist.c.user_id)
            .where(_album_artist.c.artist_id.in_(entry.ids), visible_to(viewer))
        )
    else:
        told = _told_by_visible(viewer, _told.c.album_id).where(_told.c.track_id.in_(entry.ids))
        belongs = and_(rollup.c.album_id.in_(told), _heard_too("albums", "tracks", entry))
    return _list(connection, "albums", belongs, viewer, limit)


def tracks(connection: Connection, kind: Kind, entry: Entry, viewer: Account | None, limit: int) -> list[Listed]:
    """Return the tracks of an artist, or those that were played on an album, most plays first.

    Of an album's tracks those plays count whose listeners have heard the album.
    """
    rollup = ROLLUPS["tracks"]
    if kind == "artists":
        credited = select(_track_artist.c.track_id).where(_track_artist.c.artist_id.in_(entry.ids))
        belongs: ColumnElement[bool] = rollup.c.track_id.in_(credited)
    else:
        told = _told_by_visible(viewer, _told.c.track_id).where(_told.c.album_id.in_(entry.ids))
        belongs = and_(rollup.c.track_id.in_(told), _heard_too("tracks", "albums", entry))
    return _list(connection, "tracks", belongs, viewer, limit)


# ---- parts ----


def visible_sums(kind: Kind, viewer: Account | None, *columns: Any) -> Select[Any]:
    """Return a SELECT over the sums (and accounts) of those listeners whom `viewer` may see."""
    rollup = ROLLUPS[kind]
    return select(*columns).select_from(rollup.join(_user, _user.c.id == rollup.c.user_id)).where(visible_to(viewer))


def is_of(kind: Kind, entry: Entry) -> ColumnElement[bool]:
    """Return the condition that a row of these sums is of the entry, or of one that was merged into it."""
    return ROLLUPS[kind].c[KEYS[kind]].in_(entry.ids)


def _told_by_visible(viewer: Account | None, entry: ColumnElement[Any]) -> Select[Any]:
    """Return the query for what listeners whom `viewer` may see told together with something."""
    query = select(entry).join(_user, _user.c.id == _told.c.user_id)
    return query.where(entry.is_not(None), visible_to(viewer))


def _heard_too(counted: Kind, other: Kind, entry: Entry) -> ColumnElement[bool]:
    """Whoever is counted has heard the other entry as well."""
    rollup = ROLLUPS[other]
    return select(rollup.c.user_id).where(rollup.c.user_id == ROLLUPS[counted].c.user_id, is_of(other, entry)).exists()


def _totals(rollup: Table) -> tuple[Any, ...]:
    return (
        func.sum(rollup.c.plays).label("plays"),
        func.sum(rollup.c.seconds).label("seconds"),
        func.min(rollup.c.first_at).label("first_at"),
        func.max(rollup.c.last_at).label("last_at"),
    )


def _sums(row: Any) -> Sums | None:
    if not row.listeners:
        return None
    return Sums(int(row.plays), int(row.seconds), int(row.listeners), int(row.first_at), int(row.last_at))


def _before(plays: Any, last: Any, key: Any, own: Sums, entry: Entry) -> ColumnElement[bool]:
    return or_(
        plays > own.plays,
        and_(plays == own.plays, or_(last > own.last_at, and_(last == own.last_at, key < entry.id))),
    )


def _list(
    connection: Connection, kind: Kind, belongs: ColumnElement[bool], viewer: Account | None, limit: int
) -> list[Listed]:
    """Return the entries whose sums these are, those that were merged under the name that is shown."""
    own, entity, rollup = ENTITIES[kind].alias("own"), ENTITIES[kind], ROLLUPS[kind]
    key = rollup.c[KEYS[kind]]
    plays, seconds, _, last = _totals(rollup)
    source = (
        rollup.join(_user, _user.c.id == rollup.c.user_id)
        .join(own, own.c.id == key)
        .join(entity, entity.c.id == func.coalesce(own.c.canonical_id, own.c.id))
    )
    query = (
        select(entity.c.id, plays, seconds, func.count(_user.c.id.distinct()))
        .select_from(source)
        .where(belongs, visible_to(viewer))
        .group_by(entity.c.id)
        .order_by(plays.desc(), last.desc(), entity.c.id)
        .limit(limit)
    )
    rows = connection.execute(query).all()
    names = named(connection, {kind: [row[0] for row in rows]}, Shared(viewer))[kind]
    return [
        Listed(names[id_].entity, names[id_].artists, int(total), int(length), heads)
        for id_, total, length, heads in rows
    ]
