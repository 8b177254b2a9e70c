"""What plugins raised, one row for each hook of each plugin."""

from __future__ import annotations

import json
from dataclasses import dataclass

from sqlalchemy import Connection, delete, func, select, update

from goscrobble.domain.sentences import unpacked
from goscrobble.models import PluginFailure, table
from goscrobble.storage.dialect import adding

_failure = table(PluginFailure)


@dataclass(frozen=True, slots=True)
class FailureRow:
    """What one hook of one plugin raised: how often, and the last of it. Times are Unix seconds."""

    plugin: str
    hook: str
    count: int
    last_at: int
    error: str
    place: str
    tripped_until: int | None


_COLUMNS = tuple(_failure.c[name] for name in FailureRow.__dataclass_fields__)


def note(
    connection: Connection,
    plugin: str,
    hook: str,
    *,
    error: str,
    place: str,
    now: int,
    most: int,
    within: int,
    rest: int,
) -> bool:
    """Note a failure and return whether it trips the plugin: `most` of them `within` so many seconds do, for `rest`.

    With `most` of 0 it never does.
    """
    key = (_failure.c.plugin == plugin) & (_failure.c.hook == hook)
    new = {"plugin": plugin, "hook": hook, "count": 0, "recent": "[]", "last_at": now, "error": error, "place": place}
    connection.execute(adding(connection, _failure).values(new))
    row = connection.execute(select(_failure.c.recent, _failure.c.tripped_until).where(key).with_for_update()).one()
    recent = [at for at in json.loads(row.recent) if abs(now - at) < within] + [now]  # one may be written late
    trips = 0 < most <= len(recent)
    values = {
        "count": _failure.c.count + 1,
        "recent": json.dumps([] if trips else recent[-max(most, 1) :]),
        "last_at": now,
        "error": error,
        "place": place,
        "tripped_until": now + rest if trips else row.tripped_until,
    }
    connection.execute(update(_failure).where(key).values(values))
    return trips


def tripped(connection: Connection, *, now: int) -> dict[str, int]:
    """Return the plugins that are left alone, and until when."""
    until = func.max(_failure.c.tripped_until)
    query = select(_failure.c.plugin, until).where(_failure.c.tripped_until > now).group_by(_failure.c.plugin)
    return {row[0]: row[1] for row in connection.execute(query)}


def list_all(connection: Connection) -> list[FailureRow]:
    """Return everything that is remembered, the latest first."""
    query = select(*_COLUMNS).order_by(_failure.c.last_at.desc(), _failure.c.plugin, _failure.c.hook)
    return [FailureRow(**dict(row) | {"error": unpacked(row["error"])}) for row in connection.execute(query).mappings()]


def plugins(connection: Connection) -> set[str]:
    """Return the plugins that something is remembered of."""
    return set(connection.execute(select(_failure.c.plugin).distinct()).scalars())


def reset(connection: Connection, plugin: str) -> None:
    """Ask the plugin's hooks again, and start counting anew."""
    connection.execute(update(_failure).where(_failure.c.plugin == plugin).values(tripped_until=None, recent="[]"))


def error_of(connection: Connection, plugin: str, hook: str) -> str:
    """Return the last error of a hook, "" if it has none."""
    query = select(_failure.c.error).where(_failure.c.plugin == plugin, _failure.c.hook == hook)
    return connection.execute(query).scalar() or ""


def forget(connection: Connection, *, before: int = 0, plugin: str | None = None, hook: str | None = None) -> int:
    """Forget what was last raised before a time, or all of one plugin (or hook); returns how many hooks that were."""
    which = _failure.c.last_at < before if plugin is None else _failure.c.plugin == plugin
    if hook is not None:
        which &= _failure.c.hook == hook
    return connection.execute(delete(_failure).where(which)).rowcount
