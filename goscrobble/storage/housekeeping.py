"""Rows that only waited to be forgotten."""

from __future__ import annotations

from sqlalchemy import Connection, delete

from goscrobble.models import DeletedPlay, table

_deleted = table(DeletedPlay)


def forget_deleted_plays(connection: Connection, *, deleted_before: int) -> int:
    """Delete what restoring a play needs, of plays deleted before a time (Unix seconds); returns how many."""
    return connection.execute(delete(_deleted).where(_deleted.c.deleted_at < deleted_before)).rowcount
