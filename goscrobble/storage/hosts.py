"""Hosts of other services that are left alone for a while, by all workers."""

from __future__ import annotations

from sqlalchemy import Connection, delete, select

from goscrobble.models import PausedHost, table
from goscrobble.storage.dialect import upsert

_host = table(PausedHost)


def not_before(connection: Connection, host: str) -> int | None:
    """Return when a host may be asked again, Unix seconds; None for one that never failed lately."""
    return connection.execute(select(_host.c.not_before).where(_host.c.host == host)).scalar()


def pause(connection: Connection, host: str, *, now: int, wait: float | None, shortest: int, longest: int) -> None:
    """Leave a host alone for `wait` seconds; None: `shortest`, doubled with each failure in a row, up to `longest`."""
    failures = connection.execute(select(_host.c.failures).where(_host.c.host == host)).scalar() or 0
    pause = min(shortest * 2 ** min(failures, 20), longest) if wait is None else wait
    values = {"failures": failures + 1, "not_before": int(now + pause)}
    new = upsert(connection, _host).values({"host": host} | values)
    connection.execute(new.on_conflict_do_update(index_elements=["host"], set_=values))


def resume(connection: Connection, host: str) -> None:
    """Forget that a host failed."""
    connection.execute(delete(_host).where(_host.c.host == host))


def forget(connection: Connection, *, before: int) -> int:
    """Forget hosts that may be asked again since long; returns how many."""
    return connection.execute(delete(_host).where(_host.c.not_before < before)).rowcount
