"""Play sessions: what players have on, until it is judged a listen or not."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import asdict, dataclass

from sqlalchemy import Connection, bindparam, delete, or_, select, update

from goscrobble.models import PlaySession, table
from goscrobble.storage.dialect import upsert

_session = table(PlaySession)


@dataclass(frozen=True, slots=True)
class SessionRow:
    """A row of `play_session`. Times are Unix seconds; `heard` and `position` seconds."""

    user_id: int
    voice: str
    player: str
    item: str
    draft: str  # JSON of a ScrobbleDraft
    state: str
    started_at: float
    last_at: float
    heard: float
    position: float | None
    due_at: int | None
    judged: bool
    shown_until: int
    told: int | None
    gap: float | None
    is_lone: bool


_COLUMNS = tuple(_session.c[name] for name in SessionRow.__dataclass_fields__)
_OF_PLAYER = select(*_COLUMNS).where(
    _session.c.user_id == bindparam("the_user"),
    _session.c.voice == bindparam("the_voice"),
    _session.c.player == bindparam("the_player"),
    or_(
        _session.c.item == bindparam("the_item"),
        _session.c.judged.is_(False),
        _session.c.state != "stopped",
        _session.c.last_at > bindparam("the_moment"),
    ),
)


def of_player(connection: Connection, user_id: int, voice: str, player: str, item: str, at: float) -> list[SessionRow]:
    """Return the sessions of a player that an event of `item` at a moment may touch, oldest start first.

    Of what it played long since, only that of the same track.
    """
    values = {"the_user": user_id, "the_voice": voice, "the_player": player, "the_item": item, "the_moment": at}
    rows = [SessionRow(*row) for row in connection.execute(_OF_PLAYER, values)]
    return sorted(rows, key=lambda row: row.started_at)


def elsewhere(connection: Connection, user_id: int, voice: str, item: str, player: str) -> list[SessionRow]:
    """Return the sessions that other players of a connection had with a track, the latest heard of first."""
    query = select(*_COLUMNS).where(
        _session.c.user_id == user_id,
        _session.c.voice == voice,
        _session.c.item == item,
        _session.c.player != player,
    )
    rows = [SessionRow(*row) for row in connection.execute(query)]
    return sorted(rows, key=lambda row: -row.last_at)


def put(connection: Connection, row: SessionRow) -> None:
    """Store a session, new or changed."""
    values = asdict(row)
    keys = [column.name for column in _session.primary_key]
    changed = {key: value for key, value in values.items() if key not in keys}
    statement = upsert(connection, _session).values(values)
    connection.execute(statement.on_conflict_do_update(index_elements=keys, set_=changed))


def mark_judged(connection: Connection, row: SessionRow, *, heard: float, told: int | None) -> bool:
    """Note that a session had its verdict; False: its player was heard of meanwhile, and it goes on."""
    marked = connection.execute(
        update(_session)
        .where(
            _session.c.user_id == row.user_id,
            _session.c.voice == row.voice,
            _session.c.player == row.player,
            _session.c.item == row.item,
            _session.c.started_at == row.started_at,
            _session.c.last_at == row.last_at,
        )
        .values(judged=True, due_at=None, state="stopped", heard=heard, told=told)
    )
    return marked.rowcount == 1


def due(connection: Connection, now: int, limit: int) -> list[SessionRow]:
    """Return sessions whose track has run out by the clock."""
    query = select(*_COLUMNS).where(_session.c.due_at <= now).order_by(_session.c.due_at).limit(limit)
    return [SessionRow(*row) for row in connection.execute(query)]


def shown(connection: Connection, user_id: int, now: int) -> list[SessionRow]:
    """Return what a user's players have on right now, newest first."""
    query = select(*_COLUMNS).where(
        _session.c.user_id == user_id, _session.c.shown_until > now, _session.c.state != "stopped"
    )
    rows = [SessionRow(*row) for row in connection.execute(query)]
    return sorted(rows, key=lambda row: -row.last_at)


def shown_of(connection: Connection, user_ids: Collection[int] | None, now: int) -> list[SessionRow]:
    """Return what the players of these users (None: of all) have on right now, newest first."""
    query = select(*_COLUMNS).where(_session.c.shown_until > now, _session.c.state != "stopped")
    if user_ids is not None:
        query = query.where(_session.c.user_id.in_(user_ids))
    rows = [SessionRow(*row) for row in connection.execute(query)]
    return sorted(rows, key=lambda row: -row.last_at)


def forget(connection: Connection, before: int) -> int:
    """Delete sessions that had their verdict and were last heard of before a time."""
    return connection.execute(delete(_session).where(_session.c.judged.is_(True), _session.c.last_at < before)).rowcount
