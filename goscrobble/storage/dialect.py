"""The few statements that SQLite and PostgreSQL spell alike but SQLAlchemy keeps apart."""

from __future__ import annotations

import json
from collections.abc import Collection, Sequence
from functools import cache
from typing import Any

from sqlalchemy import ARRAY, BigInteger, ColumnElement, Connection, Insert, Select, Table, any_, func, literal, select
from sqlalchemy.dialects import postgresql, sqlite

BINARY = "binary"  # an option of execution: the answer is wanted so, where a database knows both

_INSERTS: dict[str, Any] = {"sqlite": sqlite.insert, "postgresql": postgresql.insert}


def upsert(connection: Connection, table: Table) -> Any:
    """Return an INSERT of this table that knows ON CONFLICT."""
    return inserting(connection.dialect.name, table)


def inserting(dialect: str, table: Table) -> Any:
    """Return the same by the dialect's name, for statements that are made once."""
    return _INSERTS[dialect](table)


def adding(connection: Connection, table: Table, *returning: str) -> Any:
    """Return the INSERT that passes over rows which are there already, and returns these columns of those it made."""
    return _adding(connection.dialect.name, table, returning)


def among(connection: Connection, column: ColumnElement[int], ids: Collection[int]) -> ColumnElement[bool]:
    """Return the condition that a column is one of these ids, however many: they are bound as one value."""
    ordered = sorted(ids)
    if connection.dialect.name == "postgresql":
        return column == any_(literal(ordered, ARRAY(BigInteger)))
    return column.in_(select(func.json_each(json.dumps(ordered)).table_valued("value").c.value))


def rows(connection: Connection, query: Select[Any]) -> Sequence[Any]:
    """Return all that a query finds, as the driver gives it: for thousands of rows of numbers and bytes.

    SQLAlchemy's own rows would take twice as long, and so would what PostgreSQL writes as text.
    """
    result = connection.execute(query, execution_options={BINARY: True})
    found = result.cursor.fetchall()
    result.close()
    return found


def storable(text: str, longest: int | None = None) -> str:
    """Return a text that may quote whatever was sent, without what a database cannot hold."""
    return text[:longest].replace("\0", "").encode("utf-8", "replace").decode("utf-8")


class Compiled:
    """An INSERT compiled once, for where SQLAlchemy's own work on each call would show.

    It returns no rows; `names` are its columns, whose values the driver must take as they are.
    """

    def __init__(self, connection: Connection, statement: Insert, names: Sequence[str]) -> None:
        compiled = statement.compile(dialect=connection.dialect, column_keys=names)
        self._text = str(compiled)
        self._order: list[str] | None = compiled.positiontup  # None: values are bound by name

    def run(self, connection: Connection, rows: Sequence[dict[str, Any]]) -> None:
        """Insert these rows."""
        if self._order is None:
            connection.exec_driver_sql(self._text, rows)
        else:
            connection.exec_driver_sql(self._text, [tuple(row[name] for name in self._order) for row in rows])


@cache
def _adding(dialect: str, table: Table, returning: tuple[str, ...]) -> Any:
    statement = _INSERTS[dialect](table).on_conflict_do_nothing()
    return statement.returning(*(table.c[name] for name in returning)) if returning else statement
