"""Statements that are compiled once and then run by the driver alone, for where every play comes by.

SQLAlchemy's own work on a call takes ten times as long as SQLite takes for a row; here only the first call needs it.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any

from sqlalchemy import Connection
from sqlalchemy.exc import DBAPIError

from goscrobble.storage.dialect import inserting_many

Values = Mapping[str, Any]


class Prepared:
    """A statement of Core, made per dialect when it is first run.

    The driver must take its values as they are, and gives rows of what it has: SQLite's booleans are 0 and 1.
    """

    def __init__(self, make: Callable[[str], Any], names: Sequence[str] | None = None) -> None:
        """`make` returns the statement for a dialect's name; `names` are the columns of an INSERT without VALUES."""
        self._make = make
        self._names = names
        self._compiled: dict[tuple[str, bool], _Compiled] = {}

    def fetch(self, connection: Connection, values: Values) -> list[tuple[Any, ...]]:
        """Run it once and return the rows it finds or returns."""
        return self._of(connection).fetch(connection, values)

    def fetch_each(self, connection: Connection, rows: Sequence[Values]) -> list[tuple[Any, ...]]:
        """Run it for each of these, and return all rows that it finds or returns, in any order."""
        if connection.dialect.name == "sqlite" or self._names is None or len(rows) == 1:
            return [row for values in rows for row in self.fetch(connection, values)]
        return self._of(connection, of_many=True).fetch(connection, _turned(self._names, rows)) if rows else []

    def fetch_any(
        self, connection: Connection, name: str, keys: Iterable[Any], values: Values | None = None
    ) -> list[tuple[Any, ...]]:
        """Return the rows with any of these keys, for a statement that was made with `any_key`."""
        others = values or {}
        if connection.dialect.name == "sqlite":  # no way to a server and back is to be saved there
            return [row for key in keys for row in self.fetch(connection, {**others, name: key})]
        bound = list(keys)
        return self.fetch(connection, {**others, name: bound}) if bound else []

    def run(self, connection: Connection, rows: Sequence[Values]) -> None:
        """Run it for each of these; it returns nothing."""
        if len(rows) == 1:
            compiled = self._of(connection)
            _run(connection, "execute", compiled.text, compiled.bound(rows[0]))
        elif rows and self._names is not None and connection.dialect.name == "postgresql":
            compiled = self._of(connection, of_many=True)
            _run(connection, "execute", compiled.text, compiled.bound(_turned(self._names, rows)))
        elif rows:
            compiled = self._of(connection)
            _run(connection, "executemany", compiled.text, [compiled.bound(row) for row in rows])

    def _of(self, connection: Connection, *, of_many: bool = False) -> _Compiled:
        """Return what is run; `of_many`: that of an INSERT which PostgreSQL is given all rows of at once."""
        key = connection.dialect.name, of_many
        if key not in self._compiled:
            statement = self._make(connection.dialect.name)
            if of_many and self._names is not None:
                statement = inserting_many(statement, self._names)
            self._compiled[key] = _Compiled(connection, statement, self._names)
        return self._compiled[key]


def _turned(names: Sequence[str], rows: Sequence[Values]) -> Values:
    """Return rows as columns."""
    return {name: [row[name] for row in rows] for name in names}


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

    def fetch(self, connection: Connection, values: Values) -> list[tuple[Any, ...]]:
        rows: list[tuple[Any, ...]] = _run(connection, "execute", self.text, self.bound(values)).fetchall()
        return rows


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
