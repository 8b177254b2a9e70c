"""The few statements that SQLite and PostgreSQL spell alike but SQLAlchemy keeps apart."""

from __future__ import annotations

import json
from collections.abc import Collection, Sequence
from functools import cache
from typing import Any

from sqlalchemy import (
    ARRAY,
    BigInteger,
    ColumnElement,
    Connection,
    Select,
    Table,
    Text,
    any_,
    bindparam,
    func,
    literal,
    select,
)
from sqlalchemy.dialects import postgresql, sqlite

BINARY = "binary"  # an option of execution: the answer is wanted so, where a database knows both

_LISTS: dict[str, Any] = {"sqlite": Text(), "postgresql": ARRAY(BigInteger)}
_INSERTS: dict[str, Any] = {"sqlite": sqlite.insert, "postgresql": postgresql.insert}


def upsert(connection: Connection, table: Table) -> Any:
    """Return an INSERT of this table that knows ON CONFLICT."""
    return inserting(connection.dialect.name, table)


def inserting(dialect: str, table: Table) -> Any:
    """Return the same by the dialect's name, for statements that are made once."""
    return _INSERTS[dialect](table)


def inserting_many(statement: Any, names: Sequence[str]) -> Any:
    """Return PostgreSQL's INSERT of many rows, given as one list of values for each column."""
    columns = (bindparam(name, type_=ARRAY(statement.table.c[name].type)) for name in names)
    return statement.from_select(names, select(*(func.unnest(column) for column in columns)))


def adding(connection: Connection, table: Table, *returning: str) -> Any:
    """Return the INSERT that passes over rows which are there already, and returns these columns of those it made."""
    return _adding(connection.dialect.name, table, returning)


def among(connection: Connection, column: ColumnElement[int], ids: Collection[int]) -> ColumnElement[bool]:
    """Return the condition that a column is one of these ids, however many: they are bound as one value."""
    dialect = connection.dialect.name
    return _is_any(dialect, column, literal(as_one_value(dialect, ids), _LISTS[dialect]))


def any_of(dialect: str, column: ColumnElement[int], name: str) -> ColumnElement[bool]:
    """Return the same condition for a statement that is made once: `name` is bound to what `as_one_value` gives."""
    return _is_any(dialect, column, bindparam(name, type_=_LISTS[dialect]))


def any_key(dialect: str, column: ColumnElement[Any], name: str) -> ColumnElement[bool]:
    """Return the condition that a column is any of the keys that `Prepared.fetch_any` is given under this name."""
    if dialect == "postgresql":
        return column == any_(bindparam(name, type_=ARRAY(column.type)))
    return column == bindparam(name)


def as_one_value(dialect: str, ids: Collection[int]) -> Any:
    """Return ids as they are bound all together."""
    return sorted(ids) if dialect == "postgresql" else json.dumps(sorted(ids))


def _is_any(dialect: str, column: ColumnElement[int], bound: Any) -> ColumnElement[bool]:
    if dialect == "postgresql":
        return column == any_(bound)
    return column.in_(select(func.json_each(bound).table_valued("value").c.value))


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


@cache
def _adding(dialect: str, table: Table, returning: tuple[str, ...]) -> Any:
    statement = _INSERTS[dialect](table).on_conflict_do_nothing()
    return statement.returning(*(table.c[name] for name in returning)) if returning else statement
