"""The few statements that SQLite and PostgreSQL spell alike but SQLAlchemy keeps apart."""

from __future__ import annotations

from functools import cache
from typing import Any

from sqlalchemy import Connection, Table
from sqlalchemy.dialects import postgresql, sqlite

_INSERTS: dict[str, Any] = {"sqlite": sqlite.insert, "postgresql": postgresql.insert}


def upsert(connection: Connection, table: Table) -> Any:
    """Return an INSERT of this table that knows ON CONFLICT."""
    return _INSERTS[connection.dialect.name](table)


def adding(connection: Connection, table: Table, *returning: str) -> Any:
    """Return the INSERT that passes over rows which are there already, and returns these columns of those it made."""
    return _adding(connection.dialect.name, table, returning)


@cache
def _adding(dialect: str, table: Table, returning: tuple[str, ...]) -> Any:
    statement = _INSERTS[dialect](table).on_conflict_do_nothing()
    return statement.returning(*(table.c[name] for name in returning)) if returning else statement
