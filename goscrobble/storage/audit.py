"""What administrators did, newest first."""

from __future__ import annotations

from dataclasses import dataclass

from sqlalchemy import Connection, delete, func, insert, or_, select

from goscrobble.models import AuditEntry, table

_entry = table(AuditEntry)


@dataclass(frozen=True, slots=True)
class Entry:
    """Something that an administrator did. `at` is Unix seconds."""

    id: int
    at: int
    actor: str
    action: str
    subject: str
    detail: str


_COLUMNS = tuple(_entry.c[name] for name in Entry.__dataclass_fields__)


def add(connection: Connection, *, at: int, actor: str, action: str, subject: str, detail: str) -> None:
    """Add an entry, in the transaction of what it tells."""
    connection.execute(insert(_entry).values(at=at, actor=actor, action=action, subject=subject, detail=detail))


def page(
    connection: Connection, *, action: str = "", search: str = "", before: int | None = None, limit: int = 50
) -> list[Entry]:
    """Return entries, newest first, from the one before `before`; `search` is a part of the subject or the actor."""
    query = select(*_COLUMNS).order_by(_entry.c.id.desc()).limit(limit)
    if before is not None:
        query = query.where(_entry.c.id < before)
    if action:
        query = query.where(_entry.c.action == action)
    if search:
        part = search.lower()
        query = query.where(
            or_(*(func.lower(_entry.c[name]).contains(part, autoescape=True) for name in ("subject", "actor")))
        )
    return [Entry(*row) for row in connection.execute(query)]


def forget(connection: Connection, *, before: int) -> int:
    """Delete entries from before a time (Unix seconds); returns how many."""
    return connection.execute(delete(_entry).where(_entry.c.at < before)).rowcount
