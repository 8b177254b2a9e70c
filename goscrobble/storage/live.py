"""What streams are told of: plays in the order of their numbers, and whether those who listen still may."""

from __future__ import annotations

from collections.abc import Collection, Iterator
from typing import Any

from sqlalchemy import Connection, select

from goscrobble.domain.accounts import Account
from goscrobble.models import ApiToken, ScrobbleRow, User, WebSession, table
from goscrobble.storage import dialect, users

_scrobble, _user, _session, _token = table(ScrobbleRow), table(User), table(WebSession), table(ApiToken)
_MOST_BOUND = 500  # values in one IN (...)

Number = tuple[int, int, int]  # of a play: its id, whose it is, when it began


def newest(connection: Connection, most: int) -> list[int]:
    """Return the highest numbers that plays have, at most so many, the highest first."""
    query = select(_scrobble.c.id).order_by(_scrobble.c.id.desc()).limit(most)
    return [number for (number,) in dialect.rows(connection, query)]


def after(
    connection: Connection, low: int, limit: int, *, since: int | None = None, user_id: int | None = None
) -> list[Number]:
    """Return plays with higher numbers than `low`, the lowest first: those that began after `since`, of one user."""
    query = _NUMBERS.where(_scrobble.c.id > low).order_by(_scrobble.c.id).limit(limit)
    if since is not None:
        query = query.where(_scrobble.c.played_at >= since)
    if user_id is not None:
        query = query.where(_scrobble.c.user_id == user_id)
    return [(row.id, row.user_id, row.played_at) for row in connection.execute(query)]


def with_ids(connection: Connection, ids: Collection[int]) -> list[Number]:
    """Return those of these plays that exist."""
    rows = _in_parts(connection, _NUMBERS, _scrobble.c.id, ids)
    return [(row.id, row.user_id, row.played_at) for row in rows]


def accounts(connection: Connection, ids: Collection[int]) -> dict[int, Account]:
    """Return these accounts, as they are now, by their keys."""
    rows = _in_parts(connection, select(*users.columns()), _user.c.id, ids)
    return {row.id: users.account(row) for row in rows}


def web_sessions(connection: Connection, digests: Collection[bytes], now: int) -> set[bytes]:
    """Return those of these web sessions that have not ended."""
    query = select(_session.c.digest).where(_session.c.expires_at > now)
    return {bytes(row.digest) for row in _in_parts(connection, query, _session.c.digest, digests)}


def api_tokens(connection: Connection, uuids: Collection[str]) -> set[str]:
    """Return those of these API tokens that were not revoked."""
    return {row.uuid for row in _in_parts(connection, select(_token.c.uuid), _token.c.uuid, uuids)}


_NUMBERS = select(_scrobble.c.id, _scrobble.c.user_id, _scrobble.c.played_at)


def _in_parts(connection: Connection, query: Any, column: Any, values: Collection[Any]) -> Iterator[Any]:
    wanted = list(values)
    for start in range(0, len(wanted), _MOST_BOUND):
        yield from connection.execute(query.where(column.in_(wanted[start : start + _MOST_BOUND])))
