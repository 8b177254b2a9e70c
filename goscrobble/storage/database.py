"""The database: one door for reads, one for writes, the same promises on SQLite and PostgreSQL.

A write is a function of a connection. It may be run again after a deadlock, a serialisation failure or a lost
connection, so it must have no effect but on the database; nothing in it may wait for anything else.
"""

from __future__ import annotations

import random
import sqlite3
import time
from collections.abc import Callable, Hashable, Iterator
from contextlib import contextmanager
from typing import Any, TypeVar

from sqlalchemy import Connection, Engine, event
from sqlalchemy.engine.interfaces import IsolationLevel
from sqlalchemy.exc import DBAPIError, InterfaceError, OperationalError, SQLAlchemyError
from sqlalchemy.exc import TimeoutError as PoolTimeout

from goscrobble.errors import Unavailable
from goscrobble.storage.dialect import BINARY
from goscrobble.storage.together import I, R, Together, Work
from goscrobble.storage.writers import BUSY_TIMEOUT_MS, Writers

__all__ = ["Connection", "Database", "engine_options"]

T = TypeVar("T")

LONGEST_WAIT = 10.0  # seconds that a write tries before it answers 503
_BUSY = "The database is busy or cannot be reached, please try again"
# PostgreSQL's classes of failures that pass: connection, transaction rolled back, resources, lock, shutdown or crash.
_PASSING = ("08", "25P03", "40", "53", "55P03", "57P")


class Database:
    """An engine with the house's rules for transactions."""

    def __init__(self, engine: Engine) -> None:
        self.engine = engine
        self.is_sqlite = engine.dialect.name == "sqlite"
        self._writers = Writers(engine)
        self._together = Together()
        self.caches: dict[str, Any] = {}  # what services remember for a moment
        self.learnt: dict[str, Any] = {}  # what they remember of rows that never change
        if self.is_sqlite:
            event.listen(engine, "connect", _prepare_sqlite)
        else:
            event.listen(engine, "before_cursor_execute", _choose_format)

    @contextmanager
    def read(self, *, consistent: bool = False) -> Iterator[Connection]:
        """Give a connection to read with; `consistent`: several statements see one state of the data.

        Raises Unavailable when the database cannot be reached.
        """
        with _translated(), self.engine.connect() as connection:
            if not self.is_sqlite:
                # A transaction that is nobody's snapshot would only be begun and ended: two more ways to the server.
                level: IsolationLevel = "REPEATABLE READ" if consistent else "AUTOCOMMIT"
                yield connection.execution_options(isolation_level=level)
                return
            if not consistent:
                yield connection
                return
            connection.exec_driver_sql("BEGIN")
            try:
                yield connection
            finally:
                connection.exec_driver_sql("ROLLBACK")

    def write(self, work: Callable[[Connection], T]) -> T:
        """Run `work` in one transaction and commit it; on a passing failure, run it again.

        Raises Unavailable when it could not be done within LONGEST_WAIT seconds.
        """
        deadline = time.monotonic() + LONGEST_WAIT
        for attempt in range(1000):
            try:
                return self._write_once(work, deadline)
            except (SQLAlchemyError, sqlite3.Error) as error:
                if not _may_pass(error):
                    raise
                if time.monotonic() > deadline:
                    raise Unavailable(_BUSY) from error
            time.sleep(min(0.002 * 2 ** min(attempt, 6), 0.1) * (0.5 + random.random()))  # noqa: S311 - spreads load
        raise Unavailable(_BUSY)

    def write_together(self, key: Hashable, item: I, work: Work[I, R], *, most: int) -> R:
        """Do the same for callers that would wait for each other: one does the items of all that wait with its key.

        `work` is given a function that returns the items, its own first, of altogether `most` lengths: it calls that
        once it holds what the others would wait for, and returns a result for each. Callers of a key give it the same
        work. If it raises, each item is done alone.
        """
        deadline = time.monotonic() + LONGEST_WAIT
        return self._together.run(key, item, work, self.write, most=most, deadline=deadline)

    def _write_once(self, work: Callable[[Connection], T], deadline: float) -> T:
        try:
            if self.is_sqlite:
                return self._writers.run(work, deadline)
            with self.engine.begin() as connection:
                return work(connection)
        except BaseException:
            self.learnt.clear()  # what was read of rows that a transaction then took back was never true
            raise

    def close(self) -> None:
        """Close all connections."""
        self.engine.dispose()


def engine_options(url: str) -> dict[str, Any]:
    """Return the options `create_engine` needs for this URL."""
    if url.startswith("sqlite"):
        # We begin transactions ourselves; the driver's own guessing begins them too late.
        return {
            "connect_args": {"isolation_level": None, "timeout": BUSY_TIMEOUT_MS / 1000, "check_same_thread": False},
            "isolation_level": "AUTOCOMMIT",
            "hide_parameters": True,  # what people listen to, and their addresses, are nobody's business in a log
            "pool_size": 20,
            "max_overflow": 80,
        }
    limits = "-c statement_timeout=30000 -c lock_timeout=8000 -c idle_in_transaction_session_timeout=60000"
    # The days of a history are read in the order of their index rather than sorted, which would need a file.
    plans = "-c jit=off -c random_page_cost=1.1 -c work_mem=16MB"
    return {
        "connect_args": {"connect_timeout": 5, "options": f"{limits} {plans}", "prepare_threshold": 2},
        "hide_parameters": True,
        "pool_pre_ping": True,
        "pool_recycle": 1800,
        "pool_size": 10,
        "max_overflow": 20,
        "pool_timeout": 8,
    }


def _prepare_sqlite(connection: Any, _record: Any) -> None:
    cursor = connection.cursor()
    for pragma in (
        f"busy_timeout = {BUSY_TIMEOUT_MS}",
        "journal_mode = WAL",
        "synchronous = FULL",  # an answered write is on disk
        "foreign_keys = ON",
        "cache_size = -32768",
        "mmap_size = 1073741824",
        "temp_store = MEMORY",
    ):
        _patiently(cursor, f"PRAGMA {pragma}")
    cursor.close()


def _choose_format(
    _connection: Any, cursor: Any, _statement: str, _parameters: Any, context: Any, _is_many: bool
) -> None:
    if context.execution_options.get(BINARY):
        cursor.format = type(cursor.format).BINARY  # without psycopg's import, where nobody needs it


def _patiently(cursor: Any, statement: str) -> None:
    """Switching to WAL needs the file for itself for a moment; several workers start at once."""
    for _ in range(200):
        try:
            cursor.execute(statement)
        except sqlite3.OperationalError as error:
            if "locked" not in str(error):
                raise
            time.sleep(0.02)
        else:
            return
    raise Unavailable("The database file is locked by another program")


def _may_pass(error: Exception) -> bool:
    if isinstance(error, PoolTimeout):
        return True
    if not isinstance(error, DBAPIError):
        return isinstance(error, sqlite3.OperationalError) and _is_locked(error)
    if error.connection_invalidated or isinstance(error, InterfaceError):
        return True
    if isinstance(error.orig, sqlite3.Error):
        return isinstance(error, OperationalError) and _is_locked(error.orig)
    sqlstate = getattr(error.orig, "sqlstate", None)
    return isinstance(error, OperationalError) if sqlstate is None else sqlstate.startswith(_PASSING)


def _is_locked(error: BaseException) -> bool:
    return "locked" in str(error) or "busy" in str(error)


@contextmanager
def _translated() -> Iterator[None]:
    try:
        yield
    except (OperationalError, InterfaceError, PoolTimeout) as error:
        raise Unavailable("The database cannot be reached, please try again") from error
    except DBAPIError as error:
        if not _may_pass(error):
            raise
        raise Unavailable("The database cannot be reached, please try again") from error
