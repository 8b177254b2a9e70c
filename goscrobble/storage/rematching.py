"""What an upgrade from shared names reads and writes: plays and reports whose words are nobody's own yet."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Connection, bindparam, delete, func, select, update

from goscrobble.domain.drafts import Stamp
from goscrobble.models import DeletedPlay, Heard, ScrobbleRow, Told, table
from goscrobble.storage.scrobbles import HeardRow, PlayRow

_scrobble, _heard, _deleted, _told = table(ScrobbleRow), table(Heard), table(DeletedPlay), table(Told)
_HEARD = tuple(_heard.c[name] for name in HeardRow.__dataclass_fields__)
_PLAY = tuple(_scrobble.c[name] for name in PlayRow.__dataclass_fields__)
_SNAPSHOT = (_deleted.c.play_id, *(_deleted.c[name] for name in PlayRow.__dataclass_fields__ if name != "id"))


@dataclass(frozen=True, slots=True)
class OldTold:
    """Words as they were told when they were everybody's."""

    title: str
    artists: str  # JSON
    album: str | None
    album_artists: str  # JSON
    ids: str  # JSON
    track_id: int
    album_id: int | None


def is_pending(connection: Connection) -> bool:
    """Return whether there are words left that are nobody's own."""
    return connection.execute(select(_told.c.id).where(_told.c.user_id.is_(None)).limit(1)).first() is not None


def plays_left(connection: Connection) -> int:
    """Return how many plays there are to do."""
    return connection.execute(select(func.count()).where(_scrobble.c.told_id.is_(None))).scalar_one()


def next_plays(connection: Connection, user_id: int, after: tuple[int, int], limit: int) -> list[PlayRow]:
    """Return plays of a user without words, in the order of (played_at, track_id), from behind a place."""
    at, track = _scrobble.c.played_at, _scrobble.c.track_id
    query = (
        select(*_PLAY)
        .where(_scrobble.c.user_id == user_id, _scrobble.c.told_id.is_(None))
        .where((at > after[0]) | ((at == after[0]) & (track > after[1])))
        .order_by(at, track)
        .limit(limit)
    )
    return [PlayRow(*row) for row in connection.execute(query)]


def next_snapshots(connection: Connection, user_id: int, limit: int) -> list[PlayRow]:
    """Return what deleted plays were, without words."""
    query = select(*_SNAPSHOT).where(_deleted.c.user_id == user_id, _deleted.c.told_id.is_(None))
    query = query.outerjoin(_scrobble, _scrobble.c.id == _deleted.c.play_id).where(_scrobble.c.id.is_(None))
    return [PlayRow(*row) for row in connection.execute(query.limit(limit))]


def snapshots_of(connection: Connection, user_id: int, plays: Collection[int]) -> dict[int, PlayRow]:
    """Return what these plays were before their last edit."""
    query = select(*_SNAPSHOT).where(_deleted.c.user_id == user_id, _deleted.c.play_id.in_(plays))
    return {row.play_id: PlayRow(*row) for row in connection.execute(query)}


def next_reports(connection: Connection, user_id: int, limit: int) -> list[HeardRow]:
    """Return reports of a user in words that are nobody's own."""
    query = select(*_HEARD).join(_told, _told.c.id == _heard.c.told_id)
    query = query.where(_heard.c.user_id == user_id, _told.c.user_id.is_(None)).limit(limit)
    return [HeardRow(**{**row._asdict(), "stamp": Stamp(row.stamp)}) for row in connection.execute(query)]


def old_words(connection: Connection, ids: Collection[int]) -> dict[int, OldTold]:
    """Return those of these words that are nobody's own."""
    columns = tuple(_told.c[name] for name in OldTold.__dataclass_fields__)
    query = select(_told.c.id, *columns).where(_told.c.id.in_(ids), _told.c.user_id.is_(None))
    return {row[0]: OldTold(*row[1:]) for row in connection.execute(query)}


def reword(connection: Connection, user_id: int, reports: Mapping[HeardRow, int]) -> None:
    """Give reports other words, which say the same."""
    key: dict[str, Any] = {name: bindparam(f"the_{name}") for name in ("told_at", "told_id", "voice", "nth")}
    statement = update(_heard).where(
        _heard.c.user_id == user_id, *(_heard.c[name] == value for name, value in key.items())
    )
    values = [{f"the_{name}": getattr(row, name) for name in key} | {"words": told} for row, told in reports.items()]
    if values:
        connection.execute(statement.values(told_id=bindparam("words")), values)


def put_play(connection: Connection, play: PlayRow) -> None:
    """Store what changed of a play."""
    connection.execute(update(_scrobble).where(_scrobble.c.id == play.id).values(_changed(play)))


def put_snapshot(connection: Connection, user_id: int, play: PlayRow) -> None:
    """Store what changed of what a play was."""
    mine = _deleted.c.user_id == user_id, _deleted.c.play_id == play.id
    connection.execute(update(_deleted).where(*mine).values(_changed(play)))


def forget_old(connection: Connection, limit: int) -> bool:
    """Delete words that were everybody's, so many at once; returns whether there may be more."""
    some = select(_told.c.id).where(_told.c.user_id.is_(None)).limit(limit)
    return connection.execute(delete(_told).where(_told.c.id.in_(some))).rowcount > 0


def _changed(play: PlayRow) -> dict[str, Any]:
    return {name: getattr(play, name) for name in ("played_at", "track_id", "album_id", "told_id", "album_told_id")}
