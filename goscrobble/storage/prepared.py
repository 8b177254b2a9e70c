"""Statements that are compiled once and then run by the driver alone, for where every play comes by.

SQLAlchemy's own work on a call takes ten times as long as SQLite takes for a row; here only the first call needs it.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any

from sqlalchemy import Connection
from sqlalchemy.exc import DBAPIError

Values = Mapping[str, Any]


class Prepared:
    """A statement of Core, made per dialect when it is first run.

    The driver must take its values as they are, and gives rows of what it has: SQLite's booleans are 0 and 1.
    """

    def __init__(self, make: Callable[[str], Any], names: Sequence[str] | None = None) -> None:
        """`make` returns the statement for a dialect's name; `names` are the columns of an INSERT without VALUES."""
        self._make = make
        self._names = names
        self._compiled: dict[str, _Compiled] = {}

    def fetch(self, connection: Connection, values: Values) -> list[tuple[Any, ...]]:
        """Run it once and return the rows it finds or returns."""
        compiled = self._of(connection)
        cursor = _run(connection, "execute", compiled.text, compiled.bound(values))
        rows: list[tuple[Any, ...]] = cursor.fetchall()
        return rows

    def fetch_each(self, connection: Connection, rows: Iterable[Values]) -> list[tuple[Any, ...]]:
        """Run it for each of these, and return all rows that it finds or returns."""
        return [row for values in rows for row in self.fetch(connection, values)]

    def fetch_any(
        self, connection: Connection, name: str, keys: Iterable[Any], values: Values | None = None
    ) -> list[tuple[Any, ...]]:
        """Return the rows with any of these keys, for a statement that was made with `any_key`."""
        others = values or {}
        if connection.dialect.name == "sqlite":  # no way to a server and back is to be saved there
            return self.fetch_each(connection, ({**others, name: key} for key in keys))
        bound = list(keys)
        return self.fetch(connection, {**others, name: bound}) if bound else []

    def run(self, connection: Connection, rows: Sequence[Values]) -> None:
        """Run it for each of these; it returns nothing."""
        compiled = self._of(connection)
        if len(rows) == 1:
            _run(connection, "execute", compiled.text, compiled.bound(rows[0]))
        elif rows:
            _run(connection, "executemany", compiled.text, [compiled.bound(row) for row in rows])

    def _of(self, connection: Connection) -> _Compiled:
        dialect = connection.dialect.name
        if dialect not in self._compiled:
            self._compiled[dialect] = _Compiled(connection, self._make(dialect), self._names)
        return self._compiled[dialect]


class _Compiled:
    """The text of a statement, and how its values are handed to the driver."""

    def __init__(self, connection: Connection, statement: Any, names: Sequence[str] | None) -> None:
        compiled = statement.compile(dialect=connection.dialect, column_keys=names)
        self.text = str(compiled)
        self._order: list[str] | None = compiled.positiontup  # None: values are bound by name
        self._fixed = {name: value for name, value in compiled.params.items() if value is not None}

    def bound(self, values: Values) -> Any:
        if self._fixed:
            values = {**self._fixed, **values}
        return values if self._order is None else tuple([values[name] for name in self._order])


def _run(connection: Connection, how: str, text: str, bound: Any) -> Any:
    driver: Any = connection.connection.driver_connection
    dialect: Any = connection.dialect
    cursor = driver.cursor()
    try:
        getattr(cursor, how)(text, bound)
    except dialect.loaded_dbapi.Error as error:
        is_lost = bool(dialect.is_disconnect(error, driver, cursor))
        if is_lost:
            connection.invalidate(error)
        # As SQLAlchemy raises it; the values, which are nobody's business in a log, stay out.
        raise DBAPIError.instance(
            text, None, error, dialect.loaded_dbapi.Error, connection_invalidated=is_lost, dialect=dialect
        ) from error
    return cursor
