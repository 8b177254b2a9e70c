"""Reading plays: by id, by time, filtered, as values that can be shown."""

from __future__ import annotations

import json
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Connection, Select, and_, func, or_, select

from goscrobble.domain.scrobbles import Entity, Scrobble
from goscrobble.models import Album, ScrobbleRow, Told, Track, User, table
from goscrobble.storage import picking
from goscrobble.storage.counting import Kind
from goscrobble.storage.dialect import among, rows
from goscrobble.storage.entries import artist_uuids
from goscrobble.storage.users import visible_to

_scrobble, _user = table(ScrobbleRow), table(User)
_album, _track, _told = table(Album), table(Track), table(Told)


@dataclass(frozen=True, slots=True)
class Filters:
    """Which plays: Unix seconds from `start` up to but not including `end`; UUIDs of catalogue entries.

    `source` told of them, as the first or not. `q` are words, each of which begins one of the title or its artists, or
    of the album or its artist.
    """

    start: int | None = None
    end: int | None = None
    artist: str | None = None
    album: str | None = None
    track: str | None = None
    source: str | None = None
    q: str = ""


EVERYTHING = Filters()
Place = tuple[int, int]  # (played_at, track id): where a page ended


def _base() -> Select[Any]:
    """Plays in the words of the listener's own best report; a merged entry leads to the one it was merged into."""
    own_track, own_album = _track.alias("own_track"), _album.alias("own_album")
    album_told = _told.alias("album_told")
    return (
        select(
            _scrobble.c.id,
            _scrobble.c.user_id,
            _scrobble.c.played_at,
            _scrobble.c.track_id,
            _track.c.uuid,
            _told.c.title,
            _told.c.artists,
            _told.c.artist_ids,
            _album.c.uuid.label("album_uuid"),
            album_told.c.album.label("album_title"),
            _scrobble.c.duration,
            _scrobble.c.listened,
            _scrobble.c.source,
            _scrobble.c.also_heard_by,
        )
        .join(_told, _told.c.id == _scrobble.c.told_id)
        .join(own_track, own_track.c.id == _scrobble.c.track_id)
        .join(_track, _track.c.id == func.coalesce(own_track.c.canonical_id, own_track.c.id))
        .outerjoin(album_told, album_told.c.id == _scrobble.c.album_told_id)
        .outerjoin(own_album, own_album.c.id == _scrobble.c.album_id)
        .outerjoin(_album, _album.c.id == func.coalesce(own_album.c.canonical_id, own_album.c.id))
    )


_BASE = _base()
_ARTIST_IDS = 7  # of its columns


def by_ids(connection: Connection, user_id: int, ids: Collection[int]) -> list[Scrobble]:
    """Return these plays of a user, in the order of their ids."""
    if not ids:
        return []
    query = _BASE.where(_scrobble.c.user_id == user_id, among(connection, _scrobble.c.id, ids)).order_by(_scrobble.c.id)
    return [play for _, play, _ in _values(connection, query)]


def of_anybody(connection: Connection, ids: Collection[int]) -> dict[int, Scrobble]:
    """Return these plays by id, whoever's they are."""
    found = _values(connection, _BASE.where(among(connection, _scrobble.c.id, ids))) if ids else []
    return {play.id: play for _, play, _ in found}


def page(
    connection: Connection, user_id: int, filters: Filters, *, limit: int, after: Place | None
) -> tuple[list[Scrobble], Place | None]:
    """Return a user's plays, newest first, and where the next page begins (None: this is the last).

    Raises BadInput for words that too many names have.
    """
    query = _filtered(_BASE.where(_scrobble.c.user_id == user_id), filters)
    entries: tuple[tuple[Kind, str | None], ...]
    entries = ("artists", filters.artist), ("albums", filters.album), ("tracks", filters.track)
    for kind, uuid in entries:
        if uuid is not None:
            query = query.where(*picking.of_entry(connection, user_id, kind, uuid))
    if filters.q:
        query = query.where(*picking.of_words(connection, user_id, filters.q))
    return _page(connection, query, limit, after)


def public_page(connection: Connection, *, limit: int, since: int) -> list[tuple[str, Scrobble]]:
    """Return the newest plays of all public users since a time, with the user names."""
    query = (
        _BASE.add_columns(_user.c.username)
        .join(_user, _user.c.id == _scrobble.c.user_id)
        .where(visible_to(None), _scrobble.c.played_at >= since)
        .order_by(_scrobble.c.played_at.desc(), _scrobble.c.id.desc())
        .limit(limit)
    )
    return [(username, play) for (username,), play, _ in _values(connection, query)]


def _page(
    connection: Connection, query: Select[Any], limit: int, after: Place | None
) -> tuple[list[Scrobble], Place | None]:
    at, track = _scrobble.c.played_at, _scrobble.c.track_id
    if after is not None:
        query = query.where(at <= after[0], or_(at < after[0], and_(at == after[0], track < after[1])))
    found = _values(connection, query.order_by(at.desc(), track.desc()).limit(limit + 1))
    places = [place for _, _, place in found[:limit]]
    return [play for _, play, _ in found[:limit]], places[-1] if len(found) > limit else None


def _filtered(query: Select[Any], filters: Filters) -> Select[Any]:
    if filters.start is not None:
        query = query.where(_scrobble.c.played_at >= filters.start)
    if filters.end is not None:
        query = query.where(_scrobble.c.played_at < filters.end)
    if filters.source is not None:
        others = "," + _scrobble.c.also_heard_by + ","
        # Not by LIKE: PostgreSQL would guess that it fits next to no play, and sort all that it fits.
        is_among_them = func.replace(others, f",{filters.source},", "") != others
        query = query.where(or_(_scrobble.c.source == filters.source, is_among_them))
    return query


def _values(connection: Connection, query: Select[Any]) -> list[tuple[Sequence[Any], Scrobble, Place]]:
    """Return what was added to the columns of `_BASE`, the play and its place, of each row."""
    found = rows(connection, query)
    credited = {ids: json.loads(ids) for ids in {row[_ARTIST_IDS] for row in found}}
    uuids = artist_uuids(connection, {artist for ids in credited.values() for artist in ids})
    values = []
    for row in found:
        id_, _, at, track, uuid, title, names, ids, album_uuid, album, duration, listened, source, others, *more = row
        artists = tuple(map(Entity, (uuids[artist] for artist in credited[ids]), json.loads(names)))
        play = Scrobble(
            id=id_,
            played_at=at,
            track=Entity(uuid, title),
            artists=artists,
            album=Entity(album_uuid, album) if album_uuid else None,
            duration=duration,
            listened=listened,
            source=source,
            also_heard_by=tuple(others.split(",")) if others else (),
        )
        values.append((more, play, (at, track)))
    return values
