"""Hosts of other services that are left alone for a while, by who asked them or by all, on all workers."""

from __future__ import annotations

from dataclasses import dataclass

from sqlalchemy import Connection, delete, select

from goscrobble.models import PausedHost, table
from goscrobble.storage.dialect import upsert

AGREEING = 3  # listeners whose connections a host must have put off before all others leave it alone too
LONGEST_FOR_ALL = 3600  # seconds that others leave a host alone, whatever it asked for

_host = table(PausedHost)


@dataclass(frozen=True, slots=True)
class Asker:
    """Who asks a host: a connection of a listener. `NOBODY` asks for all of them."""

    connection: int
    listener: int


NOBODY = Asker(0, 0)


def not_before(connection: Connection, host: str, asker: Asker, now: float) -> int | None:
    """Return when this asker may ask a host again, Unix seconds; None: at once.

    A pause is that of the connection which was put off. It holds for others, for an hour at most, where it is nobody's
    own, or where AGREEING listeners have been put off: one listener's address stops nobody else.
    """
    query = select(_host.c.asker, _host.c.user_id, _host.c.paused_at, _host.c.not_before)
    rows = connection.execute(query.where(_host.c.host == host, _host.c.not_before > now)).all()
    own = [row.not_before for row in rows if row.asker == asker.connection and asker != NOBODY]
    shared = {NOBODY.listener: 0}
    for row in rows:
        until = min(row.not_before, row.paused_at + LONGEST_FOR_ALL)
        shared[row.user_id] = max(until, shared.get(row.user_id, 0))
    of_all = shared.pop(NOBODY.listener)
    agreed = sorted(shared.values(), reverse=True)[AGREEING - 1 : AGREEING]
    until = max((*own, of_all, *agreed))
    return until if until > now else None


def pause(
    connection: Connection, host: str, asker: Asker, *, now: int, wait: float | None, shortest: int, longest: int
) -> None:
    """Leave a host alone for `wait` seconds; None: `shortest`, doubled with each failure in a row, up to `longest`."""
    mine = _host.c.host == host, _host.c.asker == asker.connection
    failures = connection.execute(select(_host.c.failures).where(*mine)).scalar() or 0
    pause = min(shortest * 2 ** min(failures, 20), longest) if wait is None else wait
    values = {"failures": failures + 1, "paused_at": now, "not_before": int(now + pause)}
    key = {"host": host, "asker": asker.connection, "user_id": asker.listener}
    new = upsert(connection, _host).values(key | values)
    connection.execute(new.on_conflict_do_update(index_elements=["host", "asker"], set_=values))


def is_remembered(connection: Connection, host: str, asker: Asker) -> bool:
    """Return whether a host failed this asker lately."""
    mine = _host.c.host == host, _host.c.asker == asker.connection
    return connection.execute(select(_host.c.host).where(*mine)).first() is not None


def resume(connection: Connection, host: str, asker: Asker) -> None:
    """Forget that a host failed this asker."""
    connection.execute(delete(_host).where(_host.c.host == host, _host.c.asker == asker.connection))


def forget(connection: Connection, *, before: int) -> int:
    """Forget hosts that may be asked again since long; returns how many."""
    return connection.execute(delete(_host).where(_host.c.not_before < before)).rowcount
