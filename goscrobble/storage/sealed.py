"""Where sealed values are stored, whatever they are: texts of JSON in which `{"sealed": …}` stands somewhere."""

from __future__ import annotations

from collections.abc import Callable

from sqlalchemy import Connection, Table, inspect, select, update

from goscrobble.models import Job, Setting, SourceAccount, SourceValue, table

_MARK = '"sealed"'
_PLACES = (
    (table(Setting), "value"),
    (table(SourceAccount), "settings"),
    (table(SourceValue), "value"),
    (table(Job), "payload"),
)


def has_any(connection: Connection) -> bool:
    """Return whether anything sealed is stored; also in a database of an older version."""
    there = set(inspect(connection).get_table_names())
    return any(
        connection.execute(select(of.c[column]).where(of.c[column].contains(_MARK)).limit(1)).first() is not None
        for of, column in _PLACES
        if of.name in there
    )


def rewrite(connection: Connection, change: Callable[[str], str]) -> int:
    """Store what `change` makes of each text that holds something sealed; returns how many there were."""
    return sum(_rewrite(connection, of, column, change) for of, column in _PLACES)


def _rewrite(connection: Connection, of: Table, column: str, change: Callable[[str], str]) -> int:
    keys = list(of.primary_key)
    rows = connection.execute(select(*keys, of.c[column]).where(of.c[column].contains(_MARK)).with_for_update()).all()
    for *key, text in rows:
        mine = (one == value for one, value in zip(keys, key, strict=True))
        connection.execute(update(of).where(*mine).values({column: change(text)}))
    return len(rows)
