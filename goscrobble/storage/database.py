"""The database: one door for reads, one for writes, the same promises on SQLite and PostgreSQL.

A write is a function of a connection. It may be run again after a deadlock, a serialisation failure or a lost
connection, so it must have no effect but on the database; nothing in it may wait for anything else.
"""

from __future__ import annotations

import random
import sqlite3
import threading
import time
from collections import deque
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any, TypeVar

from sqlalchemy import Connection, Engine, event
from sqlalchemy.exc import DBAPIError, OperationalError, SQLAlchemyError
from sqlalchemy.exc import TimeoutError as PoolTimeout

from goscrobble.errors import Unavailable

__all__ = ["Connection", "Database", "engine_options"]

T = TypeVar("T")

BUSY_TIMEOUT_MS = 20  # of SQLite's own waiting, which lets no other greenlet run; writers do not wait that way
RETRY = 0.001  # seconds after which a writer asks again for SQLite's lock: about as long as one is held
LONGEST_WAIT = 10.0  # seconds that a write tries before it answers 503
_BUSY = "The database is busy or cannot be reached, please try again"
_RETRIED_SQLSTATES = {"40001", "40P01", "55P03"}


class Database:
    """An engine with the house's rules for transactions."""

    def __init__(self, engine: Engine) -> None:
        self.engine = engine
        self.is_sqlite = engine.dialect.name == "sqlite"
        self._writers = _Queue()
        self.caches: dict[str, Any] = {}  # what storage remembers of rows that never change
        if self.is_sqlite:
            event.listen(engine, "connect", _prepare_sqlite)

    @contextmanager
    def read(self, *, consistent: bool = False) -> Iterator[Connection]:
        """Give a connection to read with; `consistent`: several statements see one state of the data.

        Raises Unavailable when the database cannot be reached.
        """
        with _translated(), self.engine.connect() as connection:
            if consistent and not self.is_sqlite:
                connection = connection.execution_options(isolation_level="REPEATABLE READ")  # noqa: PLW2901 - same
            if not (consistent and self.is_sqlite):
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

    def _write_once(self, work: Callable[[Connection], T], deadline: float) -> T:
        if not self.is_sqlite:
            with self.engine.begin() as connection:
                return work(connection)
        with self._writers.turn(deadline), self.engine.connect() as connection:
            _begin_to_write(connection, deadline)
            try:
                result = work(connection)
                connection.exec_driver_sql("COMMIT")
            except BaseException:
                connection.exec_driver_sql("ROLLBACK")
                raise
            return result

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
    limits = "-c statement_timeout=30000 -c lock_timeout=8000 -c idle_in_transaction_session_timeout=60000 -c jit=off"
    return {
        "connect_args": {"connect_timeout": 5, "options": limits, "prepare_threshold": 2},
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


class _Queue:
    """The writers of one process: each gets its turn in the order of asking, which a plain lock does not promise."""

    def __init__(self) -> None:
        self._guard = threading.Lock()  # held for some instructions only
        self._is_taken = False
        self._waiting: deque[threading.Lock] = deque()

    @contextmanager
    def turn(self, deadline: float) -> Iterator[None]:
        """Wait for one's turn, and end it. Raises Unavailable when it does not come before `deadline` (monotonic)."""
        mine = threading.Lock()
        with self._guard:
            if self._is_taken:
                mine.acquire()
                self._waiting.append(mine)
            self._is_taken = True
        if not mine.acquire(timeout=max(deadline - time.monotonic(), 0)) and self._leave(mine):
            raise Unavailable(_BUSY)
        try:
            yield
        finally:
            with self._guard:
                if self._waiting:
                    self._waiting.popleft().release()  # the turn is handed on; nobody can come between
                else:
                    self._is_taken = False

    def _leave(self, mine: threading.Lock) -> bool:
        """Give up waiting; False if the turn has come in this very moment."""
        with self._guard:
            if mine not in self._waiting:
                return False
            self._waiting.remove(mine)
            return True


def _begin_to_write(connection: Connection, deadline: float) -> None:
    """Take SQLite's lock, which another process may hold, without ever making this whole process wait."""
    connection.exec_driver_sql("PRAGMA busy_timeout = 0")
    try:
        while True:
            try:
                connection.exec_driver_sql("BEGIN IMMEDIATE")
            except OperationalError as error:
                if not _may_pass(error) or time.monotonic() > deadline:
                    raise
                time.sleep(RETRY * (0.5 + random.random()))  # noqa: S311 - spreads load
            else:
                return
    finally:
        connection.exec_driver_sql(f"PRAGMA busy_timeout = {BUSY_TIMEOUT_MS}")


def _may_pass(error: Exception) -> bool:
    if isinstance(error, PoolTimeout):
        return True
    if not isinstance(error, DBAPIError):
        return isinstance(error, sqlite3.OperationalError) and _is_locked(error)
    if error.connection_invalidated:
        return True
    if isinstance(error.orig, sqlite3.Error):
        return isinstance(error, OperationalError) and _is_locked(error.orig)
    return getattr(error.orig, "sqlstate", None) in _RETRIED_SQLSTATES or (
        isinstance(error, OperationalError) and getattr(error.orig, "sqlstate", None) is None
    )


def _is_locked(error: BaseException) -> bool:
    return "locked" in str(error) or "busy" in str(error)


@contextmanager
def _translated() -> Iterator[None]:
    try:
        yield
    except (OperationalError, PoolTimeout) as error:
        raise Unavailable("The database cannot be reached, please try again") from error
